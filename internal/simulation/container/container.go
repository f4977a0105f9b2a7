package container

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
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

// startError is a failure to start the program, in runc's words.
func startError(format string, args ...any) error {
	return fmt.Errorf("failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "+
		"unable to start container process: error during container init: "+format, args...)
}

// launch starts the first process.
func (c *Container) launch() error {
	img := c.config.Image
	c.space = &process.Space{
		Kernel: c.sandbox.kernel, Hostname: c.sandbox.Config.Hostname, Machine: c.sandbox.Machine,
		Mounter: c, Network: c.sandbox.Stack, Load: img.Load, MemoryLimit: c.config.MemoryLimit,
	}
	args := c.commandLine()
	if len(args) == 0 {
		return fmt.Errorf("failed to generate container spec: no command specified")
	}
	start := process.Start{Args: args, Env: c.environment(), Dir: c.workingDir(), Reaper: c, Files: c.openFiles(), TTY: c.terminal}
	var err error
	if start.Who, err = c.user(); err != nil {
		return err
	}
	if c.config.Command == nil && img.Main != nil {
		start.Program, start.Variant = img.Main, img.Variant
	} else if start.Path, err = c.executable(args[0], start.Env, start.Dir); err != nil {
		return startError("%w", err)
	}
	if c.init, err = c.space.StartProcess(start); err != nil {
		return startError("exec: %q: %s", args[0], strings.ToLower(err.Error()))
	}
	return nil
}

// commandLine combines the image's and the container's command and arguments.
func (c *Container) commandLine() []string {
	command, args := c.config.Command, c.config.Args
	if len(command) == 0 {
		command = c.config.Image.Entrypoint
		if len(args) == 0 {
			args = c.config.Image.Cmd
		}
	}
	return slices.Concat(command, args)
}

// environment is the image's variables, HOSTNAME, the container's, and HOME.
func (c *Container) environment() []string {
	var env []string
	set := func(kv string) {
		name, _, _ := strings.Cut(kv, "=")
		for i := range env {
			if strings.HasPrefix(env[i], name+"=") {
				env[i] = kv
				return
			}
		}
		env = append(env, kv)
	}
	for _, kv := range c.config.Image.Env {
		set(kv)
	}
	set("HOSTNAME=" + c.sandbox.Config.Hostname)
	if c.config.TTY {
		set("TERM=xterm")
	}
	for _, kv := range c.config.Env {
		set(kv)
	}
	if !slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "HOME=") }) {
		env = append(env, "HOME="+c.home())
	}
	return env
}

func (c *Container) home() string {
	if c.config.User == nil && c.config.Image.User == "" || c.config.User != nil && *c.config.User == 0 {
		return "/root"
	}
	return "/"
}

func (c *Container) workingDir() string {
	if c.config.WorkingDir != "" {
		return c.config.WorkingDir
	}
	if c.config.Image.WorkingDir != "" {
		return c.config.Image.WorkingDir
	}
	return "/"
}

// user is on whose behalf the container runs.
func (c *Container) user() (filesystem.Credential, error) {
	var who filesystem.Credential
	if name := c.config.Image.User; name != "" && c.config.User == nil {
		user, group, _ := strings.Cut(name, ":")
		uid, gid, err := c.lookupUser(user)
		if err != nil {
			return who, err
		}
		who.UID, who.GID = uid, gid
		if n, err := strconv.Atoi(group); err == nil {
			who.GID = n
		}
	}
	if c.config.User != nil {
		who.UID = int(*c.config.User)
	}
	if c.config.Group != nil {
		who.GID = int(*c.config.Group)
	}
	for _, group := range c.config.Groups {
		who.Groups = append(who.Groups, int(group))
	}
	return who, nil
}

// lookupUser finds a user, by number or by name in the image's /etc/passwd.
func (c *Container) lookupUser(user string) (uid, gid int, err error) {
	if n, err := strconv.Atoi(user); err == nil {
		return n, 0, nil
	}
	data, _ := c.space.View().ReadFile("/etc/passwd")
	for line := range strings.Lines(string(data)) {
		if fields := strings.Split(line, ":"); len(fields) > 3 && fields[0] == user {
			uid, _ = strconv.Atoi(fields[2])
			gid, _ = strconv.Atoi(fields[3])
			return uid, gid, nil
		}
	}
	return 0, 0, fmt.Errorf("failed to generate container spec: unable to find user %s: no matching entries in passwd file", user)
}

// executable finds the file to run, or says in runc's words why there is none.
func (c *Container) executable(name string, env []string, dir string) (string, error) {
	v := c.space.View()
	if !strings.Contains(name, "/") {
		for _, kv := range env {
			if search, ok := strings.CutPrefix(kv, "PATH="); ok {
				for dir := range strings.SplitSeq(search, ":") {
					full := path.Join(dir, name)
					if info, err := v.Stat(full); err == nil && info.Kind == filesystem.Regular && v.Access(full, "x") == nil {
						return full, nil
					}
				}
			}
		}
		return "", fmt.Errorf("exec: %q: executable file not found in $PATH", name)
	}
	full := name
	if !strings.HasPrefix(full, "/") {
		full = path.Join(dir, name)
	}
	info, err := v.Stat(full)
	switch {
	case err == filesystem.ENOENT:
		return "", fmt.Errorf("exec: %q: stat %s: no such file or directory", name, name)
	case err != nil:
		return "", fmt.Errorf("exec: %q: %s", name, strings.ToLower(err.Error()))
	case info.IsDir():
		return "", fmt.Errorf("exec: %q: is a directory", name)
	case v.Access(full, "x") != nil:
		return "", fmt.Errorf("exec: %q: permission denied", name)
	}
	return full, nil
}

// openFiles are the standard streams of the first process.
func (c *Container) openFiles() []process.File {
	if c.config.TTY {
		c.terminal = process.NewTerminal(c.space)
		c.terminal.Sink = &logWriter{c, Stdout}
		return []process.File{c.terminal, c.terminal, c.terminal}
	}
	input := process.NullFile(c.sandbox.kernel)
	if c.config.Stdin {
		c.stdin = process.NewPipe()
		input, c.typing = c.stdin.Reader(), c.stdin.Writer()
	}
	return []process.File{input, &logWriter{c, Stdout}, &logWriter{c, Stderr}}
}

// rootfs is the container's copy of the image's files.
func (c *Container) rootfs() *filesystem.FileSystem {
	if c.files == nil {
		c.files = c.config.Image.Files().Clone()
	}
	return c.files
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
