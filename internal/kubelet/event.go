package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Event is what a Runtime reports: what came of a command, or what happened by
// itself. All are plain values. An event about what the kubelet does not know
// any more is ignored.
type Event interface{ event() }

// Image is an image on a node.
type Image struct {
	// ID is the digest by which the image is known: "sha256:...".
	ID string
	// Ref is the full reference with its digest:
	// "docker.io/library/nginx@sha256:...".
	Ref string
	// Names are the full names under which the image is known:
	// "docker.io/library/nginx:1.25".
	Names []string
	// Size is the size in bytes.
	Size int64
	// User is the image's own user, as its configuration has it: "", "0",
	// "nobody" or "1000:1000".
	User string
}

// ImagesFound reports the images that a node has when its runtime starts.
type ImagesFound struct{ Images []Image }

// RuntimeReady ends the wait for a runtime; see Config.AwaitRuntime.
type RuntimeReady struct{}

// PodFound reports a pod that the runtime runs since before the kubelet's
// process began. A runtime that outlives kubelets tells about all its pods
// before RuntimeReady.
type PodFound struct {
	Pod types.UID
	// Sandbox is its ID, Stopped whether it has ended.
	Sandbox string
	Stopped bool
	IPs     []string
	// Containers in the order of their creation.
	Containers []ContainerFound
}

// ContainerFound is a container of a pod that was found.
type ContainerFound struct {
	ID      string
	Name    string
	Attempt int32
	Image   Image
	User    *corev1.LinuxContainerUser
	Started time.Time
	// Exit says how it ended, nil while it runs.
	Exit *ContainerExited
}

// ImagePulled reports that an image is there now.
type ImagePulled struct {
	Pod types.UID
	// Name is the image as the command had it.
	Name  string
	Image Image
}

// ImagePullFailed reports why an image could not be pulled.
type ImagePullFailed struct {
	Pod   types.UID
	Name  string
	Error string
}

// SandboxReady reports that containers can be started in a sandbox.
type SandboxReady struct {
	Pod types.UID
	ID  string
	// IPs are the pod's addresses; empty for those of the command.
	IPs []string
}

// SandboxFailed reports that a sandbox could not be made; it is tried again.
type SandboxFailed struct {
	Pod   types.UID
	ID    string
	Error string
}

// SandboxStopped reports that a sandbox has ended. One that the kubelet did not
// ask to stop has died, and is replaced; its containers have exited before.
type SandboxStopped struct {
	Pod types.UID
	ID  string
}

// SandboxRemoved reports that nothing is left of a pod.
type SandboxRemoved struct {
	Pod types.UID
	ID  string
}

// VolumeFailed reports that a volume could not be made.
type VolumeFailed struct {
	Pod    types.UID
	Volume string
	Error  string
}

// ContainerStarted reports that a container runs.
type ContainerStarted struct {
	Pod types.UID
	ID  string
	// User is as whom it runs, nil where the runtime can't tell.
	User *corev1.LinuxContainerUser
}

// ContainerStartFailed reports that a container could not be created
// (Created false) or started.
type ContainerStartFailed struct {
	Pod     types.UID
	ID      string
	Created bool
	Error   string
}

// ContainerExited reports the end of a container.
type ContainerExited struct {
	Pod       types.UID
	ID        string
	ExitCode  int32
	Signal    int32
	OOMKilled bool
	// At is when it ended; zero for now.
	At time.Time
	// Message is what it left behind; see Termination.
	Message string
}

// ContainerUpdated reports that a container has its new resources, or why not.
type ContainerUpdated struct {
	Pod   types.UID
	ID    string
	Error string
}

// ProbeResult is the outcome of a probe.
type ProbeResult struct {
	Pod       types.UID
	Container string // ID
	Kind      ProbeKind
	Outcome   Outcome
	// Output explains it: "HTTP probe failed with statuscode: 500".
	Output string
}

// Outcome is how a probe ended.
type Outcome int

// The outcomes of probes.
const (
	Succeeded Outcome = iota
	Warned            // a success that deserves an event, as a redirect elsewhere does
	Failed
	Errored // the check itself could not be carried out
)

// HookResult is the outcome of a hook; Error is "" when it went well.
type HookResult struct {
	Pod       types.UID
	Container string // ID
	Kind      HookKind
	Error     string
}

func (ImagesFound) event()          {}
func (RuntimeReady) event()         {}
func (PodFound) event()             {}
func (ImagePulled) event()          {}
func (ImagePullFailed) event()      {}
func (SandboxReady) event()         {}
func (SandboxFailed) event()        {}
func (SandboxStopped) event()       {}
func (SandboxRemoved) event()       {}
func (VolumeFailed) event()         {}
func (ContainerStarted) event()     {}
func (ContainerStartFailed) event() {}
func (ContainerExited) event()      {}
func (ContainerUpdated) event()     {}
func (ProbeResult) event()          {}
func (HookResult) event()           {}
