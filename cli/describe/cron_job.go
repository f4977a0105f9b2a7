package describe

import (
	"context"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

func describeCronJob(ctx context.Context, w *writer, cron *batchv1.CronJob, r *related) error {
	w.metadata(cron, true)
	w.field("Schedule", cron.Spec.Schedule)
	w.field("Concurrency Policy", cron.Spec.ConcurrencyPolicy)
	w.field("Suspend", optionalBoolean(cron.Spec.Suspend))
	w.field("Time Zone", or(cron.Spec.TimeZone, "<unset>"))
	w.field("Successful Job History Limit", or(cron.Spec.SuccessfulJobsHistoryLimit, "<unset>"))
	w.field("Failed Job History Limit", or(cron.Spec.FailedJobsHistoryLimit, "<unset>"))
	if deadline := cron.Spec.StartingDeadlineSeconds; deadline != nil {
		w.fieldf("Starting Deadline Seconds", "%ds", *deadline)
	} else {
		w.field("Starting Deadline Seconds", "<unset>")
	}
	w.jobTemplate(cron.Spec.JobTemplate.Spec)
	if last := cron.Status.LastScheduleTime; last != nil {
		w.field("Last Schedule Time", date(last.Time))
	} else {
		w.field("Last Schedule Time", "<unset>")
	}
	w.field("Active Jobs", orNone(jobNames(cron.Status.Active)))
	w.events(ctx, r, aboutObject("CronJob", cron))
	return nil
}

func (w *writer) jobTemplate(spec batchv1.JobSpec) {
	selector := "<unset>"
	if spec.Selector != nil {
		selector = jobSelector(spec.Selector)
	}
	w.field("Selector", selector)
	w.field("Parallelism", or(spec.Parallelism, "<unset>"))
	w.field("Completions", or(spec.Completions, "<unset>"))
	if spec.ActiveDeadlineSeconds != nil {
		w.fieldf("Active Deadline Seconds", "%ds", *spec.ActiveDeadlineSeconds)
	}
	w.podTemplate(&spec.Template)
}

func jobNames(jobs []corev1.ObjectReference) string {
	names := make([]string, 0, len(jobs))
	for _, job := range jobs {
		names = append(names, job.Name)
	}
	return strings.Join(names, ", ")
}

func optionalBoolean(value *bool) string {
	if value == nil {
		return "<unset>"
	}
	return boolean(*value)
}
