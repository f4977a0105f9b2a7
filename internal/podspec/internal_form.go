package podspec

import (
	"bytes"
	"encoding/json"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/diff"
)

// internalForm prints a core/v1 value the way the API server does in messages.
// The server validates its internal types, which have no JSON names: all fields
// appear, under their Go names, and embedded structs are flattened.
type internalForm struct{ value any }

// corePackage is where the types live whose JSON names do not count.
var corePackage = reflect.TypeFor[corev1.PodSpec]().PkgPath()

// ownPackage is where the stand-ins for differing internal types live.
var ownPackage = reflect.TypeFor[internalPodSpec]().PkgPath()

// MarshalJSON implements [json.Marshaler].
func (f internalForm) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	err := writeInternal(&out, reflect.ValueOf(f.value))
	return out.Bytes(), err
}

// internalDiff is the unified diff of two values as the API server shows it.
func internalDiff(older, newer any) string {
	return diff.Diff(internalForm{older}, internalForm{newer})
}

func writeInternal(out *bytes.Buffer, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return writeInternal(out, v.Elem())
		}
	case reflect.Slice:
		if !v.IsNil() && v.Type().Elem().Kind() != reflect.Uint8 {
			return writeInternalSlice(out, v)
		}
	case reflect.Struct:
		if pkg := v.Type().PkgPath(); pkg == corePackage || pkg == ownPackage {
			return writeInternalStruct(out, v)
		}
	}
	encoded, err := json.Marshal(v.Interface())
	out.Write(encoded)
	return err
}

func writeInternalSlice(out *bytes.Buffer, v reflect.Value) error {
	out.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeInternal(out, v.Index(i)); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return nil
}

func writeInternalStruct(out *bytes.Buffer, v reflect.Value) error {
	out.WriteByte('{')
	for i, f := range flatFields(v) {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(`"` + f.name + `":`)
		if err := writeInternal(out, f.value); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

type namedField struct {
	name  string
	value reflect.Value
}

func flatFields(v reflect.Value) []namedField {
	var fields []namedField
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			fields = append(fields, flatFields(v.Field(i))...)
		} else {
			fields = append(fields, namedField{f.Name, v.Field(i)})
		}
	}
	return fields
}

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
