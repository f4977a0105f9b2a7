package compat

import (
	"bytes"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/testkit"
)

// TestHelp walks over all commands of the reference and requires that ours has
// each of them, with the same flags, shorthands, defaults, usage and aliases.
func TestHelp(t *testing.T) {
	w := &helpWalk{
		t: t, reference: testkit.RequireBinary(t, "../../bin/reference/kubectl"), home: t.TempDir(),
		slots: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	w.walk(nil)
	w.wait.Wait()
	w.compare([]string{"options"})
	t.Logf("%d commands, %d flags", w.commands, w.flags)
	require.Greater(t, w.commands, 100, "the reference's help is read wrongly")
}

// helpWalk goes through the help of both programs.
type helpWalk struct {
	t         *testing.T
	reference string
	home      string
	wait      sync.WaitGroup
	slots     chan struct{} // For processes that run at the same time.

	mu              sync.Mutex
	commands, flags int
}

// walk compares a command and those below it.
func (w *helpWalk) walk(words []string) {
	for _, command := range w.compare(append(slices.Clip(words), "--help")).Commands {
		w.wait.Go(func() { w.walk(append(slices.Clip(words), command)) })
	}
}

// compare compares one page of help, and returns the reference's.
func (w *helpWalk) compare(args []string) HelpPage {
	process := exec.Command(w.reference, args...)
	process.Env = []string{"HOME=" + w.home}
	w.slots <- struct{}{}
	text, err := process.Output()
	<-w.slots
	if err != nil {
		w.t.Errorf("kubectl %s: %v", strings.Join(args, " "), err)
		return HelpPage{}
	}
	page := ParseHelp(string(text))
	for _, missing := range page.Missing(ParseHelp(w.ours(args))) {
		w.t.Errorf("kubectl %s: %s", strings.Join(args, " "), missing)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commands++
	w.flags += len(page.Flags)
	return page
}

// ours is the page that our command line prints.
func (w *helpWalk) ours(args []string) string {
	var out bytes.Buffer
	environment := cli.Environment{Program: "kubectl", Home: w.home, Getenv: func(string) string { return "" }}
	streams := cli.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &out}
	if err := cli.RunIn(w.t.Context(), environment, streams, append([]string{"kubectl"}, args...)); err != nil {
		w.t.Errorf("kubectl %s: %v", strings.Join(args, " "), err)
	}
	return out.String()
}
