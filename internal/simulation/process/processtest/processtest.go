// Package processtest gives tests a clock that they move by hand, and a space
// to run programs in.
package processtest

import (
	"bytes"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Start is when a test's clock begins.
var Start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Clock is a process.Clock that runs a kernel when told to.
type Clock struct {
	Run   func()
	now   time.Time
	timer time.Time
	woken bool
}

// NewClock returns a clock at Start.
func NewClock() *Clock { return &Clock{now: Start} }

// Now is the current instant.
func (c *Clock) Now() time.Time { return c.now }

// Wake asks for a run.
func (c *Clock) Wake() { c.woken = true }

// WakeAt sets the timer.
func (c *Clock) WakeAt(t time.Time) { c.timer = t }

// Settle runs what is ready.
func (c *Clock) Settle() {
	for c.woken || !c.timer.IsZero() && !c.timer.After(c.now) {
		c.woken = false
		c.Run()
	}
}

// Advance lets time pass, stopping at each timer.
func (c *Clock) Advance(d time.Duration) {
	end := c.now.Add(d)
	c.Settle()
	for !c.timer.IsZero() && !c.timer.After(end) {
		c.now = c.timer
		c.Settle()
	}
	c.now = end
}

// NextTimer is when something happens next, or zero.
func (c *Clock) NextTimer() time.Time { return c.timer }

// Fork returns a clock that stands where this one does.
func (c *Clock) Fork() *Clock { return &Clock{now: c.now, timer: c.timer, woken: c.woken} }

// Output is a file that keeps what is written to it.
type Output struct{ bytes.Buffer }

// Read has nothing to read.
func (o *Output) Read(int) ([]byte, error) { return nil, nil }

// Watch does nothing.
func (o *Output) Watch(*process.Task) {}

// Close does nothing.
func (o *Output) Close() {}

// CopyFile copies what was written.
func (o *Output) CopyFile(c *process.Copier) process.File {
	return process.Copy(c, o, func(fresh *Output) {
		fresh.Buffer = *bytes.NewBuffer(bytes.Clone(o.Bytes()))
	})
}

// Machine is what tests run on.
var Machine = &process.Machine{CPUs: 4, Memory: 8 << 30, Kernel: "6.1.0", Boot: Start.Add(-time.Hour)}

// rootMount mounts a file system at / and makes /dev and /proc.
type rootMount struct{ fs *filesystem.FileSystem }

// Mounts returns the mounts.
func (m rootMount) Mounts(s *process.Space) filesystem.Mounts {
	return filesystem.Mounts{
		{Path: "/", FS: m.fs, Root: filesystem.RootIno, Source: "overlay", Type: "overlay", Options: "rw,relatime"},
		process.ProcMount(s),
		process.DevMount(),
	}
}

// Covers reports that the files may be anything.
func (m rootMount) Covers(string) bool { return true }

// CopyMounter is the same in a fork.
func (m rootMount) CopyMounter(c *process.Copier) process.Mounter {
	return rootMount{c.FileSystem(m.fs)}
}

// NewSpace returns a space on a root file system, and its clock.
func NewSpace(fs *filesystem.FileSystem, load process.Loader) (*process.Space, *Clock) {
	clock := NewClock()
	kernel := process.NewKernel(clock, 1)
	clock.Run = kernel.Run
	return &process.Space{Kernel: kernel, Hostname: "test", Machine: Machine, Load: load, Mounter: rootMount{fs.Clone()}}, clock
}

// Result is what a command printed and how it ended.
type Result struct {
	Stdout, Stderr string
	Code           int
	Done           bool
}

// Run runs a command for at most limit of simulated time.
func Run(s *process.Space, clock *Clock, limit time.Duration, stdin string, args ...string) Result {
	var out, errs Output
	in := process.NewPipe()
	reader, writer := in.Reader(), in.Writer()
	writer.Write([]byte(stdin)) //nolint:errcheck // small
	writer.Close()
	end := &reaper{}
	_, err := s.StartProcess(process.Start{
		Path: "/bin/" + args[0], Args: args, Dir: "/", Reaper: end,
		Env:   []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/root", "HOSTNAME=test"},
		Files: []process.File{reader, &out, &errs},
	})
	if err != nil {
		return Result{Stderr: err.Error(), Code: -1}
	}
	clock.Advance(limit)
	return Result{out.String(), errs.String(), end.status.ExitCode(), end.done}
}

// reaper remembers how a process ended.
type reaper struct {
	status process.Status
	done   bool
}

// ProcessExited takes note.
func (r *reaper) ProcessExited(_ *process.Process, status process.Status) {
	r.status, r.done = status, true
}

// CopyReaper is the reaper in a fork.
func (r *reaper) CopyReaper(c *process.Copier) process.Reaper {
	return process.Copy(c, r, func(*reaper) {})
}
