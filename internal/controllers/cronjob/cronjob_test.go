package cronjob_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func newCronJob(schedule string, change ...func(*batchv1.CronJobSpec)) *batchv1.CronJob {
	cron := &batchv1.CronJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "tick"},
		Spec: batchv1.CronJobSpec{
			Schedule:    schedule,
			JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: clustertest.Template("busybox", nil)}},
		},
	}
	cron.Spec.JobTemplate.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	for _, f := range change {
		f(&cron.Spec)
	}
	return cron
}

func jobs(c *clustertest.Cluster) []string { return clustertest.Names[*batchv1.Job](c) }

func status(c *clustertest.Cluster) batchv1.CronJobStatus {
	return clustertest.Get[*batchv1.CronJob](c, "tick").Status
}

// finish lets all pods succeed.
func finish(c *clustertest.Cluster) {
	for _, p := range clustertest.List[*corev1.Pod](c) {
		if p.Status.Phase == corev1.PodPending {
			c.End(corev1.PodSucceeded, p.Name)
		}
	}
	c.After(2 * time.Second)
}

func TestJobsStartOnSchedule(t *testing.T) {
	c := clustertest.New(t) // at 2026-01-01 00:00
	clustertest.Create(c, newCronJob("*/5 * * * *"))
	require.Empty(t, jobs(c))
	c.After(5 * time.Minute)
	require.Empty(t, jobs(c))
	c.After(100 * time.Millisecond)
	require.Equal(t, []string{"tick-29453765"}, jobs(c)) // minutes since 1970

	s := status(c)
	require.Equal(t, "2026-01-01T00:05:00Z", s.LastScheduleTime.UTC().Format(time.RFC3339))
	require.Equal(t, "tick-29453765", s.Active[0].Name)
	job := clustertest.Get[*batchv1.Job](c, "tick-29453765")
	require.Equal(t, "2026-01-01T00:05:00Z", job.Annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"])

	finish(c)
	require.Empty(t, status(c).Active)
	require.NotNil(t, status(c).LastSuccessfulTime)
	require.Equal(t, []string{
		"SuccessfulCreate: Created job tick-29453765",
		"SawCompletedJob: Saw completed job: tick-29453765, condition: Complete",
	}, c.Events("tick"))
}

func TestScheduleThatNeverComes(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newCronJob("0 0 31 2 *"))
	require.Equal(t, []string{"InvalidSchedule: invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second"}, c.Events("tick"))
}

func TestTimeZone(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newCronJob("@daily", func(s *batchv1.CronJobSpec) { s.TimeZone = ptr.To("Asia/Tokyo") }))
	c.After(15*time.Hour + time.Second)
	job := clustertest.List[*batchv1.Job](c)[0]
	require.Equal(t, "2026-01-02T00:00:00+09:00", job.Annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"])
}

func TestConcurrencyPolicy(t *testing.T) {
	for _, tt := range []struct {
		policy batchv1.ConcurrencyPolicy
		jobs   []string
		event  string
	}{
		{batchv1.AllowConcurrent, []string{"tick-29453761", "tick-29453762"}, "SuccessfulCreate: Created job tick-29453762"},
		{batchv1.ForbidConcurrent, []string{"tick-29453761"}, "JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid"},
		{batchv1.ReplaceConcurrent, []string{"tick-29453762"}, "SuccessfulDelete: Deleted job tick-29453761"},
	} {
		t.Run(string(tt.policy), func(t *testing.T) {
			c := clustertest.New(t)
			clustertest.Create(c, newCronJob("* * * * *", func(s *batchv1.CronJobSpec) { s.ConcurrencyPolicy = tt.policy }))
			c.After(2*time.Minute + time.Second)
			require.Equal(t, tt.jobs, jobs(c))
			require.Contains(t, c.Events("tick"), tt.event)
			require.Len(t, status(c).Active, len(tt.jobs))
		})
	}
}

func TestSuspendedCronJobStartsOnlyTheLatestMissedJob(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newCronJob("* * * * *", func(s *batchv1.CronJobSpec) { s.Suspend = ptr.To(true) }))
	c.After(3*time.Hour + 30*time.Second)
	require.Empty(t, jobs(c))
	clustertest.Update(c, "tick", func(j *batchv1.CronJob) { j.Spec.Suspend = ptr.To(false) })
	require.Equal(t, []string{"tick-29453940"}, jobs(c))
	require.Contains(t, c.Events("tick"),
		"TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
}

func TestStartingDeadline(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newCronJob("@hourly", func(s *batchv1.CronJobSpec) {
		s.Suspend, s.StartingDeadlineSeconds = ptr.To(true), ptr.To[int64](10)
	}))
	c.After(time.Hour + 30*time.Second)
	clustertest.Update(c, "tick", func(j *batchv1.CronJob) { j.Spec.Suspend = ptr.To(false) })
	require.Empty(t, jobs(c))
	c.After(time.Hour)
	require.Equal(t, []string{"tick-29453880"}, jobs(c))
}

func TestHistoryLimit(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newCronJob("* * * * *", func(s *batchv1.CronJobSpec) { s.SuccessfulJobsHistoryLimit = ptr.To[int32](1) }))
	for range 3 {
		c.After(time.Minute)
		finish(c)
	}
	require.Equal(t, []string{"tick-29453763"}, jobs(c))
}
