package userland

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/process"
	"github.com/kubejig/kubejig/internal/simulation/shell"
)

// processCommands are the commands about processes and time passing.
var processCommands = map[string]command{
	"kill": kill, "killall": killall, "nice": prefixed(2), "nohup": prefixed(0), "pgrep": pgrep, "pidof": pidof, "pkill": pgrep,
	"ps": ps, "sleep": sleep, "timeout": timeout, "time": prefixed(0), "top": top, "watch": watch, "setsid": prefixed(0), "usleep": usleep,
}

// duration reads what sleep takes: a number with a unit.
func duration(text string) (time.Duration, bool) {
	unit := time.Second
	if text != "" {
		switch text[len(text)-1] {
		case 's':
			text = text[:len(text)-1]
		case 'm':
			unit, text = time.Minute, text[:len(text)-1]
		case 'h':
			unit, text = time.Hour, text[:len(text)-1]
		case 'd':
			unit, text = 24*time.Hour, text[:len(text)-1]
		}
	}
	if text == "inf" || text == "infinity" {
		return 1<<63 - 1, true
	}
	n, err := strconv.ParseFloat(text, 64)
	return time.Duration(n * float64(unit)), err == nil && n >= 0
}

func sleep(t *tool) int {
	var total time.Duration
	for _, arg := range t.args {
		d, ok := duration(arg)
		if !ok {
			if t.gnu {
				return t.fail("invalid time interval ‘%s’", arg)
			}
			return t.fail("invalid number '%s'", arg)
		}
		if total += d; total < 0 || d == 1<<63-1 {
			t.p.Pause()
		}
	}
	if len(t.args) == 0 {
		return t.usage("[N]...")
	}
	t.p.Sleep(total)
	return 0
}

func usleep(t *tool) int {
	if len(t.args) == 0 {
		return t.usage("N")
	}
	n, _ := strconv.Atoi(t.args[0])
	t.p.Sleep(time.Duration(n) * time.Microsecond)
	return 0
}

// prefixed runs the command that follows the options.
func prefixed(skip int) command {
	return func(t *tool) int {
		args := t.args
		if skip > 0 && len(args) > skip && args[0] == "-n" {
			args = args[skip:]
		}
		if len(args) == 0 {
			return t.usage("PROG ARGS")
		}
		path, err := shell.LookPath(t.p, args[0], t.p.Getenv("PATH"))
		if err == nil {
			err = t.p.Exec(process.Command{Path: path, Args: args})
		}
		t.fail("can't execute '%s': %v", args[0], err)
		return 127
	}
}

func timeout(t *tool) int {
	f, ok := t.parseWith(flagSpec{letters: "s:k:t:", stop: true, long: map[string]string{"signal": "s", "kill-after": "k"}}, t.args)
	if !ok {
		return 125
	}
	args := f.rest
	limit := f.value("t", "")
	if limit == "" && len(args) > 0 {
		limit, args = args[0], args[1:]
	}
	d, ok := duration(limit)
	if !ok || len(args) == 0 {
		t.usage("[-s SIG] [-k KILL_SECS] SECS PROG ARGS")
		return 125
	}
	sig, ok := process.ParseSignal(f.value("s", "TERM"))
	if !ok {
		return t.fail("bad signal name '%s'", f.value("s", ""))
	}
	path, err := shell.LookPath(t.p, args[0], t.p.Getenv("PATH"))
	var pid int
	if err == nil {
		pid, err = t.p.Spawn(process.Command{Path: path, Args: args})
	}
	if err != nil {
		t.fail("can't execute '%s': %v", args[0], err)
		return 127
	}
	return t.limit(pid, d, sig, f)
}

// limit waits for a child, and signals it when its time is over.
func (t *tool) limit(pid int, d time.Duration, sig process.Signal, f *flags) int {
	t.p.Catch(process.SIGCHLD)
	for until := t.p.Now().Add(d); ; {
		exit, err := t.p.Poll(pid)
		if err == nil {
			return exit.Status.ExitCode()
		}
		rest := until.Sub(t.p.Now())
		if rest <= 0 {
			break
		}
		t.p.Sleep(rest)
		t.p.TakeSignal()
	}
	t.p.Kill(pid, sig)
	if after, ok := duration(f.value("k", "")); ok && f.has("k") {
		if t.p.Sleep(after) == nil {
			t.p.Kill(pid, process.SIGKILL)
		}
	}
	t.p.Wait(pid)
	if t.gnu {
		return 124
	}
	return 128 + int(sig)
}

func kill(t *tool) int {
	sig, targets, ok := shell.ParseKill(t.args)
	if !ok {
		return t.fail("bad signal name '%s'", strings.TrimPrefix(t.args[0], "-"))
	}
	if len(targets) == 0 {
		return t.fail("you need to specify whom to kill")
	}
	for _, target := range targets {
		pid, err := strconv.Atoi(target)
		if err != nil {
			t.fail("bad pid '%s'", target)
			continue
		}
		if err := t.p.Kill(pid, sig); err != nil {
			t.fail("can't kill pid %d: %v", pid, err)
		}
	}
	return 0
}

// running finds the processes whose program has a name.
func (t *tool) running(matches func(e process.Entry) bool) []process.Entry {
	var out []process.Entry
	for _, e := range t.p.Table() {
		if e.State != "Z" && e.PID != t.p.PID() && len(e.Args) > 0 && matches(e) {
			out = append(out, e)
		}
	}
	return out
}

func pidof(t *tool) int {
	var out []string
	for _, e := range t.running(func(e process.Entry) bool { return contains(t.args, path.Base(e.Args[0])) }) {
		out = append([]string{strconv.Itoa(e.PID)}, out...)
	}
	if len(out) == 0 {
		return 1
	}
	t.print(strings.Join(out, " ") + "\n")
	return 0
}

func killall(t *tool) int {
	sig, names, ok := shell.ParseKill(t.args)
	if !ok {
		return t.fail("bad signal name")
	}
	for _, name := range names {
		found := t.running(func(e process.Entry) bool { return path.Base(e.Args[0]) == name })
		if len(found) == 0 {
			t.fail("%s: no process killed", name)
		}
		for _, e := range found {
			t.p.Kill(e.PID, sig)
		}
	}
	return 0
}

// pgrep finds processes by name; pkill signals them.
func pgrep(t *tool) int {
	sig := process.SIGTERM
	if t.name == "pkill" && len(t.args) > 0 && strings.HasPrefix(t.args[0], "-") {
		if named, ok := process.ParseSignal(t.args[0][1:]); ok {
			sig, t.args = named, t.args[1:]
		}
	}
	f, ok := t.parse("flxoanv", nil)
	if !ok || len(f.rest) == 0 {
		return t.usage("[-flnovx] PATTERN")
	}
	found := t.running(func(e process.Entry) bool {
		text := path.Base(e.Args[0])
		if f.has("f") {
			text = strings.Join(e.Args, " ")
		}
		return text == f.rest[0] || !f.has("x") && strings.Contains(text, f.rest[0])
	})
	for _, e := range found {
		switch {
		case t.name == "pkill":
			t.p.Kill(e.PID, sig)
		case f.any("la"):
			t.printf("%d %s\n", e.PID, strings.Join(e.Args, " "))
		default:
			t.printf("%d\n", e.PID)
		}
	}
	if len(found) == 0 {
		return 1
	}
	return 0
}

func ps(t *tool) int {
	users := t.names("/etc/passwd")
	table := t.p.Table()
	flat := strings.Join(t.args, "")
	switch {
	case !t.gnu:
		t.print("PID   USER     TIME  COMMAND\n")
		for _, e := range table {
			t.printf("%5d %-8s  0:00 %s\n", e.PID, name(users, e.UID, false), psCommand(e))
		}
	case strings.Contains(flat, "u"):
		t.print("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n")
		for _, e := range table {
			t.printf("%-8s %7d  0.0  0.0   4000  2000 ?        %-4s %s   0:00 %s\n",
				name(users, e.UID, false), e.PID, e.State, e.Started.UTC().Format("15:04"), psCommand(e))
		}
	case strings.Contains(flat, "f"):
		t.print("UID          PID    PPID  C STIME TTY          TIME CMD\n")
		for _, e := range table {
			t.printf("%-8s %7d %7d  0 %s ?        00:00:00 %s\n", name(users, e.UID, false), e.PID, e.PPID, e.Started.UTC().Format("15:04"), psCommand(e))
		}
	default:
		t.print("    PID TTY          TIME CMD\n")
		for _, e := range table {
			t.printf("%7d ?        00:00:00 %s\n", e.PID, path.Base(e.Args[0]))
		}
	}
	return 0
}

func psCommand(e process.Entry) string {
	if e.State == "Z" && len(e.Args) > 0 {
		return "[" + path.Base(e.Args[0]) + "]"
	}
	return strings.Join(e.Args, " ")
}

// top prints one screen: enough for `top -bn1`.
func top(t *tool) int {
	kb := t.p.Space().Machine.Memory / 1024
	t.printf("Mem: %dK used, %dK free, 0K shrd, 0K buff, %dK cached\nCPU:   0%% usr   0%% sys   0%% nic 100%% idle   0%% io   0%% irq   0%% sirq\n"+
		"Load average: 0.00 0.00 0.00 1/%d %d\n  PID  PPID USER     STAT   VSZ %%VSZ CPU %%CPU COMMAND\n", kb/2, kb/2, kb/4, len(t.p.Table()), t.p.PID())
	users := t.names("/etc/passwd")
	for _, e := range t.p.Table() {
		t.printf("%5d %5d %-8s %-4s  4000   0%%   0   0%% %s\n", e.PID, e.PPID, name(users, e.UID, false), e.State, psCommand(e))
	}
	return 0
}

func watch(t *tool) int {
	f, ok := t.parseWith(flagSpec{letters: "n:t", stop: true}, t.args)
	if !ok || len(f.rest) == 0 {
		return t.usage("[-n SEC] [-t] PROG ARGS")
	}
	every, ok := duration(f.value("n", "2"))
	if !ok {
		return t.fail("invalid number '%s'", f.value("n", ""))
	}
	for {
		t.print("\x1b[H\x1b[J")
		if !f.has("t") {
			t.printf("Every %ss: %s\n\n", f.value("n", "2"), strings.Join(f.rest, " "))
		}
		t.flush()
		t.run([]string{"sh", "-c", strings.Join(f.rest, " ")})
		if t.p.Sleep(every) != nil {
			return 0
		}
	}
}
