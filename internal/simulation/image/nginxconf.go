package image

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// nginxConfig is the servers of a configuration.
type nginxConfig []nginxServer

// nginxServer is a server block: what is simulated of it.
type nginxServer struct {
	port      int
	locations []nginxLocation
}

// nginxLocation is a location block.
type nginxLocation struct {
	prefix string
	exact  bool
	root   string
	status int    // of return
	text   string // of return
}

// directives are the words of one directive, and what is in its braces.
type directives struct {
	words []string
	block []directives
}

// readNginxConfig reads the configuration of a container.
func readNginxConfig(p *process.Process) nginxConfig {
	v := p.Space().View()
	data, _ := v.ReadFile("/etc/nginx/nginx.conf")
	var config nginxConfig
	for _, http := range parseNginx(nginxWords(string(data))) {
		if http.words[0] == "http" {
			config = append(config, serversOf(v, http.block)...)
		}
	}
	return slices.CompactFunc(config, func(a, b nginxServer) bool { return a.port == b.port })
}

func serversOf(v *filesystem.View, block []directives) nginxConfig {
	var config nginxConfig
	for _, d := range block {
		switch {
		case d.words[0] == "server":
			config = append(config, serverOf(d.block))
		case d.words[0] == "include" && len(d.words) > 1:
			config = append(config, included(v, d.words[1])...)
		}
	}
	return config
}

// included reads the files that a pattern matches in its directory.
func included(v *filesystem.View, pattern string) nginxConfig {
	if !strings.HasPrefix(pattern, "/") {
		pattern = "/etc/nginx/" + pattern
	}
	files, _ := v.ReadDir(path.Dir(pattern))
	var config nginxConfig
	for _, file := range files {
		if ok, _ := path.Match(path.Base(pattern), file.Name); ok {
			data, _ := v.ReadFile(path.Dir(pattern) + "/" + file.Name)
			config = append(config, serversOf(v, parseNginx(nginxWords(string(data))))...)
		}
	}
	return config
}

func serverOf(block []directives) nginxServer {
	s := nginxServer{port: 80}
	base := nginxLocation{prefix: "/", root: "/etc/nginx/html"}
	for _, d := range block {
		switch {
		case d.words[0] == "listen" && len(d.words) > 1:
			listen := d.words[1]
			if port, err := strconv.Atoi(listen[strings.LastIndexByte(listen, ':')+1:]); err == nil {
				s.port = port
			}
		default:
			base.set(d)
		}
	}
	for _, d := range block {
		if d.words[0] == "location" && len(d.words) > 1 {
			l := base
			l.status = 0
			l.prefix, l.exact = d.words[len(d.words)-1], d.words[1] == "="
			for _, inner := range d.block {
				l.set(inner)
			}
			s.locations = append(s.locations, l)
		}
	}
	s.locations = append(s.locations, base)
	return s
}

// set takes a directive that stands in servers and locations.
func (l *nginxLocation) set(d directives) {
	switch {
	case len(d.words) < 2:
	case d.words[0] == "root":
		l.root = d.words[1]
	case d.words[0] == "return":
		l.status, _ = strconv.Atoi(d.words[1])
		l.text = strings.Join(d.words[2:], " ")
	}
}

// answer serves a request, and logs it.
func (s nginxServer) answer(p *process.Process, r *network.Request) network.Response {
	l := s.locations[len(s.locations)-1]
	for _, candidate := range s.locations {
		if candidate.exact && candidate.prefix == r.URL.Path {
			l = candidate
			break
		}
		if !candidate.exact && strings.HasPrefix(r.URL.Path, candidate.prefix) && len(candidate.prefix) > len(l.prefix) {
			l = candidate
		} else if !candidate.exact && candidate.prefix == l.prefix && candidate.prefix == "/" {
			l = s.first("/")
		}
	}
	a := l.answer(p, r)
	logNginx(p, r, a)
	return a
}

// first is the first location with a prefix.
func (s nginxServer) first(prefix string) nginxLocation {
	i := slices.IndexFunc(s.locations, func(l nginxLocation) bool { return l.prefix == prefix })
	return s.locations[i]
}

func (l nginxLocation) answer(p *process.Process, r *network.Request) network.Response {
	server := "nginx/" + p.Variant()
	failed := nginxError(p, l.root)
	if l.status == 0 {
		files := fileServer{root: l.root, index: []string{"index.html", "index.htm"}, server: server, unknown: "application/octet-stream", failed: failed}
		return files.serve(p, r)
	}
	if l.status >= 300 && l.status < 400 {
		a := failed(l.status, r)
		a.Header = append(a.Header, [2]string{"Location", nginxVariables(l.text, p, r)})
		return a
	}
	if l.text == "" && l.status >= 400 {
		return failed(l.status, r)
	}
	text := nginxVariables(l.text, p, r)
	return network.Response{Status: l.status, Content: []byte(text), Header: [][2]string{
		{"Server", server}, {"Date", now(p).Format("Mon, 02 Jan 2006 15:04:05 GMT")}, {"Content-Type", "application/octet-stream"},
		{"Content-Length", strconv.Itoa(len(text))}, {"Connection", "keep-alive"},
	}}
}

func nginxVariables(text string, p *process.Process, r *network.Request) string {
	return strings.NewReplacer("$hostname", p.Space().Hostname, "$request_uri", r.RequestURI, "$uri", r.URL.Path, "$host", r.Host,
		"$remote_addr", r.Client.Addr().String(), "$server_addr", r.Server.Addr().String(), "$request_method", r.Method, `\n`, "\n").Replace(text)
}

// nginxWords splits a configuration into words, braces and semicolons.
func nginxWords(text string) []string {
	var words []string
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case c == '#':
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				return words
			}
			i += end
		case strings.IndexByte("{};", c) >= 0:
			words = append(words, string(c))
			i++
		case c == '"' || c == '\'':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return words
			}
			words = append(words, "\x00"+text[i+1:i+1+end])
			i += end + 2
		default:
			end := strings.IndexAny(text[i:], " \t\r\n{};")
			if end < 0 {
				end = len(text) - i
			}
			words = append(words, text[i:i+end])
			i += end
		}
	}
	return words
}

// parseNginx reads directives up to the end or a closing brace.
func parseNginx(words []string) []directives {
	out, _ := parseNginxBlock(words)
	return out
}

func parseNginxBlock(words []string) ([]directives, []string) {
	var out []directives
	var d directives
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch word {
		case ";":
			if len(d.words) > 0 {
				out = append(out, d)
			}
			d = directives{}
		case "{":
			d.block, words = parseNginxBlock(words)
			if len(d.words) > 0 {
				out = append(out, d)
			}
			d = directives{}
		case "}":
			return out, words
		default:
			d.words = append(d.words, strings.TrimPrefix(word, "\x00"))
		}
	}
	return out, nil
}
