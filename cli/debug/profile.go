package debug

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// The names of profiles that are used by name.
const (
	general = "general"
	legacy  = "legacy" // As before Kubernetes 1.23; goes in 1.39.
)

// place is where a debugging container runs.
type place int

const (
	runningPod place = iota // As an ephemeral container.
	podCopy
	nodePod
)

// profile is how a debugging container and its pod are made, for each place.
type profile map[place][]func(*session)

// profileNamed looks a profile up.
func profileNamed(name string) (profile, error) {
	profiles := map[string]profile{
		legacy: {
			podCopy: {dropLabels},
			nodePod: {mountRoot, useHostNamespaces},
		},
		general: {
			runningPod: {traceProcesses},
			podCopy:    {dropUnkept, traceProcesses, shareProcesses},
			nodePod:    {mountRoot, clearSecurity, useHostNamespaces},
		},
		"baseline": {
			runningPod: {clearSecurity},
			podCopy:    {clearSecurity, dropUnkept, shareProcesses},
			nodePod:    {clearSecurity},
		},
		"restricted": {
			runningPod: {restrict},
			podCopy:    {restrict, dropUnkept, shareProcesses},
			nodePod:    {restrict},
		},
		"netadmin": {
			runningPod: {administerNetwork},
			podCopy:    {administerNetwork, dropUnkept, shareProcesses},
			nodePod:    {administerNetwork, useHostNamespaces},
		},
		"sysadmin": {
			runningPod: {makePrivileged},
			podCopy:    {makePrivileged, dropUnkept, shareProcesses},
			nodePod:    {makePrivileged, useHostNamespaces, mountRoot},
		},
	}
	found, ok := profiles[name]
	if !ok {
		return nil, fmt.Errorf("unknown profile: %s", name)
	}
	return found, nil
}

// apply changes the session as the profile wants it at its place.
func (p profile) apply(s *session, at place) {
	for _, change := range p[at] {
		change(s)
	}
}

// keep says what of a pod its copy keeps.
type keep struct {
	labels, annotations          bool
	liveness, readiness, startup bool
	initContainers               bool
}

// session is a debugging container in its pod, before they are sent.
type session struct {
	pod       *corev1.Pod
	container *corev1.Container
	keep      keep
}

// security are the container's settings, made if there are none.
func (s *session) security() *corev1.SecurityContext {
	if s.container.SecurityContext == nil {
		s.container.SecurityContext = &corev1.SecurityContext{}
	}
	return s.container.SecurityContext
}

func (s *session) addCapabilities(added ...corev1.Capability) {
	security := s.security()
	if security.Capabilities == nil {
		security.Capabilities = &corev1.Capabilities{}
	}
	security.Capabilities.Add = append(security.Capabilities.Add, added...)
}

func dropLabels(s *session) { s.pod.Labels = nil }

// dropUnkept takes out of a copy what would make others take it for the
// original, or end it while it is looked at.
func dropUnkept(s *session) {
	if !s.keep.labels {
		s.pod.Labels = nil
	}
	if !s.keep.annotations {
		s.pod.Annotations = nil
	}
	for i := range s.pod.Spec.Containers {
		c := &s.pod.Spec.Containers[i]
		if !s.keep.liveness {
			c.LivenessProbe = nil
		}
		if !s.keep.readiness {
			c.ReadinessProbe = nil
		}
		if !s.keep.startup {
			c.StartupProbe = nil
		}
	}
	if !s.keep.initContainers {
		s.pod.Spec.InitContainers = nil
	}
}

func shareProcesses(s *session) {
	if s.pod.Spec.ShareProcessNamespace == nil {
		s.pod.Spec.ShareProcessNamespace = ptr.To(true)
	}
}

func useHostNamespaces(s *session) {
	s.pod.Spec.HostNetwork, s.pod.Spec.HostPID, s.pod.Spec.HostIPC = true, true, true
}

// mountRoot shows the node's files at /host.
func mountRoot(s *session) {
	const name = "host-root"
	s.pod.Spec.Volumes = append(s.pod.Spec.Volumes, corev1.Volume{
		Name:         name,
		VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}},
	})
	s.container.VolumeMounts = append(s.container.VolumeMounts, corev1.VolumeMount{Name: name, MountPath: "/host"})
}

func traceProcesses(s *session) { s.addCapabilities("SYS_PTRACE") }

func administerNetwork(s *session) { s.addCapabilities("NET_ADMIN", "NET_RAW") }

func makePrivileged(s *session) { s.security().Privileged = ptr.To(true) }

func clearSecurity(s *session) { s.container.SecurityContext = nil }

// restrict is what the restricted Pod Security Standard asks for.
func restrict(s *session) {
	s.container.SecurityContext = &corev1.SecurityContext{
		RunAsNonRoot:             ptr.To(true),
		AllowPrivilegeEscalation: ptr.To(false),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}
