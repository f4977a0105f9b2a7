package why

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubejig/kubejig/cli/pods"
)

// containerCauses says which containers of a pod do not run, are not ready, or
// were restarted, and why.
func containerCauses(pod *corev1.Pod, events []*corev1.Event, now time.Time) []cause {
	var causes []cause
	for _, status := range pod.Status.InitContainerStatuses {
		c := &watched{pod: pod, status: status, events: events, now: now, noun: "init container"}
		causes = append(causes, c.causes()...)
	}
	for _, status := range pod.Status.ContainerStatuses {
		c := &watched{pod: pod, status: status, events: events, now: now, noun: "container"}
		causes = append(causes, c.causes()...)
	}
	return causes
}

// watched is a container with all that is known about it.
type watched struct {
	pod    *corev1.Pod
	status corev1.ContainerStatus
	events []*corev1.Event
	now    time.Time
	noun   string
}

func (w *watched) name() string { return w.noun + " " + w.status.Name }

func (w *watched) causes() []cause {
	switch state := w.status.State; {
	case state.Waiting != nil:
		return w.waiting(state.Waiting)
	case state.Terminated != nil:
		return w.terminated(state.Terminated)
	case state.Running != nil:
		return w.running(state.Running)
	}
	return nil
}

func (w *watched) waiting(state *corev1.ContainerStateWaiting) []cause {
	switch state.Reason {
	case "PodInitializing":
		return nil // The init container that it waits for has its own say.
	case "", "ContainerCreating":
		return w.creating()
	case "CrashLoopBackOff":
		c := causef("%s keeps ending; it is started again after a pause%s", w.name(), backOff(state.Message))
		return []cause{c.with(w.lastEnd()...).with(w.probes()...)}
	case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "RegistryUnavailable":
		return []cause{causef("the image %s of %s can not be pulled (%s)", w.status.Image, w.name(), state.Reason).
			with(details(cmp.Or(w.newest("Failed", "Failed to pull image"), state.Message))...)}
	}
	return []cause{causef("%s can not be started (%s)", w.name(), state.Reason).with(details(state.Message)...).with(w.lastEnd()...)}
}

// creating is about a container that has not been started, by what the events
// say last.
func (w *watched) creating() []cause {
	for _, reason := range []string{"FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedMapVolume"} {
		if message := w.newest(reason, ""); message != "" {
			return []cause{causef("%s can not be made (%s)", w.name(), reason).with(details(message)...)}
		}
	}
	if event := w.newestEvent("Pulling", ""); event != nil && w.newestEvent("Pulled", "") == nil {
		return []cause{causef("%s: its image is being pulled, since %s", w.name(), w.since(lastSeen(event)))}
	}
	if w.pod.DeletionTimestamp != nil {
		return nil
	}
	return []cause{causef("%s has not been made yet", w.name())}
}

// terminated is about a container that is not started again, or not yet.
func (w *watched) terminated(state *corev1.ContainerStateTerminated) []cause {
	if state.ExitCode == 0 {
		return nil
	}
	return []cause{causef("%s %s", w.name(), w.ended(state)).with(w.output(state)...)}
}

// running is about a container that runs: is it ready, and has it been all the
// time?
func (w *watched) running(state *corev1.ContainerStateRunning) []cause {
	var causes []cause
	container, _ := pods.Container(w.pod, w.status.Name)
	switch {
	case container == nil || w.status.Ready:
	case container.StartupProbe != nil && (w.status.Started == nil || !*w.status.Started):
		causes = append(causes, causef("%s has run for %s without passing its startup probe: %s", w.name(),
			w.since(state.StartedAt.Time), pods.ProbeAction(container.StartupProbe)).with(w.probe("Startup")...))
	case container.ReadinessProbe != nil:
		causes = append(causes, causef("%s has run for %s and is not ready by its readiness probe: %s", w.name(),
			w.since(state.StartedAt.Time), pods.ProbeAction(container.ReadinessProbe)).with(w.probe("Readiness")...))
	case w.noun == "init container":
		causes = append(causes, causef("%s has run for %s; the next containers wait for its end", w.name(), w.since(state.StartedAt.Time)))
	}
	if w.status.RestartCount > 0 {
		restarts := causef("%s was restarted %s", w.name(), times(w.status.RestartCount))
		causes = append(causes, restarts.with(w.lastEnd()...).with(w.probe("Liveness")...))
	}
	return causes
}

// lastEnd is how the container's previous instance ended.
func (w *watched) lastEnd() []cause {
	last := w.status.LastTerminationState.Terminated
	if last == nil {
		return nil
	}
	return append(details("last it "+w.ended(last)), w.output(last)...)
}

// output is what a container left as its last words.
func (w *watched) output(state *corev1.ContainerStateTerminated) []cause {
	if state.Message == "" {
		return nil
	}
	return details("it said: " + state.Message)
}

// backOff is the pause in a kubelet's message "back-off 40s restarting ...".
func backOff(message string) string {
	words := strings.Fields(message)
	if len(words) < 3 || words[0] != "back-off" || words[2] != "restarting" {
		return ""
	}
	return " of " + words[1]
}

// ended is how a container ended, in words.
func (w *watched) ended(state *corev1.ContainerStateTerminated) string {
	text := fmt.Sprintf("exited with code %d", state.ExitCode)
	container, _ := pods.Container(w.pod, w.status.Name)
	switch meaning := exitCodes()[state.ExitCode]; {
	case state.Reason == "OOMKilled" && container != nil && !container.Resources.Limits.Memory().IsZero():
		text = fmt.Sprintf("was killed for using more memory than its limit, %s (OOMKilled)", container.Resources.Limits.Memory())
	case state.Reason == "OOMKilled":
		text = "was killed because memory ran out (OOMKilled)"
	case meaning != "":
		text += " (" + meaning + ")"
	case state.Reason != "" && state.Reason != "Error" && state.Reason != "Completed":
		text += " (" + state.Reason + ")"
	}
	if state.FinishedAt.IsZero() || state.StartedAt.IsZero() {
		return text
	}
	return fmt.Sprintf("%s %s ago, after running for %s", text, w.since(state.FinishedAt.Time),
		duration.HumanDuration(state.FinishedAt.Sub(state.StartedAt.Time)))
}

// exitCodes are the exit codes that mean the same for all programs, by the
// habits of shells.
func exitCodes() map[int32]string {
	return map[int32]string{
		126: "its command is no program",
		127: "its command was not found",
		134: "it aborted (SIGABRT)",
		137: "it was killed (SIGKILL)",
		139: "it crashed (SIGSEGV)",
		143: "it was told to end (SIGTERM)",
	}
}

// probes are the failures of all of the container's probes.
func (w *watched) probes() []cause { return append(w.probe("Liveness"), w.probe("Startup")...) }

// probe is the newest failure of a probe, as its event has it.
func (w *watched) probe(kind string) []cause {
	event := w.newestEvent("Unhealthy", kind+" probe")
	if event == nil {
		return nil
	}
	return details(fmt.Sprintf("%s (%s ago)", event.Message, w.since(lastSeen(event))))
}

// concerns says whether an event is about this container or about the pod as
// a whole.
func (w *watched) concerns(event *corev1.Event) bool {
	path := event.InvolvedObject.FieldPath
	return path == "" || strings.HasSuffix(path, "{"+w.status.Name+"}")
}

// newestEvent is the container's last event of a reason, whose message begins
// with prefix; nil if there is none.
func (w *watched) newestEvent(reason, prefix string) *corev1.Event {
	var newest *corev1.Event
	for _, event := range w.events {
		if event.Reason == reason && strings.HasPrefix(event.Message, prefix) && w.concerns(event) &&
			(newest == nil || lastSeen(event).After(lastSeen(newest))) {
			newest = event
		}
	}
	return newest
}

func (w *watched) newest(reason, prefix string) string {
	if event := w.newestEvent(reason, prefix); event != nil {
		return event.Message
	}
	return ""
}

func (w *watched) since(t time.Time) string { return duration.HumanDuration(w.now.Sub(t)) }

func times(n int32) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
