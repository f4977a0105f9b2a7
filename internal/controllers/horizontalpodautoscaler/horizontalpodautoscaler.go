// Package horizontalpodautoscaler changes the number of replicas by what pods
// use: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
//
// What pods use is handed in. The recommendations and changes of the last
// minutes, which dampen what comes, are kept in memory, as in Kubernetes; a
// fork takes them over.
package horizontalpodautoscaler

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/scale"
	"github.com/kubejig/kubejig/internal/events"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// period is the time between two looks at an autoscaler.
const period = 15 * time.Second

var autoscalers = schema.GroupResource{Group: autoscalingv2.GroupName, Resource: "horizontalpodautoscalers"}

// Metrics says what pods use.
type Metrics interface {
	// PodUsage returns what the containers of a pod use at present, false
	// where nothing is known.
	PodUsage(namespace, pod string) (Sample, bool)
}

// Sample is what a pod uses.
type Sample struct {
	// Containers by name; quantities of cpu and memory.
	Containers map[string]corev1.ResourceList
	// At is when it was measured, over a Window of time before that.
	At     time.Time
	Window time.Duration
}

// Autoscaler is the controller.
type Autoscaler struct {
	client   *client.Client
	recorder *events.Recorder
	metrics  Metrics
	memories map[loop.Key]*memory
}

// Run adds the controller to the loop; metrics may be nil. It looks at each
// autoscaler for ever, so its timers count as background.
func Run(r *registry.Registry, metrics Metrics) *Autoscaler {
	const name = "horizontal-pod-autoscaler"
	account := client.ForServiceAccount(r, name)
	c := &Autoscaler{
		client: account, recorder: events.NewRecorder(account, name, ""),
		metrics: metrics, memories: map[loop.Key]*memory{},
	}
	controllers.RunInBackground(r, &controllers.Controller{
		Name: name,
		Watches: []controllers.Watch{
			{Resource: autoscalers, Keys: asked},
			{Resource: autoscalers, Keys: touched, Delay: period},
		},
		Reconcile: c.reconcile,
	})
	return c
}

// Remember takes over what another controller remembers, in a fork of its
// cluster.
func (c *Autoscaler) Remember(other *Autoscaler) {
	for key, m := range other.memories {
		c.memories[key] = &memory{recommended: slices.Clone(m.recommended), changes: slices.Clone(m.changes), selector: m.selector}
	}
}

// asked is an autoscaler that is new or asks for something else than before,
// which is looked at at once.
func asked(ev store.Event) []loop.Key {
	switch ev.Type {
	case store.Added:
	case store.Modified:
		if ev.Item.Object.GetGeneration() == ev.Old.Object.GetGeneration() {
			return nil
		}
	default:
		return nil
	}
	return []loop.Key{controllers.KeyOf(ev.Item.Object)}
}

// touched is an autoscaler that changed in whatever way.
func touched(ev store.Event) []loop.Key {
	if ev.Type != store.Modified {
		return nil
	}
	return []loop.Key{controllers.KeyOf(ev.Item.Object)}
}

func (c *Autoscaler) reconcile(key loop.Key) (controllers.Result, error) {
	hpa, ok := client.Get[*autoscalingv2.HorizontalPodAutoscaler](c.client, key.Namespace, key.Name)
	if !ok {
		delete(c.memories, key)
		return controllers.Result{}, nil
	}
	m, ok := c.memories[key]
	if !ok {
		m = &memory{}
		c.memories[key] = m
	}
	s := &session{Autoscaler: c, hpa: hpa.DeepCopy(), memory: m, now: c.client.Registry.Loop.Now()}
	s.run()
	if equality.Semantic.DeepEqual(hpa.Status, s.hpa.Status) {
		return controllers.Result{After: period}, nil
	}
	// What can't be written now is worked out anew the next time.
	_, _ = client.UpdateStatus(c.client, s.hpa)
	return controllers.Result{After: period}, nil
}

// session is one look at an autoscaler.
type session struct {
	*Autoscaler
	hpa    *autoscalingv2.HorizontalPodAutoscaler // ours to change
	memory *memory
	now    time.Time
	target *scale.Target
	pods   []*corev1.Pod
}

// run rescales the target if need be and sets the autoscaler's status.
func (s *session) run() {
	if err := s.find(); err != nil {
		s.warn("FailedGetScale", err.Error())
		s.setCondition(autoscalingv2.AbleToScale, false, "FailedGetScale", "the HPA controller was unable to get the target's current scale: %v", err)
		return
	}
	s.setCondition(autoscalingv2.AbleToScale, true, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
	current := s.target.Scale.Spec.Replicas
	s.memory.start(s.now, current)
	p, ok := s.propose(current)
	if !ok {
		return
	}
	if p.replicas != current && !s.rescale(current, p) {
		return
	}
	s.report(current, p.replicas, p.metrics)
}

// rescale gives the target another size, and reports whether it could.
func (s *session) rescale(current int32, p proposal) bool {
	if err := s.target.Set(s.client, p.replicas); err != nil {
		s.warn("FailedRescale", fmt.Sprintf("New size: %d; reason: %s; error: %v", p.replicas, p.reason, err))
		s.setCondition(autoscalingv2.AbleToScale, false, "FailedUpdateScale", "the HPA controller was unable to update the target scale: %v", err)
		s.report(current, s.hpa.Status.DesiredReplicas, p.metrics)
		return false
	}
	s.setCondition(autoscalingv2.AbleToScale, true, "SucceededRescale", "the HPA controller was able to update the target scale to %d", p.replicas)
	s.recorder.Eventf(s.hpa, corev1.EventTypeNormal, "SuccessfulRescale", "New size: %d; reason: %s", p.replicas, p.reason)
	s.noteZero(p.replicas)
	s.memory.scaled(s.now, p.replicas-current)
	now := metav1.NewTime(s.now.Truncate(time.Second))
	s.hpa.Status.LastScaleTime = &now
	return true
}

// noteZero remembers whether it is this controller that has scaled the target
// to nothing, from where it may bring it back.
func (s *session) noteZero(replicas int32) {
	if replicas == 0 && s.beyondPods() {
		s.setCondition(autoscalingv2.ScaledToZero, true, "ScaledToZero", "the HPA controller scaled the workload to zero")
		return
	}
	s.setCondition(autoscalingv2.ScaledToZero, false, "NotScaledToZero", "the HPA controller did not scale the workload to zero")
}

// beyondPods reports whether there is a metric that does not need pods.
func (s *session) beyondPods() bool {
	return slices.ContainsFunc(s.hpa.Spec.Metrics, func(m autoscalingv2.MetricSpec) bool {
		return m.Type == autoscalingv2.ObjectMetricSourceType || m.Type == autoscalingv2.ExternalMetricSourceType
	})
}

// scaledToZero reports whether this controller has scaled the target to
// nothing.
func (s *session) scaledToZero() bool {
	return slices.ContainsFunc(s.hpa.Status.Conditions, func(c autoscalingv2.HorizontalPodAutoscalerCondition) bool {
		return c.Type == autoscalingv2.ScaledToZero && c.Status == corev1.ConditionTrue
	})
}

// find gets the target and its pods.
func (s *session) find() error {
	ref := s.hpa.Spec.ScaleTargetRef
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return fmt.Errorf("invalid API version in scale target reference: %v", err)
	}
	s.target, err = scale.Find(s.client, schema.GroupKind{Group: gv.Group, Kind: ref.Kind}, s.hpa.Namespace, ref.Name)
	return err
}

const tooFew = "Current number of replicas below Spec.MinReplicas"

// proposal is the size that an autoscaler comes to.
type proposal struct {
	replicas int32
	reason   string
	metrics  []autoscalingv2.MetricStatus
}

// propose works out the size; ok is false where nothing can be said.
func (s *session) propose(current int32) (p proposal, ok bool) {
	least, most := ptr.Deref(s.hpa.Spec.MinReplicas, 1), s.hpa.Spec.MaxReplicas
	back := s.scaledToZero() && (least != 0 || s.beyondPods())
	switch {
	case current == 0 && !back:
		s.setCondition(autoscalingv2.ScalingActive, false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")
		return proposal{}, true
	case current > most:
		return proposal{replicas: most, reason: "Current number of replicas above Spec.MaxReplicas"}, true
	case current != 0 && current < least:
		return proposal{replicas: least, reason: tooFew}, true
	}
	m, statuses, err := s.measure()
	if err != nil && m == nil {
		s.report(current, s.hpa.Status.DesiredReplicas, statuses)
		s.warn("FailedComputeMetricsReplicas", err.Error())
		return proposal{}, false
	}
	p = proposal{replicas: m.replicas, metrics: statuses}
	switch {
	case m.replicas > current:
		p.reason = m.name + " above target"
	case m.replicas < current:
		p.reason = "All metrics below target"
	}
	p.replicas = s.normalize(current, m.replicas, least, most)
	if current == 0 && p.replicas < least {
		p.replicas, p.reason = least, cmp.Or(p.reason, tooFew)
	}
	return p, true
}

func (s *session) report(current, desired int32, metrics []autoscalingv2.MetricStatus) {
	s.hpa.Status.CurrentReplicas, s.hpa.Status.DesiredReplicas = current, desired
	s.hpa.Status.CurrentMetrics = metrics
	s.hpa.Status.ObservedGeneration = ptr.To(s.hpa.Generation)
}

func (s *session) warn(reason, message string) {
	s.recorder.Event(s.hpa, corev1.EventTypeWarning, reason, message)
}

func (s *session) setCondition(kind autoscalingv2.HorizontalPodAutoscalerConditionType, holds bool, reason, format string, args ...any) {
	status := corev1.ConditionFalse
	if holds {
		status = corev1.ConditionTrue
	}
	next := autoscalingv2.HorizontalPodAutoscalerCondition{
		Type: kind, Status: status, Reason: reason, Message: fmt.Sprintf(format, args...),
		LastTransitionTime: metav1.NewTime(s.now.Truncate(time.Second)),
	}
	for i := range s.hpa.Status.Conditions {
		old := &s.hpa.Status.Conditions[i]
		if old.Type != kind {
			continue
		}
		if old.Status == status {
			next.LastTransitionTime = old.LastTransitionTime
		}
		*old = next
		return
	}
	s.hpa.Status.Conditions = append(s.hpa.Status.Conditions, next)
}
