package fakecluster_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/kubejig/kubejig/fakecluster"
)

// Who polls waits for a change, too: an auto clock goes on, up to the change and
// no further.
func TestPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newCluster(t, fakecluster.WithClock(fakecluster.Auto))
		defer cluster.Close()
		client := kubernetes.NewForConfigOrDie(cluster.RESTConfig())
		jobs := client.BatchV1().Jobs("default")
		_, err := jobs.Create(t.Context(), job("nap", "sleep 3600"), metav1.CreateOptions{})
		require.NoError(t, err)

		started := cluster.Now()
		for range 3 { // These are no polls.
			_, err := jobs.Get(t.Context(), "nap", metav1.GetOptions{})
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Equal(t, started, cluster.Now())

		err = wait.PollUntilContextTimeout(t.Context(), time.Second, time.Minute, true, func(ctx context.Context) (bool, error) {
			job, err := jobs.Get(ctx, "nap", metav1.GetOptions{})
			return err == nil && job.Status.Succeeded == 1, err
		})
		require.NoError(t, err)
		require.WithinRange(t, cluster.Now(), started.Add(time.Hour), started.Add(time.Hour+time.Minute))
	})
}

// job runs a shell script once.
func job(name, script string) *batchv1.Job {
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			Containers:    []corev1.Container{{Name: "main", Image: "busybox", Command: []string{"sh", "-c", script}}},
		}}},
	}
}
