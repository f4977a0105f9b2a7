package image

import (
	"maps"
	"slices"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Behavior declares an image: how it is pulled and what its containers do.
// What is left out has a sensible default: it starts at once, says nothing,
// and runs until it gets SIGTERM.
type Behavior struct {
	Match     []string      // repositories; one that ends with a slash matches all below, repo:tag one tag
	PullTime  time.Duration // 0: one to two and a half seconds, by the reference
	StartTime time.Duration // between created and running
	PullError string        // the image can't be pulled, for this reason
	Size      int64         // bytes

	Env        []string // KEY=value
	User       string
	WorkingDir string
	Files      map[string]string // content by absolute path

	// Program, if set, is run by containers that do not override the command;
	// the fields below do not apply.
	Program func(p *process.Process) int

	Log       []Line // what it prints
	Exit      bool   // it ends by itself, after ExitAfter
	ExitAfter time.Duration
	ExitCode  int
	Listen    []int                             // ports that take connections
	HTTP      map[int]func(Query) Answer        // ports that speak HTTP
	Term      Term                              // what it does on SIGTERM
	Usage     func(elapsed time.Duration) Usage // what it uses; it is killed if that exceeds its memory limit
}

// Line is a line that a container prints After it started, and again Every so
// often if that is not zero.
type Line struct {
	After, Every time.Duration
	Text         string
	Stderr       bool
}

// Query is an HTTP request to a declared server.
type Query struct {
	Method, Path, Host string
	Elapsed            time.Duration // since the container started
	Hostname           string        // of the pod
}

// Answer is the response: 200 and no text by default.
type Answer struct {
	Status int
	Text   string
	Delay  time.Duration
}

// Term is what a container does on SIGTERM.
type Term struct {
	Ignore bool // it waits for SIGKILL
	After  time.Duration
	Code   int
}

// Definition is what the catalogue makes of a behaviour.
func (b Behavior) Definition() Definition {
	return Definition{
		Match: b.Match,
		Base: func(Reference) *Rootfs {
			files := Busybox("1.36").Binary("/entrypoint", "entrypoint", "")
			for _, path := range slices.Sorted(maps.Keys(b.Files)) {
				files.File(path, b.Files[path], 0o644)
			}
			return files
		},
		Make: b.make,
	}
}

func (b Behavior) make(i *Image) {
	i.Entrypoint = []string{"/entrypoint"}
	i.Env = append(i.Env, b.Env...)
	i.User, i.WorkingDir, i.StartTime = b.User, b.WorkingDir, b.StartTime
	if b.PullTime > 0 {
		i.PullTime = b.PullTime
	}
	if b.Size > 0 {
		i.Size = b.Size
	}
	if b.PullError != "" {
		i.PullError = pullError(b.PullError)
	}
	if b.Usage != nil {
		i.Usage, i.UsageVaries = func(u Use) Usage { return b.Usage(u.Elapsed) }, true
	}
	i.Main = declared{behavior: &b}
	if b.Program != nil {
		i.Main = process.Func(b.Program)
	}
	i.Programs = map[string]process.Program{"entrypoint": i.Main}
}

// pullError is a declared reason.
type pullError string

// Error is the reason.
func (e pullError) Error() string { return string(e) }

// declared is the program of a behaviour.
type declared struct {
	process.NoMain
	behavior *Behavior // immutable
}

// declaredData is how far a declared program has come.
type declaredData struct {
	start   time.Time
	printed []int // times each line was printed
	ends    time.Time
	code    int
}

// CopyData copies it.
func (d *declaredData) CopyData() process.Data {
	fresh := *d
	fresh.printed = append([]int(nil), d.printed...)
	return &fresh
}

// Start opens the ports and prints the first lines.
func (d declared) Start(p *process.Process) {
	b := d.behavior
	state := &declaredData{start: now(p), printed: make([]int, len(b.Log))}
	if b.Exit {
		state.ends, state.code = state.start.Add(b.ExitAfter), b.ExitCode
	}
	p.Data = state
	for _, port := range b.Listen {
		if !serve(p, port, silent{}) {
			return
		}
	}
	for _, port := range slices.Sorted(maps.Keys(b.HTTP)) {
		if !serve(p, port, declaredHTTP(b.HTTP[port])) {
			return
		}
	}
	d.Alarm(p)
}

func declaredHTTP(answer func(Query) Answer) network.HTTP {
	return func(p *process.Process, r *network.Request) network.Response {
		a := answer(Query{
			Method: r.Method, Path: r.URL.Path, Host: r.Host,
			Elapsed: now(p).Sub(p.Data.(*declaredData).start), Hostname: p.Space().Hostname,
		})
		out := textResponse(a.Status, a.Text)
		out.Delay = a.Delay
		return out
	}
}

// Alarm prints what is due, and ends the program if its time has come.
func (d declared) Alarm(p *process.Process) {
	state := p.Data.(*declaredData)
	var next time.Time
	sooner := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	for i, line := range d.behavior.Log {
		at, more := line.due(state.start, state.printed[i])
		if more && !at.After(now(p)) {
			fd := 1
			if line.Stderr {
				fd = 2
			}
			p.Output(fd, line.Text+"\n")
			state.printed[i]++
			at, more = line.due(state.start, state.printed[i])
		}
		if more {
			sooner(at)
		}
	}
	if !state.ends.IsZero() {
		if !state.ends.After(now(p)) {
			p.Exit(state.code)
			return
		}
		sooner(state.ends)
	}
	if !next.IsZero() {
		p.Task().WakeAt(next)
	}
}

// due is when a line is printed for the nth time, and whether it is.
func (l Line) due(start time.Time, n int) (time.Time, bool) {
	if n > 0 && l.Every <= 0 {
		return time.Time{}, false
	}
	return start.Add(l.After + time.Duration(n)*l.Every), true
}

// Signal ends the program as declared.
func (d declared) Signal(p *process.Process, sig process.Signal) (int, bool) {
	term := d.behavior.Term
	if sig != process.SIGTERM && sig != process.SIGINT || term.Ignore {
		return 0, false
	}
	state, ok := p.Data.(*declaredData)
	if term.After <= 0 || !ok {
		return term.Code, true
	}
	state.ends, state.code = now(p).Add(term.After), term.Code
	p.Task().WakeAt(state.ends)
	return 0, false
}
