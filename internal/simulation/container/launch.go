package container

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

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
	if err := c.join(); err != nil {
		return err
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

// join lets the container into the PID namespace of its target, or that of its
// pod.
func (c *Container) join() (err error) {
	if c.sandbox.Config.ShareProcesses {
		c.space.PIDs, err = c.sandbox.namespace()
		return err
	}
	if c.config.Target == "" {
		return nil
	}
	for _, other := range c.sandbox.containers {
		if other.ID == c.config.Target && other.status.State == Running {
			c.space.PIDs = other.space.Namespace()
			return nil
		}
	}
	return fmt.Errorf("failed to generate container spec: container %s, whose processes are to be seen, does not run", c.config.Target)
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
