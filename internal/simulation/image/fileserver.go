package image

import (
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// contentTypes are the types of files by extension.
var contentTypes = map[string]string{
	".html": "text/html", ".htm": "text/html", ".css": "text/css", ".js": "application/javascript", ".json": "application/json",
	".txt": "text/plain", ".xml": "text/xml", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif",
}

// fileServer serves the files below a directory.
type fileServer struct {
	root    string
	index   []string
	server  string // Server header
	unknown string // content type of files without a known extension
	failed  func(status int, r *network.Request) network.Response
}

// serve answers a request for a file.
func (f fileServer) serve(p *process.Process, r *network.Request) network.Response {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return f.failed(http.StatusMethodNotAllowed, r)
	}
	v := p.Space().View()
	name := path.Join(f.root, path.Clean("/"+r.URL.Path))
	info, err := v.Stat(name)
	if err == nil && info.IsDir() {
		name, info, err = f.directory(v, name)
		if err == filesystem.ENOENT {
			return f.failed(http.StatusForbidden, r)
		}
	}
	var data []byte
	if err == nil {
		data, err = v.ReadFile(name)
	}
	switch {
	case err == filesystem.EACCES:
		return f.failed(http.StatusForbidden, r)
	case err != nil:
		return f.failed(http.StatusNotFound, r)
	}
	return f.found(p, name, info, data)
}

func (f fileServer) directory(v *filesystem.View, dir string) (string, filesystem.Info, error) {
	for _, index := range f.index {
		name := path.Join(dir, index)
		if info, err := v.Stat(name); err == nil {
			return name, info, nil
		}
	}
	return "", filesystem.Info{}, filesystem.ENOENT
}

func (f fileServer) found(p *process.Process, name string, info filesystem.Info, data []byte) network.Response {
	kind, ok := contentTypes[path.Ext(name)]
	if !ok {
		kind = f.unknown
	}
	modified := info.ModTime.UTC()
	return network.Response{Status: http.StatusOK, Content: data, Header: [][2]string{
		{"Server", f.server},
		{"Date", now(p).Format(http.TimeFormat)},
		{"Content-Type", kind},
		{"Content-Length", fmt.Sprint(len(data))},
		{"Last-Modified", modified.Format(http.TimeFormat)},
		{"Connection", "keep-alive"},
		{"ETag", fmt.Sprintf("\"%x-%x\"", modified.Unix(), len(data))},
		{"Accept-Ranges", "bytes"},
	}}
}

// page is an error page.
func page(server, content string, status int) network.Response {
	return network.Response{Status: status, Content: []byte(content), Header: [][2]string{
		{"Server", server}, {"Content-Type", "text/html"}, {"Content-Length", fmt.Sprint(len(content))}, {"Connection", "keep-alive"},
	}}
}

// orDash is text, or the dash that logs show for nothing.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// requestLine is the first line of a request, as logs show it.
func requestLine(r *network.Request) string {
	return strings.Join([]string{r.Method, r.RequestURI, r.Proto}, " ")
}
