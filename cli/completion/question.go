package completion

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
)

// question is what a shell asks: what can come next?
type question struct {
	*factory.Factory
	ctx context.Context
	// args are the command's arguments before the one that is asked for.
	args []string
	// typed is the beginning of that one.
	typed string
}

// answer lists what can come next, and tells the shell what to do with it.
type answer func(question) ([]string, cobra.ShellCompDirective)

// noFiles keeps the shell from adding the names of files.
const noFiles = cobra.ShellCompDirectiveNoFileComp

// fitting are the words that go on from what was typed.
func fitting(words []string, typed string) []string {
	return slices.DeleteFunc(words, func(word string) bool { return !strings.HasPrefix(word, typed) })
}

// anyOf answers with words that fit.
func anyOf(words ...string) answer {
	return func(q question) ([]string, cobra.ShellCompDirective) {
		return fitting(slices.Clone(words), q.typed), noFiles
	}
}

// always answers with the same words, whatever was typed.
func always(words ...string) answer {
	return func(question) ([]string, cobra.ShellCompDirective) { return words, noFiles }
}

// listed answers with those of a list that fit.
func listed(list func(question) []string) answer {
	return func(q question) ([]string, cobra.ShellCompDirective) {
		return fitting(list(q), q.typed), noFiles
	}
}

// first answers for the first argument only; there are no others.
func first(answer answer) answer {
	return func(q question) ([]string, cobra.ShellCompDirective) {
		if len(q.args) > 0 {
			return nil, noFiles
		}
		return answer(q)
	}
}
