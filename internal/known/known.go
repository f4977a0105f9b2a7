// Package known reads lists of known differences: what may differ between a
// reference and ours, and why. Only tests that compare the two use it.
package known

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Difference is an entry of a list: steps that may differ, and why.
type Difference struct {
	// Pattern matches the whole name of a step.
	Pattern *regexp.Regexp
	Reason  string
	// matched and differed count the steps compared.
	matched, differed int
}

// Differences is a list. It counts what it is asked, and is not for use by
// several goroutines at a time.
type Differences []*Difference

// Read reads those entries of a file whose patterns begin with prefix. Entries
// are separated by blank lines: the reason in lines that begin with #, then
// regular expressions, one a line.
func Read(path, prefix string) (Differences, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var known Differences
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
			if strings.HasPrefix(line, prefix) {
				known = append(known, &Difference{Pattern: pattern, Reason: strings.Join(reason, " ")})
			}
		}
	}
	return known, nil
}

// Note records whether a step differed, and returns the entry that says why it
// may; nil: it may not.
func (k Differences) Note(step string, differed bool) *Difference {
	var found *Difference
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
func (k Differences) Obsolete(everything bool) []string {
	var obsolete []string
	for _, d := range k {
		if d.differed == 0 && (everything || d.matched > 0) {
			obsolete = append(obsolete, d.Pattern.String())
		}
	}
	return obsolete
}
