package describe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/cli/pods"
)

// containers writes a group of containers. A pod's stand at its left margin;
// those of a pod template are moved in by margin, their names by one space.
func (w *writer) containers(margin, title string, containers []corev1.Container, statuses []corev1.ContainerStatus, pod *corev1.Pod) {
	if len(containers) == 0 {
		w.line("%s%s: <none>", margin, title)
		return
	}
	w.line("%s%s:", margin, title)
	for _, container := range containers {
		w.in().line("%s%s:", indentName(margin), container.Name)
		status := statusOf(statuses, container.Name)
		w.at(2).container(container, status, pod)
	}
}

// indentName is how far names are moved in within a section with a margin.
func indentName(margin string) string {
	if margin == "" {
		return ""
	}
	return " "
}

// statusOf returns the last status of that name, or nil.
func statusOf(statuses []corev1.ContainerStatus, name string) *corev1.ContainerStatus {
	var found *corev1.ContainerStatus
	for i := range statuses {
		if statuses[i].Name == name {
			found = &statuses[i]
		}
	}
	return found
}

// container writes one container; status and pod may be nil.
func (w *writer) container(container corev1.Container, status *corev1.ContainerStatus, pod *corev1.Pod) {
	if status != nil {
		w.field("Container ID", status.ContainerID)
	}
	w.field("Image", container.Image)
	if status != nil {
		w.field("Image ID", status.ImageID)
	}
	w.ports("Port", container.Ports, func(p corev1.ContainerPort) int32 { return p.ContainerPort })
	w.ports("Host Port", container.Ports, func(p corev1.ContainerPort) int32 { return p.HostPort })
	if container.SecurityContext != nil {
		w.seccomp(container.SecurityContext.SeccompProfile, w.in())
	}
	w.arguments("Command", container.Command)
	w.arguments("Args", container.Args)
	if status != nil {
		w.status(status)
	}
	w.resources(&container.Resources)
	w.probe("Liveness", container.LivenessProbe)
	w.probe("Readiness", container.ReadinessProbe)
	w.probe("Startup", container.StartupProbe)
	w.environmentFrom(container)
	w.environment(container, pod)
	w.mounts(container)
}

func (w *writer) ports(label string, ports []corev1.ContainerPort, number func(corev1.ContainerPort) int32) {
	all := make([]string, 0, len(ports))
	for _, port := range ports {
		text := fmt.Sprintf("%d/%s", number(port), port.Protocol)
		if port.Name != "" {
			text += " (" + port.Name + ")"
		}
		all = append(all, text)
	}
	if len(all) > 1 {
		label += "s"
	}
	w.field(label, orNone(strings.Join(all, ", ")))
}

// seccomp writes a seccomp profile, and where it is local its name to below.
func (w *writer) seccomp(profile *corev1.SeccompProfile, below *writer) {
	if profile == nil {
		return
	}
	w.field("SeccompProfile", profile.Type)
	if profile.Type == corev1.SeccompProfileTypeLocalhost {
		below.field("LocalhostProfile", deref(profile.LocalhostProfile))
	}
}

func (w *writer) arguments(title string, arguments []string) {
	if len(arguments) == 0 {
		return
	}
	w = w.section(title)
	for _, argument := range arguments {
		for line := range strings.SplitSeq(argument, "\n") {
			w.line("%s", line)
		}
	}
}

func (w *writer) status(status *corev1.ContainerStatus) {
	w.state("State", status.State)
	if status.LastTerminationState.Terminated != nil {
		w.state("Last State", status.LastTerminationState)
	}
	w.field("Ready", boolean(status.Ready))
	w.field("Restart Count", status.RestartCount)
}

func (w *writer) state(label string, state corev1.ContainerState) {
	switch {
	case state.Running != nil:
		w.field(label, "Running")
		w.in().field("Started", date(state.Running.StartedAt.Time))
	case state.Waiting != nil:
		w.field(label, "Waiting")
		w.in().optional("Reason", state.Waiting.Reason)
	case state.Terminated != nil:
		w.field(label, "Terminated")
		w.in().terminated(state.Terminated)
	default:
		w.field(label, "Waiting")
	}
}

func (w *writer) terminated(state *corev1.ContainerStateTerminated) {
	w.optional("Reason", state.Reason)
	w.optional("Message", state.Message)
	w.field("Exit Code", state.ExitCode)
	if state.Signal > 0 {
		w.field("Signal", state.Signal)
	}
	w.field("Started", date(state.StartedAt.Time))
	w.field("Finished", date(state.FinishedAt.Time))
}

func (w *writer) resources(resources *corev1.ResourceRequirements) {
	w.resourceList("Limits", resources.Limits)
	w.resourceList("Requests", resources.Requests)
}

// resourceList writes a section of quantities, if there are any.
func (w *writer) resourceList(title string, list corev1.ResourceList) {
	if len(list) == 0 {
		return
	}
	w = w.section(title)
	for _, name := range sortedResources(list) {
		quantity := list[name]
		w.field(string(name), quantity.String())
	}
}

func (w *writer) probe(label string, probe *corev1.Probe) {
	if probe == nil {
		return
	}
	w.fieldf(label, "%s delay=%ds timeout=%ds period=%ds successThreshold=%d failureThreshold=%d", pods.ProbeAction(probe),
		probe.InitialDelaySeconds, probe.TimeoutSeconds, probe.PeriodSeconds, probe.SuccessThreshold, probe.FailureThreshold)
}

// mounts writes the mounted volumes and block devices, by path.
func (w *writer) mounts(container corev1.Container) {
	none := ""
	if len(container.VolumeMounts) == 0 {
		none = "\t<none>"
	}
	w.line("Mounts:%s", none)
	for _, mount := range slices.SortedStableFunc(slices.Values(container.VolumeMounts), func(a, b corev1.VolumeMount) int {
		return cmp.Compare(a.MountPath, b.MountPath)
	}) {
		flags := "rw"
		if mount.ReadOnly {
			flags = "ro"
		}
		if mount.SubPath != "" {
			flags += fmt.Sprintf(",path=%q", mount.SubPath)
		}
		w.in().line("%s from %s (%s)", mount.MountPath, mount.Name, flags)
	}
	if len(container.VolumeDevices) == 0 {
		return
	}
	w.line("Devices:%s", none)
	for _, device := range slices.SortedStableFunc(slices.Values(container.VolumeDevices), func(a, b corev1.VolumeDevice) int {
		return cmp.Compare(a.DevicePath, b.DevicePath)
	}) {
		w.in().line("%s from %s", device.DevicePath, device.Name)
	}
}
