package fidelity

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/internal/known"
	"github.com/kubejig/kubejig/testkit"
)

// startReference starts a reference for a test, or skips that where none has
// been built.
func startReference(t *testing.T, authorization string) *Reference {
	binary := testkit.RequireBinary(t, "../../bin/reference/kube-apiserver")
	r, err := StartReference(t.Context(), Options{Binaries: filepath.Dir(binary), Dir: t.TempDir(), Authorization: authorization})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

// newCluster is a fake cluster with the reference's users, without nodes.
func newCluster(t *testing.T, authorization string) *fakecluster.Cluster {
	users := filepath.Join(t.TempDir(), "users.csv")
	require.NoError(t, os.WriteFile(users, []byte(usersFile), 0o600))
	return testkit.NewCluster(t, fakecluster.WithNodes(0),
		fakecluster.WithAuthorization(authorization), fakecluster.WithTokenAuthFile(users))
}

// readKnown reads the differences that are known of steps whose names begin with
// prefix. The test fails in the end if one is none any more.
func readKnown(t *testing.T, prefix string) known.Differences {
	differences, err := known.Read("known_differences.txt", prefix)
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, pattern := range differences.Obsolete(flag.Lookup("test.run").Value.String() == "") {
			t.Errorf("known_differences.txt: nothing that matches %q differs any more", pattern)
		}
	})
	return differences
}
