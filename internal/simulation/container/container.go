package container

import (
	"slices"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/image"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Config is what a container is made of.
type Config struct {
	ID                     string // "": a random one
	Name                   string
	Attempt                int // how often it was started before
	Image                  *image.Image
	Command, Args          []string // nil: the image's
	Env                    []string // KEY=value
	WorkingDir             string   // "": the image's
	User                   *int64   // nil: the image's
	Group                  *int64
	Groups                 []int64 // supplementary
	Mounts                 []Mount
	TTY, Stdin, StdinOnce  bool
	ReadOnlyRootfs         bool
	MemoryLimit            int64 // bytes; 0: none
	TerminationMessagePath string
	// Target is the container whose processes this one sees, and is seen by; "":
	// none.
	Target string
}

// State is a stage in the life of a container.
type State uint8

// The states of a container.
const (
	Created State = iota
	Running
	Exited
)

// The reasons of the end of a container, as the runtime gives them.
const (
	ReasonCompleted  = "Completed"
	ReasonError      = "Error"
	ReasonOOMKilled  = "OOMKilled"
	ReasonStartError = "StartError"
)

// Status is the state of a container and how it got there.
type Status struct {
	State      State
	CreatedAt  time.Time
	StartedAt  time.Time
	FinishedAt time.Time
	ExitCode   int
	Signal     process.Signal
	Reason     string
	Message    string
}

// Observer learns what happens to containers.
type Observer interface {
	// ContainerStarted is called when a container runs, or could not be
	// started: then its status says why.
	ContainerStarted(id string)
	// ContainerExited is called when a container that ran has ended.
	ContainerExited(id string)
	// ExecFinished is called when a command run by ExecSync has ended.
	ExecFinished(token string, result ExecResult)
}

// Container is a container of a pod.
type Container struct {
	ID       string
	config   *Config // immutable, but for the volumes it points to
	sandbox  *Sandbox
	observer func() Observer
	status   Status
	log      Log
	space    *process.Space
	init     *process.Process
	terminal *process.Terminal
	stdin    *process.Pipe
	typing   process.File // the end of stdin outside
	attached []*Attachment
	files    *filesystem.FileSystem
	task     process.Task // start, and memory checks
	starting bool
}

// New makes a container in a sandbox. The observer is asked for at each event.
func New(id string, config Config, sandbox *Sandbox, observer func() Observer) *Container {
	c := &Container{ID: id, config: &config, sandbox: sandbox, observer: observer}
	c.status.CreatedAt = sandbox.kernel.Now()
	c.task.Init(sandbox.kernel, c)
	sandbox.touch()
	sandbox.containers = append(sandbox.containers, c)
	return c
}

// Status is the current status.
func (c *Container) Status() Status { return c.status }

// Config is what the container was made of.
func (c *Container) Config() Config { return *c.config }

// Sandbox is the container's pod.
func (c *Container) Sandbox() *Sandbox { return c.sandbox }

// Log is what the container has printed.
func (c *Container) Log() *Log { return &c.log }

// Start runs the container's program, after the time that its image takes to
// start. The observer hears of the outcome.
func (c *Container) Start() {
	if c.status.State != Created || c.starting {
		return
	}
	c.sandbox.touch()
	c.starting = true
	c.task.WakeAt(c.sandbox.kernel.Now().Add(c.config.Image.StartTime))
}

// Run does what the timer was set for.
func (c *Container) Run() {
	switch {
	case c.status.State == Created && c.starting:
		c.begin()
	case c.status.State == Running:
		c.checkMemory()
	}
}

func (c *Container) begin() {
	now := c.sandbox.kernel.Now()
	c.starting = false
	if err := c.launch(); err != nil {
		c.space = nil
		c.status.State, c.status.Reason, c.status.Message = Exited, ReasonStartError, err.Error()
		c.status.ExitCode, c.status.FinishedAt = 128, now
		c.status.StartedAt = time.Unix(0, 0).UTC()
		c.observer().ContainerStarted(c.ID)
		return
	}
	c.status.State, c.status.StartedAt = Running, now
	c.observer().ContainerStarted(c.ID)
	if c.config.MemoryLimit > 0 && c.config.Image.Usage != nil {
		c.task.WakeAt(now.Add(time.Second))
	}
}

// Signal sends a signal to the first process.
func (c *Container) Signal(sig process.Signal) {
	if c.status.State == Running {
		c.sandbox.touch()
		c.init.Deliver(sig)
	}
}

// StopSignal is the signal with which the image wants to be stopped.
func (c *Container) StopSignal() process.Signal {
	if sig := c.config.Image.StopSignal; sig != 0 {
		return sig
	}
	return process.SIGTERM
}

// ProcessExited takes note of the end of the first process.
func (c *Container) ProcessExited(_ *process.Process, status process.Status) {
	now := c.sandbox.kernel.Now()
	c.status.State, c.status.FinishedAt = Exited, now
	c.status.ExitCode, c.status.Signal = status.ExitCode(), status.Signal
	switch {
	case c.status.Reason == ReasonOOMKilled:
	case c.status.ExitCode == 0:
		c.status.Reason = ReasonCompleted
	default:
		c.status.Reason = ReasonError
	}
	c.task.Disarm()
	c.log.flush(now)
	for _, a := range c.attached {
		a.end()
	}
	c.attached = nil
	c.observer().ContainerExited(c.ID)
}

// TerminationMessage is what the container wrote to its termination message
// file, at most 4096 bytes of it.
func (c *Container) TerminationMessage() string {
	if c.space == nil || c.config.TerminationMessagePath == "" || !c.space.Covers(c.config.TerminationMessagePath) {
		return ""
	}
	data, err := c.space.View().ReadFile(c.config.TerminationMessagePath)
	if err != nil {
		return ""
	}
	return string(data[max(0, len(data)-4096):])
}

// Usage is what the container uses now.
func (c *Container) Usage() image.Usage {
	if c.status.State != Running {
		return image.Usage{}
	}
	if c.config.Image.Usage == nil {
		return image.Idle
	}
	return c.config.Image.Usage(image.Use{
		Elapsed: c.sandbox.kernel.Now().Sub(c.status.StartedAt), Args: c.init.Args(), Data: c.init.Data,
	})
}

// checkMemory kills the container if it uses more memory than it may.
func (c *Container) checkMemory() {
	if c.Usage().Memory > c.config.MemoryLimit {
		c.status.Reason = ReasonOOMKilled
		c.init.Deliver(process.SIGKILL)
		return
	}
	if c.config.Image.UsageVaries {
		c.task.WakeAt(c.sandbox.kernel.Now().Add(time.Second))
	}
}

// Remove ends the container's processes, without telling anybody, and gives
// its memory free.
func (c *Container) Remove() {
	c.sandbox.touch()
	c.task.Disarm()
	c.starting = false
	if c.space != nil {
		c.space.Close()
	}
	for _, a := range c.attached {
		a.end()
	}
	c.attached = nil
	s := c.sandbox
	s.containers = slices.DeleteFunc(s.containers, func(other *Container) bool { return other == c })
}

// Process is the first process, or nil.
func (c *Container) Process() *process.Process { return c.init }

// CopyRunner is the container's task in a fork.
func (c *Container) CopyRunner(copier *process.Copier) *process.Task { return &c.Copy(copier).task }

// CopyReaper is the container in a fork.
func (c *Container) CopyReaper(copier *process.Copier) process.Reaper { return c.Copy(copier) }

// Copy is the container in a fork. The copier's owner says whom to tell what
// happens to it: a func() Observer.
func (c *Container) Copy(copier *process.Copier) *Container {
	return process.Copy(copier, c, func(fresh *Container) {
		fresh.sandbox = c.sandbox.Copy(copier)
		fresh.task = process.CopyTask(copier, &c.task, fresh)
		fresh.log = c.log.fork()
		fresh.files = copier.FileSystem(c.files)
		fresh.attached = nil
		fresh.observer = copier.Owner.(func() Observer)
		fresh.config = c.copyConfig(copier)
		if c.space == nil {
			return
		}
		fresh.space = c.space.Copy(copier)
		fresh.init = process.CopyProcess(copier, c.init)
		fresh.terminal = process.CopyTerminal(copier, c.terminal)
		fresh.stdin = process.CopyPipe(copier, c.stdin)
		if c.typing != nil {
			fresh.typing = c.typing.CopyFile(copier)
		}
	})
}

// copyConfig shares the configuration, unless there are volumes to copy.
func (c *Container) copyConfig(copier *process.Copier) *Config {
	if len(c.config.Mounts) == 0 {
		return c.config
	}
	fresh := *c.config
	fresh.Mounts = slices.Clone(c.config.Mounts)
	for i := range fresh.Mounts {
		fresh.Mounts[i].Volume = fresh.Mounts[i].Volume.Copy(copier)
	}
	return &fresh
}
