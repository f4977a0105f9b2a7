package containerdshim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/errdefs"

	"github.com/kubejig/kubejig/containerd-shim/internal/podlog"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// Limits of a container's last words, as Kubernetes has them.
const (
	maxMessage      = 4096
	maxLogMessage   = 2048
	maxMessageLines = 80
)

// lostExitCode is that of a container of which nobody knows how it ended.
const lostExitCode = 137

// watch waits for the end of a container and reports it.
func (c *container) watch(exit <-chan containerd.ExitStatus) {
	r := c.pod.runtime
	event, ok := c.awaitExit(r.ctx, exit)
	if !ok {
		return // the runtime is closing
	}
	c.streams.drain(drainTimeout)
	if err := c.log.Close(); err != nil {
		r.complain(err)
	}
	close(c.drained)
	kills, err := c.group.OOMKills() // before the group goes with the task
	event.OOMKilled = err == nil && kills > 0
	if event.Message == "" {
		event.Message = c.lastWords(event.ExitCode)
	}
	if _, err := c.task.Delete(r.ctx); err != nil && !errdefs.IsNotFound(err) {
		r.complain(fmt.Errorf("delete task %s: %w", c.ID, err))
	}
	close(c.ended)
	r.report(event)
}

// awaitExit waits for the end of the container's process, however often the
// connection to containerd is lost meanwhile. It returns false when the context
// ends first.
func (c *container) awaitExit(ctx context.Context, exit <-chan containerd.ExitStatus) (kubelet.ContainerExited, bool) {
	event := kubelet.ContainerExited{Pod: c.pod.uid, ID: c.ID}
	for {
		var status containerd.ExitStatus
		select {
		case status = <-exit:
		case <-ctx.Done():
			return event, false
		}
		if status.Error() == nil {
			event.ExitCode, event.At = int32(status.ExitCode()), status.ExitTime()
			return event, true
		}
		var lost bool
		if exit, lost = c.waitAgain(ctx); lost {
			event.ExitCode, event.Message = lostExitCode, "The container could not be located when its end was to be reported"
			return event, true
		}
	}
}

// retryPeriod is how often a lost containerd is looked for.
const retryPeriod = 200 * time.Millisecond

// waitAgain waits for a container's end once more. lost says that containerd
// does not know the container's process any more.
func (c *container) waitAgain(ctx context.Context) (exit <-chan containerd.ExitStatus, lost bool) {
	for {
		task, err := c.stored.Task(ctx, nil)
		if err == nil {
			exit, err = task.Wait(ctx)
		}
		if err == nil || errdefs.IsNotFound(err) {
			return exit, err != nil
		}
		select {
		case <-time.After(retryPeriod):
		case <-ctx.Done():
			return nil, false
		}
	}
}

func (c *container) messagePath() string { return filepath.Join(c.dir, "termination-log") }

// lastWords is what the container left behind.
func (c *container) lastWords(exitCode int32) string {
	message, err := readEnd(c.messagePath(), maxMessage)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Sprintf("Error on reading termination message: %v", err)
	}
	if message != "" || !c.Termination.FromLog || exitCode == 0 {
		return message
	}
	lines := int64(maxMessageLines)
	var log bytes.Buffer
	if err := podlog.ReadFile(context.Background(), c.logPath(), podlog.Options{Tail: &lines}, &log, &log); err != nil {
		return fmt.Sprintf("Error on reading termination message from logs: %v", err)
	}
	text := log.Bytes()
	return string(text[max(0, len(text)-maxLogMessage):])
}

// readEnd is the end of a file.
func readEnd(path string, size int64) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-size), size))
	return string(b), err
}
