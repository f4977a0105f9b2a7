package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Runtime runs the sandboxes and containers of one node. Do starts to carry
// out a command and returns at once; what comes of it is handed to
// Kubelet.Deliver later, never from within Do. Commands for one pod are
// carried out in order.
type Runtime interface {
	Do(Command)
}

// Command is something for a Runtime to do. All are plain values.
type Command interface{ command() }

// PullImage asks for an image; the answer is ImagePulled or ImagePullFailed.
type PullImage struct {
	Pod   types.UID
	Image string
	// Secrets are the pod's pull secrets, as far as they exist.
	Secrets []*corev1.Secret
}

// CreateSandbox asks for what the containers of a pod share: its namespaces,
// network and name files. The answer is SandboxReady or SandboxFailed.
type CreateSandbox struct{ Sandbox }

// Sandbox describes a pod's sandbox.
type Sandbox struct {
	ID          string
	Pod         types.UID
	Namespace   string
	Name        string
	Labels      map[string]string
	Annotations map[string]string
	Hostname    string
	// HostNetwork, HostPID, HostIPC and ShareProcesses say which namespaces
	// the pod has of its own.
	HostNetwork    bool
	HostPID        bool
	HostIPC        bool
	ShareProcesses bool
	// IPs are the addresses that the kubelet has set aside for the pod; a
	// runtime whose network assigns its own answers with those.
	IPs []string
	// ResolvConf is the content of /etc/resolv.conf, DNS the same in parts.
	ResolvConf string
	DNS        ResolvConf
	// Domain makes the hostname a full name, "" for pods without a subdomain.
	Domain      string
	HostAliases []corev1.HostAlias
	// Ports of the containers that are published on the node.
	Ports          []corev1.ContainerPort
	Sysctls        []corev1.Sysctl
	RuntimeHandler string
	// Resources of the pod as a whole; see
	// https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/
	Resources *corev1.ResourceRequirements
}

// StopSandbox ends a sandbox and gives back its network; what its containers
// have left, logs above all, stays. The answer is SandboxStopped.
type StopSandbox struct {
	Pod types.UID
	ID  string
}

// RemoveSandbox takes away all that is left of a pod: its sandbox, volumes,
// containers and their logs. The answer is SandboxRemoved.
type RemoveSandbox struct {
	Pod types.UID
	ID  string
}

// SetVolume makes a volume of a pod, or replaces the content of one that is
// made of files, atomically. There is no answer unless it fails: VolumeFailed.
type SetVolume struct {
	Pod    types.UID
	Volume Volume
}

// StartContainer creates and starts a container. The answer is
// ContainerStarted or ContainerStartFailed.
type StartContainer struct{ Container }

// Container is the full configuration of a container, with everything
// resolved.
type Container struct {
	ID      string
	Pod     types.UID
	Sandbox string
	Name    string
	// Attempt counts the containers that have had this name in the pod.
	Attempt int32
	Image   string
	// Command and Args are expanded; empty means the image's.
	Command    []string
	Args       []string
	WorkingDir string
	Env        []EnvVar
	Mounts     []Mount
	// Hosts is the content of /etc/hosts, "" to keep the image's.
	Hosts     string
	Devices   []corev1.VolumeDevice
	Ports     []corev1.ContainerPort
	Resources corev1.ResourceRequirements
	// Security is the container's security context with the pod's merged in.
	Security    Security
	Stdin       bool
	StdinOnce   bool
	TTY         bool
	Privileged  bool
	StopSignal  corev1.Signal // "" for the image's
	Termination Termination
	// OOMScoreAdjust as the pod's quality of service has it.
	OOMScoreAdjust int
	// Target is the container whose process namespace an ephemeral container
	// joins, "" for none.
	Target string
}

// EnvVar is one variable of a container's environment.
type EnvVar struct{ Name, Value string }

// Mount is a volume in a container's file system.
type Mount struct {
	Volume    string // name of a volume of the pod
	Path      string
	SubPath   string
	ReadOnly  bool
	Recursive bool // ReadOnly holds for what is mounted below, too
	// Propagation of mounts below, "" for none.
	Propagation corev1.MountPropagationMode
}

// Security says as whom and with which rights a container runs. nil and empty
// fields mean the image's or the runtime's default.
type Security struct {
	RunAsUser          *int64
	RunAsGroup         *int64
	RunAsNonRoot       bool
	SupplementalGroups []int64
	FSGroup            *int64
	ReadOnlyRoot       bool
	NoNewPrivileges    bool
	Capabilities       *corev1.Capabilities
	Seccomp            *corev1.SeccompProfile
	AppArmor           *corev1.AppArmorProfile
}

// Termination says where a container leaves its last words.
type Termination struct {
	Path string
	// FromLog takes the end of the log of a container that failed without a
	// message: at most 2,048 bytes or 80 lines.
	FromLog bool
}

// UpdateContainer changes the resources of a running container. The answer is
// ContainerUpdated.
type UpdateContainer struct {
	Pod       types.UID
	ID        string
	Resources corev1.ResourceRequirements
}

// StopContainer sends a container its stop signal. Kill follows when it does
// not end within its grace period. The answer, in its time, is
// ContainerExited.
type StopContainer struct {
	Pod    types.UID
	ID     string
	Signal corev1.Signal // "" for the image's
	// Grace is the time after which the kubelet will kill it.
	Grace time.Duration
}

// KillContainer ends a container at once.
type KillContainer struct {
	Pod types.UID
	ID  string
}

// RemoveContainer takes away what is left of a container that has ended.
type RemoveContainer struct {
	Pod types.UID
	ID  string
}

// RunProbe checks a container. The answer is ProbeResult.
type RunProbe struct {
	Pod       types.UID
	Container string // ID
	Kind      ProbeKind
	Check     Check
	Timeout   time.Duration
}

// RunHook carries out a lifecycle hook of a container. The answer is
// HookResult. Sleeping is no matter of the runtime's.
type RunHook struct {
	Pod       types.UID
	Container string // ID
	Kind      HookKind
	Check     Check
}

// Check is what a probe or hook does, with host and port resolved. Exactly one
// field is set.
type Check struct {
	Exec []string
	HTTP *HTTPCheck
	TCP  string // host:port
	GRPC *GRPCCheck
}

// HTTPCheck is a GET request.
type HTTPCheck struct {
	URL     string
	Headers []corev1.HTTPHeader
}

// GRPCCheck is a call of grpc.health.v1.Health/Check.
type GRPCCheck struct {
	Address string
	Service string
}

// ProbeKind is what a probe finds out.
type ProbeKind int

// The kinds of probes.
const (
	Startup ProbeKind = iota
	Readiness
	Liveness
	numProbes
)

// String is the kind as events call it.
func (k ProbeKind) String() string { return [...]string{"Startup", "Readiness", "Liveness"}[k] }

// HookKind is when a hook runs.
type HookKind int

// The kinds of hooks.
const (
	PostStart HookKind = iota
	PreStop
)

func (PullImage) command()       {}
func (CreateSandbox) command()   {}
func (StopSandbox) command()     {}
func (RemoveSandbox) command()   {}
func (SetVolume) command()       {}
func (StartContainer) command()  {}
func (UpdateContainer) command() {}
func (StopContainer) command()   {}
func (KillContainer) command()   {}
func (RemoveContainer) command() {}
func (RunProbe) command()        {}
func (RunHook) command()         {}
