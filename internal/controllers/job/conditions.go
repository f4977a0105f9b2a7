package job

import (
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// conditionOf returns a condition that holds, or nil.
func conditionOf(job *batchv1.Job, kind batchv1.JobConditionType) *batchv1.JobCondition {
	for i := range job.Status.Conditions {
		if c := &job.Status.Conditions[i]; c.Type == kind && c.Status == corev1.ConditionTrue {
			return c
		}
	}
	return nil
}

// finished reports whether a Job has come to its end, good or bad.
func finished(job *batchv1.Job) bool {
	return conditionOf(job, batchv1.JobComplete) != nil || conditionOf(job, batchv1.JobFailed) != nil
}

// condition is a condition that holds from now on.
func (s *session) condition(kind batchv1.JobConditionType, reason, message string) *batchv1.JobCondition {
	now := *s.timestamp()
	return &batchv1.JobCondition{
		Type: kind, Status: corev1.ConditionTrue, LastProbeTime: now, LastTransitionTime: now,
		Reason: reason, Message: message,
	}
}

// setCondition sets a condition and reports whether that changed anything. One
// that does not hold is not added.
func (s *session) setCondition(next *batchv1.JobCondition) bool {
	for i := range s.job.Status.Conditions {
		c := &s.job.Status.Conditions[i]
		if c.Type != next.Type {
			continue
		}
		if c.Status == next.Status && c.Reason == next.Reason && c.Message == next.Message {
			return false
		}
		*c = *next
		return true
	}
	if next.Status == corev1.ConditionFalse {
		return false
	}
	s.job.Status.Conditions = append(s.job.Status.Conditions, *next)
	return true
}

// judge returns the condition that ends the Job, nil if it may go on: one of
// FailureTarget and SuccessCriteriaMet, which become Failed and Complete once
// all pods are accounted for.
func (s *session) judge() *batchv1.JobCondition {
	for _, decide := range []func() *batchv1.JobCondition{
		s.judgedBefore, s.failedByPolicy, s.pastBackoffLimit, s.pastDeadline, s.pastIndexLimits, s.succeededByPolicy,
	} {
		if verdict := decide(); verdict != nil {
			return verdict
		}
	}
	return nil
}

func (s *session) judgedBefore() *batchv1.JobCondition {
	if c := conditionOf(s.job, batchv1.JobFailureTarget); c != nil {
		return c
	}
	return conditionOf(s.job, batchv1.JobSuccessCriteriaMet)
}

func (s *session) failTarget(reason, message string) *batchv1.JobCondition {
	return s.condition(batchv1.JobFailureTarget, reason, message)
}

func (s *session) failedByPolicy() *batchv1.JobCondition {
	if s.job.Spec.PodFailurePolicy == nil {
		return nil
	}
	for _, pod := range s.pods {
		if !s.podFailed(pod) {
			continue
		}
		if m := s.matchPolicy(pod); m.action == batchv1.PodFailurePolicyActionFailJob {
			return s.failTarget(batchv1.JobReasonPodFailurePolicy, m.message)
		}
	}
	return nil
}

func (s *session) pastBackoffLimit() *batchv1.JobCondition {
	limit := *s.job.Spec.BackoffLimit
	if s.failed > limit || s.restartedTooOften(limit) {
		return s.failTarget(batchv1.JobReasonBackoffLimitExceeded, "Job has reached the specified backoff limit")
	}
	return nil
}

// restartedTooOften counts restarts within pods against the limit, where the
// kubelet does them.
func (s *session) restartedTooOften(limit int32) bool {
	if s.job.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyOnFailure {
		return false
	}
	var n int32
	for _, pod := range s.pods {
		if pod.Status.Phase != corev1.PodRunning && pod.Status.Phase != corev1.PodPending {
			continue
		}
		for _, statuses := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
			for i := range statuses {
				n += statuses[i].RestartCount
			}
		}
	}
	return n > 0 && n >= limit
}

func (s *session) pastDeadline() *batchv1.JobCondition {
	if s.job.Spec.ActiveDeadlineSeconds == nil || s.job.Status.StartTime == nil || s.suspended() {
		return nil
	}
	left := s.job.Status.StartTime.Add(time.Duration(*s.job.Spec.ActiveDeadlineSeconds) * time.Second).Sub(s.now)
	if left <= 0 {
		return s.failTarget(batchv1.JobReasonDeadlineExceeded, "Job was active longer than specified deadline")
	}
	s.after(left)
	return nil
}

func (s *session) pastIndexLimits() *batchv1.JobCondition {
	if !s.indexed() || !s.perIndex() {
		return nil
	}
	n := int32(len(s.spoilt))
	if limit := s.job.Spec.MaxFailedIndexes; limit != nil && n > *limit {
		return s.failTarget(batchv1.JobReasonMaxFailedIndexesExceeded, "Job has exceeded the specified maximal number of failed indexes")
	}
	if n > 0 && len(s.spoilt)+len(s.done) >= s.completions() {
		return s.failTarget(batchv1.JobReasonFailedIndexes, "Job has failed indexes")
	}
	return nil
}

func (s *session) succeededByPolicy() *batchv1.JobCondition {
	policy := s.job.Spec.SuccessPolicy
	if !s.indexed() || policy == nil || len(s.done) == 0 {
		return nil
	}
	for i := range policy.Rules {
		if s.fulfils(&policy.Rules[i]) {
			return s.condition(batchv1.JobSuccessCriteriaMet, batchv1.JobReasonSuccessPolicy, fmt.Sprintf("Matched rules at index %d", i))
		}
	}
	return nil
}

// fulfils reports whether enough of the indexes of a rule have succeeded.
func (s *session) fulfils(rule *batchv1.SuccessPolicyRule) bool {
	done := s.done
	if rule.SucceededIndexes != nil {
		asked := parseIndexes(*rule.SucceededIndexes, s.completions())
		done = asked.and(s.done)
		if rule.SucceededCount == nil {
			return len(done) == len(asked)
		}
	}
	return rule.SucceededCount != nil && int(*rule.SucceededCount) <= len(done)
}
