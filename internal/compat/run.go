package compat

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"mvdan.cc/sh/v3/shell"

	"github.com/kubejig/kubejig/fakecluster"
)

// Comparison runs a script on twins.
type Comparison struct {
	Reference, Ours Program
	// Credentials are shared by all twins.
	Credentials *Credentials
	// Dir is where the twins' home directories are made.
	Dir string
	// Everything says that the steps after "rest" are run too.
	Everything bool
	// Start is the twins' first instant.
	Start time.Time
	// Compared is told of every step that was compared.
	Compared func(Result)

	script    Script
	reference *Twin
	ours      *Twin
	// running is the command line in the background.
	running   CommandLine
	variables map[string]string
	answers   []answer
	count     int
}

// Run compares all steps of a script. An error is the script's or ours, not a
// difference.
func (c *Comparison) Run(ctx context.Context, script Script) error {
	c.script = script
	defer c.end()
	if err := c.begin(nil); err != nil {
		return err
	}
	for _, step := range script.Steps {
		if step.Verb == "rest" {
			if !c.Everything {
				return nil
			}
			continue
		}
		if err := c.step(ctx, step); err != nil {
			return fmt.Errorf("line %d: %s: %w", step.Line, step.Text, err)
		}
	}
	return nil
}

func (c *Comparison) step(ctx context.Context, step Step) error {
	if step.Verb == "kubectl" {
		return c.command(ctx, step)
	}
	words, err := shell.Fields(step.Words, c.getenv)
	if err != nil {
		return err
	}
	switch step.Verb {
	case "new":
		c.end()
		return c.begin(words)
	case "stop":
		return c.stop(ctx, step, words)
	case "finish":
		return c.compare(step, c.running, func(t *Twin) (Outcome, error) { return t.Finish(ctx) })
	case "signal":
		return c.signal(ctx, step)
	case "show":
		return c.show(step, words)
	case "advance":
		return c.advance(words)
	case "env":
		return c.setenv(words)
	case "answer":
		return c.answer(words)
	}
	return fmt.Errorf("unknown step %q", step.Verb)
}

// begin makes fresh twins.
func (c *Comparison) begin(settings []string) error {
	options := []fakecluster.Option{fakecluster.WithStart(c.Start)}
	for _, setting := range settings {
		option, err := clusterOption(setting)
		if err != nil {
			return err
		}
		options = append(options, option)
	}
	c.variables, c.answers = map[string]string{"FILES": filesURL}, nil
	c.count++
	var err error
	dir := filepath.Join(c.Dir, fmt.Sprintf("%d", c.count))
	if c.reference, err = newTwin(c.Reference, c.Credentials, filepath.Join(dir, "a"), c.script.Files, options); err != nil {
		return err
	}
	if c.ours, err = newTwin(c.Ours, c.Credentials, filepath.Join(dir, "b"), c.script.Files, options); err != nil {
		return err
	}
	passing := slices.Contains(settings, "clock=auto") || slices.Contains(settings, "clock=wall")
	c.reference.passing, c.ours.passing = passing, passing
	return nil
}

func (c *Comparison) end() {
	for _, twin := range []*Twin{c.reference, c.ours} {
		if twin != nil {
			twin.Close()
		}
	}
	c.reference, c.ours = nil, nil
}

// signals are those that users send.
var signals = map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM}

// clusterOption reads one word of new.
func clusterOption(setting string) (fakecluster.Option, error) {
	name, value, _ := strings.Cut(setting, "=")
	switch name {
	case "clock":
		clock, err := fakecluster.ParseClock(value)
		return fakecluster.WithClock(clock), err
	case "nodes":
		n, err := strconv.Atoi(value)
		return fakecluster.WithNodes(n), err
	case "authorization":
		return fakecluster.WithAuthorization(value), nil
	}
	return nil, fmt.Errorf("unknown option %q", setting)
}

// both runs f for both twins at the same time.
func (c *Comparison) both(f func(*Twin) (Outcome, error)) (reference, ours Outcome, err error) {
	var wait sync.WaitGroup
	var err1, err2 error
	wait.Go(func() { reference, err1 = f(c.reference) })
	wait.Go(func() { ours, err2 = f(c.ours) })
	wait.Wait()
	if err1 != nil {
		return reference, ours, fmt.Errorf("reference: %w", err1)
	}
	if err2 != nil {
		return reference, ours, fmt.Errorf("kubejig: %w", err2)
	}
	return reference, ours, nil
}

func (c *Comparison) command(ctx context.Context, step Step) error {
	line, err := step.commandLine(c.getenv)
	if err != nil {
		return err
	}
	if line.Background {
		c.running = line
		_, _, err := c.both(func(t *Twin) (Outcome, error) { return Outcome{}, t.RunInBackground(ctx, line, true) })
		return err
	}
	return c.compare(step, line, func(t *Twin) (Outcome, error) { return t.Run(ctx, line) })
}

func (c *Comparison) stop(ctx context.Context, step Step, words []string) error {
	lines, err := strconv.Atoi(strings.Join(words, " "))
	if err != nil {
		return err
	}
	return c.compare(step, c.running, func(t *Twin) (Outcome, error) { return t.Stop(ctx, lines, syscall.SIGINT) })
}

// signal runs a command line that a signal ends.
func (c *Comparison) signal(ctx context.Context, step Step) error {
	name, rest, _ := strings.Cut(step.Words, " ")
	count, words, _ := strings.Cut(rest, " ")
	signal, ok := signals[name]
	lines, err := strconv.Atoi(count)
	if !ok || err != nil {
		return fmt.Errorf("usage: signal NAME LINES ARG")
	}
	line, err := Step{Line: step.Line, Words: words}.commandLine(c.getenv)
	if err != nil {
		return err
	}
	return c.compare(step, line, func(t *Twin) (Outcome, error) {
		if err := t.RunInBackground(ctx, line, lines == 0); err != nil {
			return Outcome{}, err
		}
		return t.Stop(ctx, lines, signal)
	})
}

func (c *Comparison) show(step Step, words []string) error {
	return c.compare(step, CommandLine{}, func(t *Twin) (Outcome, error) { return t.Show(strings.Join(words, " ")), nil })
}

// compare compares what f does for both twins. line is what they run, if they
// do.
func (c *Comparison) compare(step Step, line CommandLine, f func(*Twin) (Outcome, error)) error {
	reference, ours, err := c.both(f)
	if err != nil {
		return err
	}
	if line.Sorted {
		reference, ours = reference.sorted(), ours.sorted()
	}
	c.Compared(Result{Step: step, Line: line, Files: c.script.Files, Reference: reference, Ours: ours})
	return nil
}

func (c *Comparison) advance(words []string) error {
	d, err := time.ParseDuration(strings.Join(words, " "))
	if err != nil {
		return err
	}
	c.reference.cluster.Advance(d)
	c.ours.cluster.Advance(d)
	return nil
}

func (c *Comparison) setenv(words []string) error {
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		c.variables[name] = value
	}
	c.reference.env = append(c.reference.env, words...)
	c.ours.env = append(c.ours.env, words...)
	return nil
}

func (c *Comparison) getenv(name string) string { return c.variables[name] }

func (c *Comparison) answer(words []string) error {
	if len(words) == 0 {
		c.answers = nil
	} else {
		a, err := newAnswer(words, c.ours.dir)
		if err != nil {
			return err
		}
		c.answers = append(c.answers, a)
	}
	c.reference.front.setAnswers(c.answers)
	c.ours.front.setAnswers(c.answers)
	return nil
}
