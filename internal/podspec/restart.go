package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	maxRestartRules     = 20
	maxRestartExitCodes = 255
)

var (
	restartPolicies          = []corev1.RestartPolicy{corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever}
	containerRestartPolicies = []corev1.ContainerRestartPolicy{corev1.ContainerRestartPolicyAlways, corev1.ContainerRestartPolicyNever, corev1.ContainerRestartPolicyOnFailure}
	restartRuleActions       = []corev1.ContainerRestartRuleAction{corev1.ContainerRestartRuleActionRestart, corev1.ContainerRestartRuleActionRestartAllContainers}
	exitCodeOperators        = []corev1.ContainerRestartRuleOnExitCodesOperator{corev1.ContainerRestartRuleOnExitCodesOpIn, corev1.ContainerRestartRuleOnExitCodesOpNotIn}
	resizableResources       = []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory}
	resizePolicies           = []corev1.ResourceResizeRestartPolicy{corev1.NotRequired, corev1.RestartContainer}
)

// validateContainerRestartPolicy validates a container's own restart policy and
// the rules that refine it.
func validateContainerRestartPolicy(c *corev1.Container, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch {
	case c.RestartPolicy != nil:
		errs = append(errs, supported(path.Child("restartPolicy"), *c.RestartPolicy, containerRestartPolicies)...)
	case len(c.RestartPolicyRules) > 0:
		errs = append(errs, field.Required(path.Child("restartPolicy"), "must specify restartPolicy when restart rules are used"))
	}
	rules := path.Child("restartPolicyRules")
	if n := len(c.RestartPolicyRules); n > maxRestartRules {
		errs = append(errs, field.TooMany(rules, n, maxRestartRules))
	}
	for i := range c.RestartPolicyRules {
		errs = append(errs, validateRestartRule(&c.RestartPolicyRules[i], rules.Index(i))...)
	}
	return errs
}

// validateInitContainerRestartPolicy looks at the rules of an init container only
// if it has a policy.
func validateInitContainerRestartPolicy(c *corev1.Container, path *field.Path) field.ErrorList {
	errs := validateContainerRestartPolicy(c, path)
	if c.RestartPolicy == nil && len(errs) > 1 {
		return errs[:1]
	}
	return errs
}

func validateRestartRule(rule *corev1.ContainerRestartRule, path *field.Path) field.ErrorList {
	errs := supported(path.Child("action"), rule.Action, restartRuleActions)
	exitCodes := path.Child("exitCodes")
	if rule.ExitCodes == nil {
		return append(errs, field.Required(exitCodes, "must be specified"))
	}
	errs = append(errs, supported(exitCodes.Child("operator"), rule.ExitCodes.Operator, exitCodeOperators)...)
	if n := len(rule.ExitCodes.Values); n > maxRestartExitCodes {
		errs = append(errs, field.TooMany(exitCodes.Child("values"), n, maxRestartExitCodes))
	}
	return errs
}

func validateResizePolicy(policies []corev1.ContainerResizePolicy, podPolicy corev1.RestartPolicy, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := sets.New[corev1.ResourceName]()
	for i, p := range policies {
		if seen.Has(p.ResourceName) {
			errs = append(errs, field.Duplicate(fldPath.Index(i), p.ResourceName))
		}
		seen.Insert(p.ResourceName)
		errs = append(errs, supportedRequired(fldPath, p.ResourceName, resizableResources)...)
		errs = append(errs, supportedRequired(fldPath, p.RestartPolicy, resizePolicies)...)
		if podPolicy == corev1.RestartPolicyNever && p.RestartPolicy != corev1.NotRequired {
			errs = append(errs, field.Invalid(fldPath, p.RestartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
		}
	}
	return errs
}

// ContainerShouldRestart reports whether a container that exited with exitCode
// is to be started again: its rules decide first, then its own policy, then the
// pod's.
func ContainerShouldRestart(c *corev1.Container, spec *corev1.PodSpec, exitCode int32) bool {
	if _, matched := MatchRestartRule(c, exitCode); matched {
		return true
	}
	policy := string(spec.RestartPolicy)
	if c.RestartPolicy != nil {
		policy = string(*c.RestartPolicy)
	}
	switch corev1.RestartPolicy(policy) {
	case corev1.RestartPolicyAlways:
		return true
	case corev1.RestartPolicyOnFailure:
		return exitCode != 0
	default:
		return false
	}
}

// MatchRestartRule returns the action of the first of a container's rules that
// matches an exit code.
func MatchRestartRule(c *corev1.Container, exitCode int32) (corev1.ContainerRestartRuleAction, bool) {
	for _, rule := range c.RestartPolicyRules {
		if rule.ExitCodes == nil {
			continue
		}
		listed := sets.New(rule.ExitCodes.Values...).Has(exitCode)
		if listed == (rule.ExitCodes.Operator == corev1.ContainerRestartRuleOnExitCodesOpIn) {
			return rule.Action, true
		}
	}
	return "", false
}

// anyRestartsAll reports whether some container's exit can restart all others.
func anyRestartsAll(spec *corev1.PodSpec) bool {
	found := false
	VisitContainers(spec, nil, func(c *corev1.Container, _ *field.Path) {
		for _, rule := range c.RestartPolicyRules {
			found = found || rule.Action == corev1.ContainerRestartRuleActionRestartAllContainers
		}
	})
	return found
}
