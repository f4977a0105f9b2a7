package compat

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Generator makes random command lines of the commands that the reference has,
// with their flags and with words that mean something: the same ones for the
// same seed. What they say together need not make sense.
type Generator struct {
	random   *rand.Rand
	commands []Command
	global   []Flag
}

// NewGenerator returns a generator for a seed. It leaves out commands and flags
// that wait for time to pass or for their user.
func NewGenerator(seed uint64, commands []Command, global []Flag) *Generator {
	g := &Generator{random: rand.New(rand.NewPCG(seed, seed)), global: without(global, leftOutGlobals)}
	for _, c := range commands {
		if !slices.Contains(leftOut, c.Name) {
			g.commands = append(g.commands, Command{Name: c.Name, Flags: without(c.Flags, leftOutFlags)})
		}
	}
	return g
}

func without(flags []Flag, names []string) []Flag {
	return slices.DeleteFunc(slices.Clone(flags), func(f Flag) bool { return slices.Contains(names, f.Name) })
}

// Next makes the words of a command line after kubectl.
func (g *Generator) Next() []string {
	command := g.commands[g.random.IntN(len(g.commands))]
	words := strings.Fields(command.Name)
	choices, ok := arguments[command.Name]
	if !ok {
		choices = [][]string{kinds, names}
	}
	for _, choice := range choices {
		words = append(words, strings.Fields(one(g, choice))...)
	}
	if must, ok := musts[command.Name]; ok {
		words = append(words, must)
	}
	for range g.random.IntN(5) {
		if len(command.Flags) > 0 {
			words = append(words, g.flag(one(g, command.Flags))...)
		}
	}
	if g.random.IntN(12) == 0 {
		words = append(words, g.flag(one(g, g.global))...)
	}
	if g.random.IntN(40) == 0 {
		words = append(words, one(g, []string{"--nonsense", "-z", "extra", "", "--"}))
	}
	return words
}

// one is one of several.
func one[T any](g *Generator, choices []T) T { return choices[g.random.IntN(len(choices))] }

// flag is a flag with a value, as one word or two.
func (g *Generator) flag(f Flag) []string {
	value, given := g.value(f)
	switch {
	case !given && f.Shorthand != "" && g.random.IntN(2) == 0:
		return []string{f.Shorthand}
	case !given:
		return []string{"--" + f.Name}
	case f.Shorthand != "" && value != "" && !f.truth() && g.random.IntN(2) == 0:
		return []string{f.Shorthand, value}
	}
	return []string{"--" + f.Name + "=" + value}
}

// value is a value of a flag, and whether it is to be given at all.
func (g *Generator) value(f Flag) (string, bool) {
	meant := values[f.Name]
	switch {
	case len(meant) > 0 && g.random.IntN(20) > 0:
		return one(g, meant), true
	case f.truth():
		value := one(g, []string{"", "", "", "true", "false", "maybe"})
		return value, value != ""
	case strings.HasSuffix(f.Default, "s") && !strings.HasPrefix(f.Default, "'"):
		return one(g, []string{"0s", "1s", "-1s", "2", "x"}), true
	case strings.Trim(f.Default, "-0123456789") == "":
		return one(g, []string{"0", "1", "2", "-1", "x"}), true
	}
	return one(g, []string{"", "x", "a=b", "web", "A B", "-1"}), true
}

// step is a command line as a step of a script.
func step(words []string) (Step, error) {
	quoted := make([]string, len(words))
	for i, word := range words {
		var err error
		if quoted[i], err = syntax.Quote(word, syntax.LangBash); err != nil {
			return Step{}, err
		}
	}
	line := strings.Join(quoted, " ")
	if slices.ContainsFunc(words, func(w string) bool { return w == "-" || strings.HasSuffix(w, "=-") }) {
		line += " < objects.yaml"
	}
	return Step{Text: strings.TrimSpace("kubectl " + line), Verb: "kubectl", Words: cmp.Or(line, " ")}, nil
}
