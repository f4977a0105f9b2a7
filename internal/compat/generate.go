package compat

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Generator makes random command lines of the commands that the reference has,
// with their flags and with words that mean something: the same ones for the
// same seed. Most are made with care, of words that are right by themselves;
// what they say together need not make sense.
type Generator struct {
	random   *rand.Rand
	commands []Command
	global   []Flag
	// kinds are the words for those that anyKind stands for.
	kinds []string
	// careful says that the line that is made has no wrong words.
	careful bool
}

// NewGenerator returns a generator for a seed. It leaves out commands and flags
// that wait for time to pass or for their user, and adds the plugins that are
// on the PATH.
func NewGenerator(seed uint64, commands []Command, global []Flag, words Vocabulary) *Generator {
	g := &Generator{
		random: rand.New(rand.NewPCG(seed, seed)), global: without(Command{Flags: global}, leftOutGlobals),
		kinds: slices.Sorted(maps.Keys(words)),
	}
	for _, c := range commands {
		if !slices.Contains(leftOut, c.Name) {
			g.commands = append(g.commands, Command{Name: c.Name, Flags: without(c, leftOutFlags)})
		}
	}
	for _, name := range plugins {
		g.commands = append(g.commands, Command{Name: name})
	}
	return g
}

// without are the flags of a command but those named, for it or for all: "list"
// or "set env list".
func without(c Command, names []string) []Flag {
	return slices.DeleteFunc(slices.Clone(c.Flags), func(f Flag) bool {
		return slices.Contains(names, f.Name) || slices.Contains(names, c.Name+" "+f.Name)
	})
}

// Next makes the words of a command line after kubectl.
func (g *Generator) Next() []string {
	g.careful = g.random.IntN(4) > 0
	command := one(g, g.commands)
	words := strings.Fields(command.Name)
	choices, ok := arguments[command.Name]
	if !ok {
		choices = [][]string{kinds, names}
	}
	for _, choice := range choices {
		words = append(words, strings.Fields(g.word(choice))...)
	}
	if must, ok := musts[command.Name]; ok {
		words = append(words, must)
	}
	end := slices.Index(words, "--")
	if end < 0 {
		end = len(words)
	}
	words = slices.Insert(words, end, g.flags(command)...)
	if !g.careful && g.random.IntN(10) == 0 {
		words = append(words, one(g, []string{"--nonsense", "-z", "extra", "", "--"}))
	}
	return words
}

// flags are some of a command's, and now and then one that all commands have.
func (g *Generator) flags(command Command) []string {
	var words []string
	for range g.random.IntN(4) {
		if len(command.Flags) > 0 {
			words = append(words, g.flag(command.Name, one(g, command.Flags))...)
		}
	}
	if g.random.IntN(12) == 0 {
		words = append(words, g.flag(command.Name, one(g, g.global))...)
	}
	return words
}

// one is one of several.
func one[T any](g *Generator, choices []T) T { return choices[g.random.IntN(len(choices))] }

// word is one of several words that is as right as the line is to be.
func (g *Generator) word(choices []string) string {
	if g.careful {
		if right := slices.DeleteFunc(slices.Clone(choices), wrong); len(right) > 0 {
			choices = right
		}
	}
	word := one(g, choices)
	for strings.Contains(word, anyKind) {
		word = strings.Replace(word, anyKind, one(g, g.kinds), 1)
	}
	return word
}

// flag is a flag of a command with a value, as one word or two.
func (g *Generator) flag(command string, f Flag) []string {
	value, given := g.value(command, f)
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
func (g *Generator) value(command string, f Flag) (string, bool) {
	meant, ok := values[command+" "+f.Name]
	if !ok {
		meant = values[f.Name]
	}
	switch {
	case len(meant) > 0 && (g.careful || g.random.IntN(20) > 0):
		return g.word(meant), true
	case f.truth():
		value := g.word([]string{"", "", "", "true", "false", "maybe"})
		return value, value != ""
	case strings.HasSuffix(f.Default, "s") && !strings.HasPrefix(f.Default, "'"):
		return g.word([]string{"0s", "1s", "-1s", "2", "x"}), true
	case strings.Trim(f.Default, "-0123456789") == "":
		return g.word([]string{"0", "1", "2", "-1", "x"}), true
	}
	return g.word([]string{"a=b", "web", "", "x", "A B", "-1"}), true
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
	if slices.Contains(unordered, command(words)) {
		line += " | sort"
	}
	return Step{Text: strings.TrimSpace("kubectl " + line), Verb: "kubectl", Words: cmp.Or(line, " ")}, nil
}
