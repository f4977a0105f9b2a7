package discovery

import (
	"context"
	"errors"
	"sync"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/cli/runlog"
)

// memory asks a server for everything once. Only what failed in passing is
// asked for again.
type memory struct {
	server *server
	log    *runlog.Log

	// known is what the server said, if it did.
	known *survey
}

// errUnknown is the answer for a group version that the server has not.
var errUnknown = errors.New("not found")

// emptyError is the answer of a group version that has no resources: of metrics
// that nobody measures, for one.
type emptyError struct{ groupVersion string }

func (e emptyError) Error() string { return "received empty response for: " + e.groupVersion }

func (m *memory) groups() (*metav1.APIGroupList, error) {
	if err := m.ask(); err != nil {
		return nil, err
	}
	if m.known == nil {
		return &metav1.APIGroupList{}, nil
	}
	return &metav1.APIGroupList{Groups: m.known.groups}, nil
}

func (m *memory) resources(groupVersion string) (*metav1.APIResourceList, error) {
	if err := m.ask(); err != nil {
		return nil, err
	}
	if m.known == nil {
		return nil, errUnknown
	}
	said, ok := m.known.answers[groupVersion]
	if !ok {
		return nil, errUnknown
	}
	if passing(said.err) {
		said = m.answer(groupVersion)
		m.complain(said.err, complaint{empty: "memcache.go:131", failed: "memcache.go:133", key: "gv"}, groupVersion)
		m.known.answers[groupVersion] = said
	}
	return said.list, said.err
}

func (m *memory) fresh() bool { return m.known != nil }

func (m *memory) invalidate() { m.known = nil }

// ask asks the server for everything, unless it has said it. A server that has
// no groups is asked again the next time.
func (m *memory) ask() error {
	if m.known != nil {
		return nil
	}
	all, err := m.server.survey()
	if err != nil || all.answers == nil && len(all.groups) == 0 {
		m.log.Error("memcache.go:381", err, "Couldn't get current server API group list")
		return err
	}
	if all.answers == nil {
		all.answers = m.askEach(all.groups)
	}
	m.known = &all
	return nil
}

// askEach asks an old server for the resources of each group version, for all
// at the same time.
func (m *memory) askEach(groups []metav1.APIGroup) map[string]answer {
	var versions []string
	for _, group := range groups {
		for _, version := range group.Versions {
			versions = append(versions, version.GroupVersion)
		}
	}
	said := make([]answer, len(versions))
	var asking sync.WaitGroup
	for i, version := range versions {
		asking.Go(func() { said[i] = m.answer(version) })
	}
	asking.Wait()
	answers := map[string]answer{}
	for i, version := range versions { // In order, where they are logged.
		m.complain(said[i].err, complaint{empty: "memcache.go:401", failed: "memcache.go:403", key: "groupVersion"}, version)
		answers[version] = said[i]
	}
	return answers
}

func (m *memory) answer(groupVersion string) answer {
	list, err := m.server.resources(groupVersion)
	if err == nil && len(list.APIResources) == 0 {
		err = emptyError{groupVersion}
	}
	return answer{list, err}
}

// complaint is where kubectl logs that a group version is empty or failed, and
// what it calls the version.
type complaint struct{ empty, failed, key string }

// complain logs why a group version's resources are not known; what is common
// for some groups only if the log is to tell more.
func (m *memory) complain(err error, as complaint, groupVersion string) {
	var empty emptyError
	switch {
	case err == nil:
	case errors.As(err, &empty):
		m.log.Info(3, as.empty, err.Error())
	default:
		m.log.Error(as.failed, err, "Couldn't get resource list", as.key, groupVersion)
	}
}

// passing says that an error may be gone by now.
func passing(err error) bool {
	var status apierrors.APIStatus
	switch {
	case err == nil:
		return false
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return true
	case errors.As(err, &status) && status.Status().Code >= 500:
		return true
	}
	return apierrors.IsTooManyRequests(err)
}
