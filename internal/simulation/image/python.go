package image

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// pythonDefinition is the images of Python, of which the file server and
// printing texts are simulated.
var pythonDefinition = Definition{
	Match: []string{"python"},
	Base: func(r Reference) *Rootfs {
		version := or(r.Version(), "3.13")
		files := Debian("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux", "12")
		if strings.Contains(r.Tag, "alpine") {
			files = Alpine("3.21")
		}
		return files.Binary("/usr/local/bin/python3", "python", version).Link("/usr/local/bin/python", "python3")
	},
	Make: func(i *Image) {
		i.Cmd = []string{"python3"}
		i.Size = 45 << 20
		i.Programs = map[string]process.Program{"python": pythonChooser{}}
		i.Usage = constant(0.001, 15<<20)
	},
}

// pythonChooser tells the file server from the rest.
type pythonChooser struct{ process.NoMain }

// Choose looks at the command line.
func (pythonChooser) Choose(args []string) process.Program {
	if slices.Contains(args, "http.server") || slices.Contains(args, "SimpleHTTPServer") {
		return daemon{start: startPythonServer, endings: map[process.Signal]ending{process.SIGINT: {}}}
	}
	return process.Func(python)
}

func python(p *process.Process) int {
	args := p.Args()[1:]
	for i, arg := range args {
		switch {
		case arg == "-V" || arg == "--version":
			fmt.Fprintf(p.Writer(1), "Python %s\n", p.Variant())
			return 0
		case arg == "-c" && i+1 < len(args):
			if text, ok := strings.CutPrefix(strings.TrimSpace(args[i+1]), "print("); ok {
				text = strings.TrimSuffix(text, ")")
				if len(text) > 1 && (text[0] == '"' || text[0] == '\'') && text[len(text)-1] == text[0] {
					fmt.Fprintln(p.Writer(1), text[1:len(text)-1])
					return 0
				}
			}
		}
	}
	if len(args) == 0 {
		return 0
	}
	fmt.Fprint(p.Writer(2), "python: only http.server and the printing of texts are simulated\n")
	return 1
}

func startPythonServer(p *process.Process) {
	listen := 8000
	for _, arg := range p.Args() {
		if n, err := strconv.Atoi(arg); err == nil {
			listen = n
		}
	}
	if serve(p, listen, network.HTTP(servePython)) && p.Getenv("PYTHONUNBUFFERED") != "" || slices.Contains(p.Args(), "-u") {
		say(p, fmt.Sprintf("Serving HTTP on 0.0.0.0 port %d (http://0.0.0.0:%d/) ...", listen, listen))
	}
}

func servePython(p *process.Process, r *network.Request) network.Response {
	root := flag(p.Args(), "directory", flag(p.Args(), "d", p.Dir()))
	server := "SimpleHTTP/0.6 Python/" + p.Variant()
	files := fileServer{root: root, index: []string{"index.html", "index.htm"}, server: server, unknown: "application/octet-stream"}
	files.failed = func(status int, r *network.Request) network.Response {
		if status == http.StatusForbidden {
			if listing, ok := pythonListing(p, path.Join(root, r.URL.Path), r.URL.Path); ok {
				return page(server, listing, http.StatusOK)
			}
		}
		return page(server, fmt.Sprintf("<!DOCTYPE HTML>\n<html lang=\"en\">\n    <head>\n        <meta charset=\"utf-8\">\n        <title>Error response</title>\n    </head>\n"+
			"    <body>\n        <h1>Error response</h1>\n        <p>Error code: %d</p>\n        <p>Message: %s.</p>\n    </body>\n</html>\n", status, http.StatusText(status)), status)
	}
	a := files.serve(p, r)
	p.Output(2, fmt.Sprintf("%s - - [%s] \"%s\" %d -\n", r.Client.Addr(), now(p).Format("02/Jan/2006 15:04:05"), requestLine(r), a.Status))
	return a
}

// pythonListing is the page for a directory without an index.
func pythonListing(p *process.Process, dir, shown string) (string, bool) {
	infos, err := p.Space().View().ReadDir(dir)
	if err != nil {
		return "", false
	}
	var out strings.Builder
	title := "Directory listing for " + shown
	fmt.Fprintf(&out, "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s</title>\n</head>\n<body>\n<h1>%s</h1>\n<hr>\n<ul>\n", title, title)
	for _, info := range infos {
		name := info.Name
		if info.IsDir() {
			name += "/"
		}
		fmt.Fprintf(&out, "<li><a href=\"%s\">%s</a></li>\n", name, name)
	}
	out.WriteString("</ul>\n<hr>\n</body>\n</html>\n")
	return out.String(), true
}
