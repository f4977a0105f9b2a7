package kubelet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The tests here tell a pod's life as a transcript: the instant, and an event
// or (with a star) the pod's new state. A container is "name=state", with + when
// ready and #n after n restarts.
func TestLifeOfAPod(t *testing.T) {
	w := newWorld(t, "n1")
	w.run(`
metadata: {name: web}
spec:
  containers: [{name: nginx, image: "nginx:1.25"}]
`)
	w.advance(time.Minute)
	require.NoError(t, w.api.Delete(w.pod("web"), metav1.DeleteOptions{}))
	w.advance(time.Minute)
	require.Equal(t, strings.TrimLeft(`
0s     * Pending
0s     Normal Pulling: Pulling image "nginx:1.25"
0s     * Pending nginx=ContainerCreating
1s     Normal Pulled: Successfully pulled image "nginx:1.25" in 1s (1s including waiting). Image size: 1234 bytes.
1s     Normal Created: Container created
1s     Normal Started: Container started
1s     * Running nginx=running+
1m0s   * Running Terminating nginx=running+
1m0s   Normal Killing: Stopping container nginx
1m0s   * Succeeded Terminating nginx=Completed(0)
1m0s   * gone
`, "\n"), w.transcript())
}

func TestCrashLoop(t *testing.T) {
	w := newWorld(t, "n1")
	w.runtimes["n1"].pull = 0
	w.runtimes["n1"].lives["app"] = []life{{after: 5 * time.Second, code: 1}, {after: 5 * time.Second, code: 1}, {after: 5 * time.Second, code: 2}}
	w.run(`
metadata: {name: app}
spec:
  containers: [{name: app, image: "busybox:1.36"}]
`)
	w.advance(2 * time.Minute)
	require.Equal(t, strings.TrimLeft(`
0s     * Pending
0s     Normal Pulling: Pulling image "busybox:1.36"
0s     Normal Pulled: Successfully pulled image "busybox:1.36" in 0s (0s including waiting). Image size: 1234 bytes.
0s     Normal Created: Container created
0s     Normal Started: Container started
0s     * Running app=running+
5s     Normal Pulled: Container image "busybox:1.36" already present on machine and can be accessed by the pod
5s     Normal Created: Container created
5s     Normal Started: Container started
5s     * Running app=running+#1
10s    * Running app=Error(1)#1
11s    Warning BackOff: Back-off restarting failed container app in pod app_default(UID)
11s    * Running app=CrashLoopBackOff#1
20s    Normal Pulled: Container image "busybox:1.36" already present on machine and can be accessed by the pod
20s    Normal Created: Container created
20s    Normal Started: Container started
20s    * Running app=running+#2
25s    * Running app=Error(2)#2
26s    Warning BackOff: Back-off restarting failed container app in pod app_default(UID)
26s    * Running app=CrashLoopBackOff#2
45s    Normal Pulled: Container image "busybox:1.36" already present on machine and can be accessed by the pod
45s    Normal Created: Container created
45s    Normal Started: Container started
45s    * Running app=running+#3
`, "\n"), w.transcript())
}

func TestImageThatCannotBePulled(t *testing.T) {
	w := newWorld(t, "n1")
	w.runtimes["n1"].broken["fail.example/app"] = "not found"
	w.run(`
metadata: {name: app}
spec:
  containers: [{name: app, image: fail.example/app}]
`)
	w.advance(15 * time.Second)
	require.Equal(t, strings.TrimLeft(`
0s     * Pending
0s     Normal Pulling: Pulling image "fail.example/app"
0s     * Pending app=ContainerCreating
1s     Warning Failed: Failed to pull image "fail.example/app": not found
1s     Warning Failed: Error: ErrImagePull
1s     * Pending app=ErrImagePull
2s     Normal BackOff: Back-off pulling image "fail.example/app"
2s     Warning Failed: Error: ImagePullBackOff
2s     * Pending app=ImagePullBackOff
11s    Normal Pulling: Pulling image "fail.example/app"
12s    Warning Failed: Failed to pull image "fail.example/app": not found
12s    Warning Failed: Error: ErrImagePull
12s    * Pending app=ErrImagePull
13s    Normal BackOff: Back-off pulling image "fail.example/app"
13s    Warning Failed: Error: ImagePullBackOff
13s    * Pending app=ImagePullBackOff
`, "\n"), w.transcript())
	require.Equal(t, `Back-off pulling image "fail.example/app": ErrImagePull: not found`,
		w.pod("app").Status.ContainerStatuses[0].State.Waiting.Message)
}
