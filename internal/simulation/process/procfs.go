package process

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// procFS is /proc of a space.
type procFS struct{ space *Space }

// ProcMount is the mount of /proc for a space.
func ProcMount(s *Space) filesystem.Mount {
	return filesystem.Mount{
		Path: "/proc", Synthetic: procFS{s}, Source: "proc", Type: "proc",
		Options: "rw,nosuid,nodev,noexec,relatime",
	}
}

// systemFiles are the files of /proc that are not about one process.
var systemFiles = map[string]func(s *Space) string{
	"cpuinfo": func(s *Space) string {
		var out strings.Builder
		for cpu := range s.Machine.CPUs {
			fmt.Fprintf(&out, "processor\t: %d\nmodel name\t: Simulated CPU\n\n", cpu)
		}
		return out.String()
	},
	"loadavg": func(s *Space) string {
		return fmt.Sprintf("0.00 0.00 0.00 1/%d %d\n", len(s.Processes()), s.Namespace().last)
	},
	"meminfo": func(s *Space) string {
		kb := s.Machine.Memory / 1024
		return fmt.Sprintf("MemTotal:       %8d kB\nMemFree:        %8d kB\nMemAvailable:   %8d kB\n"+
			"Buffers:        %8d kB\nCached:         %8d kB\nSwapTotal:      %8d kB\nSwapFree:       %8d kB\n",
			kb, kb/2, kb*3/4, 0, kb/4, 0, 0)
	},
	"mounts":              (*Space).mountTable,
	"sys/kernel/hostname": func(s *Space) string { return s.Hostname + "\n" },
	"sys/kernel/osrelease": func(s *Space) string {
		return s.Machine.Kernel + "\n"
	},
	"uptime": func(s *Space) string {
		up := s.Kernel.Now().Sub(s.Machine.Boot).Seconds()
		return fmt.Sprintf("%.2f %.2f\n", up, up*float64(s.Machine.CPUs))
	},
	"version": func(s *Space) string {
		return fmt.Sprintf("Linux version %s (simulated) #1 SMP\n", s.Machine.Kernel)
	},
}

func (s *Space) mountTable() string {
	var out strings.Builder
	for _, m := range s.mounts() {
		fmt.Fprintf(&out, "%s %s %s %s 0 0\n", m.Source, m.Path, m.Type, m.Options)
	}
	return out.String()
}

// processFiles are the files in a process's directory.
var processFiles = map[string]func(p *Process) string{
	"cmdline": func(p *Process) string { return strings.Join(p.args, "\x00") + "\x00" },
	"comm":    func(p *Process) string { return p.name() + "\n" },
	"environ": func(p *Process) string { return strings.Join(p.env, "\x00") + "\x00" },
	"mounts":  func(p *Process) string { return p.space.mountTable() },
	"stat": func(p *Process) string {
		return fmt.Sprintf("%d (%s) %s %d %d\n", p.pid, p.name(), p.letter(), p.ppid, p.group)
	},
	"status": func(p *Process) string {
		return fmt.Sprintf("Name:\t%s\nState:\t%s\nPid:\t%d\nPPid:\t%d\nUid:\t%[5]d\t%[5]d\t%[5]d\t%[5]d\nGid:\t%[6]d\t%[6]d\t%[6]d\t%[6]d\n",
			p.name(), p.letter(), p.pid, p.ppid, p.who.UID, p.who.GID)
	},
}

func (p *Process) name() string {
	if len(p.args) == 0 {
		return "?"
	}
	return path.Base(p.args[0])
}

// letter is the state as ps shows it.
func (p *Process) letter() string {
	switch {
	case p.state != Running:
		return "Z"
	case p.stopped:
		return "T"
	case p.onCPU():
		return "R"
	default:
		return "S"
	}
}

// process finds the process and the rest of a path that begins with a PID.
func (f procFS) process(name string) (*Process, string) {
	first, rest, _ := strings.Cut(name, "/")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return nil, ""
	}
	return f.space.Find(pid), rest
}

// Stat describes a file of /proc.
func (f procFS) Stat(name string) (filesystem.Info, error) {
	now := f.space.Kernel.Now()
	dir := filesystem.Info{Kind: filesystem.Directory, Mode: 0o555, Links: 1, ModTime: now}
	file := filesystem.Info{Kind: filesystem.Regular, Mode: 0o444, Links: 1, ModTime: now}
	if name == "self" {
		return linkInfo(f.self(), now), nil
	}
	if name == "" || isParent(name) {
		return dir, nil
	}
	if _, ok := systemFiles[name]; ok {
		return file, nil
	}
	p, rest := f.process(name)
	if p == nil {
		return filesystem.Info{}, filesystem.ENOENT
	}
	if rest == "" || rest == "fd" {
		return dir, nil
	}
	if _, ok := processFiles[rest]; ok {
		return file, nil
	}
	target, err := f.Readlink(name)
	if err != nil {
		return filesystem.Info{}, filesystem.ENOENT
	}
	return linkInfo(target, now), nil
}

func linkInfo(target string, now time.Time) filesystem.Info {
	return filesystem.Info{Kind: filesystem.Symlink, Mode: 0o777, Links: 1, Target: target, ModTime: now}
}

func isParent(name string) bool {
	for file := range systemFiles {
		if strings.HasPrefix(file, name+"/") {
			return true
		}
	}
	return false
}

func (f procFS) self() string {
	if f.space.caller == nil {
		return "1"
	}
	return strconv.Itoa(f.space.caller.pid)
}

// ReadDir lists a directory of /proc.
func (f procFS) ReadDir(name string) ([]string, error) {
	var names []string
	p, rest := f.process(name)
	switch {
	case name == "":
		names = append(names, "self")
		for _, p := range f.space.Processes() {
			names = append(names, strconv.Itoa(p.pid))
		}
		for file := range systemFiles {
			first, _, _ := strings.Cut(file, "/")
			names = append(names, first)
		}
	case p == nil:
		for file := range systemFiles {
			if inside, ok := strings.CutPrefix(file, name+"/"); ok {
				first, _, _ := strings.Cut(inside, "/")
				names = append(names, first)
			}
		}
	case rest == "fd":
		for _, s := range p.files.slots {
			names = append(names, strconv.Itoa(s.fd))
		}
	default:
		names = []string{"cwd", "exe", "fd", "root"}
		for file := range processFiles {
			names = append(names, file)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// ReadFile reads a file of /proc.
func (f procFS) ReadFile(name string) ([]byte, error) {
	if text, ok := systemFiles[name]; ok {
		return []byte(text(f.space)), nil
	}
	if p, rest := f.process(name); p != nil {
		if text, ok := processFiles[rest]; ok {
			return []byte(text(p)), nil
		}
	}
	return nil, filesystem.EINVAL
}

// Readlink reads a link of /proc.
func (f procFS) Readlink(name string) (string, error) {
	if name == "self" {
		return f.self(), nil
	}
	p, rest := f.process(name)
	if p == nil {
		return "", filesystem.EINVAL
	}
	switch rest {
	case "cwd":
		return p.cwd, nil
	case "root":
		return "/", nil
	case "exe":
		return p.args[0], nil
	}
	number, ok := strings.CutPrefix(rest, "fd/")
	fd, err := strconv.Atoi(number)
	if !ok || err != nil || p.files.get(fd) == nil {
		return "", filesystem.EINVAL
	}
	return describe(p.files.get(fd)), nil
}

// Jump leads to a process's root or working directory in what it has mounted, as
// far as the caller may look at it.
func (f procFS) Jump(name string) (*filesystem.Landing, error) {
	p, rest := f.process(name)
	if p == nil || rest != "root" && rest != "cwd" {
		return nil, nil
	}
	if who := f.space.caller; who != nil && who.who.UID != 0 && who.who.UID != p.who.UID {
		return nil, filesystem.EACCES
	}
	landing := &filesystem.Landing{Mounts: p.space.mounts(), Dir: "/", Root: fmt.Sprintf("%d/root", p.pid)}
	if rest == "cwd" {
		landing.Dir = p.cwd
	}
	if len(landing.Mounts) == 0 {
		return nil, filesystem.EACCES
	}
	return landing, nil
}

// describe is what the link of a descriptor shows.
func describe(f File) string {
	switch f := f.(type) {
	case *diskFile:
		return f.handle.Path()
	case *deviceFile:
		return "/dev/" + f.name
	case *Terminal:
		return "/dev/pts/0"
	default:
		return "pipe:[1]"
	}
}

// Entry is a line of the process table.
type Entry struct {
	PID, PPID, Group int
	UID              int
	State            string // letter
	Started          time.Time
	Args             []string
}

// Table lists the processes of the namespace, by PID.
func (p *Process) Table() []Entry {
	return Do(p, func() []Entry {
		var out []Entry
		for _, other := range p.space.Processes() {
			out = append(out, Entry{other.pid, other.ppid, other.group, other.who.UID, other.letter(), other.started, other.args})
		}
		return out
	})
}
