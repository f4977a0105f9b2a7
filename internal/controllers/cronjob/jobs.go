package cronjob

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
)

// jobName is the name of the Job of a scheduled time, which it holds in
// minutes.
func (s *session) jobName(due time.Time) string {
	return fmt.Sprintf("%s-%d", s.cron.Name, due.Unix()/60)
}

func (s *session) newJob(due time.Time) *batchv1.Job {
	template := s.cron.Spec.JobTemplate.DeepCopy()
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       s.cron.Namespace,
			Name:            s.jobName(due),
			Labels:          maps.Clone(template.Labels),
			Annotations:     maps.Clone(template.Annotations),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(s.cron, gvk)},
		},
		Spec: template.Spec,
	}
	local := due.UTC()
	if zone := s.cron.Spec.TimeZone; zone != nil {
		if l, err := time.LoadLocation(*zone); err == nil {
			local = due.In(l)
		}
	}
	metav1.SetMetaDataAnnotation(&job.ObjectMeta, batchv1.CronJobScheduledTimestampAnnotation, local.Format(time.RFC3339))
	return job
}

// endOf is the condition by which a Job has ended, "" while it goes on.
func endOf(job *batchv1.Job) batchv1.JobConditionType {
	for _, c := range job.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return c.Type
		}
	}
	return ""
}

// checkActive brings the list of active Jobs in line with the Jobs there are.
func (s *session) checkActive() {
	there := map[types.UID]bool{}
	for _, job := range s.jobs {
		there[job.UID] = true
		end := endOf(job)
		switch active := s.isActive(job.UID); {
		case !active && end == "":
			s.warn("UnexpectedJob", "Saw a job that the controller did not create or forgot: %s", job.Name)
		case active && end != "":
			s.deactivate(job.UID)
			s.note("SawCompletedJob", "Saw completed job: %s, condition: %v", job.Name, end)
		case end == batchv1.JobComplete:
			s.noteSuccess(job)
		}
	}
	for _, ref := range slices.Clone(s.cron.Status.Active) {
		if !there[ref.UID] {
			s.note("MissingJob", "Active job went missing: %v", ref.Name)
			s.deactivate(ref.UID)
		}
	}
}

func (s *session) noteSuccess(job *batchv1.Job) {
	last, at := s.cron.Status.LastSuccessfulTime, job.Status.CompletionTime
	if last == nil || at != nil && at.After(last.Time) {
		s.cron.Status.LastSuccessfulTime = at
	}
}

func (s *session) isActive(uid types.UID) bool {
	return slices.ContainsFunc(s.cron.Status.Active, func(r corev1.ObjectReference) bool { return r.UID == uid })
}

func (s *session) deactivate(uid types.UID) {
	s.cron.Status.Active = slices.DeleteFunc(s.cron.Status.Active, func(r corev1.ObjectReference) bool { return r.UID == uid })
}

// replaceActive deletes the Jobs that still run.
func (s *session) replaceActive() error {
	for _, ref := range slices.Clone(s.cron.Status.Active) {
		job, ok := client.Get[*batchv1.Job](s.client, ref.Namespace, ref.Name)
		if !ok {
			err := apierrors.NewNotFound(jobs, ref.Name)
			s.warn("FailedGet", "Get job: %v", err)
			return err
		}
		if err := s.delete(job); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) delete(job *batchv1.Job) error {
	err := s.client.Delete(job, metav1.DeleteOptions{PropagationPolicy: ptr.To(metav1.DeletePropagationBackground)})
	if err != nil {
		s.warn("FailedDelete", "Deleted job: %v", err)
		return err
	}
	s.deactivate(job.UID)
	s.note("SuccessfulDelete", "Deleted job %v", job.Name)
	return nil
}

// trim deletes the oldest ended Jobs beyond the history limits.
func (s *session) trim() error {
	for _, side := range []struct {
		limit *int32
		end   batchv1.JobConditionType
	}{
		{s.cron.Spec.SuccessfulJobsHistoryLimit, batchv1.JobComplete},
		{s.cron.Spec.FailedJobsHistoryLimit, batchv1.JobFailed},
	} {
		if side.limit == nil {
			continue
		}
		ended := slices.DeleteFunc(slices.Clone(s.jobs), func(j *batchv1.Job) bool {
			return endOf(j) != side.end || j.DeletionTimestamp != nil
		})
		slices.SortStableFunc(ended, oldestFirst)
		for _, job := range ended[:max(0, len(ended)-int(*side.limit))] {
			if err := s.delete(job); err != nil {
				return err
			}
		}
	}
	return nil
}

// oldestFirst orders Jobs by their start; those that never started come last.
func oldestFirst(a, b *batchv1.Job) int {
	x, y := a.Status.StartTime, b.Status.StartTime
	switch {
	case x == nil && y != nil:
		return 1
	case x != nil && y == nil:
		return -1
	case x != nil && !x.Equal(y):
		return x.Compare(y.Time)
	}
	return cmp.Compare(a.Name, b.Name)
}
