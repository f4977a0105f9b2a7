package compat

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"golang.org/x/tools/txtar"
)

// Outcome is what a command line did that its user can see.
type Outcome struct {
	Stdout string
	Stderr string
	// Status is how the process ended: "exit status 1".
	Status string
	// Changes is the number of revisions it added to the cluster.
	Changes int64
}

// Failed says whether it did not end well.
func (o Outcome) Failed() bool { return o.Status != "exit status 0" }

// sorted is the outcome with the lines of its output in order.
func (o Outcome) sorted() Outcome {
	o.Stdout = strings.Join(slices.Sorted(strings.Lines(o.Stdout)), "")
	return o
}

// Result is what both programs did with a step of a script.
type Result struct {
	Step Step
	// Line is the command line; it has no arguments where the step runs none.
	Line CommandLine
	// Files are the script's.
	Files           []txtar.File
	Reference, Ours Outcome
}

// withoutHelp is the result without what was printed where both printed the
// help of a command, whose words are our own.
func (r Result) withoutHelp() Result {
	if r.Reference.helps() && r.Ours.helps() {
		for _, o := range []*Outcome{&r.Reference, &r.Ours} {
			o.Stdout, o.Stderr = "", ""
		}
	}
	return r
}

// withoutCrash is the result without differences where the reference crashed, and
// ours did not: there is nothing to be like.
func (r Result) withoutCrash() Result {
	if r.Reference.crashed() && !r.Ours.crashed() {
		r.Reference = r.Ours
	}
	return r
}

// crashed says whether a program panicked.
func (o Outcome) crashed() bool {
	return o.Status == "exit status 2" && strings.Contains(o.Stderr, "\ngoroutine 1 [running]:\n")
}

// helps says whether a command's help was printed.
func (o Outcome) helps() bool { return strings.Contains(o.Stdout+o.Stderr, "Usage:\n  kubectl ") }

// replacement is a part of outputs that must differ, and what stands for it.
type replacement struct {
	pattern *regexp.Regexp
	with    string
}

// replacements are the parts that differ between any two runs: ports, real
// time, process IDs, addresses in memory, names of temporary files and of
// debugging containers. Lines that come in no order, or as often as there is time,
// are left out.
var replacements = []replacement{
	{regexp.MustCompile(`[IE]\d{4} [\d:.]+ +\d+ [^ ]+\] ("Feature gate default state"|"Loading client cert failed"|"Waited before sending request"|Unable to decode server response into a Table|".*reflector=).*\n`), ""},
	{regexp.MustCompile(`(?m)^\tSec-Websocket-Accept: .*`), "\tSec-Websocket-Accept: KEY"},
	{regexp.MustCompile(`(?m)^\tDate: .*`), "\tDate: DATE"},
	{regexp.MustCompile(`(?m)^\tAudit-Id: .*`), "\tAudit-Id: ID"},
	{regexp.MustCompile(`(127\.0\.0\.1|\[::1\]):\d{5}\b`), "$1:PORT"},
	{regexp.MustCompile(`([IWEF])\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [\w.-]+:\d+\]`), "${1}MMDD hh:mm:ss.uuuuuu PID FILE:LINE]"},
	{regexp.MustCompile(`\b0x[0-9a-f]{8,}\b`), "0xADDRESS"},
	{regexp.MustCompile(`illiseconds=\d+`), "illiseconds=N"},
	{regexp.MustCompile(`/tmp/(LIVE|MERGED)-\d+`), "/tmp/$1-N"},
	{regexp.MustCompile(`\b((?:node-)?debugger-(?:node-\d+-)?)[bcdfghjklmnpqrstvwxz2456789]{5}\b`), "${1}xxxxx"},
	{regexp.MustCompile(`kustomize-helm-\d+`), "kustomize-helm-N"},
	{regexp.MustCompile(`kubectl-edit-\d+`), "kubectl-edit-N"},
	{regexp.MustCompile(`(?m)^((?:---|\+\+\+) \S+\t).*$`), "${1}DATE"},
	// Of which pods drain tells first is chance.
	{regexp.MustCompile(`(?m)^Warning: (deleting Pods that declare no controller: [^;\n]*); (ignoring DaemonSet-managed Pods: [^;\n]*)$`), "Warning: $2; $1"},
	// Over which connection a request goes, if there are two at first, is chance.
	{regexp.MustCompile(`\bstream ID \d+`), "stream ID N"},
	// Which of its timers an HTTP client tells of is chance.
	{regexp.MustCompile(`(net/http: request canceled|context deadline exceeded)( while waiting for connection)?( \(Client\.Timeout[^)]*\))?`), "TIMEOUT"},
}

// normal is text with what must differ replaced. dir is the folder in which
// the command line ran.
func normal(text, dir string) string {
	text = strings.ReplaceAll(text, dir, "/home/user")
	for _, r := range replacements {
		text = r.pattern.ReplaceAllString(text, r.with)
	}
	return curlHeaders.ReplaceAllStringFunc(text, func(list string) string {
		headers := strings.SplitAfter(list, `" `)
		slices.Sort(headers)
		return strings.Join(headers, "")
	})
}

// curlHeaders are the headers of a logged curl command, which come in the order
// of a map.
var curlHeaders = regexp.MustCompile(`(-H "[^"]*" )+`)

// Difference shows how our outcome differs from the reference's; "" if it does
// not.
func (r Result) Difference() string {
	reference, ours := r.Reference, r.Ours
	var parts []string
	for _, p := range []struct{ name, want, got string }{
		{"status", reference.Status, ours.Status},
		{"stdout", reference.Stdout, ours.Stdout},
		{"stderr", reference.Stderr, ours.Stderr},
		{"changes", fmt.Sprint(reference.Changes), fmt.Sprint(ours.Changes)},
	} {
		if p.want != p.got {
			parts = append(parts, p.name+":\n"+lineDiff(p.want, p.got))
		}
	}
	return strings.Join(parts, "")
}

func lineDiff(want, got string) string {
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(visibleEnd(want)), B: difflib.SplitLines(visibleEnd(got)), Context: 2,
		FromFile: "reference", ToFile: "kubejig",
	})
	if err != nil { // it only fails where its writer does
		return err.Error()
	}
	return text
}

// visibleEnd makes a missing newline at the end visible.
func visibleEnd(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "<no newline at the end>\n"
}
