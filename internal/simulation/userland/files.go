package userland

import (
	"fmt"
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

func chmod(t *tool) int {
	f, ok := t.parseWith(flagSpec{letters: "Rvcf", stop: true}, t.args)
	if !ok {
		return 1
	}
	if len(f.rest) < 2 {
		return t.usage("[-R] MODE[,MODE]... FILE...")
	}
	for _, name := range f.rest[1:] {
		t.each(name, f.has("R"), func(name string, info filesystem.Info) error {
			mode, ok := changeMode(info, f.rest[0])
			if !ok {
				return fmt.Errorf("invalid mode '%s'", f.rest[0])
			}
			full := t.p.Path(name)
			return t.change(func(v *filesystem.View) error { return v.Chmod(full, mode) })
		})
	}
	return 0
}

// each calls f with a file, and with those in it if deep.
func (t *tool) each(name string, deep bool, f func(name string, info filesystem.Info) error) {
	info, err := t.p.Stat(name)
	if err == nil {
		err = f(name, info)
	}
	if err != nil {
		t.fail("%s: %v", name, err)
		return
	}
	if deep && info.IsDir() {
		inside, _ := t.p.ReadDir(name)
		for _, file := range inside {
			if file.Kind != filesystem.Symlink {
				t.each(name+"/"+file.Name, true, f)
			}
		}
	}
}

// changeMode applies an octal or symbolic mode such as u+x,go=r.
func changeMode(info filesystem.Info, text string) (uint32, bool) {
	if octal, err := strconv.ParseUint(text, 8, 32); err == nil {
		return uint32(octal), true
	}
	mode := info.Mode
	for clause := range strings.SplitSeq(text, ",") {
		at := strings.IndexAny(clause, "+-=")
		if at < 0 {
			return 0, false
		}
		bits, ok := modeBits(clause[:at], clause[at+1:], info)
		if !ok {
			return 0, false
		}
		switch clause[at] {
		case '+':
			mode |= bits
		case '-':
			mode &^= bits
		case '=':
			all, _ := modeBits(clause[:at], "rwx", info)
			mode = mode&^all | bits
		}
	}
	return mode, true
}

func modeBits(who, what string, info filesystem.Info) (uint32, bool) {
	if who == "" || who == "a" {
		who = "ugo"
	}
	var bits uint32
	for _, letter := range what {
		var bit uint32
		switch letter {
		case 'r':
			bit = 4
		case 'w':
			bit = 2
		case 'x':
			bit = 1
		case 'X':
			if info.IsDir() || info.Mode&0o111 != 0 {
				bit = 1
			}
		case 't':
			bits |= 0o1000
			continue
		case 's':
			if strings.Contains(who, "u") {
				bits |= 0o4000
			}
			if strings.Contains(who, "g") {
				bits |= 0o2000
			}
			continue
		default:
			return 0, false
		}
		for _, class := range who {
			shift, ok := map[rune]int{'u': 6, 'g': 3, 'o': 0}[class]
			if !ok {
				return 0, false
			}
			bits |= bit << shift
		}
	}
	return bits, true
}

func chown(t *tool) int {
	f, ok := t.parse("Rhv", nil)
	if !ok {
		return 1
	}
	if len(f.rest) < 2 {
		return t.usage("[-Rh] USER[:[GRP]] FILE...")
	}
	owner, group, _ := strings.Cut(f.rest[0], ":")
	if t.name == "chgrp" {
		owner, group = "", f.rest[0]
	}
	uid, ok := t.lookupID("/etc/passwd", owner)
	if !ok {
		return t.fail("unknown user %s", owner)
	}
	gid, ok := t.lookupID("/etc/group", group)
	if !ok {
		return t.fail("unknown group %s", group)
	}
	for _, name := range f.rest[1:] {
		t.each(name, f.has("R"), func(name string, _ filesystem.Info) error {
			full := t.p.Path(name)
			return t.change(func(v *filesystem.View) error { return v.Chown(full, uid, gid) })
		})
	}
	return 0
}

// install copies files and sets their mode, or makes directories.
func install(t *tool) int {
	f, ok := t.parse("dm:o:g:D", nil)
	if !ok {
		return 1
	}
	mode := f.value("m", "755")
	if f.has("d") {
		t.args = append([]string{"-p", "-m", mode}, f.rest...)
		return mkdir(t)
	}
	if len(f.rest) != 2 {
		return t.usage("[-dD] [-m MODE] SOURCE DEST")
	}
	t.args = f.rest
	if code := cp(t); code != 0 {
		return code
	}
	t.args = []string{mode, f.rest[1]}
	return chmod(t)
}
