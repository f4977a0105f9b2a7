package resources

import (
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/internalform"
)

// validateJobStatus checks what a job's controller, which may be anybody's,
// says. Most rules apply only to what it changed, so that a status which was
// overtaken by a change of the spec does not stop it.
func validateJobStatus(j, old *batchv1.Job) field.ErrorList {
	path, s := field.NewPath("status"), &j.Status
	errs := validateCounts(path, count{"active", int64(s.Active)}, count{"succeeded", int64(s.Succeeded)}, count{"failed", int64(s.Failed)},
		optionalCount("ready", s.Ready), optionalCount("terminating", s.Terminating))
	errs = append(errs, validateUncountedPods(s.UncountedTerminatedPods, path.Child("uncountedTerminatedPods"))...)
	errs = append(errs, validateJobConditions(j, old, path.Child("conditions"))...)
	errs = append(errs, validateJobTimes(j, old, path)...)
	errs = append(errs, validateFinishedJob(j, old, path)...)
	errs = append(errs, validateJobIndexes(j, old, path)...)
	return append(errs, validateJobProgress(j, old, path)...)
}

func validateUncountedPods(u *batchv1.UncountedTerminatedPods, path *field.Path) field.ErrorList {
	if u == nil {
		return nil
	}
	seen := map[types.UID]bool{}
	var errs field.ErrorList
	check := func(uids []types.UID, path *field.Path) {
		for i, uid := range uids {
			switch {
			case uid == "":
				errs = append(errs, field.Invalid(path.Index(i), uid, "must not be empty"))
			case seen[uid]:
				errs = append(errs, field.Duplicate(path.Index(i), uid))
			}
			seen[uid] = true
		}
	}
	check(u.Succeeded, path.Child("succeeded"))
	check(u.Failed, path.Child("failed"))
	return errs
}

// jobState is which conditions of a job are true.
type jobState struct{ complete, failed, failureTarget, success bool }

func stateOf(j *batchv1.Job) jobState {
	return jobState{
		complete:      hasJobCondition(j, batchv1.JobComplete),
		failed:        hasJobCondition(j, batchv1.JobFailed),
		failureTarget: hasJobCondition(j, batchv1.JobFailureTarget),
		success:       hasJobCondition(j, batchv1.JobSuccessCriteriaMet),
	}
}

func (s jobState) finished() bool { return s.complete || s.failed }

func validateJobConditions(j, old *batchv1.Job, path *field.Path) field.ErrorList {
	now, was := stateOf(j), stateOf(old)
	completeChanged := now.complete != was.complete
	var errs field.ErrorList
	for _, rule := range []struct {
		broken  bool
		message string
	}{
		{(completeChanged || now.failed != was.failed) && now.complete && now.failed, "cannot set Complete=True and Failed=true conditions"},
		{(completeChanged || now.failureTarget != was.failureTarget) && now.complete && now.failureTarget, "cannot set Complete=True and FailureTarget=true conditions"},
		{now.failed && !was.failed && !now.failureTarget, "cannot set Failed=True condition without the FailureTarget=true condition"},
		{now.complete && !was.complete && !now.success, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition"},
		{now.success && now.failed, "cannot set SuccessCriteriaMet=True and Failed=true conditions"},
		{now.success && now.failureTarget, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"},
		{j.Spec.SuccessPolicy != nil && !now.success && now.complete, "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"},
		{was.failed && !now.failed, "cannot disable the terminal Failed=True condition"},
		{was.complete && !now.complete, "cannot disable the terminal Complete=True condition"},
		{was.failureTarget && !now.failureTarget, "cannot disable the terminal FailureTarget=True condition"},
		{was.success && !now.success, "cannot disable the SuccessCriteriaMet=True condition"},
		{was.complete && !was.success && now.success, "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"},
	} {
		if rule.broken {
			errs = append(errs, field.Invalid(path, field.OmitValueType{}, rule.message))
		}
	}
	return errs
}

func validateJobTimes(j, old *batchv1.Job, path *field.Path) field.ErrorList {
	s, path := &j.Status, path.Child("completionTime")
	complete := hasJobCondition(j, batchv1.JobComplete)
	startChanged := !ptr.Equal(s.StartTime, old.Status.StartTime)
	ended := s.CompletionTime
	endChanged := !ptr.Equal(ended, old.Status.CompletionTime)
	var errs field.ErrorList
	if endChanged || complete != hasJobCondition(old, batchv1.JobComplete) {
		switch {
		case ended != nil && !complete:
			errs = append(errs, field.Invalid(path, ended, "cannot set completionTime when there is no Complete=True condition"))
		case ended == nil && complete:
			errs = append(errs, field.Required(path, "completionTime is required for Complete jobs"))
		}
	}
	if (startChanged || endChanged) && s.StartTime != nil && ended != nil && ended.Before(s.StartTime) {
		errs = append(errs, field.Invalid(path, ended, "completionTime cannot be set before startTime"))
	}
	if ended != nil && old.Status.CompletionTime != nil && endChanged {
		errs = append(errs, field.Invalid(path, ended, "completionTime cannot be mutated"))
	}
	return errs
}

func validateFinishedJob(j, old *batchv1.Job, path *field.Path) field.ErrorList {
	if !stateOf(j).finished() {
		return nil
	}
	s, before := &j.Status, &old.Status
	justFinished := !stateOf(old).finished()
	uncounted := s.UncountedTerminatedPods
	var errs field.ErrorList
	if (justFinished || s.Active != before.Active) && s.Active > 0 {
		errs = append(errs, field.Invalid(path.Child("active"), s.Active, "active>0 is invalid for finished job"))
	}
	if (justFinished || !ptr.Equal(s.StartTime, before.StartTime)) && s.StartTime == nil {
		errs = append(errs, field.Required(path.Child("startTime"), "startTime is required for finished job"))
	}
	if (justFinished || !equality.Semantic.DeepEqual(uncounted, before.UncountedTerminatedPods)) &&
		uncounted != nil && len(uncounted.Failed)+len(uncounted.Succeeded) > 0 {
		errs = append(errs, field.Invalid(path.Child("uncountedTerminatedPods"), internalform.Of(uncounted), "must be empty for finished job"))
	}
	if (justFinished || !ptr.Equal(s.Terminating, before.Terminating)) && ptr.Deref(s.Terminating, 0) > 0 {
		errs = append(errs, field.Invalid(path.Child("terminating"), *s.Terminating, "terminating>0 is invalid for finished job"))
	}
	return errs
}

func validateJobIndexes(j, old *batchv1.Job, path *field.Path) field.ErrorList {
	completedChanged := j.Status.CompletedIndexes != old.Status.CompletedIndexes
	failedChanged := !ptr.Equal(j.Status.FailedIndexes, old.Status.FailedIndexes)
	completed, failed := j.Status.CompletedIndexes, ptr.Deref(j.Status.FailedIndexes, "")
	completions := ptr.Deref(j.Spec.Completions, 0)
	completedRanges, completedErr := parseIndexes(completed, completions)
	failedRanges, failedErr := parseIndexes(failed, completions)
	var errs field.ErrorList
	if completedChanged {
		if j.Spec.Completions != nil && completedErr != nil {
			errs = append(errs, field.Invalid(path.Child("completedIndexes"), completed, fmt.Sprintf("error parsing completedIndexes: %v", completedErr)))
		}
		if completed != "" && !isIndexed(&j.Spec) {
			errs = append(errs, field.Invalid(path.Child("completedIndexes"), completed, "cannot set non-empty completedIndexes when non-indexed completion mode"))
		}
	}
	path = path.Child("failedIndexes")
	if failedChanged && j.Status.FailedIndexes != nil {
		switch {
		case j.Spec.BackoffLimitPerIndex == nil:
			errs = append(errs, field.Invalid(path, failed, "cannot set non-null failedIndexes when backoffLimitPerIndex is null"))
		case j.Spec.Completions != nil && failedErr != nil:
			errs = append(errs, field.Invalid(path, failed, fmt.Sprintf("error parsing failedIndexes: %v", failedErr)))
		}
	}
	if index, both := completedRanges.overlap(failedRanges); both && (completedChanged || failedChanged) {
		errs = append(errs, field.Invalid(path, failed, fmt.Sprintf("failedIndexes and completedIndexes overlap at index: %d", index)))
	}
	return errs
}

// validateJobProgress lets counters only grow.
func validateJobProgress(j, old *batchv1.Job, path *field.Path) field.ErrorList {
	s, before := &j.Status, &old.Status
	var errs field.ErrorList
	if s.Ready != nil && *s.Ready > s.Active && !ptr.Equal(s.Ready, before.Ready) {
		errs = append(errs, field.Invalid(path.Child("ready"), *s.Ready, "cannot set more ready pods than active"))
	}
	if s.Failed < before.Failed {
		errs = append(errs, field.Invalid(path.Child("failed"), s.Failed, "cannot decrease the failed counter"))
	}
	// An elastic job, whose completions are its parallelism, can shrink.
	elastic := isIndexed(&j.Spec) && ptr.Equal(j.Spec.Completions, j.Spec.Parallelism)
	if s.Succeeded < before.Succeeded && !elastic {
		errs = append(errs, field.Invalid(path.Child("succeeded"), s.Succeeded, "cannot decrease the succeeded counter"))
	}
	if before.StartTime != nil && !ptr.Equal(s.StartTime, before.StartTime) && !ptr.Deref(j.Spec.Suspend, false) && !resumes(s, before) {
		errs = append(errs, field.Invalid(path.Child("startTime"), s.StartTime, "field is immutable for unsuspended job once set"))
	}
	return errs
}

// resumes reports whether a status tells for the first time that its job is
// not suspended any more.
func resumes(s, before *batchv1.JobStatus) bool {
	suspended := func(s *batchv1.JobStatus, want corev1.ConditionStatus) bool {
		return slices.ContainsFunc(s.Conditions, func(c batchv1.JobCondition) bool {
			return c.Type == batchv1.JobSuspended && c.Status == want
		})
	}
	return suspended(before, corev1.ConditionTrue) && suspended(s, corev1.ConditionFalse)
}
