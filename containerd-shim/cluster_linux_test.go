package containerdshim_test

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
	"k8s.io/utils/ptr"

	containerdshim "github.com/kubejig/kubejig/containerd-shim"
	"github.com/kubejig/kubejig/containerd-shim/internal/imagetest"
)

// cluster is a cluster with a node on containerd.
type cluster struct {
	*testing.T
	*containerdshim.Cluster
	kubernetes.Interface
	complaints bytes.Buffer
}

func startCluster(t *testing.T) *cluster {
	needContainerd(t)
	archive := imagetest.Busybox(t, image)
	dir, err := os.MkdirTemp("", "kj")
	require.NoError(t, err)
	c := &cluster{T: t}
	c.Cluster, err = containerdshim.Start(t.Context(), containerdshim.Options{
		Name: filepath.Base(dir), Dir: dir, Complaints: &c.complaints,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		c.Close()
		require.Empty(t, c.complaints.String())
		require.NoDirExists(t, dir)
	})
	_, err = c.World().Node().Import(t.Context(), bytes.NewReader(archive))
	require.NoError(t, err)
	c.Interface, err = kubernetes.NewForConfig(c.RESTConfig())
	require.NoError(t, err)
	return c
}

// create creates a pod with one container that runs a script.
func (c *cluster) create(name, script string, change ...func(*corev1.Pod)) *corev1.Pod {
	c.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: ptr.To(int64(1)),
			Containers:                    []corev1.Container{{Name: "main", Image: "busybox:1.36", Command: []string{"sh", "-c", script}}},
		},
	}
	for _, f := range change {
		f(pod)
	}
	pod, err := c.CoreV1().Pods("default").Create(c.Context(), pod, metav1.CreateOptions{})
	require.NoError(c, err)
	return pod
}

// await waits until a pod is as wanted, nil standing for a pod that is gone.
func (c *cluster) await(name string, wanted func(*corev1.Pod) bool) *corev1.Pod {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	w, err := c.CoreV1().Pods("default").Watch(ctx, metav1.ListOptions{
		FieldSelector:     fields.OneTermEqualSelector("metadata.name", name).String(),
		SendInitialEvents: ptr.To(true), ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan, AllowWatchBookmarks: true,
	})
	require.NoError(c, err)
	defer w.Stop()
	var last *corev1.Pod
	for e := range w.ResultChan() {
		pod, ok := e.Object.(*corev1.Pod)
		if !ok || e.Type == watch.Bookmark {
			continue
		}
		last = pod
		if e.Type == watch.Deleted {
			pod = nil
		}
		if wanted(pod) {
			return pod
		}
	}
	require.FailNow(c, "the pod does not become as wanted", "%+v", last)
	return nil
}

func running(p *corev1.Pod) bool { return p != nil && p.Status.Phase == corev1.PodRunning }

func (c *cluster) log(name string, o corev1.PodLogOptions) string {
	c.Helper()
	text, err := c.CoreV1().Pods("default").GetLogs(name, &o).DoRaw(c.Context())
	require.NoError(c, err)
	return string(text)
}

// firstLine follows a pod's log until there is a line.
func (c *cluster) firstLine(name string) string {
	c.Helper()
	stream, err := c.CoreV1().Pods("default").GetLogs(name, &corev1.PodLogOptions{Follow: true}).Stream(c.Context())
	require.NoError(c, err)
	defer stream.Close()
	line, err := bufio.NewReader(stream).ReadString('\n')
	require.NoError(c, err)
	return strings.TrimSuffix(line, "\n")
}

// exec runs a script in a pod.
func (c *cluster) exec(name, script string) (stdout string, err error) {
	request := c.CoreV1().RESTClient().Post().Resource("pods").Namespace("default").Name(name).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Stdout: true, Stderr: true, Command: []string{"sh", "-c", script}}, scheme.ParameterCodec)
	executor, err := remotecommand.NewSPDYExecutor(c.RESTConfig(), "POST", request.URL())
	require.NoError(c, err)
	var out, errs bytes.Buffer
	err = executor.StreamWithContext(c.Context(), remotecommand.StreamOptions{Stdout: &out, Stderr: &errs})
	return out.String(), err
}

func TestPodsRunOnContainerd(t *testing.T) {
	c := startCluster(t)
	c.create("web", "echo hello; exec sleep 1000")
	pod := c.await("web", running)
	require.Equal(t, "172.18.0.2", pod.Status.HostIP)
	require.Contains(t, pod.Status.PodIP, "10.244.0.")
	require.Equal(t, "hello", c.firstLine("web"))

	out, err := c.exec("web", "hostname")
	require.NoError(t, err)
	require.Equal(t, "web\n", out)
	_, err = c.exec("web", "exit 3")
	require.ErrorAs(t, err, new(exec.CodeExitError))
	require.EqualError(t, err, "command terminated with exit code 3")

	require.NoError(t, c.CoreV1().Pods("default").Delete(c.Context(), "web", metav1.DeleteOptions{}))
	c.await("web", func(p *corev1.Pod) bool { return p == nil })
	_, err = c.CoreV1().Pods("default").Get(c.Context(), "web", metav1.GetOptions{})
	require.True(t, apierrors.IsNotFound(err))
}

func TestCrashedContainersAreStartedAgain(t *testing.T) {
	c := startCluster(t)
	c.create("app", "echo try; test -e /state/tried && exec sleep 1000; touch /state/tried; exit 5", func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{Name: "state", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
		p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "state", MountPath: "/state"}}
	})
	pod := c.await("app", func(p *corev1.Pod) bool {
		return running(p) && p.Status.ContainerStatuses[0].RestartCount == 1 && p.Status.ContainerStatuses[0].State.Running != nil
	})
	ended := pod.Status.ContainerStatuses[0].LastTerminationState.Terminated
	require.Equal(t, int32(5), ended.ExitCode)
	require.Equal(t, "Error", ended.Reason)
	require.Equal(t, "try\n", c.log("app", corev1.PodLogOptions{Previous: true}))
}

func TestJobsEnd(t *testing.T) {
	c := startCluster(t)
	c.create("once", "echo done", func(p *corev1.Pod) { p.Spec.RestartPolicy = corev1.RestartPolicyNever })
	pod := c.await("once", func(p *corev1.Pod) bool { return p != nil && p.Status.Phase == corev1.PodSucceeded })
	require.Equal(t, "Completed", pod.Status.ContainerStatuses[0].State.Terminated.Reason)
	require.Equal(t, "done\n", c.log("once", corev1.PodLogOptions{}))
}
