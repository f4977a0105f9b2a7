// Package color says when output is coloured, and with which colours. Nothing
// is, unless the user asks for it.
//
// It must not import commands.
package color

import (
	"fmt"
	"hash/fnv"
	"io"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/terminal"
)

// Variable is the environment variable that is in effect where --color is not
// given.
const Variable = "KUBEJIG_COLOR"

// Paint colours text; the zero value leaves it as it is.
type Paint string

// Paints with a meaning.
const (
	Red   Paint = "31"
	Green Paint = "32"
	Cyan  Paint = "36"
)

// names are the paints that tell one thing from another: no red, which looks
// like an error, and nothing that is hard to read on black or on white.
var names = []Paint{"36", "32", "33", "35", "34", "96", "92", "95"}

// Text is text in this colour.
func (p Paint) Text(text string) string {
	if p == "" {
		return text
	}
	return "\x1b[" + string(p) + "m" + text + "\x1b[0m"
}

// For is the paint of a name, the same in each run.
func For(name string) Paint {
	sum := fnv.New32a()
	_, _ = io.WriteString(sum, name)
	return names[sum.Sum32()%uint32(len(names))]
}

// AddFlag registers --color.
func AddFlag(cmd *cobra.Command, value *string) {
	cmd.Flags().StringVar(value, "color", "", "Colour the output: \"always\", \"never\", or \"auto\" on terminals unless NO_COLOR is set. Default: what "+Variable+" says, or never.")
}

// Wanted says whether what goes to out is to be coloured, where value is that
// of --color.
func Wanted(f *factory.Factory, value string, out io.Writer) (bool, error) {
	if value == "" {
		value = f.Getenv(Variable)
	}
	switch value {
	case "", "never":
		return false, nil
	case "always":
		return true, nil
	case "auto":
		return terminal.IsTerminal(out) && f.Getenv("NO_COLOR") == "" && f.Getenv("TERM") != "dumb", nil
	}
	return false, fmt.Errorf("invalid color %q: must be always, never or auto", value)
}
