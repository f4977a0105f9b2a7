package proxy

import (
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kubejig/kubejig/cli/runlog"
)

// filterFlags are lists of regular expressions, separated by commas.
type filterFlags struct {
	acceptPaths, rejectPaths, acceptHosts, rejectMethods string
}

func (f *filterFlags) add(set *pflag.FlagSet) {
	set.StringVar(&f.acceptPaths, "accept-paths", "^.*", "Paths to pass on.")
	set.StringVar(&f.rejectPaths, "reject-paths", "^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach", "Paths not to pass on, even if --accept-paths has them.")
	set.StringVar(&f.acceptHosts, "accept-hosts", `^localhost$,^127\.0\.0\.1$,^\[::1\]$`, "Hosts to which requests that are passed on may be addressed.")
	set.StringVar(&f.rejectMethods, "reject-methods", "^$", "HTTP methods not to pass on, such as POST,PUT.")
}

// filter passes on the requests that nothing speaks against.
type filter struct {
	acceptPaths, rejectPaths, acceptHosts, rejectMethods []*regexp.Regexp

	log  *runlog.Log
	next http.Handler
}

func (f *filterFlags) compile(log *runlog.Log) (*filter, error) {
	compiled := &filter{log: log}
	for _, list := range []struct {
		into *[]*regexp.Regexp
		from string
	}{
		{&compiled.acceptPaths, f.acceptPaths},
		{&compiled.rejectPaths, f.rejectPaths},
		{&compiled.acceptHosts, f.acceptHosts},
		{&compiled.rejectMethods, f.rejectMethods},
	} {
		if list.from == "" {
			continue
		}
		for _, expression := range strings.Split(list.from, ",") {
			parsed, err := regexp.Compile(expression)
			if err != nil {
				return nil, err
			}
			*list.into = append(*list.into, parsed)
		}
	}
	return compiled, nil
}

func (f *filter) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	host, _, err := net.SplitHostPort(request.Host)
	if err != nil {
		host = request.Host
	}
	path := request.URL.Path
	if f.matches(f.rejectPaths, path) || f.matches(f.rejectMethods, request.Method) ||
		!f.matches(f.acceptPaths, path) || !f.matches(f.acceptHosts, host) {
		f.log.Infof(3, "proxy_server.go:135", "Filter rejecting %v %v %v", request.Method, path, host)
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return
	}
	f.log.Infof(3, "proxy_server.go:131", "Filter accepting %v %v %v", request.Method, path, host)
	f.next.ServeHTTP(w, request)
}

func (f *filter) matches(expressions []*regexp.Regexp, text string) bool {
	for _, expression := range expressions {
		if expression.MatchString(text) {
			f.log.Infof(6, "proxy_server.go:91", "%v matched %s", text, expression)
			return true
		}
	}
	return false
}
