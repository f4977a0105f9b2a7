package podspec

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"
)

// internalPodSpec has the fields of the server's internal pod spec, in their
// order there. Unlike in v1, what concerns the host stands in the security
// context.
type internalPodSpec struct {
	Volumes                       []corev1.Volume
	InitContainers                []corev1.Container
	Containers                    []corev1.Container
	EphemeralContainers           []corev1.EphemeralContainer
	RestartPolicy                 corev1.RestartPolicy
	TerminationGracePeriodSeconds *int64
	ActiveDeadlineSeconds         *int64
	DNSPolicy                     corev1.DNSPolicy
	NodeSelector                  map[string]string
	ServiceAccountName            string
	AutomountServiceAccountToken  *bool
	NodeName                      string
	SecurityContext               *internalSecurityContext
	ImagePullSecrets              []corev1.LocalObjectReference
	Hostname                      string
	Subdomain                     string
	SetHostnameAsFQDN             *bool
	Affinity                      *corev1.Affinity
	SchedulerName                 string
	Tolerations                   []corev1.Toleration
	HostAliases                   []corev1.HostAlias
	PriorityClassName             string
	Priority                      *int32
	PreemptionPolicy              *corev1.PreemptionPolicy
	DNSConfig                     *corev1.PodDNSConfig
	ReadinessGates                []corev1.PodReadinessGate
	RuntimeClassName              *string
	Overhead                      corev1.ResourceList
	EnableServiceLinks            *bool
	TopologySpreadConstraints     []corev1.TopologySpreadConstraint
	OS                            *corev1.PodOS
	SchedulingGates               []corev1.PodSchedulingGate
	ResourceClaims                []corev1.PodResourceClaim
	Resources                     *corev1.ResourceRequirements
	HostnameOverride              *string
	SchedulingGroup               *corev1.PodSchedulingGroup
	EvictionResponders            []corev1.EvictionResponder
}

type internalSecurityContext struct {
	HostNetwork           bool
	HostPID               bool
	HostIPC               bool
	ShareProcessNamespace *bool
	HostUsers             *bool
	corev1.PodSecurityContext
}

func toInternal(spec *corev1.PodSpec) *internalPodSpec {
	internal := &internalPodSpec{}
	from, to := reflect.ValueOf(spec).Elem(), reflect.ValueOf(internal).Elem()
	for i := range to.NumField() {
		if same := from.FieldByName(to.Type().Field(i).Name); same.Type() == to.Field(i).Type() {
			to.Field(i).Set(same)
		}
	}
	internal.SecurityContext = &internalSecurityContext{
		HostNetwork:           spec.HostNetwork,
		HostPID:               spec.HostPID,
		HostIPC:               spec.HostIPC,
		ShareProcessNamespace: spec.ShareProcessNamespace,
		HostUsers:             spec.HostUsers,
	}
	if spec.SecurityContext != nil {
		internal.SecurityContext.PodSecurityContext = *spec.SecurityContext
	}
	return internal
}
