package testkit_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/testkit"
)

// runsVariable says how many runs TestSameSeedSameBytes makes for each number
// of threads. Default: 1.
const runsVariable = "KUBEJIG_DETERMINISM_RUNS"

// TestSameSeedSameBytes has a cluster do a bit of everything, and looks at all
// that it shows then: it depends on the seed, and on nothing else.
func TestSameSeedSameBytes(t *testing.T) {
	runs := 1
	if n := os.Getenv(runsVariable); n != "" {
		var err error
		runs, err = strconv.Atoi(n)
		require.NoError(t, err)
	}
	want := varied(t, 1)
	for run := range runs {
		for _, threads := range []int{1, 2, 8} {
			before := runtime.GOMAXPROCS(threads)
			got := varied(t, 1)
			runtime.GOMAXPROCS(before)
			requireSame(t, want, got, fmt.Sprintf("run %d with GOMAXPROCS=%d", run, threads))
		}
	}
	require.NotEqual(t, want, varied(t, 2), "another seed gives other bytes")
}

// varied is what a cluster shows after work of many kinds and a failing node.
func varied(t *testing.T, seed uint64) string {
	t.Helper()
	c, err := fakecluster.New(fakecluster.WithNodes(4), fakecluster.WithSeed(seed))
	require.NoError(t, err)
	defer c.Close()
	var shown strings.Builder
	kubectl := func(args ...string) {
		r := testkit.Run(t.Context(), c, nil, args...)
		require.NoError(t, r.Err, "kubectl %s: %s", strings.Join(args, " "), r.Stderr)
		fmt.Fprintf(&shown, "$ kubectl %s\n%s%s", strings.Join(args, " "), r.Stdout, r.Stderr)
	}
	kubectl("apply", "-f", "testdata/varied.yaml")
	c.Advance(2 * time.Minute)
	kubectl("set", "image", "deployment/web", "web=nginx:1.28")
	c.Advance(time.Minute)
	kubectl("rollout", "status", "deployment/web")
	kubectl("exec", "db-0", "--", "sh", "-c", "echo $RANDOM >/data/file; cat /data/file /etc/hosts")
	kubectl("scale", "statefulset/db", "--replicas=2")
	kubectl("exec", "db-0", "--", "sh", "-c", "wget -qO- http://web | head -4")
	crash(t, c, "node-2", 8*time.Minute)
	kubectl("delete", "pod", "-l", "app=web", "--wait=false")
	c.Advance(5 * time.Minute)
	for _, resource := range strings.Fields(testkit.Kubectl(t, c, "api-resources", "--verbs=list", "--output=name")) {
		kubectl("get", resource, "--all-namespaces", "--output=yaml", "--show-managed-fields")
	}
	kubectl("logs", "daemonset/agent", "--all-pods", "--timestamps")
	kubectl("logs", "crashing", "--previous")
	kubectl("describe", "pods,nodes,deployments,statefulsets,jobs")
	return shown.String()
}

// crash stops a node's kubelet for a while.
func crash(t *testing.T, c *fakecluster.Cluster, name string, d time.Duration) {
	t.Helper()
	node, err := c.Node(name)
	require.NoError(t, err)
	node.StopKubelet()
	c.Advance(d)
	node.StartKubelet()
	c.Advance(time.Minute)
}

// requireSame shows the first lines that differ, not megabytes of YAML.
func requireSame(t *testing.T, want, got, about string) {
	t.Helper()
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(0, i-20)
			require.Equal(t, strings.Join(a[from:i+1], "\n"), strings.Join(b[from:i+1], "\n"), about)
		}
	}
	require.Len(t, b, len(a), about)
}
