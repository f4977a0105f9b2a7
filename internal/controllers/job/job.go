// Package job runs Jobs: pods that are to end, as
// https://kubernetes.io/docs/concepts/workloads/controllers/job/ states.
//
// Each pod carries a finalizer until its end has been counted in the Job's
// status, so that none is counted twice or forgotten. What has failed before,
// and how long ago, is read from the pods themselves.
package job

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

const (
	// gather is how long events about pods gather before their Job is looked at.
	gather = time.Second
	// burst is how many pods one reconciliation creates or deletes at most.
	burst = 500
	// controllerName in spec.managedBy means this controller.
	controllerName = "kubernetes.io/job-controller"
)

var (
	gvk  = batchv1.SchemeGroupVersion.WithKind("Job")
	jobs = schema.GroupResource{Group: batchv1.GroupName, Resource: "jobs"}
)

type controller struct {
	podcontrol.Control
}

// New returns the controller of Jobs.
func New(r *registry.Registry) *controllers.Controller {
	const name = "job-controller"
	account := client.ForServiceAccount(r, name)
	c := &controller{podcontrol.Control{Client: account, Recorder: events.NewRecorder(account, name, "")}}
	pods := podcontrol.WakeOwner(podcontrol.Pods, gvk.GroupKind(),
		podcontrol.Selecting(account, func(j *batchv1.Job) *metav1.LabelSelector { return j.Spec.Selector }))
	pods.Delay = gather
	return &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			{Resource: jobs, Keys: onlyIf(asked)},
			{Resource: jobs, Keys: onlyIf(reported), Delay: gather},
			pods,
			{Resource: podcontrol.Pods, Keys: orphaned},
		},
		Reconcile: c.reconcile,
		Retry:     [2]time.Duration{time.Second, time.Minute},
	}
}

func onlyIf(matters func(store.Event) bool) func(store.Event) []loop.Key {
	return func(ev store.Event) []loop.Key {
		if !matters(ev) {
			return nil
		}
		return []loop.Key{controllers.KeyOf(ev.Item.Object)}
	}
}

// asked reports whether an event is about what a Job should do.
func asked(ev store.Event) bool {
	return ev.Type != store.Modified || ev.Item.Object.GetGeneration() != ev.Old.Object.GetGeneration()
}

func reported(ev store.Event) bool { return !asked(ev) }

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	job, ok := client.Get[*batchv1.Job](c.Client, key.Namespace, key.Name)
	if !ok {
		return controllers.Result{}, c.releaseOrphans(key, nil)
	}
	if ptr.Deref(job.Spec.ManagedBy, controllerName) != controllerName {
		return controllers.Result{}, nil
	}
	if finished(job) {
		return controllers.Result{}, c.releaseOrphans(key, job)
	}
	s, err := c.open(job)
	if err != nil {
		return controllers.Result{}, err
	}
	if err := s.run(); err != nil {
		return controllers.Result{}, err
	}
	return controllers.Result{After: s.wake}, nil
}

// session is one reconciliation of a Job.
type session struct {
	*controller
	job *batchv1.Job // ours to change
	// stored is the status as it was written last.
	stored *batchv1.JobStatus
	now    time.Time
	// pods are all of the Job's, active those that run or will.
	pods, active []*corev1.Pod
	// counted are pods whose end the status has counted, but which still carry
	// the finalizer.
	counted counted
	// succeeded and failed include what the status has not counted yet.
	succeeded, failed int32
	// doneBefore are the completed indexes that the status lists, done all of
	// them; spoilt are the failed ones. Indexed Jobs only.
	doneBefore, done, spoilt indexes
	// verdict is the condition that ends the Job, nil while it goes on.
	verdict *batchv1.JobCondition
	wake    time.Duration
}

func (c *controller) open(job *batchv1.Job) (*session, error) {
	selector, err := metav1.LabelSelectorAsSelector(job.Spec.Selector)
	if err != nil {
		return nil, err
	}
	pods, err := c.Claim(job, gvk, selector)
	if err != nil {
		return nil, err
	}
	if pods, err = c.trackAdopted(pods); err != nil {
		return nil, err
	}
	s := &session{
		controller: c, job: job.DeepCopy(), stored: &job.Status, now: c.Client.Registry.Loop.Now(),
		pods: pods, active: podcontrol.Filter(pods, podcontrol.Active), counted: countedOf(job),
	}
	if s.job.Status.StartTime == nil && !s.suspended() {
		s.job.Status.StartTime = s.timestamp()
	}
	s.count()
	return s, nil
}

func (s *session) suspended() bool { return ptr.Deref(s.job.Spec.Suspend, false) }

func (s *session) indexed() bool {
	return ptr.Deref(s.job.Spec.CompletionMode, batchv1.NonIndexedCompletion) == batchv1.IndexedCompletion
}

func (s *session) perIndex() bool { return s.job.Spec.BackoffLimitPerIndex != nil }

func (s *session) completions() int { return int(ptr.Deref(s.job.Spec.Completions, 0)) }

func (s *session) timestamp() *metav1.Time {
	t := metav1.NewTime(s.now.Truncate(time.Second))
	return &t
}

// after asks to be woken once a time has passed.
func (s *session) after(d time.Duration) {
	if d > 0 && (s.wake == 0 || d < s.wake) {
		s.wake = d
	}
}

// run does what the state of the Job asks for, and reports it.
func (s *session) run() error {
	if err := s.act(); err != nil {
		return err
	}
	s.report()
	return s.track()
}

// act judges the Job, and makes or deletes pods.
func (s *session) act() error {
	s.verdict = s.judge()
	if s.verdict != nil {
		for _, pod := range s.active {
			if err := s.Delete(s.job, pod); err != nil {
				return err
			}
		}
		return nil
	}
	if s.job.DeletionTimestamp == nil {
		if err := s.manage(); err != nil {
			return err
		}
	}
	if s.complete() {
		s.verdict = s.condition(batchv1.JobSuccessCriteriaMet, batchv1.JobReasonCompletionsReached, "Reached expected number of succeeded pods")
		return nil
	}
	if s.job.DeletionTimestamp == nil {
		s.noteSuspension()
	}
	return nil
}

// report sets the numbers of pods in the status. Pods that this session has
// made or deleted are in them already.
func (s *session) report() {
	var active, ready, terminating int32
	for _, pod := range s.current() {
		switch {
		case podcontrol.Terminating(pod):
			terminating++
		case podcontrol.Active(pod):
			active++
			if podcontrol.Ready(pod) {
				ready++
			}
		}
	}
	s.job.Status.Active, s.job.Status.Ready, s.job.Status.Terminating = active, &ready, &terminating
}

// current are the Job's pods as they are now.
func (s *session) current() []*corev1.Pod {
	return client.Controlled[*corev1.Pod](s.Client, s.job.UID)
}

// complete reports whether enough pods have succeeded and none is left.
func (s *session) complete() bool {
	for _, pod := range s.current() {
		if podcontrol.Active(pod) {
			return false
		}
	}
	if s.job.Spec.Completions == nil {
		return s.succeeded > 0
	}
	return s.succeeded >= *s.job.Spec.Completions
}

// noteSuspension keeps the Suspended condition.
func (s *session) noteSuspension() {
	if s.suspended() {
		if s.setCondition(s.condition(batchv1.JobSuspended, "JobSuspended", "Job suspended")) {
			s.job.Status.StartTime = nil
			s.Recorder.Event(s.job, corev1.EventTypeNormal, "Suspended", "Job suspended")
		}
		return
	}
	resumed := s.condition(batchv1.JobSuspended, "JobResumed", "Job resumed")
	resumed.Status = corev1.ConditionFalse
	if s.setCondition(resumed) {
		s.Recorder.Event(s.job, corev1.EventTypeNormal, "Resumed", "Job resumed")
		s.job.Status.StartTime = s.timestamp() // its deadline starts anew
	}
}
