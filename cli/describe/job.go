package describe

import (
	"context"
	"fmt"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
)

func describeJob(ctx context.Context, w *writer, job *batchv1.Job, r *related) error {
	w.field("Name", job.Name)
	w.field("Namespace", job.Namespace)
	w.field("Selector", jobSelector(job.Spec.Selector))
	w.pairs("Labels", job.Labels)
	w.annotations("Annotations", job.Annotations)
	w.controlledBy(job)
	w.jobSpec(job.Spec)
	w.jobTimes(job)
	w.jobPods(job)
	w.podTemplate(&job.Spec.Template)
	w.events(ctx, r, aboutObject("Job", job))
	return nil
}

func jobSelector(selector *metav1.LabelSelector) string {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return fmt.Sprintf("Failed to get selector: %s", err)
	}
	return parsed.String()
}

func (w *writer) jobSpec(spec batchv1.JobSpec) {
	if spec.Parallelism != nil {
		w.field("Parallelism", *spec.Parallelism)
	}
	w.field("Completions", or(spec.Completions, "<unset>"))
	if spec.CompletionMode != nil {
		w.field("Completion Mode", *spec.CompletionMode)
	}
	if spec.Suspend != nil {
		w.field("Suspend", *spec.Suspend)
	}
	if spec.BackoffLimit != nil {
		w.field("Backoff Limit", *spec.BackoffLimit)
	}
	if spec.TTLSecondsAfterFinished != nil {
		w.field("TTL Seconds After Finished", *spec.TTLSecondsAfterFinished)
	}
}

func (w *writer) jobTimes(job *batchv1.Job) {
	started, completed := job.Status.StartTime, job.Status.CompletionTime
	if started != nil {
		w.field("Start Time", date(started.Time))
	}
	if completed != nil {
		w.field("Completed At", date(completed.Time))
	}
	if started != nil && completed != nil {
		w.field("Duration", duration.HumanDuration(completed.Sub(started.Time)))
	}
	if job.Spec.ActiveDeadlineSeconds != nil {
		w.fieldf("Active Deadline Seconds", "%ds", *job.Spec.ActiveDeadlineSeconds)
	}
}

func (w *writer) jobPods(job *batchv1.Job) {
	active := fmt.Sprint(job.Status.Active, " Active")
	if job.Status.Ready != nil {
		active += fmt.Sprintf(" (%d Ready)", *job.Status.Ready)
	}
	w.fieldf("Pods Statuses", "%s / %d Succeeded / %d Failed", active, job.Status.Succeeded, job.Status.Failed)
	if mode := job.Spec.CompletionMode; mode != nil && *mode == batchv1.IndexedCompletion {
		w.field("Completed Indexes", orNone(someIndexes(job.Status.CompletedIndexes)))
	}
}

// someIndexes cuts a long list of indexes at the first comma after 50 bytes.
func someIndexes(indexes string) string {
	const enough = 50
	if len(indexes) <= enough {
		return indexes
	}
	comma := strings.Index(indexes[enough:], ",")
	if comma < 0 {
		return indexes
	}
	return indexes[:enough+comma+1] + "..."
}
