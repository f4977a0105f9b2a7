// Package podsecurity enforces the Pod Security Standards that the labels of a
// namespace ask for: https://kubernetes.io/docs/concepts/security/pod-security-admission/
package podsecurity

import (
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/equality"
)

// Plugin is the PodSecurity admission plugin. See New.
type Plugin struct {
	client    *client.Client
	evaluator policy.Evaluator
}

// New returns the plugin.
func New(c *client.Client) *Plugin {
	return &Plugin{client: c, evaluator: evaluator()}
}

// evaluator is made once, since every cluster has the same.
var evaluator = sync.OnceValue(func() policy.Evaluator {
	e, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		panic(err) // the library's own checks are consistent
	}
	return e
})

// Name is the plugin's name.
func (*Plugin) Name() string { return "PodSecurity" }

// lax is the policy of a namespace without labels.
func lax() api.Policy {
	level := api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}
	return api.Policy{Enforce: level, Audit: level, Warn: level}
}

// Validate checks pods, what makes pods, and the labels of namespaces.
func (p *Plugin) Validate(a *admission.Attributes) error {
	if a.Operation != admission.Create && a.Operation != admission.Update {
		return nil
	}
	switch obj := a.Object.(type) {
	case *corev1.Namespace:
		return p.validateNamespace(a, obj)
	case *corev1.Pod:
		return p.validatePod(a, obj)
	}
	if a.Subresource == "" {
		if template := templateOf(a.Object); template != nil {
			p.warn(a, &template.ObjectMeta, &template.Spec)
		}
	}
	return nil
}

// policyOf is the policy of a request's namespace.
func (p *Plugin) policyOf(a *admission.Attributes) api.Policy {
	ns, ok := client.Get[*corev1.Namespace](p.client, "", a.Namespace)
	if !ok {
		return lax()
	}
	policy, _ := api.PolicyToEvaluate(ns.Labels, lax())
	return policy
}

func (p *Plugin) validatePod(a *admission.Attributes, pod *corev1.Pod) error {
	if a.Subresource != "" && a.Subresource != "ephemeralcontainers" {
		return nil
	}
	if old, ok := a.Old.(*corev1.Pod); ok && a.Subresource == "" && !significant(pod, old) {
		return nil
	}
	enforce := p.policyOf(a).Enforce
	if result := p.evaluate(enforce, &pod.ObjectMeta, &pod.Spec); !result.Allowed {
		return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name,
			fmt.Errorf("violates PodSecurity %q: %s", enforce.String(), result.ForbiddenDetail()))
	}
	p.warn(a, &pod.ObjectMeta, &pod.Spec)
	return nil
}

// significant reports whether an update changes what the standards look at.
func significant(pod, old *corev1.Pod) bool {
	return !equality.Semantic(pod.Spec.Containers, old.Spec.Containers) ||
		!equality.Semantic(pod.Spec.InitContainers, old.Spec.InitContainers) ||
		!equality.Semantic(pod.Annotations, old.Annotations)
}

func (p *Plugin) evaluate(level api.LevelVersion, meta *metav1.ObjectMeta, spec *corev1.PodSpec) policy.AggregateCheckResult {
	return policy.AggregateCheckResults(p.evaluator.EvaluatePod(level, meta, spec))
}

// warn tells of violations that are not enforced.
func (p *Plugin) warn(a *admission.Attributes, meta *metav1.ObjectMeta, spec *corev1.PodSpec) {
	level := p.policyOf(a).Warn
	if result := p.evaluate(level, meta, spec); !result.Allowed {
		a.Warnings = append(a.Warnings, fmt.Sprintf("would violate PodSecurity %q: %s", level.String(), result.ForbiddenDetail()))
	}
}

// templateOf is the pod template of an object, nil without one.
func templateOf(obj any) *corev1.PodTemplateSpec {
	switch o := obj.(type) {
	case *corev1.PodTemplate:
		return &o.Template
	case *corev1.ReplicationController:
		return o.Spec.Template
	case *appsv1.ReplicaSet:
		return &o.Spec.Template
	case *appsv1.Deployment:
		return &o.Spec.Template
	case *appsv1.StatefulSet:
		return &o.Spec.Template
	case *appsv1.DaemonSet:
		return &o.Spec.Template
	case *batchv1.Job:
		return &o.Spec.Template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template
	}
	return nil
}

func (p *Plugin) validateNamespace(a *admission.Attributes, ns *corev1.Namespace) error {
	if a.Subresource != "" {
		return nil
	}
	next, errs := api.PolicyToEvaluate(ns.Labels, lax())
	if a.Operation == admission.Create {
		if len(errs) > 0 {
			return apierrors.NewInvalid(a.Kind.GroupKind(), a.Name, errs)
		}
		return nil
	}
	before, oldErrs := api.PolicyToEvaluate(a.Old.GetLabels(), lax())
	if len(errs) > 0 && len(oldErrs) == 0 {
		return apierrors.NewInvalid(a.Kind.GroupKind(), a.Name, errs)
	}
	if next.Enforce != before.Enforce && next.Enforce.Level != api.LevelPrivileged {
		p.warnOfPods(a, next.Enforce)
	}
	return nil
}

// warnOfPods tells which pods of a namespace violate its new policy.
func (p *Plugin) warnOfPods(a *admission.Attributes, level api.LevelVersion) {
	byReason := map[string][]string{}
	var reasons []string
	for _, pod := range client.List[*corev1.Pod](p.client, a.Name, nil) {
		result := p.evaluate(level, &pod.ObjectMeta, &pod.Spec)
		if result.Allowed {
			continue
		}
		reason := result.ForbiddenReason()
		if len(byReason[reason]) == 0 {
			reasons = append(reasons, reason)
		}
		byReason[reason] = append(byReason[reason], pod.Name)
	}
	if len(reasons) == 0 {
		return
	}
	a.Warnings = append(a.Warnings, fmt.Sprintf("existing pods in namespace %q violate the new PodSecurity enforce level %q", a.Name, level.String()))
	for _, reason := range reasons {
		a.Warnings = append(a.Warnings, fmt.Sprintf("%s: %s", groupOf(byReason[reason]), reason))
	}
}

// groupOf names the first of some pods, and how many there are besides.
func groupOf(pods []string) string {
	switch len(pods) {
	case 1:
		return pods[0]
	case 2:
		return pods[0] + " (and 1 other pod)"
	}
	return fmt.Sprintf("%s (and %d other pods)", pods[0], len(pods)-1)
}
