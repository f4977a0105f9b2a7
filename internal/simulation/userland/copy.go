package userland

import (
	"io"
	"path"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// filesAs reads something from the files.
func filesAs[T any](t *tool, f func(v *filesystem.View) (T, error)) (T, error) {
	return process.Files(t.p, f)
}

// destinations pairs the operands of cp and mv with the names to give them.
func (t *tool) destinations(operands []string, asFile bool) (pairs [][2]string, ok bool) {
	if len(operands) < 2 {
		if t.gnu {
			t.fail("missing file operand")
		} else {
			t.usage("[-fint] SOURCE... DEST")
		}
		return nil, false
	}
	sources, dest := operands[:len(operands)-1], operands[len(operands)-1]
	info, err := t.p.Stat(dest)
	isDir := err == nil && info.IsDir() && !asFile
	if len(sources) > 1 && !isDir {
		t.fail("target '%s' is not a directory", dest)
		return nil, false
	}
	for _, source := range sources {
		name := dest
		if isDir {
			name = strings.TrimSuffix(dest, "/") + "/" + path.Base(source)
		}
		pairs = append(pairs, [2]string{source, name})
	}
	return pairs, true
}

func cp(t *tool) int {
	f, ok := t.parse("rRapfivLPdHTut", map[string]string{"recursive": "r", "archive": "a", "force": "f"})
	if !ok {
		return 1
	}
	pairs, ok := t.destinations(f.rest, f.has("T"))
	if !ok {
		return 1
	}
	for _, pair := range pairs {
		t.copyTree(pair[0], pair[1], f)
	}
	return 0
}

// copyTree copies a file, and what is in it if that is asked for.
func (t *tool) copyTree(from, to string, f *flags) {
	deep := f.any("rRa")
	stat := t.p.Stat
	if f.any("adP") || deep && !f.has("L") {
		stat = t.p.Lstat
	}
	info, err := stat(from)
	switch {
	case err != nil && t.gnu:
		t.fail("cannot stat '%s': %v", from, err)
	case err != nil:
		t.fail("can't stat '%s': %v", from, err)
	case info.IsDir() && !deep && t.gnu:
		t.fail("-r not specified; omitting directory '%s'", from)
	case info.IsDir() && !deep:
		t.fail("omitting directory '%s'", from)
	case info.IsDir():
		t.copyDir(from, to, info, f)
	case info.Kind == filesystem.Symlink:
		full := t.p.Path(to)
		t.tell(to, t.change(func(v *filesystem.View) error { return v.Symlink(info.Target, full) }))
	default:
		t.tell(to, t.copyFile(from, to, info))
		t.keep(to, info, f)
	}
}

func (t *tool) tell(name string, err error) {
	if err == nil {
		return
	}
	if t.gnu {
		t.fail("cannot create regular file '%s': %v", name, err)
	} else {
		t.fail("can't create '%s': %v", name, err)
	}
}

func (t *tool) copyDir(from, to string, info filesystem.Info, f *flags) {
	full := t.p.Path(to)
	err := t.change(func(v *filesystem.View) error { return v.Mkdir(full, info.Mode|0o700) })
	if err != nil && err != filesystem.EEXIST {
		t.fail("can't create directory '%s': %v", to, err)
		return
	}
	inside, err := t.p.ReadDir(from)
	if err != nil {
		t.fail("can't open '%s': %v", from, err)
	}
	for _, file := range inside {
		t.copyTree(from+"/"+file.Name, to+"/"+file.Name, f)
	}
	t.keep(to, info, f)
}

func (t *tool) copyFile(from, to string, info filesystem.Info) error {
	in, err := t.p.Open(from, forReading, 0)
	if err != nil {
		return err
	}
	defer t.p.Close(in)
	out, err := t.create(to, info.Mode)
	if err != nil {
		return err
	}
	defer t.p.Close(out)
	_, err = io.Copy(t.p.Writer(out), t.p.Reader(in))
	return err
}

// keep gives a copy the attributes of the original.
func (t *tool) keep(name string, info filesystem.Info, f *flags) {
	if !f.any("ap") {
		return
	}
	full := t.p.Path(name)
	t.change(func(v *filesystem.View) error { //nolint:errcheck // as well as may be
		v.Chmod(full, info.Mode)          //nolint:errcheck // as well as may be
		v.Chown(full, info.UID, info.GID) //nolint:errcheck // as well as may be
		return v.Chtimes(full, info.ModTime)
	})
}

func mv(t *tool) int {
	f, ok := t.parse("finvT", nil)
	if !ok {
		return 1
	}
	pairs, ok := t.destinations(f.rest, f.has("T"))
	if !ok {
		return 1
	}
	for _, pair := range pairs {
		from, to := t.p.Path(pair[0]), t.p.Path(pair[1])
		if f.has("n") {
			if _, err := t.p.Lstat(to); err == nil {
				continue
			}
		}
		err := t.change(func(v *filesystem.View) error { return v.Rename(from, to) })
		if err == filesystem.EXDEV {
			before := t.code
			t.code = 0
			all := &flags{values: map[string][]string{"a": {""}, "r": {""}, "f": {""}}}
			t.copyTree(from, to, all)
			if t.code == 0 {
				t.remove(from, all)
			}
			t.code = max(t.code, before)
			continue
		}
		if err != nil && t.gnu {
			t.fail("cannot stat '%s': %v", pair[0], err)
		} else if err != nil {
			t.fail("can't rename '%s': %v", pair[0], err)
		}
	}
	return 0
}
