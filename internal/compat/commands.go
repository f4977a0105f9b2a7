package compat

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
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
	// Name is the long one.
	Name string
	// Letter is the short one; "" if there is none.
	Letter string
	// Default is its value as the help shows it: 'text', false, 0, 0s, [].
	Default string
}

// ReadCommands asks the reference's help for all commands that have none below
// them, and for the flags that all of them have.
func ReadCommands(ctx context.Context, reference Program) (commands []Command, global []Flag, err error) {
	options, err := help(ctx, reference, "options")
	if err != nil {
		return nil, nil, err
	}
	commands, err = commandsBelow(ctx, reference, nil)
	return commands, flagsIn(options), err
}

// commandsBelow are the commands that have no others below them, of one that
// has.
func commandsBelow(ctx context.Context, reference Program, group []string) ([]Command, error) {
	text, err := help(ctx, reference, append(slices.Clone(group), "--help")...)
	if err != nil {
		return nil, err
	}
	names := namesIn(text)
	if len(names) == 0 {
		return []Command{{Name: strings.Join(group, " "), Flags: flagsIn(text)}}, nil
	}
	var commands []Command
	if flags := flagsIn(text); len(group) > 0 && len(flags) > 0 { // apply and create do something themselves
		commands = append(commands, Command{Name: strings.Join(group, " "), Flags: flags})
	}
	for _, name := range names {
		below, err := commandsBelow(ctx, reference, append(slices.Clone(group), name))
		if err != nil {
			return nil, err
		}
		commands = append(commands, below...)
	}
	return commands, nil
}

func help(ctx context.Context, reference Program, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, reference.Path, args...).Output()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w", strings.Join(args, " "), err)
	}
	return string(text), nil
}

var (
	titleOfCommands = regexp.MustCompile(`Commands( \([^)]*\))?:$`)
	commandLine     = regexp.MustCompile(`^  ([a-z-]+) +\S`)
	flagLine        = regexp.MustCompile(`^    (?:-(\w), )?--([\w-]+)=(.*):$`)
)

// namesIn are the commands that a help lists.
func namesIn(text string) []string {
	var names []string
	listing := false
	for line := range strings.SplitSeq(text, "\n") {
		found := commandLine.FindStringSubmatch(line)
		switch {
		case titleOfCommands.MatchString(line):
			listing = true
		case found == nil:
			listing = false
		case listing:
			names = append(names, found[1])
		}
	}
	return names
}

// flagsIn are the flags that a help lists.
func flagsIn(text string) []Flag {
	var flags []Flag
	for line := range strings.SplitSeq(text, "\n") {
		if found := flagLine.FindStringSubmatch(line); found != nil {
			flags = append(flags, Flag{Letter: found[1], Name: found[2], Default: found[3]})
		}
	}
	return flags
}
