package image

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
	"github.com/kubejig/kubejig/internal/simulation/shell"
)

// latestNginx is the version behind tags without a number.
const latestNginx = "1.27.4"

// nginxPage is the page that a new nginx shows.
const nginxPage = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
%s</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`

const (
	nginxStyleOld = "    body {\n        width: 35em;\n        margin: 0 auto;\n        font-family: Tahoma, Verdana, Arial, sans-serif;\n    }\n"
	nginxStyleNew = "html { color-scheme: light dark; }\nbody { width: 35em; margin: 0 auto;\nfont-family: Tahoma, Verdana, Arial, sans-serif; }\n"
)

// nginxVersion fills in what a tag leaves out.
func nginxVersion(r Reference) string {
	version := r.Version()
	if strings.HasSuffix(r.Path, "nginx-slim") {
		return "1.17.10" // its tags number the image, not nginx
	}
	switch strings.Count(version, ".") {
	case 2:
		return version
	case 1:
		return version + ".0"
	}
	return latestNginx
}

// talkative reports whether a version prints notices when it starts: those
// from 1.19 on do.
func talkative(version string) bool {
	parts := strings.Split(version, ".")
	major, _ := strconv.Atoi(parts[0])
	minor, _ := strconv.Atoi(parts[1])
	return major > 1 || minor >= 19
}

func nginxFiles(r Reference) *Rootfs {
	version := nginxVersion(r)
	var files *Rootfs
	if strings.Contains(r.Tag, "alpine") {
		files = Alpine("3.20")
		files.Binary("/usr/bin/curl", "curl", "")
	} else {
		files = Debian("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux", "12", "curl")
	}
	files.users("/bin/bash", "nginx:101")
	style := nginxStyleOld
	if talkative(version) {
		style = nginxStyleNew
		files.Binary("/docker-entrypoint.sh", "nginx-entrypoint", version)
	}
	files.Binary("/usr/sbin/nginx", "nginx", version)
	files.File("/usr/share/nginx/html/index.html", fmt.Sprintf(nginxPage, style), 0o644)
	files.File("/usr/share/nginx/html/50x.html", "<!DOCTYPE html>\n<html>\n<head>\n<title>Error</title>\n</head>\n<body>\n<h1>An error occurred.</h1>\n</body>\n</html>\n", 0o644)
	files.File("/etc/nginx/nginx.conf", nginxConf, 0o644)
	files.File("/etc/nginx/conf.d/default.conf", nginxDefaultConf, 0o644)
	files.Dir("/var/log/nginx", 0o755).Link("/var/log/nginx/access.log", "/dev/stdout").Link("/var/log/nginx/error.log", "/dev/stderr")
	return files.Dir("/var/cache/nginx", 0o755).Dir("/docker-entrypoint.d", 0o755)
}

const nginxConf = `
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /var/run/nginx.pid;


events {
    worker_connections  1024;
}


http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  /var/log/nginx/access.log  main;

    sendfile        on;
    keepalive_timeout  65;

    include /etc/nginx/conf.d/*.conf;
}
`

const nginxDefaultConf = `server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`

// nginxDefinition is the images of nginx.
var nginxDefinition = Definition{
	Match: []string{"nginx", "registry.k8s.io/e2e-test-images/nginx", "registry.k8s.io/nginx-slim", "k8s.gcr.io/nginx-slim", "gcr.io/google_containers/nginx-slim"},
	Base:  nginxFiles,
	Make: func(i *Image) {
		version := nginxVersion(i.Reference)
		i.Size = 71 << 20
		i.Env = append(i.Env, "NGINX_VERSION="+version)
		i.Cmd = []string{"nginx", "-g", "daemon off;"}
		i.Main, i.Variant = nginxChooser{}, version
		i.StopSignal = process.SIGQUIT
		i.Programs = map[string]process.Program{"nginx": nginxChooser{}, "nginx-entrypoint": nginxChooser{}}
		if talkative(version) {
			i.Entrypoint = []string{"/docker-entrypoint.sh"}
			i.Env = append(i.Env, "NJS_VERSION=0.8.9", "PKG_RELEASE=1~bookworm")
		}
		i.Usage = constant(0.0001, 5<<20)
	},
}

// nginxChooser tells the server from the other uses of the command.
type nginxChooser struct{ process.NoMain }

// Choose looks at the command line.
func (nginxChooser) Choose(args []string) process.Program {
	notices := false
	if strings.HasSuffix(args[0], "entrypoint.sh") {
		notices, args = true, args[1:]
	}
	if len(args) == 0 || args[0] != "nginx" && !strings.HasSuffix(args[0], "/nginx") {
		return process.Func(runArguments)
	}
	if len(args) > 1 && args[1] != "-g" && args[1] != "-c" && args[1] != "-p" {
		return process.Func(nginxCommand)
	}
	if notices {
		return nginxNoisy
	}
	return nginxPlain
}

var nginxPlain, nginxNoisy process.Program = nginxDaemon(false), nginxDaemon(true)

// nginxDaemon is the server, started by the image's entrypoint or not.
func nginxDaemon(notices bool) daemon {
	return daemon{
		start: func(p *process.Process) { startNginx(p, notices) },
		endings: map[process.Signal]ending{
			process.SIGTERM: {say: func(p *process.Process) { nginxNotice(p, "signal 15 (SIGTERM) received, exiting") }},
			process.SIGINT:  {say: func(p *process.Process) { nginxNotice(p, "signal 2 (SIGINT) received, exiting") }},
			process.SIGQUIT: {say: func(p *process.Process) { nginxNotice(p, "signal 3 (SIGQUIT) received, shutting down") }},
		},
	}
}

// runArguments is an entrypoint that runs what it is given.
func runArguments(p *process.Process) int {
	args := p.Args()[1:]
	if len(args) == 0 {
		return 0
	}
	name, err := shell.LookPath(p, args[0], p.Getenv("PATH"))
	if err == nil {
		err = p.Exec(process.Command{Path: name, Args: args})
	}
	fmt.Fprintf(p.Writer(2), "%s: %d: exec: %s: %v\n", p.Args()[0], 47, args[0], err)
	return 127
}

// nginxCommand is nginx -v, -V, -t, -T and -s.
func nginxCommand(p *process.Process) int {
	args := p.Args()
	errs := p.Writer(2)
	version := p.Variant()
	switch args[1] {
	case "-v":
		fmt.Fprintf(errs, "nginx version: nginx/%s\n", version)
	case "-V":
		fmt.Fprintf(errs, "nginx version: nginx/%s\nbuilt by gcc 12.2.0 (Debian 12.2.0-14)\nTLS SNI support enabled\n", version)
	case "-t", "-T":
		fmt.Fprint(errs, "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n")
		if args[1] == "-T" {
			for _, name := range []string{"/etc/nginx/nginx.conf", "/etc/nginx/conf.d/default.conf"} {
				data, _ := p.ReadFile(name)
				fmt.Fprintf(p.Writer(1), "# configuration file %s:\n%s\n", name, data)
			}
		}
	case "-s":
		signals := map[string]process.Signal{"stop": process.SIGTERM, "quit": process.SIGQUIT, "reload": process.SIGHUP, "reopen": process.SIGUSR1}
		sig, ok := signals[strings.Join(args[2:], " ")]
		if !ok {
			fmt.Fprintf(errs, "nginx: invalid option: \"-s %s\"\n", strings.Join(args[2:], " "))
			return 1
		}
		fmt.Fprintf(errs, "%s [notice] %d#%d: signal process started\n", p.Now().UTC().Format("2006/01/02 15:04:05"), p.PID(), p.PID())
		p.Kill(1, sig) //nolint:errcheck // as nginx does
	default:
		fmt.Fprintf(errs, "nginx: invalid option: %q\n", args[1])
		return 1
	}
	return 0
}

// noticeLength is about how long a notice is.
const noticeLength = 40

func nginxNotice(p *process.Process, texts ...string) {
	if !talkative(p.Variant()) {
		return
	}
	var lines strings.Builder
	head := goLog(p) + " [notice] 1#1: "
	lines.Grow(len(texts) * (len(head) + noticeLength))
	for _, text := range texts {
		lines.WriteString(head)
		lines.WriteString(text)
		lines.WriteByte('\n')
	}
	p.Output(2, lines.String())
}

// entrypointLog is what the image's entrypoint script prints.
const entrypointLog = "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration\n" +
	"/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/\n" +
	"/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh\n" +
	"10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf\n" +
	"10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf\n" +
	"/docker-entrypoint.sh: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh\n" +
	"/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh\n" +
	"/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh\n" +
	"/docker-entrypoint.sh: Configuration complete; ready for start up\n"

// nginxDefault is the configuration that the image comes with.
var nginxDefault = nginxConfig{{port: 80, locations: []nginxLocation{{prefix: "/", root: "/usr/share/nginx/html"}}}}

func startNginx(p *process.Process, notices bool) {
	if notices {
		p.Output(1, entrypointLog)
	}
	config := nginxDefault
	if p.Space().Covers("/etc/nginx") {
		config = readNginxConfig(p)
	}
	if talkative(p.Variant()) {
		notices := []string{
			"using the \"epoll\" event method", "nginx/" + p.Variant(), "built by gcc 12.2.0 (Debian 12.2.0-14)",
			"OS: Linux " + p.Space().Machine.Kernel, "getrlimit(RLIMIT_NOFILE): 1048576:1048576", "start worker processes",
		}
		for cpu := range p.Space().Machine.CPUs {
			notices = append(notices, "start worker process "+strconv.Itoa(29+cpu))
		}
		nginxNotice(p, notices...)
	}
	p.Retitle("nginx: master process " + strings.Join(p.Args(), " "))
	for _, server := range config {
		if !serve(p, server.port, network.HTTP(server.answer)) {
			return
		}
	}
}

// logNginx writes the line of the access log.
func logNginx(p *process.Process, r *network.Request, a network.Response) {
	p.Output(1, fmt.Sprintf("%s - - [%s] \"%s\" %d %d \"%s\" \"%s\" \"%s\"\n", r.Client.Addr(), now(p).Format("02/Jan/2006:15:04:05 -0700"),
		requestLine(r), a.Status, len(a.Content), orDash(r.Referer()), orDash(r.UserAgent()), orDash(r.Header.Get("X-Forwarded-For"))))
}

// nginxError is the page for an error, and the line of the error log.
func nginxError(p *process.Process, root string) func(status int, r *network.Request) network.Response {
	server := "nginx/" + p.Variant()
	return func(status int, r *network.Request) network.Response {
		title := strconv.Itoa(status) + " " + http.StatusText(status)
		if status == http.StatusMethodNotAllowed {
			title = "405 Not Allowed"
		}
		if status == http.StatusNotFound {
			p.Output(2, fmt.Sprintf("%s [error] 29#29: *%d open() \"%s%s\" failed (2: No such file or directory), client: %s, server: localhost, request: \"%s\", host: \"%s\"\n",
				goLog(p), 1, root, r.URL.Path, r.Client.Addr(), requestLine(r), r.Host))
		}
		return page(server, "<html>\r\n<head><title>"+title+"</title></head>\r\n<body>\r\n<center><h1>"+title+
			"</h1></center>\r\n<hr><center>"+server+"</center>\r\n</body>\r\n</html>\r\n", status)
	}
}
