package compat

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/internal/ourkubectl"
	"github.com/kubejig/kubejig/testkit"
)

// Environment variables: all steps are compared; random ones are, for so long,
// from a seed.
const (
	everything = "KUBEJIG_COMPAT_ALL"
	fuzz       = "KUBEJIG_COMPAT_FUZZ"
	fuzzSeed   = "KUBEJIG_COMPAT_SEED"
)

func TestMain(m *testing.M) {
	if ourkubectl.Called() {
		os.Exit(cli.Main(os.Args))
	}
	m.Run()
}

// TestCommandLines compares the scripts of testdata.
func TestCommandLines(t *testing.T) {
	results := newTally(t)
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	comparison := newComparison(t)
	ran := 0
	t.Run("scripts", func(t *testing.T) {
		for _, file := range files {
			script, err := ReadScript(file)
			require.NoError(t, err)
			t.Run(script.Name, func(t *testing.T) {
				ran++
				t.Parallel()
				c := comparison
				c.Dir = t.TempDir()
				c.Compared = results.compared(t, file, script.Name)
				require.NoError(t, c.Run(t.Context(), script))
			})
		}
	})
	results.report(t, comparison.Everything && ran == len(files) && !t.Failed())
}

// TestRandomCommandLines compares command lines that a generator makes, for as
// long as an environment variable says. Each run makes others; a failing one
// tells its seed.
func TestRandomCommandLines(t *testing.T) {
	duration, err := time.ParseDuration(cmp.Or(os.Getenv(fuzz), "0s"))
	require.NoError(t, err)
	if duration == 0 {
		t.Skipf("%s says for how long: make compat FUZZ=5m", fuzz)
	}
	seed := uint64(time.Now().UnixNano())
	if fixed := os.Getenv(fuzzSeed); fixed != "" {
		seed, err = strconv.ParseUint(fixed, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("%s=%d", fuzzSeed, seed)
	script, err := ReadScript(prepared)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	results := newTally(t)
	c := newComparison(t)
	commands, global, err := ReadCommands(ctx, c.Reference)
	require.NoError(t, err)
	c.Dir = t.TempDir()
	results.smallest = func(found Result) Result {
		smallest, err := c.Smallest(t.Context(), script, found)
		require.NoError(t, err)
		return smallest
	}
	c.Compared = results.compared(t, prepared, "random")
	require.NoError(t, c.RunRandom(ctx, script, NewGenerator(seed, commands, global, results.summary.words)))
	results.report(t, false)
}

// TestWrongValues compares what comes of flags with values that they do not
// take: all flags of all commands, as the reference's help lists them.
func TestWrongValues(t *testing.T) {
	c := newComparison(t)
	if !c.Everything {
		t.Skipf("%s=1 gives every flag a wrong value: make compat", everything)
	}
	commands, global, err := ReadCommands(t.Context(), c.Reference)
	require.NoError(t, err)
	script, err := ReadScript(prepared)
	require.NoError(t, err)
	results := newTally(t)
	t.Run("commands", func(t *testing.T) {
		for _, command := range commands {
			steps, err := WrongValues(command, global)
			require.NoError(t, err)
			global = nil // They are the same for all commands.
			t.Run(command.Name, func(t *testing.T) {
				t.Parallel()
				c := c
				c.Dir = t.TempDir()
				report := results.compared(t, "flags", "wrong")
				c.Compared = func(r Result) { report(r.withoutHelp().withoutCrash()) }
				require.NoError(t, c.Run(t.Context(), Script{Files: script.Files, Steps: slices.Concat(script.Steps, steps)}))
			})
		}
	})
	results.report(t, false)
}

// prepared is the script after which generated command lines run.
const prepared = "testdata/random/objects.txtar"

// newComparison is one without a folder and without results.
func newComparison(t *testing.T) Comparison {
	credentials, err := NewCredentials()
	require.NoError(t, err)
	return Comparison{
		Reference:   Program{Path: testkit.RequireBinary(t, "../../bin/reference/kubectl")},
		Ours:        ourselves(t),
		Credentials: credentials,
		Everything:  os.Getenv(everything) != "",
		Start:       firstInstant(),
	}
}

// ourselves is this test's binary, called kubectl.
func ourselves(t *testing.T) Program {
	path, env := ourkubectl.Program(t)
	return Program{Path: path, Env: env}
}

// firstInstant is long enough ago for the ages that programs reckon themselves
// to be whole days, and not about to change.
func firstInstant() time.Time {
	return time.Now().Add(-100*24*time.Hour - 12*time.Hour).UTC().Truncate(time.Second)
}
