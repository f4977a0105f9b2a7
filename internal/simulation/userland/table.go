package userland

import (
	"maps"
	"path"
	"slices"
	"sync"

	"github.com/kubejig/kubejig/internal/simulation/process"
	"github.com/kubejig/kubejig/internal/simulation/shell"
)

// commands is the table of all commands. It is made on first use, since some
// commands run others.
var commands = sync.OnceValue(func() map[string]command {
	table := map[string]command{}
	for _, group := range []map[string]command{
		fileCommands, textCommands, systemCommands, networkCommands, archiveCommands, processCommands,
	} {
		maps.Copy(table, group)
	}
	return table
})

// shells are the programs that interpret scripts.
var shells = map[string]shell.Program{
	"ash":  {Dialect: shell.Ash},
	"dash": {Dialect: shell.Dash},
	"bash": {Dialect: shell.Bash},
}

// Load finds a command or shell by name: "ls", "bash", or "busybox" for the
// one that is called by many names.
func Load(name string) (process.Program, bool) {
	if name == "busybox" {
		return process.Func(busybox), true
	}
	if sh, ok := shells[name]; ok {
		return sh, true
	}
	c, ok := commands()[name]
	return c, ok
}

// Names are all commands that Load finds, without shells and busybox.
func Names() []string { return slices.Sorted(maps.Keys(commands())) }

// busybox runs the applet that the command line names.
func busybox(p *process.Process) int {
	args := p.Args()
	name := path.Base(args[0])
	if name == "busybox" {
		if len(args) < 2 {
			p.Write(1, []byte(busyboxHelp(p.Variant()))) //nolint:errcheck // nothing to do about it
			return 0
		}
		if args[1] == "--list" {
			for _, applet := range Names() {
				p.Write(1, []byte(applet+"\n")) //nolint:errcheck // nothing to do about it
			}
			return 0
		}
		err := p.Exec(process.Command{Path: "/bin/busybox", Args: args[1:]})
		p.Write(2, []byte("busybox: "+err.Error()+"\n")) //nolint:errcheck // nothing to do about it
		return 127
	}
	if name == "sh" {
		return shells["ash"].Main(p)
	}
	program, ok := Load(name)
	if !ok {
		p.Write(2, []byte(name+": applet not found\n")) //nolint:errcheck // nothing to do about it
		return 127
	}
	return program.Main(p)
}

func busyboxHelp(version string) string {
	if version == "" {
		version = "1.36.1"
	}
	return "BusyBox v" + version + " multi-call binary.\n" +
		"BusyBox is copyrighted by many authors between 1998-2015.\n" +
		"Licensed under GPLv2. See source distribution for detailed\n" +
		"copyright notices.\n\n" +
		"Usage: busybox [function [arguments]...]\n"
}
