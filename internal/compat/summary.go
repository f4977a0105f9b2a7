package compat

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Summary counts command lines by what they are about.
type Summary struct {
	words    Vocabulary
	all      count
	commands map[string]*count
	kinds    map[string]*count
	formats  map[string]*count
}

// count is a number of command lines, and of those that failed.
type count struct{ lines, errors int }

// NewSummary is one that knows kinds by the words of a vocabulary.
func NewSummary(words Vocabulary) *Summary {
	return &Summary{words: words, commands: map[string]*count{}, kinds: map[string]*count{}, formats: map[string]*count{}}
}

// Lines is the number of command lines.
func (s *Summary) Lines() int { return s.all.lines }

// Errors is the number of command lines that failed.
func (s *Summary) Errors() int { return s.all.errors }

// Add counts a result. Steps that run no command line do not count.
func (s *Summary) Add(r Result) {
	if len(r.Line.Args) == 0 {
		return
	}
	failed := r.Reference.Failed()
	s.all.add(failed)
	addTo(s.commands, command(r.Line.Args), failed)
	addTo(s.formats, format(r.Line.Args), failed)
	for _, kind := range s.words.kinds(r.Line, r.Files) {
		addTo(s.kinds, kind, failed)
	}
}

func (c *count) add(failed bool) {
	c.lines++
	if failed {
		c.errors++
	}
}

func addTo(counts map[string]*count, name string, failed bool) {
	if counts[name] == nil {
		counts[name] = &count{}
	}
	counts[name].add(failed)
}

// String is the summary as tables.
func (s *Summary) String() string {
	var b strings.Builder
	for _, table := range []struct {
		title  string
		counts map[string]*count
	}{{"command", s.commands}, {"kind", s.kinds}, {"format", s.formats}} {
		fmt.Fprintf(&b, "\n%d of a %s:\n", len(table.counts), table.title)
		writeCounts(&b, table.counts)
	}
	fmt.Fprintf(&b, "\n%d command lines, %d errors: ", s.all.lines, s.all.errors)
	return b.String()
}

// writeCounts writes four counts a line, the largest ones first.
func writeCounts(b *strings.Builder, counts map[string]*count) {
	names := slices.SortedFunc(maps.Keys(counts), func(x, y string) int {
		return cmp.Or(cmp.Compare(counts[y].lines, counts[x].lines), strings.Compare(x, y))
	})
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for line := range slices.Chunk(names, 4) {
		for _, name := range line {
			fmt.Fprintf(w, "  %s\t%d (%d)\t", name, counts[name].lines, counts[name].errors)
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // a builder does not fail
}

// groups are the commands that have others below them.
var groups = []string{
	"apply", "auth", "certificate", "cluster-info", "config", "create", "create secret", "create service", "kuberc", "plugin",
	"rollout", "set", "top",
}

// aliases are other names of commands.
var aliases = map[string]string{
	"create svc": "create service", "create ns": "create namespace", "create cm": "create configmap", "create deploy": "create deployment",
	"create sa": "create serviceaccount", "create cj": "create cronjob", "create ing": "create ingress", "create pdb": "create poddisruptionbudget",
	"create pc": "create priorityclass", "create resourcequota": "create quota", "set sa": "set serviceaccount", "config use": "config use-context",
	"top nodes": "top node", "top no": "top node", "top pods": "top pod", "top po": "top pod",
}

// command is the command of a command line, with its subcommands: "set image".
func command(args []string) string {
	name := ""
	for _, word := range args {
		if strings.HasPrefix(word, "-") {
			break
		}
		name = strings.TrimSpace(name + " " + word)
		name = cmp.Or(aliases[name], name)
		if !slices.Contains(groups, name) {
			break
		}
	}
	return cmp.Or(name, "kubectl")
}

// format is the output format that a command line asks for, without its
// argument; "default" if none.
func format(args []string) string {
	name := ""
	for i, word := range args {
		switch {
		case word == "--":
			return cmp.Or(name, "default")
		case (word == "-o" || word == "--output") && i+1 < len(args):
			name = args[i+1]
		case strings.HasPrefix(word, "--output="):
			name = strings.TrimPrefix(word, "--output=")
		case strings.HasPrefix(word, "-o") && !strings.HasPrefix(word, "--"):
			name = strings.TrimPrefix(strings.TrimPrefix(word, "-o"), "=")
		}
	}
	name, _, _ = strings.Cut(name, "=")
	return cmp.Or(name, "default")
}
