package why

import (
	"context"
	"sort"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/cli/health"
)

// job explains a job by its conditions and its pods, of which failed ones stay.
func (x *explainer) job(ctx context.Context, a *answer, job *batchv1.Job) {
	if a.health.State == health.Ready {
		return
	}
	for _, c := range job.Status.Conditions {
		switch {
		case c.Status != corev1.ConditionTrue:
		case c.Type == batchv1.JobFailed:
			a.add(causef("it has given up (%s): %s", c.Reason, c.Message))
		case c.Type == batchv1.JobSuspended:
			a.add(causef("it is suspended, so it makes no pods"))
		}
	}
	events := x.events(ctx, a, job, "Job")
	a.addEvents(events)
	a.add(creation(events, "it")...)
	if job.Spec.Selector != nil {
		selector, err := metav1.LabelSelectorAsSelector(job.Spec.Selector)
		if err != nil {
			a.add(causef("its selector can not be read: %v", err))
			return
		}
		x.podsBehind(ctx, a, x.podsOf(ctx, a, job.Namespace, selector, map[string]bool{string(job.UID): true}))
	}
	if len(a.causes) == 0 && job.Status.Active > 0 {
		a.add(causef("it is at work: %s running", numbered(int(job.Status.Active), "pod")))
	}
	a.suggest("describe job %s", job.Name)
}

// cronJob explains a cron job: whether it makes jobs, and how the newest fares.
func (x *explainer) cronJob(ctx context.Context, a *answer, c *batchv1.CronJob) {
	if c.Spec.Suspend != nil && *c.Spec.Suspend {
		a.add(causef("it is suspended, so it makes no jobs"))
	}
	if c.Status.LastScheduleTime == nil {
		a.add(causef("no time of its schedule, %s, has come yet", c.Spec.Schedule))
	}
	jobs := &batchv1.JobList{}
	if !x.list(ctx, a, batchv1.SchemeGroupVersion.WithResource("jobs"), c.Namespace, metav1.ListOptions{}, jobs) {
		return
	}
	var own []*batchv1.Job
	for _, job := range pointers(jobs.Items) {
		if metav1.IsControlledBy(job, c) {
			own = append(own, job)
		}
	}
	if len(own) == 0 {
		a.addEvents(x.events(ctx, a, c, "CronJob"))
		return
	}
	sort.SliceStable(own, func(i, j int) bool { return own[j].CreationTimestamp.Before(&own[i].CreationTimestamp) })
	newest := own[0]
	of := &answer{kind: "Job", namespace: newest.Namespace, name: newest.Name, health: health.OfJob(newest)}
	if of.health.State == health.Ready {
		return
	}
	x.job(ctx, of, newest)
	a.add(causef("its newest job, %s, %s", newest.Name, verdict(of.health)).with(of.causes...))
	a.addEvents(of.events)
	a.next = append(a.next, of.next...)
}
