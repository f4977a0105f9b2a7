package image

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// daemon is a server made of its parts.
type daemon struct {
	process.NoMain
	start   func(p *process.Process)
	alarm   func(p *process.Process)
	endings map[process.Signal]ending // TERM and INT end it with 0 if nil
}

// ending is how a signal ends a daemon.
type ending struct {
	code int
	say  func(p *process.Process)
}

// Start starts the daemon.
func (d daemon) Start(p *process.Process) {
	if d.start != nil {
		d.start(p)
	}
}

// Alarm is for daemons that do something at a time.
func (d daemon) Alarm(p *process.Process) {
	if d.alarm != nil {
		d.alarm(p)
	}
}

// Signal ends the daemon.
func (d daemon) Signal(p *process.Process, sig process.Signal) (int, bool) {
	if d.endings == nil {
		return 0, sig == process.SIGTERM || sig == process.SIGINT
	}
	e, ok := d.endings[sig]
	if ok && e.say != nil {
		e.say(p)
	}
	return e.code, ok
}

// serve opens a port, or ends the daemon with a message.
func serve(p *process.Process, port int, h network.Handler) bool {
	if err := network.Serve(p, port, h); err != nil {
		p.Output(2, fmt.Sprintf("listen tcp :%d: bind: %s\n", port, strings.ToLower(err.Error())))
		p.Exit(1)
		return false
	}
	return true
}

// silent takes connections and says nothing, for servers whose protocol is not
// simulated.
type silent struct{}

// Handle swallows the input.
func (silent) Handle(x *network.Exchange) { x.Take(len(x.Input)) }

// say prints lines to the standard output.
func say(p *process.Process, lines ...string) {
	p.Output(1, strings.Join(lines, "\n")+"\n")
}

// goLog is the time as Go's package log prints it.
func goLog(p *process.Process) string { return now(p).Format("2006/01/02 15:04:05") }

func now(p *process.Process) time.Time { return p.Space().Kernel.Now().UTC() }

// flag finds --name=value, -name=value or -name value among arguments.
func flag(args []string, name, other string) string {
	for i, arg := range args {
		arg = strings.TrimLeft(arg, "-")
		if value, ok := strings.CutPrefix(arg, name+"="); ok {
			return value
		}
		if arg == name && strings.HasPrefix(args[i], "-") && i+1 < len(args) {
			return args[i+1]
		}
	}
	return other
}
