package userland_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/internal/simulation/image"
	"github.com/kubejig/kubejig/internal/simulation/process/processtest"
	"github.com/kubejig/kubejig/internal/simulation/userland"
)

// text is what the files and pipes of the tests hold.
const text = "cat > /tmp/t <<EOF\nbanana 3\napple 10\ncherry 2\napple 10\nEOF\ncd /tmp; "

func TestCommands(t *testing.T) {
	for _, test := range []struct {
		script, out string
		code        int
	}{
		{"cat t", "banana 3\napple 10\ncherry 2\napple 10\n", 0},
		{"cat -n t | head -n 1", "     1\tbanana 3\n", 0},
		{"cat /none 2>&1", "cat: can't open '/none': No such file or directory\n", 1},
		{"cat /etc 2>&1", "cat: read error: Is a directory\n", 1},
		{"head -2 t; tail -n 1 t; tail -n +4 t; head -c 3 t", "banana 3\napple 10\napple 10\napple 10\nban", 0},
		{"sort t", "apple 10\napple 10\nbanana 3\ncherry 2\n", 0},
		{"sort -k2 -n t | cut -d' ' -f2", "2\n3\n10\n10\n", 0},
		{"sort -u t | wc -l", "3\n", 0},
		{"sort t | uniq -c", "      2 apple 10\n      1 banana 3\n      1 cherry 2\n", 0},
		{"wc t; wc -l < t", "        4         8        36 t\n4\n", 0},
		{"tr a-z A-Z < t | head -1; echo aabbc | tr -s ab; echo abc | tr -d b", "BANANA 3\nabc\nac\n", 0},
		{"cut -c1-3 t | head -1; cut -d' ' -f1 t | tail -1", "ban\napple\n", 0},
		{"grep an t; grep -c apple t; grep -v apple t; grep -n ch t", "banana 3\n2\nbanana 3\ncherry 2\n3:cherry 2\n", 0},
		{"grep -q none t", "", 1},
		{"grep -E '^(b|c)' t; grep 'a\\{1\\}n' t; grep -o 'an' t; grep -i BAN t; grep -w 1 t", "banana 3\ncherry 2\nbanana 3\nan\nan\nbanana 3\n", 1},
		{"grep -r apple /tmp/t /none 2>&1", "/tmp/t:apple 10\n/tmp/t:apple 10\ngrep: /none: No such file or directory\n", 2},
		{"sed s/an/AN/ t | head -1; sed 's/a/A/g;s/\\(.\\) /[\\1] /' t | head -1", "bANana 3\nbAnAn[A] 3\n", 0},
		{"sed -n 2p t; sed -n '/cherry/,$p' t; sed 1,3d t; sed '$!d' t", "apple 10\ncherry 2\napple 10\napple 10\napple 10\n", 0},
		{"sed -i s/banana/pear/ t; head -1 t; sed -E 's/(p+)/<\\1>/' t | head -1", "pear 3\n<p>ear 3\n", 0},
		{"sed -e '1i\\' -e 'first' -e '$a last' t | sed -n '1p;$p'", "first\nlast\n", 0},
		{"awk '{print $2, $1}' t | head -1; awk '{s+=$2} END{print s}' t; awk -F: '{print $1}' /etc/passwd | head -1", "3 banana\n25\nroot\n", 0},
		{"xargs < t | head -1; echo 1 2 3 | xargs -n1 echo x; echo a b | xargs -I{} echo '<{}>'", "banana 3 apple 10 cherry 2 apple 10\nx 1\nx 2\nx 3\n<a b>\n", 0},
		{"mkdir -p a/b; touch a/x a/b/y; find a | sort; find a -name y; find a -type d -name b", "a\na/b\na/b/y\na/x\na/b/y\na/b\n", 0},
		{"find /tmp -name t -exec cat {} \\; | head -1; find / -maxdepth 1 -name etc", "banana 3\n/etc\n", 0},
		{"cp t u; mv u v; ls; rm v; ls", "t\nv\nt\n", 0},
		{"cp -r /etc e; ls -d e/*; rm -r e; ls", "e/group\ne/hostname\ne/passwd\nt\n", 0},
		{"rm x 2>&1; rm -f x; rmdir /etc 2>&1", "rm: can't remove 'x': No such file or directory\nrmdir: '/etc': Directory not empty\n", 1},
		{"rm /etc 2>&1", "rm: '/etc' is a directory\n", 1},
		{"mkdir d; mkdir d 2>&1; mkdir -p d/e/f; ls d/e", "mkdir: can't create directory 'd': File exists\nf\n", 0},
		{"ln -s t l; readlink l; cat l | head -1; readlink -f l; ls -l l | cut -c1-10", "t\nbanana 3\n/tmp/t\nlrwxrwxrwx\n", 0},
		{"ls -l t", "-rw-r--r--    1 root     root            36 Jan  2 03:04 t\n", 0},
		{"touch .h; ls -a; ls -A", ".\n..\n.h\nt\n.h\nt\n", 0},
		{"ls /none 2>&1", "ls: /none: No such file or directory\n", 1},
		{"chmod 600 t; stat -c '%a %s %n' t; chmod u+x,g=r t; stat -c %A t", "600 36 t\n-rwxr-----\n", 0},
		{"basename /a/b.txt .txt; dirname /a/b; dirname b; realpath ../tmp/./t", "b\n/a\n.\n/tmp/t\n", 0},
		{"env | grep HOME; env -i A=1 env; printenv HOSTNAME", "HOME=/root\nA=1\ntest\n", 0},
		{"id; whoami; hostname; uname -a", "uid=0(root) gid=0(root) groups=0(root)\nroot\ntest\nLinux test 6.1.0 #1 SMP PREEMPT_DYNAMIC x86_64 Linux\n", 0},
		{"date; date -u +%Y-%m-%dT%H:%M:%SZ; date +%s; date -d @0 +%F; date -Iseconds", "Fri Jan  2 03:04:05 UTC 2026\n2026-01-02T03:04:05Z\n1767323045\n1970-01-01\n2026-01-02T03:04:05+00:00\n", 0},
		{"sleep 9 & ps | grep -v 'sh -c' | grep -E 'COM|root'", "PID   USER     TIME  COMMAND\n    3 root      0:00 sleep 9\n    4 root      0:00 ps\n", 0},
		{"seq 3; seq 2 2 6; seq -s, 3; seq 3 -1 1", "1\n2\n3\n2\n4\n6\n1,2,3\n3\n2\n1\n", 0},
		{"echo hello | base64; echo aGVsbG8K | base64 -d; echo hello | md5sum", "aGVsbG8K\nhello\nb1946ac92492d2347c6235b4d2611184  -\n", 0},
		{"echo hello | sha256sum | cut -c1-16; echo x | gzip | gunzip", "5891b5b522d5df08\nx\n", 0},
		{"tar cf x.tar t; tar tf x.tar; rm t; tar xf x.tar; head -1 t; tar czf y.tgz t; tar xzOf y.tgz | tail -1", "t\nbanana 3\napple 10\n", 0},
		{"dd if=/dev/zero of=z bs=1024 count=10 2>/dev/null; stat -c %s z; dd if=t bs=6 count=1 2>/dev/null", "10240\nbanana", 0},
		{"timeout 1 sleep 5; echo $?; timeout 5 sleep 1; echo $?", "143\n0\n", 0},
		{"expr 1 + 2 '*' 3; expr abc : 'a\\(.\\)'; expr 1 '>' 2", "7\nb\n0\n", 1},
		{"printf '%05.1f|%x|%s\\n' 3.14159 255 s", "003.1|ff|s\n", 0},
		{"echo a > a; echo b > b; diff a b; cmp a b; diff a a", "--- a\n+++ b\n@@ -1 +1 @@\n-a\n+b\na b differ: char 1, line 1\n", 0},
		{"tee x < t | wc -l; cat x | wc -l; rev t | head -1; tac t | head -1; nl t | head -1", "4\n4\n3 ananab\napple 10\n     1\tbanana 3\n", 0},
		{"which ls; which none", "/bin/ls\n", 1},
		{"nproc; cat /proc/sys/kernel/hostname; head -1 /proc/meminfo; cat /proc/uptime", "4\ntest\nMemTotal:        8388608 kB\n3600.00 14400.00\n", 0},
		{"cat /proc/self/cmdline | tr '\\000' ' '; readlink /proc/$$/cwd", "cat /proc/self/cmdline /tmp\n", 0},
		{"echo x > /dev/null; head -c 3 /dev/zero | od -c | head -1; echo err > /dev/stderr; echo out > /dev/stdout", "0000000  \\0  \\0  \\0\nout\n", 0},
		{"touch -d @0 t; ls -l t | cut -c45-; find . -name t -mtime +1", "Jan  1  1970 t\n./t\n", 0},
		{"busybox | head -1; busybox echo hi", "BusyBox v1.36 multi-call binary.\nhi\n", 0},
		{"mount | head -1; df | tail -1 | cut -c1-5", "overlay on / type overlay (rw,relatime)\ntmpfs\n", 0},
		{"yes | head -n 3 | wc -l; sleep 0.5; usleep 10", "3\n", 0},
		{"du -s t; du -sh t", "4\tt\n4.0K\tt\n", 0},
		{"ls -z 2>&1", "ls: unrecognized option: z\n", 1},
		{"mktemp | cut -c1-9; mktemp -d /tmp/dir.XXXX | cut -c1-9", "/tmp/tmp.\n/tmp/dir.\n", 0},
		{"nohup echo x; nice -n 5 echo y; time -p true 2>/dev/null; (exec env -u HOME printenv HOME); :", "x\ny\n", 0},
	} {
		t.Run(test.script, func(t *testing.T) {
			space, clock := processtest.NewSpace(image.Busybox("1.36").FileSystem(), userland.Load)
			r := processtest.Run(space, clock, time.Minute, "", "sh", "-c", text+test.script)
			require.True(t, r.Done)
			require.Equal(t, test.out, r.Stdout, "stderr: %s", r.Stderr)
			require.Equal(t, test.code, r.Code, "stderr: %s", r.Stderr)
		})
	}
}

func TestTailFollows(t *testing.T) {
	space, clock := processtest.NewSpace(image.Busybox("1.36").FileSystem(), userland.Load)
	r := processtest.Run(space, clock, 10*time.Second, "", "sh", "-c", "echo a > /tmp/f; (sleep 2; echo b >> /tmp/f) & exec tail -f /tmp/f")
	require.False(t, r.Done)
	require.Equal(t, "a\nb\n", r.Stdout)
}

func TestGNUMessages(t *testing.T) {
	for script, message := range map[string]string{
		"ls /none":  "ls: cannot access '/none': No such file or directory\n",
		"cat /none": "cat: /none: No such file or directory\n",
		"rm /none":  "rm: cannot remove '/none': No such file or directory\n",
		"ls --zz":   "ls: unrecognized option '--zz'\nTry 'ls --help' for more information.\n",
		"ps":        "sh: 1: ps: not found\n",
	} {
		space, clock := processtest.NewSpace(image.Debian("Debian", "Debian", "12").FileSystem(), userland.Load)
		r := processtest.Run(space, clock, time.Second, "", "sh", "-c", script)
		require.Equal(t, message, r.Stderr)
	}
}
