package resources

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/podspec"
)

// pod is defaulted and validated by package podspec.
func pod() *Kind {
	spec, status := corev1.PodSpec{}.SwaggerDoc(), corev1.PodStatus{}.SwaggerDoc()
	return define(Definition[*corev1.Pod]{
		Name: "Pod", Resource: "pods", ShortNames: []string{"po"}, Categories: []string{"all"},
		RevalidatesName:  true,
		ReturnDeleted:    true,
		Version:          corev1.SchemeGroupVersion,
		Default:          podspec.SetPodDefaults,
		PrepareForCreate: podspec.PrepareForCreate,
		Attribute:        noteWhenGated,
		Translate:        podspec.TranslateAppArmor,
		PrepareForUpdate: podspec.PrepareForUpdate,
		Validate:         podspec.ValidatePodCreate,
		ValidateUpdate:   podspec.ValidatePodUpdate,
		Warnings:         podWarnings,
		GracePeriod: func(p *corev1.Pod, options *metav1.DeleteOptions) *int64 {
			seconds := podspec.DeletionGracePeriodSeconds(p, options.GracePeriodSeconds)
			options.GracePeriodSeconds = &seconds
			return &seconds
		},
		Status: &Status[*corev1.Pod]{
			Copy:     func(to, from *corev1.Pod) { to.Status = *from.Status.DeepCopy() },
			Prepare:  podspec.PrepareForStatusUpdate,
			Resets:   [][]string{{"metadata", "deletionTimestamp"}, {"metadata", "ownerReferences"}},
			Validate: podspec.ValidatePodStatusUpdate,
			Warnings: podspec.StatusWarnings,
		},
		Subresources: podSubresources(),
		Fields:       podFields,
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Ready", "The aggregate readiness state of this pod for accepting traffic."),
			Column("Status", "The aggregate status of the containers in this pod."),
			Column("Restarts", "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted."),
			AgeColumn(),
			Wide(Column("IP", status["podIP"])),
			Wide(Column("Node", spec["nodeName"])),
			Wide(Column("Nominated Node", status["nominatedNodeName"])),
			Wide(Column("Readiness Gates", spec["readinessGates"])),
		},
		Row: podRow,
	})
}

// podWarnings says what a new pod's author may not have meant.
func podWarnings(p, old *corev1.Pod) []string {
	if old != nil {
		return nil
	}
	return podspec.Warnings(p)
}

func podSubresources() []*Subresource {
	return []*Subresource{
		actionSubresource("attach", coreKind("PodAttachOptions"), "create", "get"),
		actionSubresource("binding", coreKind("Binding"), "create"),
		specPart("ephemeralcontainers", podspec.PrepareForEphemeralContainersUpdate, podspec.ValidatePodEphemeralContainersUpdate),
		actionSubresource("eviction", policyv1.SchemeGroupVersion.WithKind("Eviction"), "create"),
		actionSubresource("exec", coreKind("PodExecOptions"), "create", "get"),
		actionSubresource("log", coreKind("Pod"), "get"),
		actionSubresource("portforward", coreKind("PodPortForwardOptions"), "create", "get"),
		proxySubresource("PodProxyOptions"),
		specPart("resize", podspec.PrepareForResize, podspec.ValidatePodResize),
	}
}

// specPart is a subresource through which a part of pods' spec is changed, which
// checks all that an update of the pod does.
func specPart(name string, prepare func(p, old *corev1.Pod), validate func(p, old *corev1.Pod) field.ErrorList) *Subresource {
	part := Part(name, prepare, validate)
	part.Update.RevalidatesName = true
	return part
}

func podFields(p *corev1.Pod) fields.Set {
	ip := ""
	if len(p.Status.PodIPs) > 0 {
		ip = p.Status.PodIPs[0].IP
	}
	return fields.Set{
		"spec.nodeName":            p.Spec.NodeName,
		"spec.restartPolicy":       string(p.Spec.RestartPolicy),
		"spec.schedulerName":       p.Spec.SchedulerName,
		"spec.serviceAccountName":  p.Spec.ServiceAccountName,
		"spec.hostNetwork":         strconv.FormatBool(p.Spec.HostNetwork),
		"status.phase":             string(p.Status.Phase),
		"status.podIP":             ip,
		"status.podIPs":            ip,
		"status.nominatedNodeName": p.Status.NominatedNodeName,
	}
}

// noteWhenGated gives the condition that a new pod with scheduling gates has its
// time.
func noteWhenGated(pod, old *corev1.Pod, by Author) {
	if old != nil {
		return
	}
	for i := range pod.Status.Conditions {
		pod.Status.Conditions[i].LastTransitionTime = by.Now
	}
}
