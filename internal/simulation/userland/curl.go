package userland

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// curlFlags are curl's options: letters, and the long names.
var curlFlags = flagSpec{
	letters: "sSvikLIfo:OX:H:d:m:w:u:A:gGNT:e:b:x:r:#46",
	long: map[string]string{
		"silent": "s", "show-error": "S", "verbose": "v", "include": "i", "insecure": "k", "location": "L", "head": "I", "fail": "f",
		"output": "o", "remote-name": "O", "request": "X", "header": "H", "data": "d", "max-time": "m", "write-out": "w", "user": "u",
		"user-agent": "A", "get": "G", "connect-timeout": "c=", "data-raw": "d", "data-binary": "d", "retry": "r=", "no-progress-meter": "s",
		"resolve": "z=", "http1.1": "1", "retry-delay": "y=", "retry-connrefused": "Y", "fail-with-body": "F", "no-buffer": "N", "json": "j=", "compressed": "C", "cacert": "t=",
		"url": "U=",
	},
}

// curlAgent is how curl introduces itself.
const curlAgent = "curl/8.12.1"

func curl(t *tool) int {
	for _, arg := range t.args {
		if arg == "--version" || arg == "-V" {
			t.print("curl 8.12.1 (x86_64-pc-linux-gnu) libcurl/8.12.1\nProtocols: http https\n")
			return 0
		}
	}
	f, ok := t.parseWith(curlFlags, t.args)
	if !ok {
		return 2
	}
	addresses := append(f.rest, f.values["U"]...)
	if len(addresses) == 0 {
		fmt.Fprint(t.p.Writer(2), "curl: (2) no URL specified\n")
		return 2
	}
	code := 0
	for _, address := range addresses {
		code = t.curlRetry(address, f)
	}
	return code
}

// curlRetry tries again as often as --retry says.
func (t *tool) curlRetry(address string, f *flags) int {
	for try := 0; ; try++ {
		code, again := t.curlOne(address, f)
		if code == 0 || try >= f.number("r", 0) || !again && !f.has("Y") {
			return code
		}
		t.p.Sleep(time.Duration(max(1, f.number("y", 1<<min(try, 9)))) * time.Second) //nolint:errcheck // a signal ends it
	}
}

func (t *tool) curlRequest(address string, f *flags) (*fetch, error) {
	r, err := newFetch(address)
	if err != nil {
		return nil, err
	}
	seconds := func(name string) time.Duration {
		n, _ := strconv.ParseFloat(f.value(name, "0"), 64)
		return time.Duration(n * float64(time.Second))
	}
	r.timeout, r.connect = seconds("m"), seconds("c")
	for _, header := range f.values["H"] {
		name, value, _ := strings.Cut(header, ":")
		r.header = append(r.header, [2]string{name, strings.TrimSpace(value)})
	}
	if data := append(f.values["d"], f.values["j"]...); len(data) > 0 {
		if err := t.curlData(r, data, f); err != nil {
			return nil, err
		}
	}
	if f.has("j") {
		r.header = append(r.header, [2]string{"Content-Type", "application/json"})
	}
	if f.has("I") {
		r.method = http.MethodHead
	}
	r.method = f.value("X", r.method)
	return r, nil
}

func (t *tool) curlData(r *fetch, parts []string, f *flags) error {
	var all []string
	for _, part := range parts {
		if file, ok := strings.CutPrefix(part, "@"); ok {
			data, err := t.slurpNamed(file)
			if err != nil {
				return err
			}
			part = string(data)
		}
		all = append(all, part)
	}
	if f.has("G") {
		r.url.RawQuery = strings.Join(append([]string{r.url.RawQuery}, all...), "&")
		r.url.RawQuery = strings.TrimPrefix(r.url.RawQuery, "&")
		return nil
	}
	r.method, r.body = http.MethodPost, []byte(strings.Join(all, "&"))
	return nil
}

func (t *tool) slurpNamed(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(t.p.Reader(0))
	}
	return t.p.ReadFile(name)
}

// curlError prints an error as curl does and returns its exit code.
func (t *tool) curlError(f *flags, code int, format string, args ...any) int {
	t.flush()
	if !f.has("s") || f.has("S") {
		fmt.Fprintf(t.p.Writer(2), "curl: (%d) %s\n", code, fmt.Sprintf(format, args...))
	}
	return code
}

// curlOne fetches one URL. again says that the failure is one that may pass.
func (t *tool) curlOne(address string, f *flags) (code int, again bool) {
	start := t.p.Now()
	for range 50 {
		r, err := t.curlRequest(address, f)
		if err != nil {
			return t.curlError(f, 3, "URL rejected: Malformed input to a URL function"), false
		}
		if code, again := t.curlFetch(r, f); code != 0 {
			t.curlWriteOut(r, f, start)
			return code, again
		}
		location := r.response.Header.Get("Location")
		if !f.has("L") || r.response.StatusCode/100 != 3 || location == "" {
			return t.curlFinish(r, f, start)
		}
		if f.has("i") {
			t.print(r.raw)
		}
		next, err := r.url.Parse(location)
		if err != nil {
			return t.curlError(f, 3, "URL rejected: Malformed input to a URL function"), false
		}
		address = next.String()
	}
	return t.curlError(f, 47, "Maximum (50) redirects followed"), false
}

func (t *tool) curlFetch(r *fetch, f *flags) (code int, again bool) {
	until := t.deadline(r.timeout)
	begin := t.p.Now()
	host, errs := r.url.Hostname(), t.p.Writer(2)
	fd, err := r.connection(t)
	took := t.p.Now().Sub(begin).Milliseconds()
	switch {
	case err == errScheme:
		return t.curlError(f, 1, "Protocol \"%s\" not supported", r.url.Scheme), false
	case err == errResolve:
		return t.curlError(f, 6, "Could not resolve host: %s", host), true
	case err == filesystem.ETIMEDOUT:
		return t.curlError(f, 28, "Connection timed out after %d milliseconds", took), true
	case err != nil:
		return t.curlError(f, 7, "Failed to connect to %s port %d after %d ms: Could not connect to server", host, r.port, took), false
	}
	defer t.close(fd)
	if f.has("v") {
		fmt.Fprintf(errs, "*   Trying %s:%d...\n* Connected to %s (%s) port %d\n", r.addr, r.port, host, r.addr, r.port)
	}
	if code := t.curlSecure(r, f, fd); code != 0 {
		return code, false
	}
	if f.has("v") {
		for line := range strings.Lines(strings.TrimSuffix(string(r.request(f.value("A", curlAgent))), string(r.body))) {
			fmt.Fprintf(errs, "> %s\n", strings.TrimRight(line, "\r\n"))
		}
	}
	err = r.exchange(t, fd, f.value("A", curlAgent), until)
	switch {
	case err == errTimeout:
		return t.curlError(f, 28, "Operation timed out after %d milliseconds with 0 bytes received", r.timeout.Milliseconds()), true
	case err == io.EOF && r.raw == "":
		return t.curlError(f, 52, "Empty reply from server"), false
	case err != nil:
		return t.curlError(f, 56, "Recv failure: Connection reset by peer"), false
	}
	if f.has("v") {
		for line := range strings.Lines(r.raw) {
			fmt.Fprintf(errs, "< %s\n", strings.TrimRight(line, "\r\n"))
		}
	}
	return 0, false
}

// curlFinish prints the response.
func (t *tool) curlFinish(r *fetch, f *flags, start time.Time) (int, bool) {
	if f.has("v") {
		fmt.Fprintf(t.p.Writer(2), "* Connection #0 to host %s left intact\n", r.url.Hostname())
	}
	status := r.response.StatusCode
	if status >= 400 && f.has("f") {
		code := t.curlError(f, 22, "The requested URL returned error: %d", status)
		t.curlWriteOut(r, f, start)
		return code, status >= 500 || status == 408 || status == 429
	}
	out := ""
	if f.any("iI") {
		out = r.raw
	}
	out += string(r.content)
	name := f.value("o", "")
	if f.has("O") {
		name = r.url.Path[strings.LastIndexByte(r.url.Path, '/')+1:]
	}
	switch {
	case name == "" || name == "-":
		t.print(out)
	default:
		if err := t.writeFile(name, []byte(out), 0o666); err != nil {
			return t.curlError(f, 23, "Failure writing output to destination"), false
		}
	}
	t.curlWriteOut(r, f, start)
	return 0, false
}

// curlWriteOut prints what -w asks for.
func (t *tool) curlWriteOut(r *fetch, f *flags, start time.Time) {
	format := f.value("w", "")
	if format == "" {
		return
	}
	status, kind := "000", ""
	if r.response != nil {
		status, kind = fmt.Sprintf("%03d", r.response.StatusCode), r.response.Header.Get("Content-Type")
	}
	total := fmt.Sprintf("%.6f", t.p.Now().Sub(start).Seconds())
	t.print(strings.NewReplacer("%{http_code}", status, "%{response_code}", status, "%{size_download}", strconv.Itoa(len(r.content)),
		"%{time_total}", total, "%{remote_ip}", r.addr.String(), "%{content_type}", kind, "%{url_effective}", r.url.String(), `\n`, "\n", `\t`, "\t").Replace(format))
}
