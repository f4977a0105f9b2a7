package image

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/process"
)

// unknown is an image that the catalogue knows nothing of: it starts, runs and
// says nothing until it is told to end.
var unknown = Definition{Make: func(i *Image) {
	i.Entrypoint = []string{"/entrypoint"}
	i.Main = daemon{}
}, Base: func(Reference) *Rootfs {
	return Busybox("1.36").Binary("/entrypoint", "idle", "")
}}

// builtin are the definitions that every catalogue has.
func builtin() []Definition {
	return []Definition{
		{Match: []string{"fail.example/"}, Make: func(i *Image) { i.PullTime, i.PullError = time.Second, notFound(i.Reference) }},
		{Match: []string{"nohost.example/"}, Make: func(i *Image) { i.PullTime, i.PullError = time.Second, noHost(i.Reference) }},
		nginxDefinition,
		{Match: []string{"busybox", "registry.k8s.io/busybox", "registry.k8s.io/e2e-test-images/busybox", "gcr.io/google-containers/busybox", "k8s.gcr.io/busybox"},
			Base: func(r Reference) *Rootfs { return Busybox(or(r.Version(), "1.37")) }, Make: shellImage(2<<20, "sh")},
		{Match: []string{"alpine"}, Base: func(r Reference) *Rootfs { return Alpine(or(r.Version(), "3.21")) }, Make: shellImage(4<<20, "/bin/sh")},
		{Match: []string{"debian"}, Base: func(Reference) *Rootfs {
			return Debian("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux", "12")
		}, Make: shellImage(49<<20, "bash")},
		{Match: []string{"ubuntu"}, Base: func(r Reference) *Rootfs {
			return Debian("Ubuntu "+or(r.Version(), "24.04"), "Ubuntu", or(r.Version(), "24.04"), "ps", "free", "uptime", "top")
		}, Make: shellImage(29<<20, "/bin/bash")},
		{Match: []string{"bash"}, Base: func(r Reference) *Rootfs {
			return Alpine("3.21").Binary("/usr/local/bin/bash", "bash", "")
		}, Make: shellImage(5<<20, "bash")},
		{Match: []string{"curlimages/curl", "appropriate/curl"}, Base: curlFiles, Make: func(i *Image) {
			i.Entrypoint = []string{"/entrypoint.sh"}
			i.Cmd = []string{"curl"}
			i.Size = 9 << 20
			i.Programs = map[string]process.Program{"curl-entrypoint": process.Func(curlEntrypoint)}
		}},
		{Match: []string{"registry.k8s.io/pause", "k8s.gcr.io/pause", "gcr.io/google_containers/pause", "gcr.io/google-containers/pause", "rancher/mirrored-pause"},
			Base: func(Reference) *Rootfs { return NewRootfs().Binary("/pause", "pause", "") }, Make: func(i *Image) {
				i.Entrypoint = []string{"/pause"}
				i.Main = daemon{}
				i.Size = 300 << 10
				i.Programs = map[string]process.Program{"pause": daemon{}}
				i.Usage = constant(0, 200<<10)
			}},
		httpdDefinition,
		redisDefinition,
		agnhostDefinition,
		serveHostnameDefinition,
		echoserverDefinition,
		helloDefinition,
		httpEchoDefinition,
		perlDefinition,
		hpaExampleDefinition,
		pythonDefinition,
		database("mysql", "mariadb", mysqlServer),
		database("postgres", "", postgresServer),
		database("mongo", "", mongoServer),
		database("memcached", "", plainServer(11211, "memcached")),
		database("rabbitmq", "", plainServer(5672, "rabbitmq-server")),
		{Match: []string{"polinux/stress", "vish/stress", "containerstack/cpustress", "progrium/stress"}, Base: func(Reference) *Rootfs {
			return Busybox("1.36").Binary("/usr/local/bin/stress", "stress", "").Binary("/stress", "stress", "")
		}, Make: func(i *Image) {
			i.Cmd = []string{"/stress"}
			i.Main = stressDaemon
			i.Programs = map[string]process.Program{"stress": stressDaemon}
			i.Usage = stressUsage
		}},
	}
}

// stressDaemon does nothing itself: its usage is computed from its arguments.
var stressDaemon = daemon{start: func(p *process.Process) {
	if p.Args()[0] == "stress" {
		say(p, fmt.Sprintf("stress: info: [%d] dispatching hogs: %s", p.PID(), strings.Join(p.Args()[1:], " ")))
	}
}}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// shellImage is an image whose default command is a shell.
func shellImage(size int64, command string) func(i *Image) {
	return func(i *Image) {
		i.Cmd = []string{command}
		i.Size = size
	}
}

func curlFiles(Reference) *Rootfs {
	return Alpine("3.21").Binary("/usr/bin/curl", "curl", "").Binary("/entrypoint.sh", "curl-entrypoint", "")
}

// curlEntrypoint puts curl before arguments that are options or URLs.
func curlEntrypoint(p *process.Process) int {
	args := p.Args()[1:]
	if len(args) > 0 && (strings.HasPrefix(args[0], "-") || strings.Contains(args[0], "://")) {
		args = append([]string{"curl"}, args...)
		p.Exec(process.Command{Path: "/usr/bin/curl", Args: args}) //nolint:errcheck // the file is there
	}
	return runArguments(p)
}
