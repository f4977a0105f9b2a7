package userland

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/benhoyt/goawk/interp"
	"github.com/benhoyt/goawk/parser"

	"github.com/kubejig/kubejig/internal/pattern"
)

var (
	// seedFromClock is a call that would seed random numbers from the clock of
	// the machine.
	seedFromClock = pattern.Lazy(`\bsrand\s*\(\s*\)`)
	// tellsFiles is what tells the files of the input apart.
	tellsFiles = pattern.Lazy(`\b(FNR|FILENAME|nextfile)\b`)
)

// awk interprets the language with goawk, which gets no access to files or
// programs: redirections, pipes and system() end with an error.
func awk(t *tool) int {
	f, ok := t.parseWith(awkFlags, t.args)
	if !ok {
		return 2
	}
	source := ""
	for _, file := range f.values["f"] {
		data, err := t.p.ReadFile(file)
		if err != nil {
			return t.fail("can't open file %s", file)
		}
		source += string(data) + "\n"
	}
	operands := f.rest
	if !f.has("f") {
		if len(operands) == 0 {
			return t.usage("[OPTIONS] [AWK_PROGRAM] [FILE]...")
		}
		source, operands = operands[0], operands[1:]
	}
	now := t.p.Now()
	source = seedFromClock().ReplaceAllString(source, fmt.Sprintf("srand(%d)", now.Unix()))
	program, err := parser.ParseProgram([]byte(source), nil)
	if err != nil {
		return t.fail("cmd. line:1: %v", err)
	}
	return t.runAwk(program, source, operands, f)
}

var awkFlags = flagSpec{letters: "F:v:f:", stop: true}

func (t *tool) runAwk(program *parser.Program, source string, operands []string, f *flags) int {
	var files, vars []string
	for _, operand := range operands {
		if name, value, ok := strings.Cut(operand, "="); ok && !strings.Contains(name, "/") {
			vars = append(vars, name, value)
		} else {
			files = append(files, operand)
		}
	}
	if len(files) > 1 && tellsFiles().MatchString(source) {
		return t.fail("telling several files apart is not supported")
	}
	for _, assignment := range f.values["v"] {
		name, value, _ := strings.Cut(assignment, "=")
		vars = append(vars, name, value)
	}
	if f.has("F") {
		vars = append(vars, "FS", awkSeparator(f.value("F", " ")))
	}
	input := io.Reader(t.p.Reader(0))
	if len(files) > 0 {
		input = bytes.NewReader(t.slurp(files))
		vars = append(vars, "FILENAME", files[0])
	}
	var environ []string
	for _, kv := range t.p.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		environ = append(environ, name, value)
	}
	code, err := interp.ExecProgram(program, &interp.Config{
		Stdin: input, Output: t, Error: t.p.Writer(2), Argv0: "awk", Vars: vars, Environ: environ,
		NoExec: true, NoFileReads: true, NoFileWrites: true,
	})
	if err != nil {
		t.fail("%v", err)
		return 2
	}
	return code
}

// awkSeparator is the field separator for -F: a lone t is a tab.
func awkSeparator(text string) string {
	if text == "t" {
		return "\t"
	}
	return text
}
