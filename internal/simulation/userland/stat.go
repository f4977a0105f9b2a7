package userland

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
	"github.com/kubejig/kubejig/internal/simulation/shell"
)

func commandFor(path string, args []string) process.Command {
	return process.Command{Path: path, Args: args}
}

// kindNames are the kinds of files in stat's words.
var kindNames = map[filesystem.Kind]string{
	filesystem.Regular: "regular file", filesystem.Directory: "directory", filesystem.Symlink: "symbolic link",
	filesystem.Device: "character special file", filesystem.Fifo: "fifo",
}

func stat(t *tool) int {
	f, ok := t.parse("c:Lft", map[string]string{"format": "c", "dereference": "L"})
	if !ok {
		return 1
	}
	for _, name := range f.rest {
		look := t.p.Lstat
		if f.has("L") {
			look = t.p.Stat
		}
		info, err := look(name)
		if err != nil {
			if t.gnu {
				t.fail("cannot statx '%s': %v", name, err)
			} else {
				t.fail("can't stat '%s': %v", name, err)
			}
			continue
		}
		if format := f.value("c", ""); format != "" {
			t.print(t.formatStat(format, name, info) + "\n")
			continue
		}
		t.print(t.formatStat("  File: %n\n  Size: %s\tBlocks: %b\tIO Block: 4096   %F\nDevice: 0h/0d\tInode: %i\tLinks: %h\n"+
			"Access: (%04a/%A)  Uid: (%u/%U)   Gid: (%g/%G)\nAccess: %x\nModify: %y\nChange: %z\n", name, info))
	}
	return 0
}

func (t *tool) formatStat(format, name string, info filesystem.Info) string {
	users, groups := t.names("/etc/passwd"), t.names("/etc/group")
	when := info.ModTime.UTC().Format("2006-01-02 15:04:05.000000000 -0700")
	kind := kindNames[info.Kind]
	if info.Kind == filesystem.Regular && info.Size == 0 {
		kind = "regular empty file"
	}
	return strings.NewReplacer(
		"%04a", fmt.Sprintf("%04o", info.Mode), "%a", strconv.FormatUint(uint64(info.Mode), 8), "%A", info.String(),
		"%b", strconv.FormatInt((info.Size+511)/512, 10), "%F", kind, "%g", strconv.Itoa(info.GID),
		"%G", nameOfID(groups, info.GID), "%h", strconv.Itoa(info.Links), "%i", strconv.Itoa(int(info.Ino)), "%n", name,
		"%N", "'"+name+"'", "%s", strconv.FormatInt(info.Size, 10), "%u", strconv.Itoa(info.UID),
		"%U", nameOfID(users, info.UID), "%x", when, "%y", when, "%z", when,
		"%X", strconv.FormatInt(info.ModTime.Unix(), 10), "%Y", strconv.FormatInt(info.ModTime.Unix(), 10), `\n`, "\n",
	).Replace(format)
}

func nameOfID(names map[int]string, id int) string {
	if known, ok := names[id]; ok {
		return known
	}
	return "UNKNOWN"
}

func which(t *tool) int {
	f, ok := t.parse("a", nil)
	if !ok {
		return 1
	}
	for _, name := range f.rest {
		path, err := shell.LookPath(t.p, name, t.p.Getenv("PATH"))
		if err == nil {
			_, err = t.p.Stat(path)
		}
		if err != nil {
			t.code = 1
			continue
		}
		t.print(path + "\n")
	}
	return 0
}

func test(t *tool) int {
	holds, err := shell.Test(t.p, append([]string{t.name}, t.args...), t.p.IsTerminal)
	if err != nil {
		t.warn("%v", err)
		return 2
	}
	if holds {
		return 0
	}
	return 1
}
