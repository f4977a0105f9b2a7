package health

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// OfJob is Of for a job that was read as its Go type.
func OfJob(job *batchv1.Job) Health {
	if job.DeletionTimestamp != nil {
		return terminating(job)
	}
	return ofJob(job)
}

func ofJob(job *batchv1.Job) Health {
	for _, c := range job.Status.Conditions {
		switch {
		case c.Status != corev1.ConditionTrue:
		case c.Type == batchv1.JobComplete:
			return ready("Complete")
		case c.Type == batchv1.JobFailed:
			return failed("%s", c.Message)
		case c.Type == batchv1.JobSuspended:
			return progressing("Suspended")
		}
	}
	switch wanted := job.Spec.Completions; {
	case job.Status.Failed > 0:
		return progressing("%d succeeded, %d active, %d failed", job.Status.Succeeded, job.Status.Active, job.Status.Failed)
	case wanted != nil:
		return progressing("%d of %d completions, %d active", job.Status.Succeeded, *wanted, job.Status.Active)
	}
	return progressing("%d active", job.Status.Active)
}
