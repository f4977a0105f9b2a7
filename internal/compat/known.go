package compat

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// KnownDifference is an entry of known_differences.txt: command lines that may
// differ, and why.
type KnownDifference struct {
	// Pattern matches a whole step: SCRIPT: kubectl ARG...
	Pattern *regexp.Regexp
	Reason  string
	// matched and differed count the steps compared.
	matched, differed int
}

// Known is the list of known differences. It counts what it is asked, and is
// not for use by several goroutines at a time.
type Known []*KnownDifference

// ReadKnown reads a list. Entries are separated by blank lines: the reason in
// lines that begin with #, then regular expressions, one a line.
func ReadKnown(path string) (Known, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var known Known
	for entry := range strings.SplitSeq(string(text), "\n\n") {
		var reason []string
		for line := range strings.Lines(entry) {
			line = strings.TrimSpace(line)
			if comment, ok := strings.CutPrefix(line, "#"); ok {
				reason = append(reason, strings.TrimSpace(comment))
				continue
			}
			if line == "" {
				continue
			}
			pattern, err := regexp.Compile("^(?:" + line + ")$")
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			if len(reason) == 0 {
				return nil, fmt.Errorf("%s: no reason is given for %q", path, line)
			}
			known = append(known, &KnownDifference{Pattern: pattern, Reason: strings.Join(reason, " ")})
		}
	}
	return known, nil
}

// Note records whether a step differed, and returns the entry that says why it
// may; nil: it may not.
func (k Known) Note(step string, differed bool) *KnownDifference {
	var found *KnownDifference
	for _, d := range k {
		if !d.Pattern.MatchString(step) {
			continue
		}
		d.matched++
		if differed {
			d.differed++
		}
		found = d
	}
	return found
}

// Obsolete are the entries of which nothing differs any more. Entries that
// matched nothing count only where everything was compared.
func (k Known) Obsolete(everything bool) []string {
	var obsolete []string
	for _, d := range k {
		if d.differed == 0 && (everything || d.matched > 0) {
			obsolete = append(obsolete, d.Pattern.String())
		}
	}
	return obsolete
}
