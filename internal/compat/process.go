package compat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
		args[i] = string(t.withFilesURL([]byte(arg)))
	}
	p := &process{cmd: exec.CommandContext(ctx, t.program.Path, args...), cancel: cancel, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = t.dir, t.env
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.WaitDelay = time.Second
	if stdin != nil {
		p.cmd.Stdin = bytes.NewReader(stdin)
	}
	if c.Full {
		file, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			cancel()
			return nil, err
		}
		defer file.Close()
		p.cmd.Stdout = file
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

// stop sends the process a signal once it has printed so many lines.
func (p *process) stop(lines int, signal os.Signal) error {
	deadline := time.After(patience / 2)
	for p.stdout.lines()+p.stderr.lines() < lines {
		select {
		case <-p.ended:
			return nil
		case <-deadline:
			p.cancel()
			<-p.ended
			return fmt.Errorf("it printed %d lines, not %d:\n%s%s", p.stdout.lines()+p.stderr.lines(), lines, p.stdout.String(), p.stderr.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
	p.awaitRest()
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	return nil
}

// awaitRest waits until the process does nothing any more: what it does on a
// signal depends on how far it has come.
func (p *process) awaitRest() {
	last, since := "", 0
	for since < 4 {
		select {
		case <-p.ended:
			return
		case <-time.After(15 * time.Millisecond):
		}
		now, asleep := activity(p.cmd.Process.Pid)
		if since++; now != last || !asleep {
			last, since = now, 0
		}
	}
}

// activity tells of all threads of a process how often they have run so far,
// and whether all of them sleep. Where there is no /proc, it says so at once.
func activity(pid int) (ran string, asleep bool) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, task := range tasks {
		status, _ := os.ReadFile(task) // A thread that is gone says nothing.
		for line := range strings.Lines(string(status)) {
			switch name, value, _ := strings.Cut(line, ":"); name {
			case "State":
				if !strings.Contains(value, "sleeping") {
					return "", false
				}
			case "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches":
				ran += value
			}
		}
	}
	return ran, true
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
