package userland

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
	"github.com/kubejig/kubejig/internal/simulation/shell"
)

// systemCommands are the commands about the machine, its users and the time.
var systemCommands = map[string]command{
	"arch": func(t *tool) int { t.print("x86_64\n"); return 0 },
	"date": date, "df": df, "du": du, "env": env, "false": func(*tool) int { return 1 }, "free": free, "getent": getent,
	"groups": groups, "hostname": hostname, "id": id, "logname": whoami, "mount": mount, "nproc": nproc,
	"printenv": printenv, "pwd": func(t *tool) int { t.print(t.p.Getwd() + "\n"); return 0 },
	"stty": stty, "true": nothing, "tty": tty, "uname": uname, "umount": denied, "uptime": uptime, "users": nothing, "whoami": whoami,
	"su": denied, "chroot": denied, "clear": func(t *tool) int { t.print("\x1b[H\x1b[J"); return 0 }, "reset": nothing,
	"dmesg": denied, "sysctl": sysctl,
}

func denied(t *tool) int { return t.fail("%v", filesystem.EPERM) }

func env(t *tool) int {
	f, ok := t.parseWith(flagSpec{letters: "iu:0", stop: true, long: map[string]string{"ignore-environment": "i", "unset": "u"}}, t.args)
	if !ok {
		return 125
	}
	list := t.p.Environ()
	if f.has("i") {
		list = nil
	}
	for _, name := range f.values["u"] {
		list = slices.DeleteFunc(slices.Clone(list), func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
	}
	args := f.rest
	for len(args) > 0 && strings.Contains(args[0], "=") {
		name, _, _ := strings.Cut(args[0], "=")
		list = slices.DeleteFunc(slices.Clone(list), func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
		list = append(list, args[0])
		args = args[1:]
	}
	if len(args) == 0 {
		for _, kv := range list {
			t.print(kv + "\n")
		}
		return 0
	}
	path, err := shell.LookPath(t.p, args[0], t.p.Getenv("PATH"))
	if err == nil {
		if list == nil {
			list = []string{}
		}
		err = t.p.Exec(process.Command{Path: path, Args: args, Env: list})
	}
	if t.gnu {
		t.warn("‘%s’: %v", args[0], err)
	} else {
		t.warn("can't execute '%s': %v", args[0], err)
	}
	if err == filesystem.ENOENT {
		return 127
	}
	return 126
}

func printenv(t *tool) int {
	if len(t.args) == 0 {
		for _, kv := range t.p.Environ() {
			t.print(kv + "\n")
		}
		return 0
	}
	for _, name := range t.args {
		value, ok := t.p.LookupEnv(name)
		if !ok {
			t.code = 1
			continue
		}
		t.print(value + "\n")
	}
	return 0
}

func hostname(t *tool) int {
	f, ok := t.parse("sfidI", map[string]string{"fqdn": "f", "short": "s", "ip-address": "i"})
	if !ok {
		return 1
	}
	name := t.p.Space().Hostname
	short, domain, _ := strings.Cut(name, ".")
	switch {
	case len(f.rest) > 0:
		return t.fail("sethostname: %v", filesystem.EPERM)
	case f.any("iI"):
		t.print(t.hostAddress(short) + "\n")
	case f.has("d"):
		t.print(domain + "\n")
	case f.has("f"):
		t.print(t.canonicalName(name) + "\n")
	case f.has("s"):
		t.print(short + "\n")
	default:
		t.print(name + "\n")
	}
	return 0
}

// hostsEntry finds the line of /etc/hosts with a name.
func (t *tool) hostsEntry(name string) []string {
	data, _ := t.p.ReadFile("/etc/hosts")
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		if fields := strings.Fields(line); len(fields) > 1 && slices.Contains(fields[1:], name) {
			return fields
		}
	}
	return nil
}

func (t *tool) hostAddress(name string) string {
	if entry := t.hostsEntry(name); entry != nil {
		return entry[0]
	}
	return "127.0.0.1"
}

func (t *tool) canonicalName(name string) string {
	if entry := t.hostsEntry(name); entry != nil {
		return entry[1]
	}
	return name
}

func uname(t *tool) int {
	f, ok := t.parse("asnrvmpio", map[string]string{"all": "a"})
	if !ok {
		return 1
	}
	release, host := t.p.Space().Machine.Kernel, t.p.Space().Hostname
	fields := []struct{ letter, value string }{
		{"s", "Linux"}, {"n", host}, {"r", release}, {"v", "#1 SMP PREEMPT_DYNAMIC"}, {"m", "x86_64"}, {"o", "GNU/Linux"},
	}
	if !t.gnu {
		fields[5].value = "Linux"
	}
	var out []string
	for _, field := range fields {
		if f.any("a"+field.letter) || len(f.values) == 0 && field.letter == "s" {
			out = append(out, field.value)
		}
	}
	t.print(strings.Join(out, " ") + "\n")
	return 0
}

func whoami(t *tool) int {
	uid := t.p.Credential().UID
	user, ok := t.names("/etc/passwd")[uid]
	if !ok {
		if t.gnu {
			return t.fail("cannot find name for user ID %d", uid)
		}
		return t.fail("unknown uid %d", uid)
	}
	t.print(user + "\n")
	return 0
}

func id(t *tool) int {
	f, ok := t.parse("ugGnr", nil)
	if !ok {
		return 1
	}
	who := t.p.Credential()
	users, groups := t.names("/etc/passwd"), t.names("/etc/group")
	show := func(names map[int]string, n int) string {
		if known, ok := names[n]; ok && f.has("n") {
			return known
		}
		return strconv.Itoa(n)
	}
	all := []int{who.GID}
	for _, group := range who.Groups {
		if !slices.Contains(all, group) {
			all = append(all, group)
		}
	}
	switch {
	case f.has("u"):
		t.print(show(users, who.UID) + "\n")
	case f.has("g"):
		t.print(show(groups, who.GID) + "\n")
	case f.has("G"):
		var out []string
		for _, group := range all {
			out = append(out, show(groups, group))
		}
		t.print(strings.Join(out, " ") + "\n")
	default:
		var out []string
		for _, group := range all {
			out = append(out, withName(groups, group))
		}
		t.printf("uid=%s gid=%s", withName(users, who.UID), withName(groups, who.GID))
		t.printf(" groups=%s\n", strings.Join(out, ","))
	}
	return 0
}

func withName(names map[int]string, n int) string {
	if known, ok := names[n]; ok {
		return strconv.Itoa(n) + "(" + known + ")"
	}
	return strconv.Itoa(n)
}

func groups(t *tool) int {
	known := t.names("/etc/group")
	who := t.p.Credential()
	out := []string{name(known, who.GID, false)}
	for _, group := range who.Groups {
		out = append(out, name(known, group, false))
	}
	t.print(strings.Join(out, " ") + "\n")
	return 0
}

func nproc(t *tool) int {
	t.printf("%d\n", t.p.Space().Machine.CPUs)
	return 0
}

func uptime(t *tool) int {
	now := t.p.Now()
	up := now.Sub(t.p.Space().Machine.Boot)
	days := ""
	if up >= 24*time.Hour {
		days = strconv.Itoa(int(up.Hours())/24) + " days, "
	}
	t.printf(" %s up %s%2d:%02d,  0 users,  load average: 0.00, 0.00, 0.00\n",
		now.UTC().Format("15:04:05"), days, int(up.Hours())%24, int(up.Minutes())%60)
	return 0
}

func tty(t *tool) int {
	if t.p.IsTerminal(0) {
		t.print("/dev/pts/0\n")
		return 0
	}
	t.print("not a tty\n")
	return 1
}

func stty(t *tool) int {
	if !t.p.IsTerminal(0) {
		return t.fail("standard input: %v", filesystem.ENOTTY)
	}
	rows, cols := t.p.WindowSize()
	if len(t.args) == 0 {
		t.printf("speed 38400 baud; line = 0;\nrows %d; columns %d;\n", rows, cols)
		return 0
	}
	for _, arg := range t.args {
		on := !strings.HasPrefix(arg, "-")
		switch strings.TrimPrefix(arg, "-") {
		case "size":
			t.printf("%d %d\n", rows, cols)
		case "echo":
			t.p.SetTerminal(func(tty *process.Terminal) { tty.NoEcho = !on })
		case "raw":
			t.p.SetTerminal(func(tty *process.Terminal) { tty.Raw = on })
		case "sane":
			t.p.SetTerminal(func(tty *process.Terminal) { tty.Raw, tty.NoEcho = false, false })
		case "icanon", "isig":
			t.p.SetTerminal(func(tty *process.Terminal) { tty.Raw = !on })
		}
	}
	return 0
}

func getent(t *tool) int {
	if len(t.args) < 2 {
		return 1
	}
	switch t.args[0] {
	case "passwd", "group":
		data, _ := t.p.ReadFile("/etc/" + t.args[0])
		for line := range strings.Lines(string(data)) {
			if fields := strings.Split(line, ":"); fields[0] == t.args[1] || len(fields) > 2 && fields[2] == t.args[1] {
				t.print(line)
				return 0
			}
		}
	case "hosts", "ahosts":
		return t.getentHosts(t.args[1])
	}
	return 2
}

func sysctl(t *tool) int {
	for _, key := range t.args {
		if strings.HasPrefix(key, "-") {
			continue
		}
		data, err := t.p.ReadFile("/proc/sys/" + strings.ReplaceAll(key, ".", "/"))
		if err != nil {
			t.fail("error: '%s' is an unknown key", key)
			continue
		}
		t.printf("%s = %s", key, data)
	}
	return 0
}
