// Package cronjob starts Jobs on a schedule, as
// https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ states.
package cronjob

import (
	"time"

	"github.com/robfig/cron/v3"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

var (
	gvk      = batchv1.SchemeGroupVersion.WithKind("CronJob")
	cronJobs = schema.GroupResource{Group: batchv1.GroupName, Resource: "cronjobs"}
	jobs     = schema.GroupResource{Group: batchv1.GroupName, Resource: "jobs"}
)

type controller struct {
	client   *client.Client
	recorder *events.Recorder
}

// New returns the controller of CronJobs.
func New(r *registry.Registry) *controllers.Controller {
	const name = "cronjob-controller"
	account := client.ForServiceAccount(r, name)
	c := &controller{client: account, recorder: events.NewRecorder(account, name, "")}
	return &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			controllers.Each(cronJobs),
			podcontrol.WakeOwner(jobs, gvk.GroupKind(), nil),
		},
		Reconcile: c.reconcile,
	}
}

// session is one reconciliation of a CronJob.
type session struct {
	*controller
	cron *batchv1.CronJob // ours to change
	jobs []*batchv1.Job   // those that it controls, by name
	now  time.Time
}

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	cronJob, ok := client.Get[*batchv1.CronJob](c.client, key.Namespace, key.Name)
	if !ok {
		return controllers.Result{}, nil
	}
	s := &session{
		controller: c, cron: cronJob.DeepCopy(), now: c.client.Registry.Loop.Now().UTC(),
		jobs: client.Controlled[*batchv1.Job](c.client, cronJob.UID),
	}
	s.checkActive()
	wake, err := s.start()
	if err != nil {
		return controllers.Result{}, err
	}
	if err := s.trim(); err != nil {
		return controllers.Result{}, err
	}
	if !equality.Semantic.DeepEqual(cronJob.Status, s.cron.Status) {
		_, err = client.UpdateStatus(c.client, s.cron)
	}
	return controllers.Result{After: wake}, err
}

// start starts the Job that is due, if one is; wake is the time until the next.
func (s *session) start() (wake time.Duration, err error) {
	if s.cron.DeletionTimestamp != nil || ptr.Deref(s.cron.Spec.Suspend, false) {
		return 0, nil
	}
	schedule := s.schedule()
	if schedule == nil {
		return 0, nil
	}
	due, ok := s.due(schedule)
	if !ok {
		return 0, nil
	}
	next := s.untilNext(schedule)
	switch {
	case due.IsZero(), s.startedBefore(due):
		return next, nil
	case s.tooLate(due):
		s.warn("MissSchedule", "Missed scheduled time to start a job: %s", due.UTC().Format(time.RFC1123Z))
		return next, nil
	case s.cron.Spec.ConcurrencyPolicy == batchv1.ForbidConcurrent && len(s.cron.Status.Active) > 0:
		s.note("JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid")
		return next, nil
	case s.cron.Spec.ConcurrencyPolicy == batchv1.ReplaceConcurrent:
		if err := s.replaceActive(); err != nil {
			return 0, err
		}
	}
	if err := s.create(due); err != nil {
		return 0, err
	}
	return s.untilNext(schedule), nil
}

// schedule is what spec.schedule and spec.timeZone mean, nil if that is
// nothing.
func (s *session) schedule() cron.Schedule {
	text := s.formatted()
	if zone := s.cron.Spec.TimeZone; zone != nil {
		if _, err := time.LoadLocation(*zone); err != nil {
			s.warn("UnknownTimeZone", "invalid timeZone: %q: %s", *zone, err)
			return nil
		}
	}
	schedule, err := cron.ParseStandard(text)
	if err != nil {
		s.warn("UnparseableSchedule", "unparseable schedule: %q : %s", s.cron.Spec.Schedule, err)
		return nil
	}
	return schedule
}

func (s *session) warn(reason, format string, args ...any) {
	s.recorder.Eventf(s.cron, corev1.EventTypeWarning, reason, format, args...)
}

func (s *session) note(reason, format string, args ...any) {
	s.recorder.Eventf(s.cron, corev1.EventTypeNormal, reason, format, args...)
}

// create starts the Job of a scheduled time. One of that name that is there
// already was started by somebody else.
func (s *session) create(due time.Time) error {
	job, err := client.Create(s.client, s.newJob(due))
	switch {
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return nil
	case apierrors.IsAlreadyExists(err):
		there, ok := client.Get[*batchv1.Job](s.client, s.cron.Namespace, s.jobName(due))
		if !ok || !metav1.IsControlledBy(there, s.cron) {
			return err
		}
		job = there
	case err != nil:
		s.warn("FailedCreate", "Error creating job: %v", err)
		return err
	default:
		s.note("SuccessfulCreate", "Created job %v", job.Name)
	}
	s.cron.Status.Active = append(s.cron.Status.Active, events.Reference(job))
	at := metav1.NewTime(due)
	s.cron.Status.LastScheduleTime = &at
	return nil
}
