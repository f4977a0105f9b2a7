package podspec

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// deprecated explains why a thing should no longer be used.
type deprecated struct{ name, explanation string }

// deprecatedNodeLabels in selectors, by the label's key.
var deprecatedNodeLabels = map[string]string{
	"beta.kubernetes.io/arch":           `deprecated since v1.14; use "kubernetes.io/arch" instead`,
	"beta.kubernetes.io/os":             `deprecated since v1.14; use "kubernetes.io/os" instead`,
	corev1.LabelFailureDomainBetaRegion: `deprecated since v1.17; use "topology.kubernetes.io/region" instead`,
	corev1.LabelFailureDomainBetaZone:   `deprecated since v1.17; use "topology.kubernetes.io/zone" instead`,
	corev1.LabelInstanceType:            `deprecated since v1.17; use "node.kubernetes.io/instance-type" instead`,
}

var deprecatedAnnotations = []deprecated{
	{"scheduler.alpha.kubernetes.io/critical-pod", `non-functional in v1.16+; use the "priorityClassName" field instead`},
	{"security.alpha.kubernetes.io/sysctls", `non-functional in v1.11+; use the "sysctls" field instead`},
	{"security.alpha.kubernetes.io/unsafe-sysctls", `non-functional in v1.11+; use the "sysctls" field instead`},
}

// Warnings returns what the server warns of when a pod is created; updates of
// pods give none. See [TranslateAppArmor] for the others.
func Warnings(pod *corev1.Pod) []string {
	var warnings []string
	if msgs := validation.IsDNS1123Label(pod.Name); len(msgs) > 0 {
		warnings = append(warnings, fmt.Sprintf("metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: %v", msgs))
	}
	return append(warnings, specWarnings(&pod.Spec, &pod.ObjectMeta, nil)...)
}

// TemplateWarnings returns what the server warns of when an object with a pod
// template at fldPath is created, or updated with a changed template.
func TemplateWarnings(template *corev1.PodTemplateSpec, fldPath *field.Path) []string {
	return specWarnings(&template.Spec, &template.ObjectMeta, fldPath)
}

// StatusWarnings returns what the server warns of when a pod's status is
// updated.
func StatusWarnings(pod *corev1.Pod) []string {
	var warnings []string
	status := field.NewPath("status")
	for i, ip := range pod.Status.PodIPs {
		warnings = append(warnings, validation.GetWarningsForIP(status.Child("podIPs").Index(i).Child("ip"), ip.IP)...)
	}
	for i, ip := range pod.Status.HostIPs {
		warnings = append(warnings, validation.GetWarningsForIP(status.Child("hostIPs").Index(i).Child("ip"), ip.IP)...)
	}
	return warnings
}

// specWarnings warns of a spec below fldPath, which is nil for pods.
func specWarnings(spec *corev1.PodSpec, meta *metav1.ObjectMeta, fldPath *field.Path) []string {
	path := fldPath.Child("spec")
	annotations := fldPath.Child("metadata", "annotations")
	warnings := nodeLabelWarnings(spec, path)
	for _, d := range deprecatedAnnotations {
		if _, found := meta.Annotations[d.name]; found {
			warnings = append(warnings, fmt.Sprintf("%s: %s", annotations.Key(d.name), d.explanation))
		}
	}
	warnings = append(warnings, volumeWarnings(spec.Volumes, path.Child("volumes"))...)
	warnings = append(warnings, overlapWarnings(spec.Volumes)...)
	warnings = append(warnings, repetitionWarnings(spec, path)...)
	warnings = append(warnings, fractionalWarnings(spec.Overhead, path.Child("overhead"))...)
	warnings = append(warnings, profileWarnings(spec, meta, fldPath)...)
	warnings = append(warnings, portWarnings(spec, path)...)
	warnings = append(warnings, portNameWarnings(spec, path)...)
	if grace := spec.TerminationGracePeriodSeconds; grace != nil && *grace < 0 {
		warnings = append(warnings, fmt.Sprintf("%s: must be >= 0; negative values are invalid and will be treated as 1", path.Child("terminationGracePeriodSeconds")))
	}
	warnings = append(warnings, podAffinityWarnings(spec.Affinity, path.Child("affinity"))...)
	return append(warnings, addressWarnings(spec, path)...)
}

// addressWarnings warns of IP addresses in notations that will be rejected.
func addressWarnings(spec *corev1.PodSpec, path *field.Path) []string {
	var warnings []string
	if spec.DNSConfig != nil {
		for i, server := range spec.DNSConfig.Nameservers {
			warnings = append(warnings, validation.GetWarningsForIP(path.Child("dnsConfig", "nameservers").Index(i), server)...)
		}
	}
	for i, alias := range spec.HostAliases {
		warnings = append(warnings, validation.GetWarningsForIP(path.Child("hostAliases").Index(i).Child("ip"), alias.IP)...)
	}
	return warnings
}

// nodeLabelWarnings warns of node labels that have new names.
func nodeLabelWarnings(spec *corev1.PodSpec, path *field.Path) []string {
	var warnings []string
	for _, key := range sortedKeys(spec.NodeSelector) {
		warnings = append(warnings, NodeLabelWarnings(key, path.Child("nodeSelector").Key(key))...)
	}
	if affinity := nodeAffinity(spec); affinity != nil {
		base := path.Child("affinity", "nodeAffinity")
		for i, term := range requiredNodeTerms(affinity) {
			warnings = append(warnings, NodeSelectorTermWarnings(&term, base.Child(requiredTerms, "nodeSelectorTerms").Index(i))...)
		}
		for i, term := range affinity.PreferredDuringSchedulingIgnoredDuringExecution {
			warnings = append(warnings, NodeSelectorTermWarnings(&term.Preference, base.Child(preferredTerms).Index(i).Child("preference"))...)
		}
	}
	for i, c := range spec.TopologySpreadConstraints {
		constraint := path.Child("topologySpreadConstraints").Index(i)
		if why, found := deprecatedNodeLabels[c.TopologyKey]; found {
			warnings = append(warnings, fmt.Sprintf("%s: %s is %s", constraint.Child("topologyKey"), c.TopologyKey, why))
		}
		if c.LabelSelector == nil {
			warnings = append(warnings, nullSelectorWarning(constraint))
		}
	}
	return warnings
}

// NodeLabelWarnings warns of the label of nodes that a field names if it has a
// new name.
func NodeLabelWarnings(label string, fldPath *field.Path) []string {
	if why, found := deprecatedNodeLabels[label]; found {
		return []string{fmt.Sprintf("%s: %s", fldPath, why)}
	}
	return nil
}

// NodeLabelSelectorWarnings warns of labels of nodes that have new names in a
// selector, which may be nil.
func NodeLabelSelectorWarnings(selector *metav1.LabelSelector, fldPath *field.Path) []string {
	if selector == nil {
		return nil
	}
	var warnings []string
	for i, e := range selector.MatchExpressions {
		if why, found := deprecatedNodeLabels[e.Key]; found {
			warnings = append(warnings, fmt.Sprintf("%s: %s is %s", fldPath.Child("matchExpressions").Index(i).Child("key"), e.Key, why))
		}
	}
	for _, key := range sortedKeys(selector.MatchLabels) {
		warnings = append(warnings, NodeLabelWarnings(key, fldPath.Child("matchLabels").Child(key))...)
	}
	return warnings
}

// NodeSelectorTermWarnings warns of deprecated node labels and of values that
// no label can have.
func NodeSelectorTermWarnings(term *corev1.NodeSelectorTerm, fldPath *field.Path) []string {
	var warnings []string
	for i, e := range term.MatchExpressions {
		path := fldPath.Child("matchExpressions").Index(i)
		if why, found := deprecatedNodeLabels[e.Key]; found {
			warnings = append(warnings, fmt.Sprintf("%s: %s is %s", path.Child("key"), e.Key, why))
		}
		for j, value := range e.Values {
			for _, msg := range validation.IsValidLabelValue(value) {
				warnings = append(warnings, fmt.Sprintf("%s: %s is invalid, %s", path.Child("values").Index(j), value, msg))
			}
		}
	}
	return warnings
}

func nullSelectorWarning(path *field.Path) string {
	return fmt.Sprintf("%s: a null labelSelector results in matching no pod", path.Child("labelSelector"))
}

func podAffinityWarnings(affinity *corev1.Affinity, path *field.Path) []string {
	if affinity == nil {
		return nil
	}
	var warnings []string
	check := func(name string, required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) {
		for i, term := range required {
			if term.LabelSelector == nil {
				warnings = append(warnings, nullSelectorWarning(path.Child(name, requiredTerms).Index(i)))
			}
		}
		for i, term := range preferred {
			if term.PodAffinityTerm.LabelSelector == nil {
				warnings = append(warnings, nullSelectorWarning(path.Child(name, preferredTerms).Index(i).Child("podAffinityTerm")))
			}
		}
	}
	if a := affinity.PodAffinity; a != nil {
		check("podAffinity", a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	if a := affinity.PodAntiAffinity; a != nil {
		check("podAntiAffinity", a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	return warnings
}

// repetitionWarnings warns of list entries that repeat or are empty.
func repetitionWarnings(spec *corev1.PodSpec, path *field.Path) []string {
	var warnings []string
	ips := sets.New[string]()
	for i, alias := range spec.HostAliases {
		if ips.Has(alias.IP) {
			warnings = append(warnings, fmt.Sprintf("%s: duplicate ip %q", path.Child("hostAliases").Index(i).Child("ip"), alias.IP))
		}
		ips.Insert(alias.IP)
	}
	secrets := path.Child("imagePullSecrets")
	names := sets.New[string]()
	for i, ref := range spec.ImagePullSecrets {
		if names.Has(ref.Name) {
			warnings = append(warnings, fmt.Sprintf("%s: duplicate name %q", secrets.Index(i).Child("name"), ref.Name))
		}
		names.Insert(ref.Name)
	}
	for i, ref := range spec.ImagePullSecrets {
		if ref.Name == "" {
			warnings = append(warnings, fmt.Sprintf("%s: invalid empty name %q", secrets.Index(i).Child("name"), ref.Name))
		}
	}
	return warnings
}

func fractionalWarnings(list corev1.ResourceList, path *field.Path) []string {
	var warnings []string
	for _, name := range []corev1.ResourceName{corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
		if value, found := list[name]; found && value.MilliValue()%1000 != 0 {
			warnings = append(warnings, fmt.Sprintf("%s: fractional byte value %q is invalid, must be an integer", path.Key(string(name)), value.String()))
		}
	}
	return warnings
}

// profileWarnings warns of annotations that fields have replaced, and of what
// concerns single containers.
func profileWarnings(spec *corev1.PodSpec, meta *metav1.ObjectMeta, fldPath *field.Path) []string {
	annotations := fldPath.Child("metadata", "annotations")
	var warnings []string
	seccomp := func(key string, profile *corev1.SeccompProfile) {
		if _, found := meta.Annotations[key]; found && profile == nil {
			warnings = append(warnings, fmt.Sprintf(`%s: non-functional in v1.27+; use the "seccompProfile" field instead`, annotations.Key(key)))
		}
	}
	var ofPod *corev1.SeccompProfile
	if spec.SecurityContext != nil {
		ofPod = spec.SecurityContext.SeccompProfile
	}
	seccomp(corev1.SeccompPodAnnotationKey, ofPod)
	VisitContainers(spec, fldPath.Child("spec"), func(c *corev1.Container, path *field.Path) {
		var own *corev1.SeccompProfile
		if c.SecurityContext != nil {
			own = c.SecurityContext.SeccompProfile
		}
		seccomp(corev1.SeccompContainerAnnotationKeyPrefix+c.Name, own)
		// Pods have been warned of when the annotation was translated.
		key := corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + c.Name
		if _, found := meta.Annotations[key]; found && fldPath != nil && appArmorProfileOf(c, spec) == nil {
			warnings = append(warnings, appArmorWarning(annotations.Key(key)))
		}
		warnings = append(warnings, fractionalWarnings(c.Resources.Limits, path.Child("resources", "limits"))...)
		warnings = append(warnings, fractionalWarnings(c.Resources.Requests, path.Child("resources", "requests"))...)
		warnings = append(warnings, envWarnings(c.Env, path.Child("env"))...)
	})
	return warnings
}

func appArmorWarning(path *field.Path) string {
	return fmt.Sprintf(`%s: deprecated since v1.30; use the "appArmorProfile" field instead`, path)
}

// envWarnings warns of variables that replace one before without using it.
func envWarnings(env []corev1.EnvVar, path *field.Path) []string {
	var warnings []string
	seen := sets.New[string]()
	for i, v := range env {
		reference := "$(" + v.Name + ")"
		extends := v.ValueFrom == nil && v.Value != reference && strings.Contains(v.Value, reference)
		if seen.Has(v.Name) && !extends {
			warnings = append(warnings, fmt.Sprintf("%s: hides previous definition of %q, which may be dropped when using apply", path.Index(i), v.Name))
		}
		seen.Insert(v.Name)
	}
	return warnings
}
