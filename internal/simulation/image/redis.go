package image

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// redisDefinition is the images of redis, and of valkey, which speaks the same.
var redisDefinition = Definition{
	Match: []string{"redis", "registry.k8s.io/redis", "k8s.gcr.io/redis", "valkey/valkey", "gcr.io/google_samples/gb-redis-follower", "us-docker.pkg.dev/google-samples/containers/gke/gb-redis-follower"},
	Base: func(r Reference) *Rootfs {
		files := Debian("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux", "12")
		if strings.Contains(r.Tag, "alpine") {
			files = Alpine("3.21")
		}
		files.users("/bin/sh", "redis:999")
		files.Binary("/usr/local/bin/redis-cli", "redis-cli", redisVersion(r)).Binary("/usr/local/bin/docker-entrypoint.sh", "redis", redisVersion(r))
		return files.Binary("/usr/local/bin/redis-server", "redis", redisVersion(r)).Dir("/data", 0o755)
	},
	Make: func(i *Image) {
		i.Entrypoint = []string{"docker-entrypoint.sh"}
		i.Cmd = []string{"redis-server"}
		i.WorkingDir = "/data"
		i.Size = 40 << 20
		i.Env = append(i.Env, "REDIS_VERSION="+redisVersion(i.Reference))
		i.Main, i.Variant = redisChooser{}, redisVersion(i.Reference)
		i.Programs = map[string]process.Program{"redis": redisChooser{}}
		i.Usage = constant(0.001, 4<<20)
	},
}

func redisVersion(r Reference) string {
	version := r.Version()
	switch strings.Count(version, ".") {
	case 2:
		return version
	case 1:
		return version + ".0"
	}
	return or(version, "7.4.2")
}

// redisChooser runs the server, or what the entrypoint is given instead.
type redisChooser struct{ process.NoMain }

// Choose looks at the command line.
func (redisChooser) Choose(args []string) process.Program {
	if path.Base(args[0]) == "docker-entrypoint.sh" {
		args = args[1:]
	}
	if len(args) > 0 && path.Base(args[0]) != "redis-server" && !strings.HasPrefix(args[0], "-") && !strings.HasSuffix(args[0], ".conf") {
		return process.Func(runArguments)
	}
	if slices.Contains(args, "--version") || slices.Contains(args, "-v") {
		return process.Func(func(p *process.Process) int {
			fmt.Fprintf(p.Writer(1), "Redis server v=%s sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0\n", p.Variant())
			return 0
		})
	}
	return daemon{start: startRedis, endings: map[process.Signal]ending{
		process.SIGTERM: {say: func(p *process.Process) { stopRedis(p, "SIGTERM") }},
		process.SIGINT:  {say: func(p *process.Process) { stopRedis(p, "SIGINT") }},
	}}
}

func redisLog(p *process.Process, role, text string) {
	say(p, fmt.Sprintf("%d:%s %s %s", p.PID(), role, now(p).Format("02 Jan 2006 15:04:05.000"), text))
}

func startRedis(p *process.Process) {
	redisLog(p, "C", "* oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo")
	redisLog(p, "C", fmt.Sprintf("* Redis version=%s, bits=64, commit=00000000, modified=0, pid=%d, just started", p.Variant(), p.PID()))
	redisLog(p, "C", "# Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf")
	port, err := strconv.Atoi(flag(p.Args(), "port", "6379"))
	if err != nil {
		port = 6379
	}
	p.Data = &redisData{values: map[string]redisValue{}}
	if !serve(p, port, redisHandler{}) {
		return
	}
	redisLog(p, "M", "* monotonic clock: POSIX clock_gettime")
	redisLog(p, "M", fmt.Sprintf("* Running mode=standalone, port=%d.", port))
	redisLog(p, "M", "* Server initialized")
	redisLog(p, "M", "* Ready to accept connections tcp")
}

func stopRedis(p *process.Process, signal string) {
	redisLog(p, "signal-handler", "Received "+signal+" scheduling shutdown...")
	redisLog(p, "M", "* User requested shutdown...")
	redisLog(p, "M", "# Redis is now ready to exit, bye bye...")
}

// redisHandler speaks the protocol of redis.
type redisHandler struct{}

// Handle answers the first command in the input.
func (redisHandler) Handle(x *network.Exchange) {
	args, size := parseRESP(string(x.Input))
	if size == 0 {
		return
	}
	x.Take(size)
	if len(args) == 0 {
		return
	}
	data, ok := x.Process.Data.(*redisData)
	if !ok {
		x.Close()
		return
	}
	name := strings.ToUpper(args[0])
	if name == "QUIT" {
		x.Reply([]byte("+OK\r\n"))
		x.Close()
		return
	}
	x.Reply([]byte(data.command(x.Process, name, args[1:])))
}

// parseRESP reads a command, as an array or as a line of words. A size of 0
// says that it has not come in whole.
func parseRESP(text string) (args []string, size int) {
	line, rest, ok := strings.Cut(text, "\n")
	if !ok {
		return nil, 0
	}
	if !strings.HasPrefix(line, "*") {
		return strings.Fields(line), len(line) + 1
	}
	count, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	for range count {
		header, after, ok := strings.Cut(rest, "\r\n")
		if !ok || !strings.HasPrefix(header, "$") {
			return nil, 0
		}
		n, err := strconv.Atoi(header[1:])
		if err != nil || n < 0 || len(after) < n+2 {
			return nil, 0
		}
		args = append(args, after[:n])
		rest = after[n+2:]
	}
	return args, len(text) - len(rest)
}
