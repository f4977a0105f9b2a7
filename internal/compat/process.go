package compat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// process is a running command line.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	cancel         context.CancelFunc
	ended          chan struct{}
	// before is the cluster's revision when it started.
	before int64
}

// startProcess starts a command line that has limited time to end.
func startProcess(ctx context.Context, t *Twin, c CommandLine, stdin []byte) (*process, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	args := slices.Clone(c.Args)
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, filesURL, t.files.URL)
	}
	p := &process{cmd: exec.CommandContext(ctx, t.program.Path, args...), cancel: cancel, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = t.dir, t.env
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.WaitDelay = time.Second
	if stdin != nil {
		p.cmd.Stdin = bytes.NewReader(stdin)
	}
	if err := p.cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // how it ended is read from its state
	}()
	return p, nil
}

// stop interrupts the process once it has printed so many lines.
func (p *process) stop(lines int) error {
	deadline := time.After(patience / 2)
	for p.stdout.lines() < lines {
		select {
		case <-p.ended:
			return nil
		case <-deadline:
			p.cancel()
			<-p.ended
			return fmt.Errorf("it printed %d lines, not %d:\n%s%s", p.stdout.lines(), lines, p.stdout.String(), p.stderr.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	return nil
}

// output collects what a process prints while others look at it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func (o *output) lines() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Count(o.buf.Bytes(), []byte("\n"))
}
