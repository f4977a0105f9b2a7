package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func setContainerDefaults(c *corev1.Container, _ *field.Path) {
	if c.ImagePullPolicy == "" {
		c.ImagePullPolicy = defaultPullPolicy(c.Image)
	}
	setIfZero(&c.TerminationMessagePath, corev1.TerminationMessagePathDefault)
	setIfZero(&c.TerminationMessagePolicy, corev1.TerminationMessageReadFile)
	for i := range c.Ports {
		setIfZero(&c.Ports[i].Protocol, corev1.ProtocolTCP)
	}
	for i := range c.Env {
		setEnvDefaults(c.Env[i].ValueFrom)
	}
	roundUpResources(c.Resources.Limits)
	roundUpResources(c.Resources.Requests)
	for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
		setProbeDefaults(probe)
	}
	if c.Lifecycle != nil {
		setLifecycleDefaults(c.Lifecycle)
	}
}

func setEnvDefaults(source *corev1.EnvVarSource) {
	if source == nil {
		return
	}
	setFieldRefDefaults(source.FieldRef)
	if source.FileKeyRef != nil {
		setDefault(&source.FileKeyRef.Optional, false)
	}
}

func setFieldRefDefaults(ref *corev1.ObjectFieldSelector) {
	if ref != nil {
		setIfZero(&ref.APIVersion, "v1")
	}
}

func setProbeDefaults(probe *corev1.Probe) {
	if probe == nil {
		return
	}
	setIfZero(&probe.TimeoutSeconds, 1)
	setIfZero(&probe.PeriodSeconds, 10)
	setIfZero(&probe.SuccessThreshold, 1)
	setIfZero(&probe.FailureThreshold, 3)
	setHTTPGetDefaults(probe.HTTPGet)
	if probe.GRPC != nil {
		setDefault(&probe.GRPC.Service, "")
	}
}

func setLifecycleDefaults(lifecycle *corev1.Lifecycle) {
	for _, handler := range []*corev1.LifecycleHandler{lifecycle.PostStart, lifecycle.PreStop} {
		if handler != nil {
			setHTTPGetDefaults(handler.HTTPGet)
		}
	}
}

func setHTTPGetDefaults(get *corev1.HTTPGetAction) {
	if get != nil {
		setIfZero(&get.Path, "/")
		setIfZero(&get.Scheme, corev1.URISchemeHTTP)
	}
}
