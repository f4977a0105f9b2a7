package simulation_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/internal/simulation"
	"github.com/kubejig/kubejig/internal/simulation/container"
	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/image"
	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process/processtest"
)

// events is an observer that writes down what it is told.
type events struct {
	list  []string
	execs map[string]container.ExecResult
}

func (e *events) ContainerStarted(id string) { e.list = append(e.list, "started "+id) }
func (e *events) ContainerExited(id string)  { e.list = append(e.list, "exited "+id) }
func (e *events) ImagePulled(node, name string, err error) {
	e.list = append(e.list, fmt.Sprintf("pulled %s %s %v", node, name, err))
}
func (e *events) ExecFinished(token string, r container.ExecResult) { e.execs[token] = r }

// services is a directory of Services by namespace/name.
type services map[string]network.Service

func (s services) ServiceByName(namespace, name string) (network.Service, bool) {
	service, ok := s[namespace+"/"+name]
	return service, ok
}

func (s services) ServiceByAddr(addr netip.Addr) (network.Service, bool) {
	for _, service := range s {
		for _, ip := range service.ClusterIPs {
			if ip == addr {
				return service, true
			}
		}
	}
	return network.Service{}, false
}

func (s services) ServiceByNodePort(protocol string, port int) (network.Service, bool) {
	for _, service := range s {
		for _, p := range service.Ports {
			if p.NodePort == port && p.Protocol == protocol {
				return service, true
			}
		}
	}
	return network.Service{}, false
}

// fixture is a world with one node, for a test.
type fixture struct {
	*simulation.World
	t        testing.TB
	clock    *processtest.Clock
	events   *events
	services services
	pods     int
}

func newFixture(t testing.TB) *fixture {
	f := &fixture{t: t, clock: processtest.NewClock(), events: &events{execs: map[string]container.ExecResult{}}, services: services{}}
	f.World = simulation.New(simulation.Options{Clock: f.clock, Seed: 1, Directory: f.services, Observer: f.events})
	f.clock.Run = f.World.Run
	f.AddNode(simulation.NodeConfig{Name: "node-1", Addrs: addrs("172.18.0.2"), CPUs: 4, Memory: 8 << 30, Kernel: "6.1.0"})
	t.Cleanup(f.Close)
	return f
}

// fork returns a fixture of a fork of the world.
func (f *fixture) fork() *fixture {
	clock := f.clock.Fork()
	other := &fixture{t: f.t, clock: clock, events: &events{execs: map[string]container.ExecResult{}}, services: f.services, pods: f.pods}
	other.World = f.World.Fork(simulation.ForkOptions{Clock: clock, Directory: f.services, Observer: other.events})
	clock.Run = other.World.Run
	f.t.Cleanup(other.Close)
	return other
}

func addrs(texts ...string) []netip.Addr {
	var out []netip.Addr
	for _, text := range texts {
		out = append(out, netip.MustParseAddr(text))
	}
	return out
}

// create makes a pod with one container, and starts it.
func (f *fixture) create(name, ref string, change func(c *container.Config)) string {
	f.pods++
	node := f.Node("node-1")
	require.NoError(f.t, node.Preload(ref))
	sandbox := node.CreateSandbox(container.SandboxConfig{
		Namespace: "default", Name: name, Hostname: name, IPs: []netip.Addr{netip.AddrFrom4([4]byte{10, 244, byte(f.pods >> 8), byte(f.pods)})},
		DNS: container.DNS{Servers: []string{"10.96.0.10"}, Searches: []string{"default.svc.cluster.local", "svc.cluster.local", "cluster.local"}, Options: []string{"ndots:5"}},
	})
	config := container.Config{Name: name, Image: node.Image(ref), TerminationMessagePath: "/dev/termination-log"}
	if change != nil {
		change(&config)
	}
	id, err := f.CreateContainer(sandbox, config)
	require.NoError(f.t, err)
	f.StartContainer(id)
	f.clock.Settle()
	return id
}

func command(args ...string) func(c *container.Config) {
	return func(c *container.Config) { c.Command = args }
}

// logs is what a container has printed.
func (f *fixture) logs(id string) string {
	var out strings.Builder
	log := f.Container(id).Log()
	for first, next := log.Range(); first < next; first++ {
		out.Write(log.At(first).Text)
		out.WriteByte('\n')
	}
	return out.String()
}

// exec runs a command in a container and returns what it printed.
func (f *fixture) exec(id string, args ...string) (string, int) {
	s, err := f.Container(id).Exec(container.ExecOptions{Args: args})
	if err != nil {
		return err.Error(), -1
	}
	f.clock.Settle()
	code, done := s.Done()
	for range 600 {
		if done {
			break
		}
		f.clock.Advance(time.Second)
		code, done = s.Done()
	}
	require.True(f.t, done, args)
	return string(s.Read(container.Stdout)) + string(s.Read(container.Stderr)), code
}

func (f *fixture) expose(name string, clusterIP string, port, target int, pods ...string) {
	s := network.Service{Namespace: "default", Name: name, Ports: []network.Port{{Name: "http", Protocol: "TCP", Port: port, NodePort: 32600}}}
	if clusterIP != "" {
		s.ClusterIPs = addrs(clusterIP)
	}
	for _, id := range pods {
		s.Endpoints = append(s.Endpoints, network.Endpoint{
			Addr: f.Container(id).Sandbox().Config.IPs[0], Ready: true, Ports: []network.EndpointPort{{Name: "http", Protocol: "TCP", Port: target}},
		})
	}
	f.services["default/"+name] = s
}

func TestNginxServesItsPage(t *testing.T) {
	f := newFixture(t)
	web := f.create("web", "nginx:1.7.9", nil)
	box := f.create("box", "busybox:1.28", command("sleep", "3600"))
	f.expose("my-service", "10.96.5.5", 80, 80, web)
	require.Empty(t, f.logs(web), "nginx 1.7.9 says nothing when it starts")

	out, code := f.exec(box, "wget", "-qO-", "http://my-service")
	require.Zero(t, code, out)
	require.Contains(t, out, "<h1>Welcome to nginx!</h1>")
	require.Equal(t, "10.244.0.2 - - [02/Jan/2026:03:04:05 +0000] \"GET / HTTP/1.1\" 200 612 \"-\" \"Wget\" \"-\"\n", f.logs(web))

	out, code = f.exec(box, "wget", "-O-", "my-service/none")
	require.Equal(t, 1, code)
	require.Equal(t, "Connecting to my-service (10.96.5.5:80)\nwget: server returned error: HTTP/1.1 404 Not Found\n", out)

	out, _ = f.exec(web, "sh", "-c", "echo hi > /usr/share/nginx/html/index.html; curl -s localhost; nginx -v")
	require.Equal(t, "hi\nnginx version: nginx/1.7.9\n", out)
	out, _ = f.exec(web, "curl", "-sI", "localhost")
	require.Contains(t, out, "HTTP/1.1 200 OK\r\nServer: nginx/1.7.9\r\n")
}

func TestNames(t *testing.T) {
	f := newFixture(t)
	web := f.create("web", "nginx", nil)
	box := f.create("box", "busybox:1.28", command("sleep", "3600"))
	f.expose("my-service", "10.96.5.5", 80, 80, web)
	f.expose("headless", "", 80, 80, web)
	for _, test := range []struct{ args, out string }{
		{"nslookup my-service", "Server:    10.96.0.10\nAddress 1: 10.96.0.10\n\nName:      my-service\nAddress 1: 10.96.5.5 my-service.default.svc.cluster.local\n"},
		{"nslookup headless", "Server:    10.96.0.10\nAddress 1: 10.96.0.10\n\nName:      headless\nAddress 1: 10.244.0.1\n"},
		{"nslookup none", "Server:    10.96.0.10\nAddress 1: 10.96.0.10\n\nnslookup: can't resolve 'none'\n"},
		{"hostname -i", "10.244.0.2\n"},
		{"wget -qO- http://none", "wget: bad address 'none'\n"},
		{"nc -zv my-service 80", "my-service (10.96.5.5:80) open\n"},
		{"nc -zv web 81", "nc: bad address 'web'\n"},
		{"ping -c2 headless", "PING headless (10.244.0.1): 56 data bytes\n" +
			"64 bytes from 10.244.0.1: seq=0 ttl=62 time=0.059 ms\n64 bytes from 10.244.0.1: seq=1 ttl=62 time=0.072 ms\n\n" +
			"--- headless ping statistics ---\n2 packets transmitted, 2 packets received, 0% packet loss\nround-trip min/avg/max = 0.059/0.065/0.072 ms\n"},
		{"ping -qc1 -W1 my-service", "PING my-service (10.96.5.5): 56 data bytes\n\n--- my-service ping statistics ---\n1 packets transmitted, 0 packets received, 100% packet loss\n"},
		{"ping -c1 none", "ping: bad address 'none'\n"},
		{"ping -6 -c1 headless", "ping: bad address 'headless'\n"},
		{"ping -qi0 -w1 10.244.0.2", "PING 10.244.0.2 (10.244.0.2): 56 data bytes\n\n--- 10.244.0.2 ping statistics ---\n" +
			"100 packets transmitted, 100 packets received, 0% packet loss\nround-trip min/avg/max = 0.052/0.081/0.112 ms\n"},
		{"nc -zv 10.244.0.1 81", "nc: 10.244.0.1 (10.244.0.1:81): Connection refused\n"},
		{"wget -qO- -T 2 http://8.8.8.8", "wget: download timed out\n"},
	} {
		out, _ := f.exec(box, strings.Fields(test.args)...)
		require.Equal(t, test.out, out, test.args)
	}
	late := f.create("late", "busybox:1.36", command("sleep", "3600"))
	out, _ := f.exec(late, "nslookup", "my-service.default.svc.cluster.local")
	require.Equal(t, "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tmy-service.default.svc.cluster.local\nAddress: 10.96.5.5\n\n\n", out)
	out, code := f.exec(late, "nslookup", "nope.default.svc.cluster.local")
	require.Equal(t, 1, code)
	require.Contains(t, out, "** server can't find nope.default.svc.cluster.local: NXDOMAIN\n")
	out, _ = f.exec(late, "nslookup", "-type=srv", "_http._tcp.my-service.default.svc.cluster.local")
	require.Contains(t, out, "_http._tcp.my-service.default.svc.cluster.local\tservice = 0 100 80 my-service.default.svc.cluster.local\n")
}

func TestServiceWithoutEndpointsRefuses(t *testing.T) {
	f := newFixture(t)
	box := f.create("box", "busybox", command("sleep", "3600"))
	f.expose("empty", "10.96.5.6", 80, 80)
	out, code := f.exec(box, "wget", "-qO-", "http://empty")
	require.Equal(t, "wget: can't connect to remote host (10.96.5.6): Connection refused\n", out)
	require.Equal(t, 1, code)
}

func TestTurnsAndNodePort(t *testing.T) {
	f := newFixture(t)
	a := f.create("a", "registry.k8s.io/e2e-test-images/agnhost:2.40", func(c *container.Config) { c.Args = []string{"netexec"} })
	b := f.create("b", "registry.k8s.io/e2e-test-images/agnhost:2.40", func(c *container.Config) { c.Args = []string{"netexec"} })
	box := f.create("box", "busybox", command("sleep", "3600"))
	f.expose("hosts", "10.96.5.7", 80, 8080, a, b)
	out, _ := f.exec(box, "sh", "-c", "for i in 1 2 3; do wget -qO- hosts/hostname; echo; done")
	require.Equal(t, "a\nb\na\n", out)
	conn, failure := f.Dial(netip.MustParseAddrPort("172.18.0.2:32600"))
	require.Nil(t, failure)
	_, err := conn.Write([]byte("GET /echo?msg=outside HTTP/1.0\r\n\r\n"))
	require.NoError(t, err)
	f.clock.Settle()
	answer, err := conn.Read(4096)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(answer), "\r\n\r\noutside"), string(answer))
	require.True(t, conn.Closed())
}

func TestLifeOfContainers(t *testing.T) {
	f := newFixture(t)
	for _, test := range []struct {
		name   string
		change func(c *container.Config)
		code   int
		reason string
	}{
		{"ends well", command("true"), 0, "Completed"},
		{"fails", command("sh", "-c", "echo bye > /dev/termination-log; exit 3"), 3, "Error"},
		{"is not there", command("nosuch"), 128, "StartError"},
		{"is missing", command("/no/such"), 128, "StartError"},
	} {
		id := f.create("pod", "busybox", test.change)
		status := f.Container(id).Status()
		require.Equal(t, container.Exited, status.State, test.name)
		require.Equal(t, test.code, status.ExitCode, test.name)
		require.Equal(t, test.reason, status.Reason, test.name)
	}
	id := f.create("pod", "busybox", command("sh", "-c", "echo bye > /dev/termination-log; exit 3"))
	require.Equal(t, "bye\n", f.Container(id).TerminationMessage())
	id = f.create("pod", "busybox", command("nosuch"))
	require.Contains(t, f.Container(id).Status().Message, `exec: "nosuch": executable file not found in $PATH`)
}

func TestSignals(t *testing.T) {
	f := newFixture(t)
	web := f.create("web", "nginx", nil)
	stubborn := f.create("stubborn", "busybox", command("sleep", "3600"))
	unknown := f.create("unknown", "example.com/app:1", nil)
	for _, id := range []string{web, stubborn, unknown} {
		f.SignalContainer(id, 15)
	}
	f.clock.Settle()
	require.Equal(t, container.Exited, f.Container(web).Status().State)
	require.Equal(t, container.Running, f.Container(stubborn).Status().State)
	require.Equal(t, container.Exited, f.Container(unknown).Status().State)
	f.SignalContainer(stubborn, 9)
	require.Equal(t, 137, f.Container(stubborn).Status().ExitCode)
}

func TestPulls(t *testing.T) {
	f := newFixture(t)
	node := f.Node("node-1")
	node.Pull("nginx")
	node.Pull("fail.example/app:1")
	node.Pull("Bad Name")
	f.clock.Advance(time.Minute)
	require.NotNil(t, node.Image("nginx:latest"))
	require.Equal(t, []string{
		`pulled node-1 Bad Name couldn't parse image name "Bad Name": invalid reference format`,
		`pulled node-1 fail.example/app:1 failed to pull and unpack image "fail.example/app:1": failed to resolve image: fail.example/app:1: not found`,
		"pulled node-1 nginx <nil>",
	}, f.events.list)
}

func TestProbesAndMemory(t *testing.T) {
	f := newFixture(t)
	box := f.create("box", "busybox", command("sleep", "3600"))
	f.ExecSync(box, "good", []string{"cat", "/etc/hostname"}, time.Second)
	f.ExecSync(box, "bad", []string{"sh", "-c", "echo no; exit 4"}, time.Second)
	f.ExecSync(box, "slow", []string{"sleep", "10"}, time.Second)
	f.ExecSync(box, "none", []string{"nosuch"}, time.Second)
	f.clock.Advance(2 * time.Second)
	require.Equal(t, container.ExecResult{Output: []byte("box\n")}, f.events.execs["good"])
	require.Equal(t, container.ExecResult{Code: 4, Output: []byte("no\n")}, f.events.execs["bad"])
	require.True(t, f.events.execs["slow"].TimedOut)
	require.ErrorContains(t, f.events.execs["none"].Err, "executable file not found in $PATH")

	greedy := f.create("greedy", "polinux/stress", func(c *container.Config) {
		c.Command, c.Args, c.MemoryLimit = []string{"stress"}, []string{"--vm", "1", "--vm-bytes", "250M"}, 100<<20
	})
	f.clock.Advance(2 * time.Second)
	status := f.Container(greedy).Status()
	require.Equal(t, "OOMKilled", status.Reason)
	require.Equal(t, 137, status.ExitCode)
}

func TestDeclaredBehaviour(t *testing.T) {
	f := newFixture(t)
	f.Declare(image.Behavior{
		Match: []string{"example.com/job"}, Exit: true, ExitAfter: 10 * time.Second, ExitCode: 7,
		Log:  []image.Line{{Text: "begin"}, {After: time.Second, Every: 4 * time.Second, Text: "tick"}},
		HTTP: map[int]func(image.Query) image.Answer{8080: func(q image.Query) image.Answer { return image.Answer{Text: "at " + q.Path} }},
	})
	job := f.create("job", "example.com/job:v1", nil)
	box := f.create("box", "busybox", command("sleep", "3600"))
	out, _ := f.exec(box, "wget", "-qO-", "10.244.0.1:8080/x")
	require.Equal(t, "at /x", out)
	f.clock.Advance(time.Minute)
	require.Equal(t, "begin\ntick\ntick\ntick\n", f.logs(job))
	require.Equal(t, 7, f.Container(job).Status().ExitCode)
}

func TestVolumes(t *testing.T) {
	f := newFixture(t)
	require.NoError(t, f.ProjectVolume("config", []filesystem.Projected{{Path: "a", Data: []byte("1"), Mode: 0o644}, {Path: "b", Data: []byte("2"), Mode: 0o644}}))
	shared := f.Volume("shared", 0o777, "ext4")
	mounts := func(c *container.Config) {
		c.Command = []string{"sleep", "3600"}
		c.Mounts = []container.Mount{
			{Path: "/config", Volume: f.Volume("config", 0, ""), ReadOnly: true},
			{Path: "/shared", Volume: shared},
		}
	}
	a, b := f.create("a", "busybox", mounts), f.create("b", "busybox", mounts)
	out, _ := f.exec(a, "sh", "-c", "echo from a > /shared/x; cat /config/a; ls /config; touch /config/c")
	require.Equal(t, "1a\nb\ntouch: /config/c: Read-only file system\n", out)
	out, _ = f.exec(b, "cat", "/shared/x")
	require.Equal(t, "from a\n", out)
	require.NoError(t, f.ProjectVolume("config", []filesystem.Projected{{Path: "a", Data: []byte("new"), Mode: 0o644}}))
	out, _ = f.exec(b, "sh", "-c", "cat /config/a; ls /config")
	require.Equal(t, "newa\n", out)
}

func TestNodesHaveFiles(t *testing.T) {
	f := newFixture(t)
	root, err := f.Node("node-1").HostPath("/", false, filesystem.Directory)
	require.NoError(t, err)
	id := f.create("looker", "busybox", func(c *container.Config) {
		command("sleep", "1000")(c)
		c.Mounts = []container.Mount{{Path: "/host", Volume: root}}
	})
	out, code := f.exec(id, "sh", "-c", "cat /host/etc/hostname; grep PRETTY /host/etc/os-release; ls -d /host/var/lib/kubelet")
	require.Zero(t, code, out)
	require.Equal(t, "node-1\nPRETTY_NAME=\"kubejig simulated node\"\n/host/var/lib/kubelet\n", out)
}

func TestInteractiveShell(t *testing.T) {
	f := newFixture(t)
	box := f.create("box", "busybox", command("sleep", "3600"))
	s, err := f.Container(box).Exec(container.ExecOptions{Args: []string{"sh"}, Stdin: true, TTY: true})
	require.NoError(t, err)
	var screen strings.Builder
	for _, keys := range []string{"echo hello\r", "ls /nope\r", "x=1\r", "sleep 100\r", "\x03", "ech\x03", "echo $x $?\r", "exit 3\r"} {
		f.clock.Settle()
		s.Write([]byte(keys))
	}
	f.clock.Settle()
	screen.Write(s.Read(container.Stdout))
	require.Equal(t, "/ # echo hello\r\nhello\r\n/ # ls /nope\r\nls: /nope: No such file or directory\r\n/ # x=1\r\n/ # sleep 100\r\n^C\r\n/ # ech^C\r\n/ # echo $x $?\r\n1 130\r\n/ # exit 3\r\n", screen.String())
	code, done := s.Done()
	require.True(t, done)
	require.Equal(t, 3, code)
}

func TestTarAsKubectlCopies(t *testing.T) {
	f := newFixture(t)
	box := f.create("box", "busybox", command("sleep", "3600"))
	out, code := f.exec(box, "sh", "-c", "mkdir -p /a/b && echo one > /a/x && echo two > /a/b/y && tar cf - a | tar xmf - -C /tmp && cat /tmp/a/x /tmp/a/b/y")
	require.Zero(t, code, out)
	require.Equal(t, "one\ntwo\n", out)
}

func TestRedis(t *testing.T) {
	f := newFixture(t)
	db := f.create("db", "redis:7", nil)
	out, _ := f.exec(db, "sh", "-c", "redis-cli set a 1; redis-cli incr a; redis-cli get a; redis-cli del a; redis-cli get a; redis-cli ping")
	require.Equal(t, "OK\n2\n2\n1\n\nPONG\n", out)
	require.Contains(t, f.logs(db), "Ready to accept connections tcp")
}

func TestPi(t *testing.T) {
	f := newFixture(t)
	job := f.create("pi", "perl:5.34.0", command("perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"))
	f.clock.Advance(time.Minute)
	out := f.logs(job)
	require.Len(t, out, 2002)
	require.True(t, strings.HasPrefix(out, "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798"), out[:100])
	require.Equal(t, 0, f.Container(job).Status().ExitCode)
}

func TestForkGoesItsOwnWay(t *testing.T) {
	f := newFixture(t)
	loop := f.create("loop", "busybox", command("sh", "-c", "i=0; while true; do i=$((i+1)); echo $i $(date +%S) >> /tmp/f; echo $i; sleep 1; done"))
	db := f.create("db", "redis", nil)
	f.exec(db, "redis-cli", "set", "k", "old")
	f.clock.Advance(2500 * time.Millisecond)

	other := f.fork()
	third := other.fork()
	f.exec(db, "redis-cli", "set", "k", "new")
	f.exec(loop, "sh", "-c", "echo mine >> /tmp/f")
	f.clock.Advance(2 * time.Second)
	other.clock.Advance(3 * time.Second)
	third.clock.Advance(2 * time.Second)

	require.Equal(t, "1\n2\n3\n4\n5\n", f.logs(loop))
	require.Equal(t, "1\n2\n3\n4\n5\n6\n", other.logs(loop))
	require.Equal(t, f.logs(loop), third.logs(loop))
	out, _ := other.exec(loop, "tail", "-n", "3", "/tmp/f")
	require.Equal(t, "4 08\n5 09\n6 10\n", out)
	out, _ = f.exec(loop, "grep", "-c", ".", "/tmp/f")
	require.Equal(t, "6\n", out)
	out, _ = other.exec(db, "redis-cli", "get", "k")
	require.Equal(t, "old\n", out)
	require.Equal(t, f.fork().logs(loop), f.logs(loop))
}

func TestForkIsTheSameAsGoingOn(t *testing.T) {
	script := "trap 'echo caught' USR1; seq 20000 | while read x; do [ $((x % 1000)) = 0 ] && sleep 1 && echo $x; done; (sleep 2; kill -USR1 1) & wait; " +
		"x=$(sleep 1; echo deep); echo $x; nc -l -p 99 > /tmp/in & sleep 1; echo data | nc -w 1 127.0.0.1 99; cat /tmp/in; sleep 1000"
	f := newFixture(t)
	id := f.create("pod", "busybox", command("sh", "-c", script))
	var forks []*fixture
	for range 12 {
		f.clock.Advance(2700 * time.Millisecond)
		forks = append(forks, f.fork())
	}
	f.clock.Advance(30 * time.Second)
	require.Contains(t, f.logs(id), "20000\ncaught\ndeep\ndata\n")
	for i, other := range forks {
		other.clock.Advance(time.Duration(len(forks)-1-i)*2700*time.Millisecond + 30*time.Second)
		require.Equal(t, f.logs(id), other.logs(id), i)
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	f := newFixture(t)
	f.create("loop", "busybox", command("sh", "-c", "while true; do sleep 1 | cat; done"))
	f.create("waits", "busybox", command("nc", "-l", "-p", "80"))
	f.clock.Advance(time.Minute)
	other := f.fork()
	other.clock.Advance(time.Minute)
	f.Close()
	other.clock.Advance(time.Minute)
	other.Close()
	require.LessOrEqual(t, runtime.NumGoroutine(), before) // Those of earlier tests may have ended.
}

func TestSameSeedSameWorld(t *testing.T) {
	run := func() string {
		f := newFixture(t)
		a := f.create("a", "busybox", command("sh", "-c", "echo $RANDOM; head -c 8 /dev/urandom | md5sum; mktemp; ps; env"))
		f.clock.Advance(time.Minute)
		return a + f.logs(a)
	}
	require.Equal(t, run(), run())
}

func BenchmarkIdlePods(b *testing.B) {
	f := newFixture(b)
	b.ReportAllocs()
	for b.Loop() {
		f.create("web", "nginx:1.7.9", nil)
	}
}

func BenchmarkFork(b *testing.B) {
	f := newFixture(b)
	for range 1000 {
		f.create("web", "nginx", nil)
	}
	for n := range 99 {
		f.AddNode(simulation.NodeConfig{Name: fmt.Sprint("more-", n), Addrs: []netip.Addr{netip.AddrFrom4([4]byte{172, 18, 1, byte(n)})}})
	}
	b.ReportAllocs()
	for b.Loop() {
		f.World.Fork(simulation.ForkOptions{Clock: f.clock.Fork(), Directory: f.services, Observer: f.events})
	}
}
