package testkit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/testkit"
)

// A command line in the test's process lets the time of a manual clock pass
// when it has to wait.
func TestWaitingInProcess(t *testing.T) {
	cluster := testkit.NewCluster(t)
	start := cluster.Now()
	testkit.Kubectl(t, cluster, "create", "deployment", "web", "--image=nginx:1.25", "--replicas=3")
	require.Contains(t, testkit.Kubectl(t, cluster, "rollout", "status", "deployment/web"), "successfully rolled out")
	require.True(t, cluster.Now().After(start))
}
