package job_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func newJob(change ...func(*batchv1.JobSpec)) *batchv1.Job {
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "work"},
		Spec:       batchv1.JobSpec{Template: clustertest.Template("busybox", nil)},
	}
	job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	for _, f := range change {
		f(&job.Spec)
	}
	return job
}

func size(parallelism, completions int32) func(*batchv1.JobSpec) {
	return func(s *batchv1.JobSpec) { s.Parallelism, s.Completions = &parallelism, &completions }
}

func indexed(s *batchv1.JobSpec) { s.CompletionMode = ptr.To(batchv1.IndexedCompletion) }

func get(c *clustertest.Cluster) *batchv1.Job { return clustertest.Get[*batchv1.Job](c, "work") }

// active lists the pods that run or will, by index where they have one.
func active(c *clustertest.Cluster) []string {
	names := []string{}
	for _, p := range clustertest.List[*corev1.Pod](c) {
		if p.DeletionTimestamp == nil && p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed {
			names = append(names, p.Name)
		}
	}
	return names
}

// conditions lists the conditions that hold as "Type Reason: message".
func conditions(c *clustertest.Cluster) []string {
	list := []string{}
	for _, cond := range get(c).Status.Conditions {
		if cond.Status == corev1.ConditionTrue {
			list = append(list, string(cond.Type)+" "+cond.Reason+": "+cond.Message)
		}
	}
	return list
}

// exit ends a pod with an exit code.
func exit(c *clustertest.Cluster, pod string, code int32) {
	phase := corev1.PodSucceeded
	if code != 0 {
		phase = corev1.PodFailed
	}
	now := metav1.NewTime(c.Now().Truncate(time.Second))
	clustertest.UpdateStatus(c, pod, func(p *corev1.Pod) {
		p.Status.Phase = phase
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "main", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, FinishedAt: now}},
		}}
	})
}

func TestJobRunsToCompletion(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newJob(size(2, 3)))
	first := active(c)
	require.Len(t, first, 2)
	pod := clustertest.Get[*corev1.Pod](c, first[0])
	require.Equal(t, "work-", pod.GenerateName)
	require.Equal(t, []string{"batch.kubernetes.io/job-tracking"}, pod.Finalizers)
	require.Equal(t, "work", pod.Labels["batch.kubernetes.io/job-name"])

	c.Run(first...)
	c.After(time.Second)
	s := get(c).Status
	require.Equal(t, []int32{2, 2}, []int32{s.Active, *s.Ready})

	exit(c, first[0], 0)
	c.After(time.Second)
	require.Len(t, active(c), 2)
	require.Empty(t, clustertest.Get[*corev1.Pod](c, first[0]).Finalizers)
	for _, name := range active(c) {
		exit(c, name, 0)
	}
	c.After(time.Second)

	s = get(c).Status
	require.Equal(t, []int32{0, 3, 0}, []int32{s.Active, s.Succeeded, s.Failed})
	require.NotNil(t, s.CompletionTime)
	require.Equal(t, &batchv1.UncountedTerminatedPods{}, s.UncountedTerminatedPods)
	require.Equal(t, []string{
		"SuccessCriteriaMet CompletionsReached: Reached expected number of succeeded pods",
		"Complete CompletionsReached: Reached expected number of succeeded pods",
	}, conditions(c))
	told := c.Events("work")
	require.Equal(t, "Completed: Job completed", told[len(told)-1])
	require.True(t, strings.HasPrefix(told[0], "SuccessfulCreate: Created pod: work-"))
}

func TestFailedPodsAreReplacedLaterAndLater(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newJob(func(s *batchv1.JobSpec) { s.BackoffLimit = ptr.To[int32](3) }))
	var waits []time.Duration
	for range 3 {
		exit(c, active(c)[0], 1)
		failed := c.Now()
		for len(active(c)) == 0 {
			c.After(time.Second)
		}
		waits = append(waits, c.Now().Sub(failed))
	}
	require.Equal(t, []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second}, waits)

	exit(c, active(c)[0], 1)
	c.After(time.Second)
	require.EqualValues(t, 4, get(c).Status.Failed)
	require.Equal(t, []string{
		"FailureTarget BackoffLimitExceeded: Job has reached the specified backoff limit",
		"Failed BackoffLimitExceeded: Job has reached the specified backoff limit",
	}, conditions(c))
	require.Contains(t, c.Events("work"), "BackoffLimitExceeded: Job has reached the specified backoff limit")
}

func TestActiveDeadline(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newJob(func(s *batchv1.JobSpec) { s.ActiveDeadlineSeconds = ptr.To[int64](30) }))
	c.Run(active(c)...)
	c.After(29 * time.Second)
	require.Empty(t, conditions(c))
	c.After(3 * time.Second)
	require.Contains(t, conditions(c), "Failed DeadlineExceeded: Job was active longer than specified deadline")
	require.Empty(t, active(c))
}

func TestSuspendAndResume(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newJob(func(s *batchv1.JobSpec) { s.Suspend = ptr.To(true) }))
	require.Empty(t, active(c))
	require.Equal(t, []string{"Suspended JobSuspended: Job suspended"}, conditions(c))
	require.Nil(t, get(c).Status.StartTime)

	clustertest.Update(c, "work", func(j *batchv1.Job) { j.Spec.Suspend = ptr.To(false) })
	require.Len(t, active(c), 1)
	require.Empty(t, conditions(c))
	require.NotNil(t, get(c).Status.StartTime)

	clustertest.Update(c, "work", func(j *batchv1.Job) { j.Spec.Suspend = ptr.To(true) })
	require.Empty(t, active(c))
	require.Zero(t, get(c).Status.Failed)
	require.Subset(t, c.Events("work"), []string{"Suspended: Job suspended (x2)", "Resumed: Job resumed"})
}

func TestIndexedJob(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newJob(size(3, 5), indexed))
	names := active(c)
	require.Len(t, names, 3)
	pod := clustertest.Get[*corev1.Pod](c, names[1])
	require.Equal(t, "work-1-", pod.GenerateName)
	require.Equal(t, "work-1", pod.Spec.Hostname)
	require.Equal(t, "1", pod.Annotations["batch.kubernetes.io/job-completion-index"])
	require.Equal(t, "1", pod.Labels["batch.kubernetes.io/job-completion-index"])
	require.Equal(t, "JOB_COMPLETION_INDEX", pod.Spec.Containers[0].Env[0].Name)

	for _, name := range names {
		exit(c, name, 0)
	}
	c.After(time.Second)
	require.Equal(t, "0-2", get(c).Status.CompletedIndexes)
	for _, name := range active(c) {
		exit(c, name, 0)
	}
	c.After(time.Second)
	require.Equal(t, "0-4", get(c).Status.CompletedIndexes)
	require.Contains(t, conditions(c), "Complete CompletionsReached: Reached expected number of succeeded pods")
}

func TestEachIndexHasItsOwnBackoffLimit(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newJob(size(2, 2), indexed, func(s *batchv1.JobSpec) { s.BackoffLimitPerIndex = ptr.To[int32](1) }))
	exit(c, active(c)[0], 1) // index 0
	c.After(time.Second)
	require.Empty(t, get(c).Status.UncountedTerminatedPods.Failed, "it is counted once it is replaced")
	c.After(9 * time.Second)
	retried := clustertest.Get[*corev1.Pod](c, active(c)[0])
	require.Equal(t, "1", retried.Annotations["batch.kubernetes.io/job-index-failure-count"])
	exit(c, retried.Name, 1)
	c.After(time.Second)
	require.Equal(t, "0", *get(c).Status.FailedIndexes)
	exit(c, active(c)[0], 0) // index 1
	c.After(time.Second)
	require.Contains(t, conditions(c), "Failed FailedIndexes: Job has failed indexes")
	require.Equal(t, "1", get(c).Status.CompletedIndexes)
}

func TestPodFailurePolicy(t *testing.T) {
	rule := func(action batchv1.PodFailurePolicyAction, code int32) batchv1.PodFailurePolicyRule {
		return batchv1.PodFailurePolicyRule{Action: action, OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{
			Operator: batchv1.PodFailurePolicyOnExitCodesOpIn, Values: []int32{code},
		}}
	}
	c := clustertest.New(t)
	clustertest.Create(c, newJob(func(s *batchv1.JobSpec) {
		s.BackoffLimit = ptr.To[int32](0)
		s.PodFailurePolicy = &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{
			rule(batchv1.PodFailurePolicyActionIgnore, 3), rule(batchv1.PodFailurePolicyActionFailJob, 42),
		}}
	}))
	exit(c, active(c)[0], 3)
	c.After(10 * time.Second)
	require.Zero(t, get(c).Status.Failed)
	name := active(c)[0]
	exit(c, name, 42)
	c.After(time.Second)
	require.Contains(t, conditions(c), "Failed PodFailurePolicy: Container main for pod default/"+name+
		" failed with exit code 42 matching FailJob rule at index 1")
}

func TestSuccessPolicy(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newJob(size(3, 3), indexed, func(s *batchv1.JobSpec) {
		s.SuccessPolicy = &batchv1.SuccessPolicy{Rules: []batchv1.SuccessPolicyRule{{SucceededIndexes: ptr.To("0")}}}
	}))
	exit(c, active(c)[0], 0)
	c.After(5 * time.Second)
	require.Equal(t, []string{
		"SuccessCriteriaMet SuccessPolicy: Matched rules at index 0",
		"Complete SuccessPolicy: Matched rules at index 0",
	}, conditions(c))
	require.Empty(t, active(c))
}

func TestManagedByOthers(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newJob(func(s *batchv1.JobSpec) { s.ManagedBy = ptr.To("example.com/queue") }))
	require.Empty(t, active(c))
}

func TestDeletedJobLetsItsPodsGo(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newJob())
	clustertest.Delete[*batchv1.Job](c, "work", metav1.DeletePropagationBackground)
	c.After(2 * time.Second)
	require.Empty(t, clustertest.List[*corev1.Pod](c))
}

func TestOrphanedPodsLoseTheFinalizer(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newJob())
	clustertest.Delete[*batchv1.Job](c, "work", metav1.DeletePropagationOrphan)
	c.After(2 * time.Second)
	for _, pod := range clustertest.List[*corev1.Pod](c) {
		require.Empty(t, pod.OwnerReferences)
		require.Empty(t, pod.Finalizers)
	}
}

func TestJobIsDeletedAfterItsTime(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newJob(func(s *batchv1.JobSpec) { s.TTLSecondsAfterFinished = ptr.To[int32](60) }))
	exit(c, active(c)[0], 0)
	c.After(60 * time.Second)
	require.Len(t, clustertest.List[*batchv1.Job](c), 1)
	c.After(2 * time.Second)
	require.Empty(t, clustertest.List[*batchv1.Job](c))
	require.Empty(t, clustertest.List[*corev1.Pod](c))
}

func BenchmarkJob1000(b *testing.B) {
	for b.Loop() {
		c := clustertest.New(b)
		clustertest.Create(c, newJob(size(1000, 1000)))
		c.After(time.Second)
		for _, name := range active(c) {
			exit(c, name, 0)
		}
		c.After(5 * time.Second)
		require.EqualValues(b, 1000, get(c).Status.Succeeded)
	}
}
