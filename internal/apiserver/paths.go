package apiserver

import (
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	release "github.com/kubejig/kubejig/internal/version"
)

// paths are the handlers of what is not an object, by path. One that ends in a
// slash answers for what is below it, too.
func paths() map[string]handler {
	m := map[string]handler{
		"/":            (*call).rootPaths,
		"/index.html":  (*call).rootPaths,
		"/api":         (*call).legacyVersions,
		"/apis":        (*call).groups,
		"/api/":        (*call).resourceList,
		"/apis/":       (*call).groupOrResourceList,
		"/metrics":     (*call).metrics,
		"/openapi/v2":  (*call).openAPIv2,
		"/openapi/v3":  (*call).openAPIv3Index,
		"/openapi/v3/": (*call).openAPIv3,
		"/version":     (*call).serverVersion,
	}
	for _, name := range healthPaths {
		m[name] = (*call).health
		m[name+"/"] = (*call).healthCheck
	}
	return m
}

// servePath answers a request that is not for objects.
func (c *call) servePath() error {
	path := c.r.URL.Path
	discovers := c.isDiscovery()
	if discovers || path == "/apis/" {
		path = strings.TrimSuffix(path, "/")
	}
	h := c.paths[path]
	for h == nil {
		i := strings.LastIndexByte(strings.TrimSuffix(path, "/"), '/')
		if i <= 0 {
			return c.plainNotFound()
		}
		path = path[:i+1]
		h = c.paths[path]
	}
	if discovers {
		if gv, ok := c.discovered(); ok && !slices.Contains(c.groupVersions(), gv) {
			return c.unknown(gv.Group)
		}
		if c.r.Method != http.MethodGet {
			return errMethodNotAllowed()
		}
		produced := allFormats
		if strings.HasPrefix(path, "/version") {
			produced = formats{jsonType}
		}
		if err := c.checkRepresentations(produced); err != nil {
			return err
		}
	}
	return h(c)
}

// isDiscovery tells the paths that take one method and one of a few media types
// from those that don't look at either.
func (c *call) isDiscovery() bool {
	parts := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/")
	return parts[0] == "api" || parts[0] == "version" || parts[0] == "apis" && len(parts) > 2
}

// discovered is the version whose resources the call asks for.
func (c *call) discovered() (gv schema.GroupVersion, ok bool) {
	switch parts := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/"); {
	case parts[0] == "api" && len(parts) == 2:
		return schema.GroupVersion{Version: parts[1]}, true
	case parts[0] == "apis" && len(parts) == 3:
		return schema.GroupVersion{Group: parts[1], Version: parts[2]}, true
	}
	return gv, false
}

// rootPaths lists what can be asked for.
func (c *call) rootPaths() error {
	list := metav1.RootPaths{}
	for path := range c.paths {
		if path != "/" && !strings.HasSuffix(path, "/") {
			list.Paths = append(list.Paths, path)
		}
	}
	for _, gv := range c.groupVersions() {
		list.Paths = append(list.Paths, pathOf(gv))
		if gv.Group != "" {
			list.Paths = append(list.Paths, "/apis/"+gv.Group)
		}
	}
	for _, check := range healthChecks {
		for _, name := range healthPaths {
			list.Paths = append(list.Paths, name+"/"+check)
		}
	}
	slices.Sort(list.Paths)
	list.Paths = slices.Compact(list.Paths)
	return c.answerJSON(list)
}

// pathOf is where a version's resources are.
func pathOf(gv schema.GroupVersion) string {
	if gv.Group == "" {
		return "/api/" + gv.Version
	}
	return "/apis/" + gv.Group + "/" + gv.Version
}

func (c *call) serverVersion() error { return c.answerJSON(versionInfo()) }

func versionInfo() version.Info {
	return version.Info{
		Major: release.Major, Minor: release.Minor,
		EmulationMajor: release.Major, EmulationMinor: release.Minor,
		MinCompatibilityMajor: release.Major, MinCompatibilityMinor: "36",
		GitVersion: release.Git, GitCommit: "0000000000000000000000000000000000000000", GitTreeState: "clean",
		BuildDate: "2026-01-01T00:00:00Z", GoVersion: "go1.26", Compiler: "gc", Platform: "linux/amd64",
	}
}
