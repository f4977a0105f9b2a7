package fakecluster_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/testkit"
)

// inShell runs a script in a container of the pod app.
func inShell(t *testing.T, cluster *fakecluster.Cluster, container, script string) string {
	return testkit.Kubectl(t, cluster, "exec", "app", "-c", container, "--", "sh", "-c", script)
}

// TestDebugTarget: an ephemeral container sees, signals and looks into the
// processes of its target, in forks too, and ends with their first one.
func TestDebugTarget(t *testing.T) {
	original := testkit.NewCluster(t)
	testkit.Kubectl(t, original, "run", "app", "--image=nginx")
	testkit.Kubectl(t, original, "wait", "--for=condition=Ready", "pod/app")
	testkit.Kubectl(t, original, "debug", "app", "--image=busybox", "--target=app", "--container=debugger", "--", "sleep", "1000")
	testkit.Kubectl(t, original, "wait", "--for=jsonpath={.status.ephemeralContainerStatuses[0].state.running}", "pod/app")
	fork, err := original.Fork()
	require.NoError(t, err)
	t.Cleanup(fork.Close)
	for name, cluster := range map[string]*fakecluster.Cluster{"original": original, "fork": fork} {
		t.Run(name, func(t *testing.T) {
			inShell(t, cluster, "app", "echo "+name+" > /tmp/mine; ln -s mine /tmp/link; ln -s /etc/hostname /tmp/absolute")
			require.Regexp(t, `1 root .*nginx: master(?s:.*)sleep 1000`, inShell(t, cluster, "debugger", "ps"))
			require.Contains(t, inShell(t, cluster, "app", "cat /proc/[0-9]*/comm"), "sleep")
			require.Equal(t, name+"\n"+name+"\napp\n", inShell(t, cluster, "debugger", "cd /proc/1/root/tmp; cat mine link absolute"))
			require.Equal(t, "/proc/1/root/tmp/mine\n", inShell(t, cluster, "debugger", "readlink -f /proc/1/root/tmp/link"))
			inShell(t, cluster, "debugger", "echo through > /proc/1/root/tmp/written")
			require.Equal(t, "through\n", inShell(t, cluster, "app", "cat /tmp/written"))
			killed := testkit.Run(t.Context(), cluster, nil, "exec", "app", "-c", "debugger", "--", "kill", "1")
			require.ErrorContains(t, killed.Err, "exit code 137", "it ends with its namespace")
			testkit.Kubectl(t, cluster, "wait", "--for=jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.exitCode}=137", "pod/app")
			testkit.Kubectl(t, cluster, "wait", "--for=jsonpath={.status.containerStatuses[0].restartCount}=1", "pod/app")
		})
	}
}

// TestShareProcessNamespace: the containers of such a pod see each other's
// processes, below the sandbox's.
func TestShareProcessNamespace(t *testing.T) {
	cluster := testkit.NewCluster(t)
	testkit.Kubectl(t, cluster, "run", "app", "--image=nginx", `--overrides={"spec":{"shareProcessNamespace":true,"containers":[`+
		`{"name":"app","image":"nginx"},{"name":"shell","image":"busybox","command":["sleep","1000"]}]}}`)
	testkit.Kubectl(t, cluster, "wait", "--for=condition=Ready", "pod/app")
	require.Regexp(t, `1 65535 .*/pause\n +2 root .*nginx: master(?s:.*)sleep 1000`, inShell(t, cluster, "shell", "ps"))
	require.Contains(t, inShell(t, cluster, "shell", "ls /proc/1/root/ 2>&1 || true"), "Permission denied")
	inShell(t, cluster, "shell", "kill -9 1; kill -9 2")
	testkit.Kubectl(t, cluster, "wait", "--for=jsonpath={.status.containerStatuses[0].restartCount}=1", "pod/app")
	require.Contains(t, inShell(t, cluster, "shell", "ps"), "/pause")
}
