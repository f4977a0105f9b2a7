package compat

import (
	"context"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// Command is a command of the reference, with the flags of its own.
type Command struct {
	// Name has the commands above it: "set image".
	Name  string
	Flags []Flag
}

// Flag is a flag of a command.
type Flag struct {
	Name string
	HelpFlag
}

// truth says whether a flag is on or off.
func (f Flag) truth() bool { return f.Default == "true" || f.Default == "false" }

// ReadCommands asks the reference's help for all commands that do something,
// and for the flags that all of them have.
func ReadCommands(ctx context.Context, reference Program) (commands []Command, global []Flag, err error) {
	options, err := readHelp(ctx, reference, "options")
	if err != nil {
		return nil, nil, err
	}
	commands, err = commandsBelow(ctx, reference, nil)
	return commands, options.flags(), err
}

// commandsBelow are the commands of a group; a command is a group of itself.
func commandsBelow(ctx context.Context, reference Program, group []string) ([]Command, error) {
	page, err := readHelp(ctx, reference, append(slices.Clone(group), "--help")...)
	if err != nil {
		return nil, err
	}
	var commands []Command
	if len(page.Commands) == 0 || len(page.Flags) > 0 { // apply and create are groups that do something themselves
		commands = append(commands, Command{Name: strings.Join(group, " "), Flags: page.flags()})
	}
	for _, name := range page.Commands {
		below, err := commandsBelow(ctx, reference, append(slices.Clone(group), name))
		if err != nil {
			return nil, err
		}
		commands = append(commands, below...)
	}
	return commands, nil
}

func readHelp(ctx context.Context, reference Program, args ...string) (HelpPage, error) {
	text, err := exec.CommandContext(ctx, reference.Path, args...).Output()
	if err != nil {
		return HelpPage{}, fmt.Errorf("kubectl %s: %w", strings.Join(args, " "), err)
	}
	return ParseHelp(string(text)), nil
}

// flags are the page's, in the order of their names.
func (page HelpPage) flags() []Flag {
	var flags []Flag
	for _, name := range slices.Sorted(maps.Keys(page.Flags)) {
		flags = append(flags, Flag{name, page.Flags[name]})
	}
	return flags
}
