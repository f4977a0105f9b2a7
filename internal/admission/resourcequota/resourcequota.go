// Package resourcequota refuses what would exceed a ResourceQuota, and counts
// what it lets pass: https://kubernetes.io/docs/concepts/policy/resource-quotas/
package resourcequota

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/quota"
)

// Plugin is the ResourceQuota admission plugin.
type Plugin struct {
	Client *client.Client
}

// Name is the plugin's name.
func (Plugin) Name() string { return "ResourceQuota" }

// counts reports whether a request may use something up: every creation, and
// changes of what can grow.
func counts(a *admission.Attributes) bool {
	if a.Namespace == "" || a.Object == nil {
		return false
	}
	switch a.Operation {
	case admission.Create:
		return a.Subresource == ""
	case admission.Update:
		return a.Is("", "services") || a.Is("", "persistentvolumeclaims") || a.Kind.Resource == "pods" && a.Subresource == "resize"
	}
	return false
}

// charge is what a request adds to a quota.
type charge struct {
	quota *corev1.ResourceQuota
	added corev1.ResourceList
}

// Validate checks a request against the quotas of its namespace.
func (p Plugin) Validate(a *admission.Attributes) error {
	_, err := p.charges(a)
	return err
}

// Commit counts what a request has used up. What can't be written now is
// counted by the quota controller.
func (p Plugin) Commit(a *admission.Attributes) {
	charges, err := p.charges(a)
	if err != nil {
		return
	}
	for _, c := range charges {
		next := c.quota.DeepCopy()
		quota.Add(next.Status.Used, c.added)
		_, _ = client.UpdateStatus(p.Client, next)
	}
}

// charges are what a request adds to the quotas of its namespace. That it says
// all that they ask for is checked for all of them first.
func (p Plugin) charges(a *admission.Attributes) ([]charge, error) {
	if !counts(a) {
		return nil, nil
	}
	refuse := func(err error) error { return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, err) }
	var charges []charge
	for _, q := range client.List[*corev1.ResourceQuota](p.Client, a.Namespace, nil) {
		c, err := chargeOf(a, q)
		if err != nil {
			return nil, refuse(err)
		}
		if len(c.added) > 0 {
			charges = append(charges, c)
		}
	}
	for _, c := range charges {
		if err := c.checkRoom(); err != nil {
			return nil, refuse(err)
		}
	}
	return charges, nil
}

// chargeOf is what a request adds to a quota. It fails where that can't be said.
func chargeOf(a *admission.Attributes, q *corev1.ResourceQuota) (charge, error) {
	limited := quota.Limits(a.Kind, q.Status.Hard)
	if len(q.Status.Hard) == 0 {
		limited = quota.Limits(a.Kind, q.Spec.Hard)
	}
	if len(limited) == 0 || !quota.Matches(q, a.Object) {
		return charge{}, nil
	}
	if pod, ok := a.Object.(*corev1.Pod); ok && a.Operation == admission.Create {
		if lacking := quota.Unspecified(pod, limited); lacking != "" {
			return charge{}, fmt.Errorf("failed quota: %s: must specify %s", q.Name, lacking)
		}
	}
	if names := unknown(q, limited); len(names) > 0 {
		return charge{}, fmt.Errorf("status unknown for quota: %s, resources: %s", q.Name, strings.Join(names, ","))
	}
	return charge{q, quota.Mask(added(a, q), limited)}, nil
}

// unknown are limited resources whose use has not been counted yet.
func unknown(q *corev1.ResourceQuota, limited []corev1.ResourceName) []string {
	var names []string
	for _, name := range limited {
		if _, ok := q.Status.Used[name]; !ok {
			names = append(names, string(name))
		}
	}
	return names
}

// added is what a request uses beyond what it has used of a quota.
func added(a *admission.Attributes, q *corev1.ResourceQuota) corev1.ResourceList {
	before := corev1.ResourceList{}
	if a.Old != nil && quota.Matches(q, a.Old) {
		before = quota.Usage(a.Kind, a.Old)
	}
	return quota.Subtract(quota.Usage(a.Kind, a.Object), before)
}

// checkRoom fails where more than a quota allows would be used; giving back is
// always fine.
func (c charge) checkRoom() error {
	q, added := c.quota, c.added
	total := quota.Mask(q.Status.Used, slices.Sorted(maps.Keys(added))).DeepCopy()
	quota.Add(total, added)
	exceeded := slices.DeleteFunc(quota.Exceeded(total, q.Status.Hard), func(name corev1.ResourceName) bool {
		more := added[name]
		return more.Sign() <= 0
	})
	if len(exceeded) == 0 {
		return nil
	}
	return fmt.Errorf("exceeded quota: %s, requested: %s, used: %s, limited: %s", q.Name,
		quota.String(quota.Mask(added, exceeded)), quota.String(quota.Mask(q.Status.Used, exceeded)), quota.String(quota.Mask(q.Status.Hard, exceeded)))
}
