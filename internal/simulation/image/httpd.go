package image

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

const htdocs = "/usr/local/apache2/htdocs"

// httpdDefinition is the images of the Apache server.
var httpdDefinition = Definition{
	Match: []string{"httpd", "registry.k8s.io/e2e-test-images/httpd"},
	Base: func(r Reference) *Rootfs {
		files := Debian("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux", "12")
		files.Binary("/usr/local/bin/httpd-foreground", "httpd", httpdVersion(r)).Binary("/usr/local/apache2/bin/httpd", "httpd", httpdVersion(r))
		return files.File(htdocs+"/index.html", "<html><body><h1>It works!</h1></body></html>\n", 0o644)
	},
	Make: func(i *Image) {
		i.Cmd = []string{"httpd-foreground"}
		i.WorkingDir = "/usr/local/apache2"
		i.Env = append(i.Env, "HTTPD_PREFIX=/usr/local/apache2")
		i.Main, i.Variant = httpd, httpdVersion(i.Reference)
		i.StopSignal = process.SIGWINCH
		i.Size = 57 << 20
		i.Programs = map[string]process.Program{"httpd": httpd}
		i.Usage = constant(0.0002, 7<<20)
	},
}

func httpdVersion(r Reference) string {
	version := r.Version()
	if version == "" || version == "2.4" || version == "2" {
		return "2.4.62"
	}
	return version
}

var httpd = daemon{
	start: func(p *process.Process) {
		if !serve(p, 80, network.HTTP(serveHTTPD)) {
			return
		}
		stamp := now(p).Format("Mon Jan 02 15:04:05.000000 2006")
		name := p.Space().Hostname
		p.Output(2, fmt.Sprintf("AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using %s. Set the 'ServerName' directive globally to suppress this message\n", name))
		p.Output(2, fmt.Sprintf("[%s] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache/%s (Unix) configured -- resuming normal operations\n", stamp, p.Variant()))
		p.Output(2, fmt.Sprintf("[%s] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'\n", stamp))
	},
	endings: map[process.Signal]ending{
		process.SIGTERM:  {say: func(p *process.Process) { httpdNotice(p, "AH00491: caught SIGTERM, shutting down") }},
		process.SIGINT:   {say: func(p *process.Process) { httpdNotice(p, "AH00491: caught SIGTERM, shutting down") }},
		process.SIGWINCH: {say: func(p *process.Process) { httpdNotice(p, "AH00492: caught SIGWINCH, shutting down gracefully") }},
	},
}

func httpdNotice(p *process.Process, text string) {
	p.Output(2, fmt.Sprintf("[%s] [mpm_event:notice] [pid 1:tid 1] %s\n", now(p).Format("Mon Jan 02 15:04:05.000000 2006"), text))
}

func serveHTTPD(p *process.Process, r *network.Request) network.Response {
	server := "Apache/" + p.Variant() + " (Unix)"
	files := fileServer{root: htdocs, index: []string{"index.html"}, server: server, unknown: "text/plain", failed: func(status int, _ *network.Request) network.Response {
		title := strconv.Itoa(status) + " " + http.StatusText(status)
		return page(server, "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>"+title+
			"</title>\n</head><body>\n<h1>"+http.StatusText(status)+"</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n", status)
	}}
	a := files.serve(p, r)
	p.Output(1, fmt.Sprintf("%s - - [%s] \"%s\" %d %d\n", r.Client.Addr(), now(p).Format("02/Jan/2006:15:04:05 -0700"), requestLine(r), a.Status, len(a.Content)))
	return a
}
