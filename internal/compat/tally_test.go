package compat

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/internal/known"
)

// What is compared in all: command lines, and those of them that fail, as one
// in so many.
const (
	leastLines = 1500
	oneErrorIn = 3
)

// tally collects the results of many scripts that run at a time.
type tally struct {
	mu             sync.Mutex
	known          known.Differences
	summary        *Summary
	equal, allowed int
	different      int
	// smallest, if set, finds the smallest command line that differs as one does.
	smallest func(Result) Result
}

func newTally(t *testing.T) *tally {
	differences, err := known.Read("known_differences.txt", "")
	require.NoError(t, err)
	words, err := ReadVocabulary()
	require.NoError(t, err)
	return &tally{known: differences, summary: NewSummary(words)}
}

// compared reports a script's differences as failures, but for known ones.
func (r *tally) compared(t *testing.T, file, script string) func(Result) {
	return func(result Result) {
		difference := r.note(script+": "+result.Step.Text, result)
		if difference == "" {
			return
		}
		at := fmt.Sprintf("%s:%d: %s", file, result.Step.Line, result.Step.Text)
		if r.smallest != nil {
			result = r.smallest(result)
			at = fmt.Sprintf("%s\nsmallest: %s", at, result.Step.Text)
		}
		t.Errorf("%s\n%s", at, result.Difference())
	}
}

// note counts a step and returns its difference, unless it is a known one.
func (r *tally) note(step string, result Result) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.summary.Add(result)
	difference := result.Difference()
	entry := r.known.Note(step, difference != "")
	switch {
	case difference == "":
		r.equal++
	case entry != nil:
		r.allowed++
		return ""
	default:
		r.different++
	}
	return difference
}

func (r *tally) report(t *testing.T, everything bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.Logf("%s%d equal, %d differ as known, %d differ", r.summary, r.equal, r.allowed, r.different)
	for _, pattern := range r.known.Obsolete(everything) {
		t.Errorf("known_differences.txt: nothing that matches %q differs any more", pattern)
	}
	if everything {
		require.GreaterOrEqual(t, r.summary.Lines(), leastLines, "command lines")
		require.GreaterOrEqual(t, r.summary.Errors()*oneErrorIn, r.summary.Lines(), "errors, one command line in %d", oneErrorIn)
	}
}
