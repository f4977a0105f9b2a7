package shell_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/internal/simulation/image"
	"github.com/kubejig/kubejig/internal/simulation/process/processtest"
	"github.com/kubejig/kubejig/internal/simulation/userland"
)

// run runs a script with busybox's sh.
func run(t *testing.T, script string, args ...string) processtest.Result {
	t.Helper()
	space, clock := processtest.NewSpace(image.Busybox("1.36").FileSystem(), userland.Load)
	r := processtest.Run(space, clock, time.Minute, "", append([]string{"sh", "-c", script}, args...)...)
	require.True(t, r.Done, "the script has not ended; stdout %q stderr %q", r.Stdout, r.Stderr)
	return r
}

func TestScripts(t *testing.T) {
	for _, test := range []struct {
		script, out string
		code        int
	}{
		{"echo hello", "hello\n", 0},
		{"echo a b  c", "a b c\n", 0},
		{`x=1; y="$x 2"; echo "$y" '$y' $y`, "1 2 $y 1 2\n", 0},
		{"exit 3", "", 3},
		{"false", "", 1},
		{"true; false; echo $?", "1\n", 0},
		{"false || echo no", "no\n", 0},
		{"true && echo yes", "yes\n", 0},
		{"! true; echo $?", "1\n", 0},
		{"if [ 1 -lt 2 ]; then echo less; else echo more; fi", "less\n", 0},
		{"if false; then echo a; elif true; then echo b; fi", "b\n", 0},
		{"for i in 1 2 3; do echo $i; done", "1\n2\n3\n", 0},
		{"i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done", "1\n2\n3\n", 0},
		{"i=3; until [ $i = 0 ]; do i=$((i-1)); done; echo $i", "0\n", 0},
		{"for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done", "1\n3\n", 0},
		{"for a in 1 2; do for b in 1 2; do [ $b = 2 ] && continue 2; echo $a$b; done; done", "11\n21\n", 0},
		{"case foo.txt in *.c) echo c;; *.txt|*.md) echo text;; *) echo other;; esac", "text\n", 0},
		{"f() { echo $1 $#; return 4; }; f a b; echo $?", "a 2\n4\n", 0},
		{"f() { local x=2; echo $x; }; x=1; f; echo $x", "2\n1\n", 0},
		{"x=1; (x=2; echo $x); echo $x", "2\n1\n", 0},
		{"{ echo a; echo b; } | wc -l", "2\n", 0},
		{"echo $(echo sub $(echo nested))", "sub nested\n", 0},
		{"echo `echo back`", "back\n", 0},
		{"echo $((1 + 2 * 3)) $((7 / 2)) $((7 % 2)) $((1 << 4))", "7 3 1 16\n", 0},
		{"x=hello; echo ${x#he} ${x%lo} ${#x} ${x:-d} ${y:-d} ${y:=e} $y", "llo hel 5 hello d e e\n", 0},
		{"x=a.b.c; echo ${x##*.} ${x%%.*}", "c a\n", 0},
		{"printf '%s-%d\\n' a 1 b 2", "a-1\nb-2\n", 0},
		{"echo -n no newline", "no newline", 0},
		{`echo -e 'a\tb'`, "a\tb\n", 0},
		{"set -- a b c; shift; echo $1 $# $@", "b 2 b c\n", 0},
		{`set -- "a b" c; for x in "$@"; do echo "<$x>"; done`, "<a b>\n<c>\n", 0},
		{"set -e; false; echo never", "", 1},
		{"set -e; if false; then :; fi; false || true; echo reached", "reached\n", 0},
		{"set -o pipefail; false | true; echo $?", "1\n", 0},
		{"false | true; echo $?", "0\n", 0},
		{"cat <<EOF\nx is $((1+1))\nEOF", "x is 2\n", 0},
		{"cat <<'EOF'\nx is $x\nEOF", "x is $x\n", 0},
		{"cat <<-EOF\n\ttabs\n\tEOF\n", "tabs\n", 0},
		{"echo a > /tmp/f; echo b >> /tmp/f; cat /tmp/f; cat < /tmp/f", "a\nb\na\nb\n", 0},
		{"ls /none 2>/dev/null; echo $?", "1\n", 0},
		{"ls /none 2>&1", "ls: /none: No such file or directory\n", 1},
		{"exec 3>/tmp/f; echo three >&3; exec 3>&-; cat /tmp/f", "three\n", 0},
		{"cd /tmp; pwd; cd - ; echo $PWD", "/tmp\n/\n/\n", 0},
		{"mkdir /tmp/d; cd /tmp/d; touch b a c; echo *; echo [ab]; echo x*", "a b c\na b\nx*\n", 0},
		{"read a b <<EOF\none two three\nEOF\necho $a:$b", "one:two three\n", 0},
		{"printf 'a\\nb\\n' | while read x; do echo \"<$x>\"; done", "<a>\n<b>\n", 0},
		{"while read l; do echo \"[$l]\"; done < /etc/hostname", "[localhost]\n", 0},
		{"trap 'echo bye' EXIT; echo hi", "hi\nbye\n", 0},
		{"trap 'echo got; exit 5' TERM; kill -TERM $$; echo never", "got\n", 5},
		{"sleep 1 & wait; echo done", "done\n", 0},
		{"sleep 10 & kill $!; wait $!; echo $?", "143\n", 0},
		{"(exit 7) & wait $!; echo $?", "7\n", 0},
		{"eval 'x=5; echo $x'", "5\n", 0},
		{"echo 'echo sourced $1' > /tmp/s; . /tmp/s", "sourced\n", 0},
		{"printf '#!/bin/sh\\necho script $1\\n' > /tmp/s; chmod +x /tmp/s; /tmp/s arg", "script arg\n", 0},
		{"echo 'echo plain $0' > /tmp/s; sh /tmp/s", "plain /tmp/s\n", 0},
		{"x=1; export x; sh -c 'echo $x'; y=2 sh -c 'echo $y'; echo [$y]", "1\n2\n[]\n", 0},
		{"unset HOME; echo ${HOME-unset}", "unset\n", 0},
		{"command -v cat; command -v echo; type cd", "/bin/cat\necho\ncd is a shell builtin\n", 0},
		{"while getopts ab:c o; do echo $o$OPTARG; done", "", 0},
		{"set -- -a -b x -c rest; while getopts ab:c o; do echo $o $OPTARG; done; shift $((OPTIND-1)); echo $1", "a\nb x\nc\nrest\n", 0},
		{"test -f /etc/passwd && [ -d /etc ] && echo ok", "ok\n", 0},
		{"[ a = a -a b != c ] && echo ok; [ ! -e /x ] && echo none", "ok\nnone\n", 0},
		{"[[ abc == a* ]] && echo glob", "glob\n", 0},
		{"seq 3 | sort -r | tr '\\n' ' '", "3 2 1 ", 0},
		{"echo $0 $1", "sh\n", 0},
		{"false; (exit $?); echo $?", "1\n", 0},
		{"yes | head -2", "y\ny\n", 0},
		{"true | false | true; echo $?", "0\n", 0},
		{"x=$(false); echo $?", "1\n", 0},
		{"i=0; while true; do i=$((i+1)); [ $i -ge 1000 ] && break; done; echo $i", "1000\n", 0},
		{"f() { [ $1 = 0 ] && return; echo $1; f $(($1-1)); }; f 3", "3\n2\n1\n", 0},
		{"echo a | { read x; echo got $x; }", "got a\n", 0},
		{"for f in /etc/h*; do basename $f; done", "hostname\n", 0},
		{"umask 077; touch /tmp/x; stat -c %a /tmp/x", "600\n", 0},
		{"set -x; echo traced 2>/dev/null", "traced\n", 0},
		{"echo ~ ~root", "/root /root\n", 0},
		{"echo \"a\\\"b\" 'c\"d'", "a\"b c\"d\n", 0},
		{"nosuch 2>&1; echo $?", "sh: nosuch: not found\n127\n", 0},
		{"/etc/passwd 2>&1; echo $?", "sh: /etc/passwd: Permission denied\n126\n", 0},
		{"set -u; echo $nope 2>&1; echo never", "", 2},
		{"echo ${x:?is needed} 2>&1", "", 2},
		{"> /nodir/x 2>&1; echo $?", "1\n", 0},
		{"kill -9 $$; echo init is safe from within", "init is safe from within\n", 0},
		{"sh -c 'kill -9 $$'; echo $?", "137\n", 0},
	} {
		t.Run(test.script, func(t *testing.T) {
			r := run(t, test.script)
			require.Equal(t, test.out, r.Stdout, "stderr: %s", r.Stderr)
			require.Equal(t, test.code, r.Code, "stderr: %s", r.Stderr)
		})
	}
}

func TestMessages(t *testing.T) {
	for script, message := range map[string]string{
		"nosuch":                "sh: nosuch: not found\n",
		"set -u; echo $nope":    "sh: nope: parameter not set\n",
		"echo ${x:?is needed}":  "sh: x: is needed\n",
		"echo a > /no/dir":      "sh: can't create /no/dir: nonexistent directory\n",
		"cat < /none":           "sh: can't open /none: no such file\n",
		"cd /none":              "sh: cd: can't cd to /none: No such file or directory\n",
		"set -x; x=1; echo $x":  "+ x=1\n+ echo 1\n",
		"echo $((1/0))":         "sh: divide by zero\n",
		"readonly r=1; r=2":     "sh: r: is read only\n",
		"[ 1 -eq a ]":           "sh: a: bad number\n",
		"kill 4711":             "sh: kill: can't kill pid 4711: No such process\n",
		"sh -c 'kill -9 $$'; :": "Killed\n",
	} {
		require.Equal(t, message, run(t, script).Stderr, script)
	}
}

func TestLoopOverTime(t *testing.T) {
	space, clock := processtest.NewSpace(image.Busybox("1.36").FileSystem(), userland.Load)
	r := processtest.Run(space, clock, 2500*time.Millisecond, "", "sh", "-c", "while true; do date; sleep 1; done")
	require.False(t, r.Done)
	require.Equal(t, "Fri Jan  2 03:04:05 UTC 2026\nFri Jan  2 03:04:06 UTC 2026\nFri Jan  2 03:04:07 UTC 2026\n", r.Stdout)
}

func TestEndlessLoopGivesWay(t *testing.T) {
	space, clock := processtest.NewSpace(image.Busybox("1.36").FileSystem(), userland.Load)
	r := processtest.Run(space, clock, time.Second, "", "sh", "-c", "while true; do date >/dev/null; done")
	require.False(t, r.Done)
}

func TestTermReachesTheTrapAfterTheForegroundCommand(t *testing.T) {
	space, clock := processtest.NewSpace(image.Busybox("1.36").FileSystem(), userland.Load)
	var out processtest.Output
	p, err := space.StartProcess(startOf(&out, "sh", "-c", "trap 'echo bye; exit 0' TERM; while true; do sleep 5; done"))
	require.NoError(t, err)
	clock.Advance(time.Second)
	p.Deliver(15)
	clock.Advance(time.Second)
	require.Empty(t, out.String())
	clock.Advance(4 * time.Second)
	require.Equal(t, "bye\n", out.String())
}

func TestInitIgnoresTermWithoutHandler(t *testing.T) {
	space, clock := processtest.NewSpace(image.Busybox("1.36").FileSystem(), userland.Load)
	p, err := space.StartProcess(startOf(&processtest.Output{}, "sh", "-c", "sleep 3600"))
	require.NoError(t, err)
	clock.Settle()
	require.Equal(t, []string{"sleep", "3600"}, p.Args(), "the last command takes the shell's place")
	p.Deliver(15)
	clock.Settle()
	require.Len(t, space.Processes(), 1)
	p.Deliver(9)
	clock.Settle()
	require.Empty(t, space.Processes())
}

func TestFromStandardInput(t *testing.T) {
	space, clock := processtest.NewSpace(image.Busybox("1.36").FileSystem(), userland.Load)
	r := processtest.Run(space, clock, time.Second, "echo one\nif true\nthen echo two\nfi\nexit 3\necho never\n", "sh")
	require.Equal(t, "one\ntwo\n", r.Stdout)
	require.Equal(t, 3, r.Code)
}

func TestBash(t *testing.T) {
	for script, want := range map[string]string{
		"a=(1 2 3); echo ${a[1]} ${#a[@]} ${a[@]}":            "2 3 1 2 3\n",
		"declare -A m; m[x]=1; m[y]=2; echo ${m[x]}${m[y]}":   "12\n",
		"for ((i=0; i<3; i++)); do echo -n $i; done":          "012",
		"x=hello; echo ${x^^} ${x/l/L} ${x:1:3}":              "HELLO heLlo ell\n",
		"[[ foo123 =~ ([0-9]+) ]] && echo ${BASH_REMATCH[1]}": "123\n",
		"cat <<< here":                    "here\n",
		"echo {a,b}{1..2}":                "a1 a2 b1 b2\n",
		"f() { return 3; }; f || echo $?": "3\n",
		"ls /none &> /tmp/o; cat /tmp/o":  "ls: cannot access '/none': No such file or directory\n",
		"printf -v x %03d 7; echo $x":     "007\n",
		"nosuch 2>&1":                     "bash: line 1: nosuch: command not found\n",
		"mapfile -t l < <(echo no) 2>/dev/null; echo \"${BASH_VERSION:0:1}\"": "",
	} {
		space, clock := processtest.NewSpace(image.Debian("Debian", "Debian", "12").FileSystem(), userland.Load)
		r := processtest.Run(space, clock, time.Second, "", "bash", "-c", script)
		require.Equal(t, want, r.Stdout, "%s: %s", script, r.Stderr)
	}
}

func TestNothingIsRememberedForEver(t *testing.T) {
	space, clock := processtest.NewSpace(image.Busybox("1.36").FileSystem(), userland.Load)
	p, err := space.StartProcess(startOf(&processtest.Output{}, "sh", "-c", "i=0; while true; do i=$((i+1)); echo $i >/dev/null; sleep 1; done"))
	require.NoError(t, err)
	clock.Advance(time.Hour)
	require.Less(t, p.JournalSize(), 4096)
}

func FuzzScript(f *testing.F) {
	f.Add("for i in 1 2; do echo $i | cat; done")
	f.Add("x=$(echo a) && case $x in a) exit 3;; esac")
	f.Fuzz(func(t *testing.T, script string) {
		if strings.ContainsRune(script, 0) {
			t.Skip()
		}
		space, clock := processtest.NewSpace(image.Busybox("1.36").FileSystem(), userland.Load)
		r := processtest.Run(space, clock, time.Second, "", "sh", "-c", script)
		require.NotContains(t, r.Stderr, "panic: runtime error")
		space.Close()
	})
}
