package horizontalpodautoscaler

import (
	"errors"
	"fmt"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"
)

const (
	// startup is how long after its start a pod's use of CPU may be of no
	// significance.
	startup = 5 * time.Minute
	// readiness is how soon after its start a pod may become ready for the
	// first time.
	readiness = 30 * time.Second
)

// calculation is how many replicas the use of one resource asks for. Numbers
// are in thousandths of the resource's unit.
type calculation struct {
	*session
	resource  corev1.ResourceName
	container string // "" for all

	usage map[string]int64 // of pods that count, by name
	// ready counts the pods whose use is known; unready ones may not mean what
	// they use, missing ones report nothing.
	ready            int
	unready, missing []string
}

// collect sorts the pods by whether their use counts.
func (c *calculation) collect() error {
	c.usage = map[string]int64{}
	known := false
	for _, pod := range c.pods {
		sample, value, err := c.sampleOf(pod)
		if err != nil {
			return err
		}
		known = known || sample != nil
		switch {
		case pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodFailed:
		case pod.Status.Phase == corev1.PodPending:
			c.unready = append(c.unready, pod.Name)
		case sample == nil:
			c.missing = append(c.missing, pod.Name)
		case c.resource == corev1.ResourceCPU && c.immature(pod, sample):
			c.unready = append(c.unready, pod.Name)
		default:
			c.ready++
			c.usage[pod.Name] = value
		}
	}
	switch {
	case !known:
		return fmt.Errorf("unable to get metrics for resource %s: no metrics returned from resource metrics API", c.resource)
	case len(c.pods) == 0:
		return errors.New("no pods returned by selector while calculating replica count")
	case c.ready == 0:
		return errors.New("did not receive metrics for targeted pods (pods might be unready)")
	}
	return nil
}

// sampleOf is what a pod uses; nil where that is not known for all containers.
func (c *calculation) sampleOf(pod *corev1.Pod) (*Sample, int64, error) {
	if c.metrics == nil {
		return nil, 0, nil
	}
	sample, ok := c.metrics.PodUsage(pod.Namespace, pod.Name)
	if !ok {
		return nil, 0, nil
	}
	if c.container != "" {
		used, ok := sample.Containers[c.container]
		if !ok {
			return nil, 0, fmt.Errorf("container %s not present in metrics for pod %s/%s", c.container, pod.Namespace, pod.Name)
		}
		q, ok := used[c.resource]
		if !ok {
			return nil, 0, nil
		}
		return &sample, q.MilliValue(), nil
	}
	total := int64(0)
	for _, used := range sample.Containers {
		q, ok := used[c.resource]
		if !ok {
			return nil, 0, nil
		}
		total += q.MilliValue()
	}
	return &sample, total, nil
}

// immature reports whether a pod is too young, or has never been ready, for
// its use of CPU to mean anything.
func (c *calculation) immature(pod *corev1.Pod, sample *Sample) bool {
	ready := condition(pod)
	if ready == nil || pod.Status.StartTime == nil {
		return true
	}
	started := pod.Status.StartTime.Time
	if started.Add(startup).After(c.now) {
		return ready.Status == corev1.ConditionFalse || sample.At.Before(ready.LastTransitionTime.Add(sample.Window))
	}
	return ready.Status == corev1.ConditionFalse && started.Add(readiness).After(ready.LastTransitionTime.Time)
}

func condition(pod *corev1.Pod) *corev1.PodCondition {
	for i := range pod.Status.Conditions {
		if pod.Status.Conditions[i].Type == corev1.PodReady {
			return &pod.Status.Conditions[i]
		}
	}
	return nil
}

// byUtilization compares use with what pods request, in percent.
func (c *calculation) byUtilization(target int32) (replicas, utilization int32, average int64, err error) {
	if err := c.collect(); err != nil {
		return 0, 0, 0, err
	}
	requests, err := c.requests()
	if err != nil {
		return 0, 0, 0, err
	}
	ratio := func() (float64, int32, int64, error) {
		var used, requested, n int64
		for name, value := range c.usage {
			if request, ok := requests[name]; ok {
				used += value
				requested += request
				n++
			}
		}
		if requested == 0 {
			return 0, 0, 0, errors.New("no metrics returned matched known pods")
		}
		percent := int32(used * 100 / requested)
		return float64(percent) / float64(target), percent, used / n, nil
	}
	first, utilization, average, err := ratio()
	if err != nil {
		return 0, 0, 0, err
	}
	full := func(pod string) int64 { return requests[pod] * int64(max(100, target)) / 100 }
	replicas, err = c.settle(first, full, func() (float64, error) {
		r, _, _, err := ratio()
		return r, err
	})
	return replicas, utilization, average, err
}

// byValue compares the average use with a number.
func (c *calculation) byValue(target int64) (replicas int32, average int64, err error) {
	if err := c.collect(); err != nil {
		return 0, 0, err
	}
	mean := func() int64 {
		var total int64
		for _, value := range c.usage {
			total += value
		}
		return total / int64(len(c.usage))
	}
	average = mean()
	again := func() (float64, error) { return float64(mean()) / float64(target), nil }
	replicas, err = c.settle(float64(average)/float64(target), func(string) int64 { return target }, again)
	return replicas, average, err
}

// settle turns the ratio of use to target into replicas. Pods of which nothing
// is known count as full (as the case may be) when that would shrink the
// target, and as idle when that would grow it.
func (c *calculation) settle(ratio float64, full func(pod string) int64, again func() (float64, error)) (int32, error) {
	current := c.target.Scale.Spec.Replicas
	growing := len(c.unready) > 0 && ratio > 1
	if !growing && len(c.missing) == 0 {
		if c.tolerable(ratio) {
			return current, nil
		}
		return int32(math.Ceil(ratio * float64(c.ready))), nil
	}
	for _, name := range c.missing {
		switch {
		case ratio < 1:
			c.usage[name] = full(name)
		case ratio > 1:
			c.usage[name] = 0
		}
	}
	if growing {
		for _, name := range c.unready {
			c.usage[name] = 0
		}
	}
	next, err := again()
	if err != nil {
		return 0, err
	}
	if c.tolerable(next) || ratio < 1 && next > 1 || ratio > 1 && next < 1 {
		return current, nil
	}
	replicas := int32(math.Ceil(next * float64(len(c.usage))))
	if next < 1 && replicas > current || next > 1 && replicas < current {
		return current, nil // that would be the wrong way
	}
	return replicas, nil
}

// tolerance is how far off its target the use may be.
const tolerance = 0.1

func (c *calculation) tolerable(ratio float64) bool {
	up, down := tolerance, tolerance
	if b := c.hpa.Spec.Behavior; b != nil {
		if b.ScaleUp != nil && b.ScaleUp.Tolerance != nil {
			up = b.ScaleUp.Tolerance.AsApproximateFloat64()
		}
		if b.ScaleDown != nil && b.ScaleDown.Tolerance != nil {
			down = b.ScaleDown.Tolerance.AsApproximateFloat64()
		}
	}
	return 1-down <= ratio && ratio <= 1+up
}

// requests are what the pods request, by name.
func (c *calculation) requests() (map[string]int64, error) {
	requests := map[string]int64{}
	for _, pod := range c.pods {
		if c.container == "" && resourcehelper.IsPodLevelRequestsSet(pod) {
			if q, ok := pod.Spec.Resources.Requests[c.resource]; ok {
				requests[pod.Name] = q.MilliValue()
				continue
			}
		}
		total := int64(0)
		for _, container := range running(pod) {
			if c.container != "" && container.Name != c.container {
				continue
			}
			q, ok := container.Resources.Requests[c.resource]
			if !ok {
				return nil, fmt.Errorf("missing request for %s in container %s of Pod %s", c.resource, container.Name, pod.Name)
			}
			total += q.MilliValue()
		}
		requests[pod.Name] = total
	}
	return requests, nil
}

// running are the containers that run for as long as the pod does.
func running(pod *corev1.Pod) []corev1.Container {
	all := append([]corev1.Container(nil), pod.Spec.Containers...)
	for _, c := range pod.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			all = append(all, c)
		}
	}
	return all
}
