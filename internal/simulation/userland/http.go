package userland

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// fetch is one HTTP request and what came of it.
type fetch struct {
	method  string
	url     *url.URL
	header  [][2]string
	body    []byte
	timeout time.Duration // for the whole request; 0: none
	connect time.Duration // for the connection; 0: as long as TCP takes

	addr     netip.Addr
	port     int
	response *http.Response
	raw      string // status line and headers
	content  []byte
}

// errTimeout says that the time for a request is over.
var errTimeout = errors.New("timed out")

// errScheme says that a URL is not for HTTP.
var errScheme = errors.New("scheme is not supported")

func newFetch(text string) (*fetch, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	f := &fetch{method: http.MethodGet, url: u, port: 80}
	if u.Scheme == "https" {
		f.port = 443
	}
	if p := u.Port(); p != "" {
		if f.port, err = strconv.Atoi(p); err != nil {
			return nil, err
		}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return f, nil
}

// request is what is sent.
func (f *fetch) request(agent string) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s %s HTTP/1.1\r\n", f.method, f.url.RequestURI())
	for _, h := range f.headers(agent) {
		fmt.Fprintf(&out, "%s: %s\r\n", h[0], h[1])
	}
	out.WriteString("\r\n")
	out.Write(f.body)
	return out.Bytes()
}

// headers are the default headers with those that were asked for.
func (f *fetch) headers(agent string) [][2]string {
	out := [][2]string{{"Host", f.url.Host}, {"User-Agent", agent}, {"Accept", "*/*"}}
	if agent == "Wget" {
		out = [][2]string{{"Host", f.url.Host}, {"User-Agent", agent}, {"Connection", "close"}}
	}
	if f.body != nil {
		out = append(out, [2]string{"Content-Length", strconv.Itoa(len(f.body))}, [2]string{"Content-Type", "application/x-www-form-urlencoded"})
	}
	for _, h := range f.header {
		replaced := false
		for i := range out {
			if strings.EqualFold(out[i][0], h[0]) {
				out[i][1], replaced = h[1], true
			}
		}
		if !replaced {
			out = append(out, h)
		}
	}
	return out
}

// connection opens the connection.
func (f *fetch) connection(t *tool) (int, error) {
	if f.url.Scheme != "http" && f.url.Scheme != "https" {
		return 0, errScheme
	}
	limit := f.connect
	if limit == 0 {
		limit = f.timeout
	}
	fd, addr, err := t.dialHost(f.url.Hostname(), f.port, limit)
	f.addr = addr
	return fd, err
}

// exchange sends the request on a connection and reads the response.
func (f *fetch) exchange(t *tool, fd int, agent string, until time.Time) error {
	if _, err := t.p.Write(fd, f.request(agent)); err != nil {
		return err
	}
	r := bufio.NewReader(&timedReader{t: t, fd: fd, until: until})
	var raw bytes.Buffer
	for {
		line, err := r.ReadString('\n')
		raw.WriteString(line)
		if err != nil {
			return err
		}
		if line == "\r\n" || line == "\n" {
			break
		}
	}
	f.raw = raw.String()
	response, err := http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(f.raw), r)), &http.Request{Method: f.method})
	if err != nil {
		return err
	}
	f.response = response
	f.content, err = io.ReadAll(response.Body)
	return err
}

// timedReader reads from a connection until its time is over.
type timedReader struct {
	t     *tool
	fd    int
	until time.Time // zero: no limit
}

// Read reads what there is.
func (r *timedReader) Read(b []byte) (int, error) {
	if !r.until.IsZero() {
		ready, err := r.t.p.Ready(max(0, r.until.Sub(r.t.p.Now())), r.fd)
		if err == nil && ready < 0 {
			return 0, errTimeout
		}
	}
	return r.t.p.Reader(r.fd).Read(b)
}

// deadline is when a request that begins now must be done.
func (t *tool) deadline(d time.Duration) time.Time {
	if d <= 0 {
		return time.Time{}
	}
	return t.p.Now().Add(d)
}

func wget(t *tool) int {
	f, ok := t.parse("qSO:o:T:t:cP:U:Y:", map[string]string{
		"quiet": "q", "output-document": "O", "timeout": "T", "spider": "s", "header": "h=", "post-data": "p=",
		"no-check-certificate": "n", "server-response": "S", "user-agent": "U", "tries": "t", "output-file": "o", "post-file": "f=",
	})
	if !ok {
		return 1
	}
	if len(f.rest) == 0 {
		return t.usage("[-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR] [--post-data STR | --post-file FILE] [-U AGENT] [-P DIR] [-T SEC] URL...")
	}
	for _, address := range f.rest {
		if !t.wgetOne(address, f) {
			return 1
		}
	}
	return 0
}

func (t *tool) wgetRequest(address string, f *flags) (*fetch, error) {
	r, err := newFetch(address)
	if err != nil {
		return nil, fmt.Errorf("bad url '%s'", address)
	}
	seconds, _ := strconv.ParseFloat(f.value("T", "0"), 64)
	r.timeout = time.Duration(seconds * float64(time.Second))
	for _, header := range f.values["h"] {
		name, value, _ := strings.Cut(header, ":")
		r.header = append(r.header, [2]string{name, strings.TrimSpace(value)})
	}
	if f.has("p") {
		r.method, r.body = http.MethodPost, []byte(f.value("p", ""))
	}
	if file := f.value("f", ""); file != "" {
		data, err := t.p.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("can't open '%s': %w", file, err)
		}
		r.method, r.body = http.MethodPost, data
	}
	return r, nil
}

// maxRedirects is how many redirections are followed.
const maxRedirects = 5

func (t *tool) wgetOne(address string, f *flags) bool {
	for range maxRedirects {
		r, err := t.wgetRequest(address, f)
		if err != nil {
			t.fail("%v", err)
			return false
		}
		if !t.wgetFetch(r, f) {
			return false
		}
		location := r.response.Header.Get("Location")
		if r.response.StatusCode/100 != 3 || location == "" {
			return t.wgetSave(r, f)
		}
		next, err := r.url.Parse(location)
		if err != nil {
			t.fail("bad url '%s'", location)
			return false
		}
		address = next.String()
	}
	t.fail("too many redirections")
	return false
}

func (t *tool) wgetFetch(r *fetch, f *flags) bool {
	until := t.deadline(r.timeout)
	quiet := f.has("q")
	fd, err := r.connection(t)
	if !quiet && err != errResolve {
		fmt.Fprintf(t.p.Writer(2), "Connecting to %s (%s)\n", r.url.Host, netip.AddrPortFrom(r.addr, uint16(r.port)))
	}
	switch {
	case err == errResolve:
		t.fail("bad address '%s'", r.url.Host)
		return false
	case err == filesystem.ETIMEDOUT && r.timeout > 0:
		t.fail("download timed out")
		return false
	case err != nil:
		t.fail("can't connect to remote host (%s): %v", r.addr, err)
		return false
	}
	defer t.close(fd)
	if !t.wgetSecure(r, fd) {
		return false
	}
	err = r.exchange(t, fd, f.value("U", "Wget"), until)
	switch {
	case err == errTimeout:
		t.fail("download timed out")
	case err != nil:
		t.fail("error getting response: %v", filesystem.ECONNRESET)
	case r.response.StatusCode >= 400 || r.response.StatusCode < 200:
		if f.has("S") {
			t.wgetHeaders(r)
		}
		t.fail("server returned error: %s %s", r.response.Proto, r.response.Status)
	default:
		if f.has("S") {
			t.wgetHeaders(r)
		}
		return true
	}
	return false
}

func (t *tool) wgetHeaders(r *fetch) {
	for line := range strings.Lines(strings.TrimSuffix(r.raw, "\r\n")) {
		fmt.Fprintf(t.p.Writer(2), "  %s\n", strings.TrimRight(line, "\r\n"))
	}
}

func (t *tool) wgetSave(r *fetch, f *flags) bool {
	log := t.p.Writer(2)
	if f.has("s") {
		if !f.has("q") {
			fmt.Fprint(log, "remote file exists\n")
		}
		return true
	}
	name := f.value("O", "")
	if name == "" {
		name = r.url.Path[strings.LastIndexByte(r.url.Path, '/')+1:]
		if name == "" {
			name = "index.html"
		}
		if dir := f.value("P", ""); dir != "" {
			name = dir + "/" + name
		}
	}
	shown := fmt.Sprintf("'%s'", name)
	if name == "-" {
		if !f.has("q") {
			fmt.Fprint(log, "writing to stdout\n")
		}
		t.print(string(r.content))
		t.flush()
		shown = "written to stdout"
	} else {
		if !f.has("q") {
			fmt.Fprintf(log, "saving to '%s'\n", name)
		}
		if err := t.writeFile(name, r.content, 0o666); err != nil {
			t.fail("can't open '%s': %v", name, err)
			return false
		}
		shown += " saved"
	}
	if !f.has("q") {
		size := human(int64(len(r.content)))
		label := name
		if len(label) > 20 {
			label = label[:20]
		}
		fmt.Fprintf(log, "%-20s 100%% |********************************| %5s  0:00:00 ETA\n%s\n", label, size, shown)
	}
	return true
}
