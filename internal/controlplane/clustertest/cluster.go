// Package clustertest is a cluster for tests of controllers: on a manual clock
// and without nodes, so that a test says itself what becomes of pods.
package clustertest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/store"
)

// Start is the first instant of every cluster.
var Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Namespace is where tests keep their objects.
const Namespace = "default"

// Cluster is a cluster under test. Its methods fail the test on errors.
type Cluster struct {
	*controlplane.ControlPlane
	T testing.TB
}

// New starts a cluster, which ends with the test.
func New(t testing.TB, options ...func(*controlplane.Options)) *Cluster {
	o := controlplane.Options{Start: Start, Seed: 1}
	for _, set := range options {
		set(&o)
	}
	c := controlplane.New(o)
	t.Cleanup(c.Close)
	return &Cluster{ControlPlane: c, T: t}
}

// Admin is a client of somebody who may do everything, for use within Do.
func (c *Cluster) Admin() *client.Client {
	return client.ForUser(c.Registry(), "test", "admin", "system:masters")
}

// Create creates an object.
func Create[T store.Object](c *Cluster, obj T) (created T) {
	c.T.Helper()
	c.Do(func() {
		var err error
		created, err = client.Create(c.Admin(), obj)
		require.NoError(c.T, err)
	})
	return created
}

// Get returns an object, which must be there.
func Get[T store.Object](c *Cluster, name string) (obj T) {
	c.T.Helper()
	c.Do(func() {
		var ok bool
		obj, ok = client.Get[T](c.Admin(), c.namespace(client.KindOf[T](c.Admin()).Namespaced), name)
		require.True(c.T, ok, "no %T %s", obj, name)
	})
	return obj
}

func (c *Cluster) namespace(namespaced bool) string {
	if namespaced {
		return Namespace
	}
	return ""
}

// List returns all objects of a type, in order.
func List[T store.Object](c *Cluster) (list []T) {
	c.Do(func() {
		list = client.List[T](c.Admin(), c.namespace(client.KindOf[T](c.Admin()).Namespaced), nil)
	})
	return list
}

// Names lists the names of all objects of a type, in order.
func Names[T store.Object](c *Cluster) []string {
	names := []string{}
	for _, obj := range List[T](c) {
		names = append(names, obj.GetName())
	}
	return names
}

// Update changes an object.
func Update[T store.Object](c *Cluster, name string, change func(T)) {
	c.T.Helper()
	write(c, name, change, client.Update)
}

// UpdateStatus changes an object's status.
func UpdateStatus[T store.Object](c *Cluster, name string, change func(T)) {
	c.T.Helper()
	write(c, name, change, client.UpdateStatus)
}

func write[T store.Object](c *Cluster, name string, change func(T), put func(*client.Client, T) (T, error)) {
	c.T.Helper()
	obj := Get[T](c, name).DeepCopyObject().(T)
	change(obj)
	c.Do(func() {
		_, err := put(c.Admin(), obj)
		require.NoError(c.T, err)
	})
}

// Delete deletes an object at once.
func Delete[T store.Object](c *Cluster, name string, options ...metav1.DeletionPropagation) {
	c.T.Helper()
	obj := Get[T](c, name)
	now := int64(0)
	opts := metav1.DeleteOptions{GracePeriodSeconds: &now}
	if len(options) > 0 {
		opts.PropagationPolicy = &options[0]
	}
	c.Do(func() { require.NoError(c.T, c.Admin().Delete(obj, opts)) })
}

// After lets time pass.
func (c *Cluster) After(d time.Duration) {
	c.T.Helper()
	require.NoError(c.T, c.Advance(c.T.Context(), d))
}

// Run makes pods run and be ready.
func (c *Cluster) Run(pods ...string) {
	c.T.Helper()
	for _, name := range pods {
		c.setPod(name, corev1.PodRunning, corev1.ConditionTrue)
	}
}

// Break makes pods not ready.
func (c *Cluster) Break(pods ...string) {
	c.T.Helper()
	for _, name := range pods {
		c.setPod(name, corev1.PodRunning, corev1.ConditionFalse)
	}
}

// End makes pods end, well or not.
func (c *Cluster) End(phase corev1.PodPhase, pods ...string) {
	c.T.Helper()
	for _, name := range pods {
		c.setPod(name, phase, corev1.ConditionFalse)
	}
}

func (c *Cluster) setPod(name string, phase corev1.PodPhase, ready corev1.ConditionStatus) {
	c.T.Helper()
	now := metav1.NewTime(c.Now().Truncate(time.Second))
	UpdateStatus(c, name, func(p *corev1.Pod) {
		p.Status.Phase = phase
		i := slices.IndexFunc(p.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == corev1.PodReady })
		if i < 0 {
			p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.PodReady})
			i = len(p.Status.Conditions) - 1
		}
		if p.Status.Conditions[i].Status != ready {
			p.Status.Conditions[i].Status, p.Status.Conditions[i].LastTransitionTime = ready, now
		}
	})
}

// Events are what happened to an object, as "reason: message" in order of time,
// with " (x2)" where it was twice.
func (c *Cluster) Events(about string) []string {
	events := slices.DeleteFunc(List[*corev1.Event](c), func(e *corev1.Event) bool { return e.InvolvedObject.Name != about })
	slices.SortStableFunc(events, func(a, b *corev1.Event) int { return a.FirstTimestamp.Compare(b.FirstTimestamp.Time) })
	told := []string{}
	for _, e := range events {
		line := fmt.Sprintf("%s: %s", e.Reason, e.Message)
		if e.Count > 1 {
			line += fmt.Sprintf(" (x%d)", e.Count)
		}
		told = append(told, line)
	}
	return told
}

// Template is a pod template with labels and a container of an image.
func Template(image string, labels map[string]string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: image}}},
	}
}
