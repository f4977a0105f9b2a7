package userland

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

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
