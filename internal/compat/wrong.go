package compat

import (
	"slices"
	"strings"
)

// nonsense is a value that hardly any flag takes.
const nonsense = "nonsense"

// WrongValues are steps that give each flag of a command a value of the wrong
// kind, and none. A flag that is a number, a duration, or on or off is refused
// before its command begins; others need arguments for their command to come to
// them, and are left out where the generator leaves them out.
func WrongValues(command Command, global []Flag) ([]Step, error) {
	var steps []Step
	for _, flag := range slices.Concat(command.Flags, global) {
		words := strings.Fields(command.Name)
		if !flag.typed() {
			left := slices.Concat(leftOutFlags, leftOutGlobals)
			if slices.Contains(leftOut, command.Name) || slices.Contains(left, flag.Name) || slices.Contains(left, command.Name+" "+flag.Name) {
				continue
			}
			words = append(words, usualArguments(command.Name)...)
		}
		for _, value := range []string{nonsense, ""} {
			next, err := step(append(slices.Clone(words), "--"+flag.Name+"="+value))
			if err != nil {
				return nil, err
			}
			steps = append(steps, next)
		}
	}
	return steps, nil
}

// typed says whether a flag takes only some words, by its default.
func (f Flag) typed() bool {
	number := strings.TrimSuffix(f.Default, "s")
	return f.truth() || number != "" && strings.Trim(number, "-.0123456789hm") == ""
}

// usualArguments are the first of what the generator knows for a command, which
// is what makes sense.
func usualArguments(command string) []string {
	choices, ok := arguments[command]
	if !ok {
		choices = [][]string{{"pods"}, {"web"}}
	}
	var words []string
	for _, choice := range choices {
		words = append(words, strings.Fields(choice[0])...)
	}
	if must, ok := musts[command]; ok {
		words = append(words, must)
	}
	return words
}
