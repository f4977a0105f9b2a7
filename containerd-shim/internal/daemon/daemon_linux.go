package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// hint names the way out where something is missing.
const hint = "install it with: apt-get install containerd runc"

// Daemon is a containerd of our own. What it keeps, and its socket, are in one
// folder, so that it is found again there.
type Daemon struct {
	dir    string
	pid    int
	exited <-chan struct{}
}

const (
	startTimeout = 20 * time.Second
	stopTimeout  = 10 * time.Second
	poll         = 10 * time.Millisecond
)

// Start starts containerd with all that it keeps in dir, or takes over one that
// runs there already because who started it has died.
func Start(ctx context.Context, dir string) (*Daemon, error) {
	d := &Daemon{dir: dir}
	if d.adopt() {
		return d, nil
	}
	if err := check(); err != nil {
		return nil, err
	}
	if err := d.launch(); err != nil {
		return nil, fmt.Errorf("start containerd: %w", err)
	}
	if err := d.await(ctx); err != nil {
		return nil, errors.Join(err, d.Stop())
	}
	return d, nil
}

// check finds out whether this machine can run containers.
func check() error {
	if os.Geteuid() != 0 {
		return errors.New("real containers take root: run as root, or use the simulated driver")
	}
	for _, program := range []string{"containerd", "containerd-shim-runc-v2", "runc"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is not installed; %s", program, hint)
		}
	}
	return nil
}

// Available says why real containers can't be run on this machine, or nil.
func Available() error { return check() }

// Socket is where the daemon answers.
func (d *Daemon) Socket() string { return filepath.Join(d.dir, "containerd.sock") }

func (d *Daemon) pidFile() string { return filepath.Join(d.dir, "containerd.pid") }

// Log is the file with what the daemon has to say.
func (d *Daemon) Log() string { return filepath.Join(d.dir, "containerd.log") }

// adopt takes over a daemon that runs.
func (d *Daemon) adopt() bool {
	data, err := os.ReadFile(d.pidFile())
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(string(data))
	if err != nil || !d.answers() {
		return false
	}
	d.pid = pid
	return true
}

func (d *Daemon) answers() bool {
	conn, err := net.Dial("unix", d.Socket())
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// configuration leaves out what we do ourselves, and what takes time to start.
const configuration = `version = 2
root = %q
state = %q
disabled_plugins = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.tracing",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = %q
`

func (d *Daemon) launch() error {
	if err := os.MkdirAll(d.dir, 0o711); err != nil {
		return err
	}
	config := filepath.Join(d.dir, "config.toml")
	text := fmt.Sprintf(configuration, filepath.Join(d.dir, "root"), filepath.Join(d.dir, "state"), d.Socket())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	log, err := os.Create(d.Log())
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("containerd", "--config", config)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // an interrupt at the terminal is for us
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(exited)
	}()
	d.pid, d.exited = cmd.Process.Pid, exited
	return os.WriteFile(d.pidFile(), []byte(strconv.Itoa(d.pid)), 0o600)
}

// await waits until the daemon answers.
func (d *Daemon) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for !d.answers() {
		select {
		case <-d.exited:
			return fmt.Errorf("containerd ended at once: %s", d.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("containerd does not answer: %w; its log is %s", ctx.Err(), d.Log())
		case <-ticker.C:
		}
	}
	return nil
}

// lastWords is the last line of the daemon's log.
func (d *Daemon) lastWords() string {
	data, err := os.ReadFile(d.Log())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return lines[len(lines)-1]
}

// Stop ends the daemon and removes what it kept.
func (d *Daemon) Stop() error {
	if err := unix.Kill(d.pid, unix.SIGTERM); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("stop containerd: %w", err)
	}
	deadline := time.Now().Add(stopTimeout)
	for alive(d.pid) {
		if time.Now().After(deadline) {
			_ = unix.Kill(d.pid, unix.SIGKILL) // it has had its time
		}
		time.Sleep(poll)
	}
	return os.RemoveAll(d.dir)
}

// alive reports whether a process runs that is not just waited for.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}
