package podspec

import (
	"math"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var preemptionPolicies = []corev1.PreemptionPolicy{corev1.PreemptLowerPriority, corev1.PreemptNever}

// validateSpec validates a defaulted pod spec. meta is the pod's metadata, nil
// if the spec is a template's.
func validateSpec(spec *corev1.PodSpec, meta *metav1.ObjectMeta, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if spec.TerminationGracePeriodSeconds == nil {
		errs = append(errs, field.Required(path.Child("terminationGracePeriodSeconds"), ""))
	}
	volumes, volumeErrs := ValidateVolumes(spec.Volumes, meta, path.Child("volumes"))
	errs = append(errs, volumeErrs...)
	errs = append(errs, validateResourceClaims(spec, isMirrorPod(meta), path.Child("resourceClaims"))...)

	s := &scope{spec: spec, volumes: volumes, claims: claimNames(spec)}
	errs = append(errs, s.validateContainers(path.Child("containers"))...)
	errs = append(errs, s.validateInitContainers(path.Child("initContainers"))...)
	errs = append(errs, s.validateEphemeralContainers(path.Child("ephemeralContainers"))...)
	errs = append(errs, validatePodResources(spec, s.claims, path.Child("resources"))...)

	errs = append(errs, validateNodeChoice(spec, meta, path)...)
	errs = append(errs, validateRunning(spec, path)...)
	errs = append(errs, validateOS(spec, path)...)
	return append(errs, validateFileKeyVolumes(spec, path)...)
}

// validateNodeChoice validates what relates a pod to nodes, users of nodes and
// the network.
func validateNodeChoice(spec *corev1.PodSpec, meta *metav1.ObjectMeta, path *field.Path) field.ErrorList {
	errs := validateHostNetworkPorts(spec, meta != nil, path.Child("containers"))
	errs = append(errs, supportedRequired(path.Child("restartPolicy"), spec.RestartPolicy, restartPolicies)...)
	errs = append(errs, supportedRequired(path.Child("dnsPolicy"), spec.DNSPolicy, dnsPolicies)...)
	errs = append(errs, ValidateLabels(spec.NodeSelector, path.Child("nodeSelector"))...)
	errs = append(errs, validatePodSecurityContext(spec, path.Child("securityContext"))...)
	if spec.HostPID && isTrue(spec.ShareProcessNamespace) {
		errs = append(errs, field.Invalid(path.Child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled"))
	}
	errs = append(errs, validateAffinity(spec.Affinity, path.Child("affinity"))...)
	errs = append(errs, validateDNSConfig(spec, path.Child("dnsConfig"))...)
	for i, gate := range spec.ReadinessGates {
		errs = append(errs, ValidateQualifiedName(string(gate.ConditionType), path.Child("readinessGates").Index(i).Child("conditionType"))...)
	}
	errs = append(errs, validateSchedulingGates(spec.SchedulingGates, path.Child("schedulingGates"))...)
	errs = append(errs, validateTopologySpread(spec.TopologySpreadConstraints, path.Child("topologySpreadConstraints"))...)
	errs = append(errs, validateHostProcess(spec, path)...)
	errs = append(errs, validateHostUsers(spec, path)...)
	return append(errs, validateHostnameOverride(spec, path.Child("hostnameOverride"))...)
}

// validateRunning validates names, deadlines and classes.
func validateRunning(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	optionalName := func(name, value string, validate func(string, *field.Path) field.ErrorList) {
		if value != "" {
			errs = append(errs, validate(value, path.Child(name))...)
		}
	}
	optionalName("serviceAccountName", spec.ServiceAccountName, ValidateDNS1123Subdomain)
	optionalName("nodeName", spec.NodeName, ValidateDNS1123Subdomain)
	if deadline := spec.ActiveDeadlineSeconds; deadline != nil && (*deadline < 1 || *deadline > math.MaxInt32) {
		errs = append(errs, field.Invalid(path.Child("activeDeadlineSeconds"), *deadline, validation.InclusiveRangeError(1, math.MaxInt32)))
	}
	optionalName("hostname", spec.Hostname, ValidateDNS1123Label)
	optionalName("subdomain", spec.Subdomain, ValidateDNS1123Label)
	errs = append(errs, ValidateTolerations(spec.Tolerations, path.Child("tolerations"))...)
	errs = append(errs, validateHostAliases(spec.HostAliases, path.Child("hostAliases"))...)
	optionalName("priorityClassName", spec.PriorityClassName, ValidateDNS1123Subdomain)
	if spec.RuntimeClassName != nil {
		errs = append(errs, ValidateDNS1123Subdomain(*spec.RuntimeClassName, path.Child("runtimeClassName"))...)
	}
	if spec.PreemptionPolicy != nil {
		errs = append(errs, ValidatePreemptionPolicy(*spec.PreemptionPolicy, path.Child("preemptionPolicy"))...)
	}
	return append(errs, validateOverhead(spec.Overhead, path.Child("overhead"))...)
}

// ValidatePreemptionPolicy requires a policy that pods and priority classes can
// have.
func ValidatePreemptionPolicy(policy corev1.PreemptionPolicy, fldPath *field.Path) field.ErrorList {
	return supportedRequired(fldPath, policy, preemptionPolicies)
}

func validateSchedulingGates(gates []corev1.PodSchedulingGate, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := sets.New[string]()
	for i, gate := range gates {
		errs = append(errs, ValidateQualifiedName(gate.Name, fldPath.Index(i))...)
		if seen.Has(gate.Name) {
			errs = append(errs, field.Duplicate(fldPath.Index(i), gate.Name))
		}
		seen.Insert(gate.Name)
	}
	return errs
}

// validateHostNetworkPorts requires ports on the node's network to be the
// node's ports. In templates they may still be open: defaulting the pod sets
// them.
func validateHostNetworkPorts(spec *corev1.PodSpec, isPod bool, fldPath *field.Path) field.ErrorList {
	if !spec.HostNetwork {
		return nil
	}
	var errs field.ErrorList
	for i, c := range spec.Containers {
		for j, port := range c.Ports {
			if port.HostPort != port.ContainerPort && (isPod || port.HostPort != 0) {
				errs = append(errs, field.Invalid(fldPath.Index(i).Child("ports").Index(j).Child("hostPort"), port.HostPort,
					"must match `containerPort` when `hostNetwork` is true"))
			}
		}
	}
	return errs
}

func isMirrorPod(meta *metav1.ObjectMeta) bool {
	if meta == nil {
		return false
	}
	_, found := meta.Annotations[corev1.MirrorPodAnnotationKey]
	return found
}
