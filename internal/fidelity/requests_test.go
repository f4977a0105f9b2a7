package fidelity

import (
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRequests sends the requests of each file of testdata/requests, in a
// namespace of its own, to servers that let everybody do everything.
func TestRequests(t *testing.T) {
	startServers(t, "requests/", "AlwaysAllow").runFiles(t, "requests", nil)
}

// TestAuthorization sends those of testdata/authorization to servers whose roles
// decide.
func TestAuthorization(t *testing.T) {
	startServers(t, "authorization/", "RBAC").runFiles(t, "authorization", nil)
}

// TestAdmission sends those of testdata/admission, which ask what the admission
// plugins do, to servers that let everybody do everything.
func TestAdmission(t *testing.T) {
	s := startServers(t, "admission/", "AlwaysAllow")
	s.surroundings(t)
	s.runFiles(t, "admission", nil)
}

func (s servers) runFiles(t *testing.T, folder string, variables map[string]string) {
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.http"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var noting sync.Mutex
	t.Run("files", func(t *testing.T) {
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".http")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				steps, err := ReadSteps(file)
				require.NoError(t, err)
				s.namespace(t, name)
				s.run(t, &noting, folder+"/"+name+": ", steps, with(variables, "namespace", name))
			})
		}
	})
}

// with are some variables and one more.
func with(variables map[string]string, name, value string) map[string]string {
	all := map[string]string{name: value}
	maps.Copy(all, variables)
	return all
}

// run sends steps to both servers, one after another, and tells of those that
// are answered differently, but for known differences. Their names begin with
// prefix.
func (s servers) run(t *testing.T, noting *sync.Mutex, prefix string, steps []Step, variables map[string]string) {
	reference, ours := NewSession(s.reference, variables), NewSession(s.ours, variables)
	found, allowed := 0, 0
	for _, step := range steps {
		if step.Rest != "" {
			path, err := reference.fill(step.Rest)
			require.NoError(t, err)
			s.await(t, path)
		}
		expected := ask(t, reference, step)
		got, err := ours.Do(t.Context(), step)
		require.NoError(t, err, "ours")
		theirs, own := expected.Normal(), got.Normal()
		noting.Lock()
		entry := s.known.Note(prefix+step.String(), theirs != own)
		noting.Unlock()
		switch {
		case theirs == own:
		case entry != nil:
			allowed++
		default:
			found++
			t.Errorf("%s\n%s %s\n%s", step, step.Request.Method, step.Request.Path, Diff(Readable(theirs), Readable(own)))
		}
	}
	t.Logf("%d requests, %d answered differently, %d differ as known", len(steps), found, allowed)
}

// ask sends a step to the reference, until it answers as the step wants.
func ask(t *testing.T, reference *Session, step Step) Answer {
	for deadline := time.Now().Add(patience); ; time.Sleep(quiet) {
		answer, err := reference.Do(t.Context(), step)
		require.NoError(t, err, "reference")
		if step.Until == 0 || step.Until == answer.Code {
			return answer
		}
		require.Less(t, time.Now(), deadline, "%s: %s", step, answer.Body)
	}
}
