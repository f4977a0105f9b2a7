package compat

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
)

// series is how many random command lines the same twins see.
const series = 60

// RunRandom compares generated command lines until the context ends. Each
// series of them begins with the steps of a script.
func (c *Comparison) RunRandom(ctx context.Context, script Script, g *Generator) error {
	report := c.Compared
	c.Compared = func(r Result) { report(r.withoutHelp().withoutCrash()) }
	for ctx.Err() == nil {
		steps := slices.Clone(script.Steps)
		for range series {
			next, err := step(g.Next())
			if err != nil {
				return err
			}
			steps = append(steps, next)
		}
		if err := c.Run(ctx, Script{Files: script.Files, Steps: steps}); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// Smallest leaves words out of a command line that differs, as long as it
// differs in fresh twins too, after the steps of a script. One that differs
// only because of others before it stays as it is.
func (c *Comparison) Smallest(ctx context.Context, script Script, found Result) (Result, error) {
	alone := *c
	alone.Dir = filepath.Join(c.Dir, "smallest")
	words := found.Line.Args
	smallest, err := alone.after(ctx, script, words)
	if err != nil || smallest.Difference() == "" {
		return found, err
	}
	for i := len(words) - 1; i >= len(strings.Fields(command(words))); i-- {
		shorter := slices.Delete(slices.Clone(words), i, i+1)
		result, err := alone.after(ctx, script, shorter)
		if err != nil {
			return found, err
		}
		if result.Difference() != "" {
			words, smallest = shorter, result
		}
	}
	return smallest, nil
}

// after is what comes of a command line in fresh twins, after a script.
func (c *Comparison) after(ctx context.Context, script Script, words []string) (Result, error) {
	var last Result
	c.reference, c.ours = nil, nil
	c.Compared = func(r Result) { last = r.withoutHelp().withoutCrash() }
	line, err := step(words)
	if err != nil {
		return Result{}, err
	}
	err = c.Run(ctx, Script{Files: script.Files, Steps: append(slices.Clone(script.Steps), line)})
	return last, err
}
