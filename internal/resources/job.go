package resources

import (
	"fmt"
	"math"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/podspec"
)

// Labels of pods of jobs, from before labels had domains.
const (
	legacyControllerUID = "controller-uid"
	legacyJobName       = "job-name"
)

func job() *Kind {
	return define(Definition[*batchv1.Job]{
		Name: "Job", Resource: "jobs", Categories: []string{"all"},
		Version:          batchv1.SchemeGroupVersion,
		Default:          defaultJob,
		Spec:             func(j *batchv1.Job) any { return &j.Spec },
		PrepareForCreate: prepareJob,
		PrepareForUpdate: func(j, _ *batchv1.Job) { dropDisabledJobFields(&j.Spec) },
		Validate:         validateJob,
		ValidateUpdate:   validateJobUpdate,
		Warnings:         jobWarnings,
		OrphanByDefault:  true,
		OrphanWarning: "child pods are preserved by default when jobs are deleted; " +
			"set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
		Status: &Status[*batchv1.Job]{
			Copy:     func(to, from *batchv1.Job) { to.Status = *from.Status.DeepCopy() },
			Keep:     func(j, _ *batchv1.Job) { defaultJobLabels(j) }, // by the template that stays
			Validate: validateJobStatus,
		},
		UnknownField: "field label %q not supported for Job",
		Fields: func(j *batchv1.Job) fields.Set {
			return fields.Set{"status.successful": strconv.Itoa(int(j.Status.Succeeded))}
		},
		Columns: append(append([]metav1.TableColumnDefinition{
			NameColumn(),
			Column("Status", "Status of the job."),
			Column("Completions", batchv1.JobStatus{}.SwaggerDoc()["succeeded"]),
			Column("Duration", "Time required to complete the job."),
			AgeColumn(),
		}, containerColumns()...), Wide(Column("Selector", batchv1.JobSpec{}.SwaggerDoc()["selector"]))),
		Row: func(j *batchv1.Job, now time.Time) []any {
			names, images := containerCells(j.Spec.Template.Spec.Containers)
			return []any{
				j.Name, jobStatusCell(j), completionsCell(j), jobDuration(j, now), Age(j.CreationTimestamp, now),
				names, images, metav1.FormatLabelSelector(j.Spec.Selector),
			}
		},
	})
}

func defaultJob(j *batchv1.Job) {
	podspec.SetTemplateDefaults(&j.Spec.Template)
	defaultJobLabels(j)
	if j.Spec.Completions == nil && j.Spec.Parallelism == nil {
		setDefault(&j.Spec.Completions, 1)
	}
	setDefault(&j.Spec.Parallelism, 1)
	if j.Spec.BackoffLimitPerIndex != nil {
		setDefault(&j.Spec.BackoffLimit, math.MaxInt32)
	}
	setDefault(&j.Spec.BackoffLimit, 6)
	setDefault(&j.Spec.CompletionMode, batchv1.NonIndexedCompletion)
	setDefault(&j.Spec.Suspend, false)
	setDefault(&j.Spec.ManualSelector, false)
	defaultPodFailurePolicy(j.Spec.PodFailurePolicy)
	if j.Spec.PodFailurePolicy != nil {
		setDefault(&j.Spec.PodReplacementPolicy, batchv1.Failed)
	}
	setDefault(&j.Spec.PodReplacementPolicy, batchv1.TerminatingOrFailed)
}

// defaultJobLabels lets a job without labels have those of its template: the
// same map, so that those which prepareJob adds to the one are the other's too.
func defaultJobLabels(j *batchv1.Job) {
	if len(j.Labels) == 0 {
		j.Labels = j.Spec.Template.Labels
	}
}

func defaultPodFailurePolicy(p *batchv1.PodFailurePolicy) {
	if p == nil {
		return
	}
	for _, rule := range p.Rules {
		for i := range rule.OnPodConditions {
			setIfZero(&rule.OnPodConditions[i].Status, corev1.ConditionTrue)
		}
	}
}

// prepareJob makes the selector that finds the pods of this job and no other,
// by its UID, unless the author wants to manage that.
func prepareJob(j *batchv1.Job) {
	dropDisabledJobFields(&j.Spec)
	if j.Spec.PodFailurePolicy != nil {
		dropEmpty(&j.Spec.PodFailurePolicy.Rules)
	}
	if ptr.Deref(j.Spec.ManualSelector, false) {
		return
	}
	if j.Spec.Template.Labels == nil {
		j.Spec.Template.Labels = map[string]string{}
	}
	for key, value := range jobPodLabels(j) {
		if _, ok := j.Spec.Template.Labels[key]; !ok {
			j.Spec.Template.Labels[key] = value
		}
	}
	if j.Spec.Selector == nil {
		j.Spec.Selector = &metav1.LabelSelector{}
	}
	if j.Spec.Selector.MatchLabels == nil {
		j.Spec.Selector.MatchLabels = map[string]string{}
	}
	if _, ok := j.Spec.Selector.MatchLabels[batchv1.ControllerUidLabel]; !ok {
		j.Spec.Selector.MatchLabels[batchv1.ControllerUidLabel] = string(j.UID)
	}
	defaultJobLabels(j)
}

// dropDisabledJobFields drops what only clusters with alpha features have.
func dropDisabledJobFields(spec *batchv1.JobSpec) {
	spec.Scheduling = nil
	podspec.DropDisabledFields(&spec.Template)
}

// jobPodLabels are the labels of the pods of a job that has no selector of its
// author's.
func jobPodLabels(j *batchv1.Job) map[string]string {
	return map[string]string{
		batchv1.JobNameLabel:       j.Name,
		legacyJobName:              j.Name,
		batchv1.ControllerUidLabel: string(j.UID),
		legacyControllerUID:        string(j.UID),
	}
}

func jobWarnings(j, old *batchv1.Job) []string {
	var warnings []string
	if old == nil {
		warnings = nameWarnings(j.Name)
	} else if j.Generation == old.Generation {
		return nil
	}
	return append(warnings, jobSpecWarnings(&j.Spec, field.NewPath("spec"))...)
}

func jobSpecWarnings(spec *batchv1.JobSpec, path *field.Path) []string {
	var warnings []string
	if isIndexed(spec) && ptr.Deref(spec.Completions, 0) > completionsSoftLimit && ptr.Deref(spec.Parallelism, 0) > parallelismLimitForHighCompletions {
		warnings = append(warnings, fmt.Sprintf("In Indexed Jobs with a number of completions higher than %d and a parallelism higher than %d, "+
			"Kubernetes might not be able to track completedIndexes when a big number of indexes fail", completionsSoftLimit, parallelismLimitForHighCompletions))
	}
	return append(warnings, podspec.TemplateWarnings(&spec.Template, path.Child("template"))...)
}

func isIndexed(spec *batchv1.JobSpec) bool {
	return ptr.Deref(spec.CompletionMode, batchv1.NonIndexedCompletion) == batchv1.IndexedCompletion
}

func hasJobCondition(j *batchv1.Job, t batchv1.JobConditionType) bool {
	for _, c := range j.Status.Conditions {
		if c.Type == t {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func jobStatusCell(j *batchv1.Job) string {
	switch {
	case hasJobCondition(j, batchv1.JobComplete):
		return "Complete"
	case hasJobCondition(j, batchv1.JobFailed):
		return "Failed"
	case !j.DeletionTimestamp.IsZero():
		return "Terminating"
	case hasJobCondition(j, batchv1.JobSuspended):
		return "Suspended"
	case hasJobCondition(j, batchv1.JobFailureTarget):
		return "FailureTarget"
	}
	return "Running"
}

func completionsCell(j *batchv1.Job) string {
	switch parallelism := ptr.Deref(j.Spec.Parallelism, 0); {
	case j.Spec.Completions != nil:
		return fmt.Sprintf("%d/%d", j.Status.Succeeded, *j.Spec.Completions)
	case parallelism > 1:
		return fmt.Sprintf("%d/1 of %d", j.Status.Succeeded, parallelism)
	}
	return fmt.Sprintf("%d/1", j.Status.Succeeded)
}

func jobDuration(j *batchv1.Job, now time.Time) string {
	if j.Status.StartTime == nil {
		return ""
	}
	if j.Status.CompletionTime != nil {
		now = j.Status.CompletionTime.Time
	}
	return duration.HumanDuration(now.Sub(j.Status.StartTime.Time))
}
