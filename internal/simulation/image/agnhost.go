package image

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// agnhostDefinition is the image that Kubernetes' own tests use.
var agnhostDefinition = Definition{
	Match: []string{"registry.k8s.io/e2e-test-images/agnhost", "k8s.gcr.io/e2e-test-images/agnhost", "us.gcr.io/k8s-artifacts-prod/e2e-test-images/agnhost"},
	Base: func(Reference) *Rootfs {
		return Alpine("3.19").Binary("/agnhost", "agnhost", "").Binary("/usr/bin/curl", "curl", "").Binary("/bin/bash", "bash", "")
	},
	Make: func(i *Image) {
		i.Entrypoint, i.Cmd = []string{"/agnhost"}, []string{"pause"}
		i.Main = agnhostChooser{}
		i.Size = 50 << 20
		i.Programs = map[string]process.Program{"agnhost": agnhostChooser{}}
		i.Usage = constant(0.001, 6<<20)
	},
}

// agnhostChooser picks the subcommand.
type agnhostChooser struct{ process.NoMain }

// Choose looks at the command line.
func (agnhostChooser) Choose(args []string) process.Program {
	subcommand := ""
	if len(args) > 1 {
		subcommand = args[1]
	}
	switch subcommand {
	case "netexec", "test-webserver":
		return daemon{start: startNetexec}
	case "serve-hostname":
		return daemon{start: startServeHostname}
	case "pause":
		return daemon{start: func(p *process.Process) { say(p, "Paused") }}
	case "liveness":
		return daemon{start: startLiveness}
	}
	return process.Func(func(p *process.Process) int {
		fmt.Fprintf(p.Writer(2), "Error: unknown command %q for \"app\"\nRun 'app --help' for usage.\n", subcommand)
		return 1
	})
}

func port(p *process.Process, name string, other int) int {
	n, err := strconv.Atoi(flag(p.Args(), name, ""))
	if err != nil {
		return other
	}
	return n
}

func startNetexec(p *process.Process) {
	listen := port(p, "http-port", 8080)
	if slices.Contains(p.Args(), "test-webserver") {
		listen = port(p, "port", 80)
	}
	if serve(p, listen, network.HTTP(netexec)) {
		p.Output(2, fmt.Sprintf("%s Started HTTP server on port %d\n", goLog(p), listen))
	}
}

// textResponse is a response with text.
func textResponse(status int, text string) network.Response {
	return network.Response{Status: status, Content: []byte(text), Header: [][2]string{{"Content-Type", "text/plain; charset=utf-8"}}}
}

// netexec answers as agnhost netexec does.
func netexec(p *process.Process, r *network.Request) network.Response {
	p.Output(2, fmt.Sprintf("%s %s %s\n", goLog(p), r.Method, r.URL.Path))
	query := r.URL.Query()
	switch strings.ToLower(r.URL.Path) {
	case "/":
		return textResponse(200, "NOW: "+now(p).String())
	case "/hostname":
		return textResponse(200, p.Space().Hostname)
	case "/echo":
		status := 200
		if code, err := strconv.Atoi(query.Get("code")); err == nil {
			status = code
		}
		return textResponse(status, query.Get("msg"))
	case "/clientip":
		return textResponse(200, r.Client.String())
	case "/header":
		return textResponse(200, r.Header.Get(query.Get("key")))
	case "/healthz", "/readyz":
		return textResponse(200, "")
	case "/exit", "/shutdown":
		code, _ := strconv.Atoi(query.Get("code"))
		a := textResponse(200, "")
		a.Exit = &code
		return a
	}
	return textResponse(http.StatusNotFound, "404 page not found\n")
}

func startServeHostname(p *process.Process) {
	listen := port(p, "port", 9376)
	if serve(p, listen, network.HTTP(func(p *process.Process, _ *network.Request) network.Response {
		return textResponse(200, p.Space().Hostname)
	})) {
		p.Output(2, fmt.Sprintf("%s Serving on port %d.\n", goLog(p), listen))
	}
}

// livenessData is when a liveness server began.
type livenessData struct{ start int64 }

// CopyData copies it.
func (d livenessData) CopyData() process.Data { return d }

// startLiveness serves /healthz, which fails after ten seconds.
func startLiveness(p *process.Process) {
	p.Data = livenessData{now(p).Unix()}
	serve(p, 8080, network.HTTP(func(p *process.Process, r *network.Request) network.Response {
		lived := now(p).Unix() - p.Data.(livenessData).start
		if r.URL.Path == "/healthz" && lived > 10 {
			return textResponse(500, fmt.Sprintf("error: %d.000000", lived))
		}
		return textResponse(200, "ok")
	}))
}

// serveHostnameDefinition answers with the name of the pod.
var serveHostnameDefinition = Definition{
	Match: []string{"registry.k8s.io/serve_hostname", "k8s.gcr.io/serve_hostname", "registry.k8s.io/serve-hostname"},
	Make: func(i *Image) {
		i.Entrypoint = []string{"/serve_hostname"}
		i.Main = daemon{start: startServeHostname}
	},
}

// echoserverDefinition answers with what it was asked.
var echoserverDefinition = Definition{
	Match: []string{"registry.k8s.io/echoserver", "k8s.gcr.io/echoserver", "gcr.io/google_containers/echoserver", "kicbase/echo-server", "registry.k8s.io/e2e-test-images/echoserver", "ealen/echo-server"},
	Base:  func(Reference) *Rootfs { return Alpine("3.19").Binary("/bin/echoserver", "echoserver", "") },
	Make: func(i *Image) {
		i.Cmd = []string{"/bin/echoserver"}
		i.Main = daemon{start: func(p *process.Process) { serve(p, 8080, network.HTTP(echoRequest)) }}
		i.Programs = map[string]process.Program{"echoserver": i.Main}
	},
}

func echoRequest(p *process.Process, r *network.Request) network.Response {
	var out strings.Builder
	fmt.Fprintf(&out, "\n\nHostname: %s\n\nPod Information:\n\t-no pod information available-\n\nServer values:\n\tserver_version=nginx: 1.14.2 - lua: 10015\n\n", p.Space().Hostname)
	fmt.Fprintf(&out, "Request Information:\n\tclient_address=%s\n\tmethod=%s\n\treal path=%s\n\tquery=%s\n\trequest_version=%d.%d\n\trequest_scheme=http\n\trequest_uri=http://%s:%d%s\n\nRequest Headers:\n",
		r.Client.Addr(), r.Method, r.RequestURI, r.URL.RawQuery, r.ProtoMajor, r.ProtoMinor, r.Host, r.Server.Port(), r.RequestURI)
	names := []string{"host=" + r.Host}
	for name, values := range r.Header {
		names = append(names, strings.ToLower(name)+"="+strings.Join(values, ","))
	}
	slices.Sort(names)
	for _, line := range names {
		out.WriteString("\t" + line + "\n")
	}
	body := "-no body in request-"
	if len(r.Content) > 0 {
		body = string(r.Content)
	}
	out.WriteString("\nRequest Body:\n\t" + body + "\n\n")
	return textResponse(200, out.String())
}

// helloDefinition is the sample application of many tutorials.
var helloDefinition = Definition{
	Match: []string{"gcr.io/google-samples/hello-app", "us-docker.pkg.dev/google-samples/containers/gke/hello-app", "gcr.io/google-samples/node-hello"},
	Base:  func(Reference) *Rootfs { return NewRootfs().Binary("/hello-app", "hello-app", "") },
	Make: func(i *Image) {
		i.Entrypoint = []string{"/hello-app"}
		version := or(i.Reference.Version(), "1.0")
		i.Main = daemon{start: func(p *process.Process) {
			p.Output(2, goLog(p)+" Server listening on port 8080\n")
			serve(p, 8080, network.HTTP(func(p *process.Process, r *network.Request) network.Response {
				p.Output(2, fmt.Sprintf("%s Serving request: %s\n", goLog(p), r.URL.Path))
				if strings.HasSuffix(i.Reference.Path, "node-hello") {
					return textResponse(200, "Hello Kubernetes!")
				}
				return textResponse(200, fmt.Sprintf("Hello, world!\nVersion: %s.0\nHostname: %s\n", version, p.Space().Hostname))
			}))
		}}
		i.Programs = map[string]process.Program{"hello-app": i.Main}
	},
}

// httpEchoDefinition answers every request with a text.
var httpEchoDefinition = Definition{
	Match: []string{"hashicorp/http-echo"},
	Base:  func(Reference) *Rootfs { return NewRootfs().Binary("/http-echo", "http-echo", "") },
	Make: func(i *Image) {
		i.Entrypoint = []string{"/http-echo"}
		i.Main = daemon{start: startHTTPEcho}
		i.Programs = map[string]process.Program{"http-echo": i.Main}
	},
}

func startHTTPEcho(p *process.Process) {
	text := flag(p.Args(), "text", p.Getenv("ECHO_TEXT"))
	listen := flag(p.Args(), "listen", ":5678")
	if text == "" {
		p.Output(2, "Missing -text option!\n")
		p.Exit(127)
		return
	}
	number, err := strconv.Atoi(listen[strings.LastIndexByte(listen, ':')+1:])
	if err != nil {
		p.Output(2, fmt.Sprintf("invalid -listen %q\n", listen))
		p.Exit(127)
		return
	}
	if serve(p, number, network.HTTP(func(p *process.Process, r *network.Request) network.Response {
		p.Output(1, fmt.Sprintf("%s %s %s \"%s\" 200 %d \"%s\" 21.5µs\n", goLog(p), r.Host, r.Client, requestLine(r), len(text)+1, r.UserAgent()))
		return network.Response{Content: []byte(text + "\n"), Header: [][2]string{
			{"X-App-Name", "http-echo"}, {"X-App-Version", "1.0.0"}, {"Date", now(p).Format(http.TimeFormat)}, {"Content-Type", "text/plain; charset=utf-8"},
		}}
	})) {
		p.Output(2, fmt.Sprintf("%s [INFO] server is listening on %s\n", goLog(p), listen))
	}
}
