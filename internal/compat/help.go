package compat

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// HelpPage is what the help of one command promises. Descriptions and examples
// are everybody's own words and no part of it.
type HelpPage struct {
	Aliases  string
	Usage    string
	Commands []string
	Flags    map[string]HelpFlag
}

// HelpFlag is a flag, as help has it.
type HelpFlag struct {
	Shorthand string // "-n", or "".
	Default   string
}

// flagLine is the first line of a flag: "    -n, --namespace=”:".
var flagLine = regexp.MustCompile(`^    (?:(-\w), )?--([\w-]+)=(.*):$`)

// commandsTitle is the title of a list of commands, such as "Deploy Commands:".
var commandsTitle = regexp.MustCompile(`^[\w ]*Commands( \(\w+\))?:$`)

// ParseHelp reads a page of help.
func ParseHelp(text string) HelpPage {
	page := HelpPage{Flags: map[string]HelpFlag{}}
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		fields := strings.Fields(line)
		switch flag := flagLine.FindStringSubmatch(line); {
		case len(fields) == 0:
		case line[0] != ' ' && line[0] != '\t':
			section = line
		case section == "Usage:":
			page.Usage = strings.TrimSpace(line)
		case section == "Aliases:":
			page.Aliases = strings.TrimSpace(line)
		case commandsTitle.MatchString(section):
			page.Commands = append(page.Commands, fields[0])
		case flag != nil:
			page.Flags[flag[2]] = HelpFlag{Shorthand: flag[1], Default: flag[3]}
		}
	}
	return page
}

// Missing lists what the reference's page promises and ours does not, a line
// each.
func (page HelpPage) Missing(ours HelpPage) []string {
	var missing []string
	for _, command := range page.Commands {
		if !slices.Contains(ours.Commands, command) {
			missing = append(missing, "command "+command)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(page.Flags)) {
		want := page.Flags[name]
		switch got, ok := ours.Flags[name]; {
		case !ok:
			missing = append(missing, fmt.Sprintf("flag --%s", name))
		case got != want:
			missing = append(missing, fmt.Sprintf("flag --%s: %s %s instead of %s %s", name, got.Shorthand, got.Default, want.Shorthand, want.Default))
		}
	}
	if page.Usage != ours.Usage {
		missing = append(missing, fmt.Sprintf("usage %q instead of %q", ours.Usage, page.Usage))
	}
	if page.Aliases != ours.Aliases {
		missing = append(missing, fmt.Sprintf("aliases %q instead of %q", ours.Aliases, page.Aliases))
	}
	return missing
}
