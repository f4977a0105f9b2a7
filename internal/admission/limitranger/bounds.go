package limitranger

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/kubejig/kubejig/internal/store"
)

// check holds an object against one limit.
func check(l *corev1.LimitRangeItem, obj store.Object) []error {
	switch o := obj.(type) {
	case *corev1.Pod:
		return checkPod(l, o)
	case *corev1.PersistentVolumeClaim:
		if l.Type == corev1.LimitTypePersistentVolumeClaim {
			return checkClaim(l, o)
		}
	}
	return nil
}

func checkPod(l *corev1.LimitRangeItem, pod *corev1.Pod) []error {
	var errs []error
	switch l.Type {
	case corev1.LimitTypeContainer:
		for _, c := range slices.Concat(pod.Spec.Containers, pod.Spec.InitContainers) {
			errs = append(errs, checkBoth(l, c.Resources.Requests, c.Resources.Limits)...)
		}
	case corev1.LimitTypePod:
		requests := resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{ExcludeOverhead: true})
		limits := resourcehelper.PodLimits(pod, resourcehelper.PodResourcesOptions{ExcludeOverhead: true})
		errs = append(errs, checkBoth(l, requests, limits)...)
	}
	return errs
}

// checkBoth holds requests and limits against the minimum, the maximum and the
// ratio between them.
func checkBoth(l *corev1.LimitRangeItem, requests, limits corev1.ResourceList) []error {
	var errs []error
	for _, side := range []struct {
		bounds corev1.ResourceList
		check  func(b bound) error
	}{
		{l.Min, bound.checkMin}, {l.Max, bound.checkMax}, {l.MaxLimitRequestRatio, bound.checkRatio},
	} {
		for _, name := range slices.Sorted(maps.Keys(side.bounds)) {
			if err := side.check(boundOf(l, name, side.bounds[name], requests, limits)); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}

// checkClaim holds the size of a claim against the limit.
func checkClaim(l *corev1.LimitRangeItem, claim *corev1.PersistentVolumeClaim) []error {
	var errs []error
	requests := claim.Spec.Resources.Requests
	for _, name := range slices.Sorted(maps.Keys(l.Min)) {
		if err := boundOf(l, name, l.Min[name], requests, nil).checkMin(); err != nil {
			errs = append(errs, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Max)) {
		if err := boundOf(l, name, l.Max[name], requests, nil).checkMaxRequest(); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// bound is a limit on one resource, with what is asked for of it; nil for
// nothing.
type bound struct {
	name           corev1.ResourceName
	kind           corev1.LimitType
	enforced       resource.Quantity
	request, limit *resource.Quantity
}

func boundOf(l *corev1.LimitRangeItem, name corev1.ResourceName, enforced resource.Quantity, requests, limits corev1.ResourceList) bound {
	b := bound{name: name, kind: l.Type, enforced: enforced}
	if q, ok := requests[name]; ok {
		b.request = &q
	}
	if q, ok := limits[name]; ok {
		b.limit = &q
	}
	return b
}

func (b bound) minimum() string {
	return fmt.Sprintf("minimum %s usage per %s is %s", b.name, b.kind, b.enforced.String())
}

func (b bound) maximum() string {
	return fmt.Sprintf("maximum %s usage per %s is %s", b.name, b.kind, b.enforced.String())
}

func (b bound) checkMin() error {
	switch {
	case b.request == nil:
		return fmt.Errorf("%s.  No request is specified", b.minimum())
	case b.request.Cmp(b.enforced) < 0:
		return fmt.Errorf("%s, but request is %s", b.minimum(), b.request)
	case b.limit != nil && b.limit.Cmp(b.enforced) < 0:
		return fmt.Errorf("%s, but limit is %s", b.minimum(), b.limit)
	}
	return nil
}

func (b bound) checkMax() error {
	switch {
	case b.limit == nil:
		return fmt.Errorf("%s.  No limit is specified", b.maximum())
	case b.limit.Cmp(b.enforced) > 0:
		return fmt.Errorf("%s, but limit is %s", b.maximum(), b.limit)
	case b.request != nil && b.request.Cmp(b.enforced) > 0:
		return fmt.Errorf("%s, but request is %s", b.maximum(), b.request)
	}
	return nil
}

func (b bound) checkMaxRequest() error {
	switch {
	case b.request == nil:
		return fmt.Errorf("%s.  No request is specified", b.maximum())
	case b.request.Cmp(b.enforced) > 0:
		return fmt.Errorf("%s, but request is %s", b.maximum(), b.request)
	}
	return nil
}

func (b bound) checkRatio() error {
	ratio := fmt.Sprintf("%s max limit to request ratio per %s is %s", b.name, b.kind, b.enforced.String())
	switch {
	case b.request == nil || b.request.IsZero():
		return fmt.Errorf("%s, but no request is specified or request is 0", ratio)
	case b.limit == nil || b.limit.IsZero():
		return fmt.Errorf("%s, but no limit is specified or limit is 0", ratio)
	}
	observed := b.limit.AsApproximateFloat64() / b.request.AsApproximateFloat64()
	if observed > b.enforced.AsApproximateFloat64() {
		return fmt.Errorf("%s, but provided ratio is %f", ratio, observed)
	}
	return nil
}
