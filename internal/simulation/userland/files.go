package userland

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

const (
	forReading   = filesystem.OpenRead
	forWriting   = filesystem.OpenWrite | filesystem.OpenCreate | filesystem.OpenTruncate
	forAppending = filesystem.OpenWrite | filesystem.OpenCreate | filesystem.OpenAppend
)

// fileCommands are the commands about names of files.
var fileCommands = map[string]command{
	"basename": basename, "chgrp": chown, "chmod": chmod, "chown": chown, "cp": cp, "dirname": dirname,
	"find": find, "ln": ln, "ls": ls, "mkdir": mkdir, "mkfifo": mkfifo, "mktemp": mktemp, "mv": mv,
	"readlink": readlink, "realpath": realpath, "rm": rm, "rmdir": rmdir, "stat": stat, "sync": nothing,
	"touch": touch, "truncate": truncate, "unlink": unlink, "which": which, "install": install, "test": test, "[": test,
}

func nothing(*tool) int { return 0 }

func mkdir(t *tool) int {
	f, ok := t.parse("pm:v", map[string]string{"parents": "p", "mode": "m"})
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return t.usage("[-m MODE] [-p] DIRECTORY...")
	}
	mode, err := strconv.ParseUint(f.value("m", "777"), 8, 32)
	if err != nil {
		return t.fail("invalid mode '%s'", f.value("m", ""))
	}
	for _, name := range f.rest {
		full := t.p.Path(name)
		err := t.change(func(v *filesystem.View) error {
			if f.has("p") {
				return v.MkdirAll(full, uint32(mode))
			}
			return v.Mkdir(full, uint32(mode))
		})
		if err != nil && t.gnu {
			t.fail("cannot create directory ‘%s’: %v", name, err)
		} else if err != nil {
			t.fail("can't create directory '%s': %v", name, err)
		}
	}
	return 0
}

func rmdir(t *tool) int {
	f, ok := t.parse("p", nil)
	if !ok {
		return 1
	}
	for _, name := range f.rest {
		full := t.p.Path(name)
		if err := t.change(func(v *filesystem.View) error { return v.Rmdir(full) }); err != nil {
			t.fail("'%s': %v", name, err)
		}
	}
	return 0
}

func unlink(t *tool) int {
	for _, name := range t.args {
		full := t.p.Path(name)
		if err := t.change(func(v *filesystem.View) error { return v.Unlink(full) }); err != nil {
			t.fail("can't remove file '%s': %v", name, err)
		}
	}
	return 0
}

func rm(t *tool) int {
	f, ok := t.parse("rRfiv", map[string]string{"recursive": "r", "force": "f"})
	if !ok {
		return 1
	}
	for _, name := range f.rest {
		if base := path.Base(name); base == "." || base == ".." || name == "/" {
			t.fail("can't remove '%s'", name)
			continue
		}
		t.remove(name, f)
	}
	return 0
}

// remove removes a file, and what is in it if that is asked for.
func (t *tool) remove(name string, f *flags) {
	info, err := t.p.Lstat(name)
	if err == filesystem.ENOENT && f.has("f") {
		return
	}
	full := t.p.Path(name)
	switch {
	case err != nil:
	case !info.IsDir():
		err = t.change(func(v *filesystem.View) error { return v.Unlink(full) })
	case !f.any("rR"):
		t.cantRemove(name, filesystem.EISDIR)
		return
	default:
		inside, _ := t.p.ReadDir(name)
		for _, file := range inside {
			t.remove(name+"/"+file.Name, f)
		}
		err = t.change(func(v *filesystem.View) error { return v.Rmdir(full) })
	}
	if err != nil {
		t.cantRemove(name, err)
	}
}

func (t *tool) cantRemove(name string, err error) {
	switch {
	case t.gnu:
		t.fail("cannot remove '%s': %v", name, err)
	case err == filesystem.EISDIR:
		t.fail("'%s' is a directory", name)
	default:
		t.fail("can't remove '%s': %v", name, err)
	}
}

func touch(t *tool) int {
	f, ok := t.parse("acmr:d:t:", map[string]string{"date": "d", "no-create": "c"})
	if !ok {
		return 1
	}
	at := t.p.Now()
	if text := f.value("d", ""); text != "" {
		if at, ok = parseDate(text, at); !ok {
			return t.fail("invalid date '%s'", text)
		}
	}
	if ref := f.value("r", ""); ref != "" {
		info, err := t.p.Stat(ref)
		if err != nil {
			return t.fail("%s: %v", ref, err)
		}
		at = info.ModTime
	}
	for _, name := range f.rest {
		if err := t.touchOne(name, at, f.has("c")); err != nil {
			t.fail("%s: %v", name, err)
		}
	}
	return 0
}

func (t *tool) touchOne(name string, at time.Time, only bool) error {
	full := t.p.Path(name)
	return t.change(func(v *filesystem.View) error {
		if _, err := v.Stat(full); err == filesystem.ENOENT {
			if only {
				return nil
			}
			if err := v.WriteFile(full, nil, 0o666); err != nil {
				return err
			}
		}
		return v.Chtimes(full, at)
	})
}

func truncate(t *tool) int {
	f, ok := t.parse("s:c", map[string]string{"size": "s"})
	if !ok || !f.has("s") {
		return t.usage("-s SIZE FILE...")
	}
	size, ok := count(f.value("s", ""))
	if !ok {
		return t.fail("invalid number '%s'", f.value("s", ""))
	}
	for _, name := range f.rest {
		fd, err := t.p.Open(name, filesystem.OpenWrite|filesystem.OpenCreate, 0o666)
		if err == nil {
			err = t.p.Truncate(fd, size)
			t.p.Close(fd)
		}
		if err != nil {
			t.fail("%s: %v", name, err)
		}
	}
	return 0
}

func ln(t *tool) int {
	f, ok := t.parse("sfnTv", map[string]string{"symbolic": "s", "force": "f"})
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return t.usage("[-sfn] TARGET... [LINK|DIR]")
	}
	targets, dest := f.rest, path.Base(f.rest[0])
	if len(targets) > 1 {
		targets, dest = targets[:len(targets)-1], targets[len(targets)-1]
	}
	info, err := t.p.Stat(dest)
	intoDir := err == nil && info.IsDir() && !f.any("nT")
	for _, target := range targets {
		name := dest
		if intoDir {
			name = strings.TrimSuffix(dest, "/") + "/" + path.Base(target)
		}
		if err := t.link(target, name, f); err != nil {
			t.fail("%s: %v", name, err)
		}
	}
	return 0
}

func (t *tool) link(target, name string, f *flags) error {
	full, fullTarget := t.p.Path(name), t.p.Path(target)
	return t.change(func(v *filesystem.View) error {
		if f.has("f") {
			v.Unlink(full) //nolint:errcheck // making the link tells
		}
		if f.has("s") {
			return v.Symlink(target, full)
		}
		return v.Link(fullTarget, full)
	})
}

func readlink(t *tool) int {
	f, ok := t.parse("fnevm", nil)
	if !ok {
		return 1
	}
	for _, name := range f.rest {
		full := t.p.Path(name)
		target, err := filesAs(t, func(v *filesystem.View) (string, error) {
			if f.any("fem") {
				return realOrFree(v, full)
			}
			return v.Readlink(full)
		})
		if err != nil {
			t.code = 1
			continue
		}
		t.print(target)
		if !f.has("n") {
			t.print("\n")
		}
	}
	return 0
}

// realOrFree is the canonical path of a file whose last component may be
// missing.
func realOrFree(v *filesystem.View, name string) (string, error) {
	real, err := v.RealPath(name)
	if err != filesystem.ENOENT {
		return real, err
	}
	dir, err := v.RealPath(path.Dir(name))
	if err != nil {
		return "", err
	}
	return path.Join(dir, path.Base(name)), nil
}

func realpath(t *tool) int {
	for _, name := range t.args {
		full := t.p.Path(name)
		real, err := filesAs(t, func(v *filesystem.View) (string, error) { return v.RealPath(full) })
		if err != nil {
			t.fail("%s: %v", name, err)
			continue
		}
		t.print(real + "\n")
	}
	return 0
}

func basename(t *tool) int {
	if len(t.args) == 0 {
		return t.usage("FILE [SUFFIX]")
	}
	base := path.Base(t.args[0])
	if len(t.args) > 1 && base != t.args[1] {
		base = strings.TrimSuffix(base, t.args[1])
	}
	t.print(base + "\n")
	return 0
}

func dirname(t *tool) int {
	for _, name := range t.args {
		t.print(path.Dir(strings.TrimRight(name, "/")+"") + "\n")
	}
	return 0
}

func mkfifo(t *tool) int {
	for _, name := range t.args {
		full := t.p.Path(name)
		if err := t.change(func(v *filesystem.View) error { return v.Mkfifo(full, 0o666) }); err != nil {
			t.fail("%s: %v", name, err)
		}
	}
	return 0
}

func mktemp(t *tool) int {
	f, ok := t.parse("dp:qtu", nil)
	if !ok {
		return 1
	}
	template := "tmp.XXXXXX"
	dir := f.value("p", "/tmp")
	if len(f.rest) > 0 {
		template = f.rest[0]
		if !f.any("pt") {
			dir = ""
		}
	}
	name := path.Join(dir, template)
	stem := strings.TrimRight(name, "X")
	name = stem + randomName(t.p.Random(), len(name)-len(stem))
	full := t.p.Path(name)
	err := t.change(func(v *filesystem.View) error {
		if f.has("d") {
			return v.Mkdir(full, 0o700)
		}
		return v.WriteFile(full, nil, 0o600)
	})
	if err != nil {
		return t.fail("%s: %v", name, err)
	}
	t.print(name + "\n")
	return 0
}

func randomName(n uint64, size int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	out := make([]byte, size)
	for i := range out {
		out[i] = letters[n%uint64(len(letters))]
		n /= uint64(len(letters)) - 1
	}
	return string(out)
}
