package kubelet

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// stage is how far a pod has come.
type stage int

const (
	incoming    stage = iota // not admitted yet
	active                   // containers are started and looked after
	terminating              // containers are being stopped
	ended                    // no container runs any more, the sandbox is being stopped
	removing                 // what is left of the pod is being removed
	finished                 // nothing is left to do but to forget the pod
)

// pod is what a kubelet knows of a pod beside the API object. It is plain data:
// a copy shares nothing that is changed in place.
type pod struct {
	owner *owner
	// api is the pod as the API last had it; gone when it is there no more.
	api     *corev1.Pod
	gone    bool
	changed bool // the API object has changed since the last sync
	dirty   bool // the status may have changed since it was last written
	queued  bool // the pod waits in Kubelet.dirty

	stage     stage
	seen      time.Time
	rejection *outcome // why the pod was not admitted, or was ended early
	// grace is the time that the containers have to stop, once they must.
	grace time.Duration

	sandbox    sandbox
	volumes    volumes
	containers []container // init, regular and ephemeral, as the spec has them
	// initialized is set once the init containers are done.
	initialized bool
	// restarting is set while all containers are stopped to begin anew.
	restarting bool
	requests   requests
	resize     resizeState
	wake       time.Time // the timer that is set, if any
}

// outcome is a reason and message that end up in a pod's status.
type outcome struct{ reason, message string }

// sandboxStage is how far a pod's sandbox has come.
type sandboxStage int

const (
	noSandbox sandboxStage = iota
	sandboxCreating
	sandboxReady
	sandboxStopping
	sandboxGone
)

type sandbox struct {
	stage   sandboxStage
	id      string
	ips     []string
	attempt int
	retryAt time.Time
	// held are the addresses that were taken from the node's networks.
	held []string
}

// role is what a container is to its pod.
type role int

const (
	initial role = iota
	sidecar      // an init container that keeps running
	regular
	ephemeral
)

// phase is how far a container has come.
type phase int

const (
	waiting  phase = iota // to be started, as far as it may be
	pulling               // its image is being pulled
	starting              // the runtime starts it
	running
	stopped
)

// container is what a kubelet knows of a container of a pod.
type container struct {
	name  string
	role  role
	index int // within its list of the pod's spec
	phase phase

	// id, attempt and image are of the latest container of this name; newID
	// is of the one that is being started.
	id      string
	newID   string
	attempt int32 // restarts
	image   Image
	imaged  bool // the image is there for the next start
	user    *corev1.LinuxContainerUser
	started time.Time
	exited  time.Time
	// resources that the container runs with.
	resources *corev1.ResourceRequirements

	// why it waits, and until when.
	why     outcome
	retryAt time.Time
	pull    backoff
	crash   backoff
	pulled  time.Time // when the pull began

	ended  *corev1.ContainerStateTerminated // of the latest container, when it has exited
	last   *corev1.ContainerStateTerminated // of the one before
	lastID string

	asked      string    // the image that it was started with, as the spec had it
	again      bool      // it is to be started again, whatever its policy
	hooking    bool      // its postStart hook runs
	hookUntil  time.Time // when one that sleeps is over
	hookFailed string    // why the container is being stopped by its own hook
	stop       stopState
	probes     [numProbes]probe
}

// copy returns a state that can be changed by its owner without others
// noticing.
func (p *pod) copy(o *owner) *pod {
	c := *p
	c.owner = o
	c.containers = slices.Clone(p.containers)
	return &c
}

// newPod begins to look after a pod.
func (k *Kubelet) newPod(api *corev1.Pod) *pod {
	p := &pod{owner: k.owner, api: api, seen: k.now()}
	if api.Status.StartTime != nil {
		p.seen = api.Status.StartTime.Time // known to a kubelet before this one
	}
	p.takeContainers()
	k.pods.Set(api.UID, p)
	return p
}

// takeContainers adds the containers of the spec that are not known yet, which
// may stand in front of others.
func (p *pod) takeContainers() {
	s := &p.api.Spec
	if len(p.containers) == len(s.InitContainers)+len(s.Containers)+len(s.EphemeralContainers) {
		return
	}
	known := p.containers
	p.containers = make([]container, 0, len(s.InitContainers)+len(s.Containers)+len(s.EphemeralContainers))
	add := func(name string, r role, i int) {
		c := container{name: name, role: r}
		if at := slices.IndexFunc(known, func(c container) bool { return c.name == name }); at >= 0 {
			c = known[at]
		}
		c.index = i
		p.containers = append(p.containers, c)
	}
	for i := range s.InitContainers {
		add(s.InitContainers[i].Name, initRole(&s.InitContainers[i]), i)
	}
	for i := range s.Containers {
		add(s.Containers[i].Name, regular, i)
	}
	for i := range s.EphemeralContainers {
		add(s.EphemeralContainers[i].Name, ephemeral, i)
	}
}

func initRole(c *corev1.Container) role {
	if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
		return sidecar
	}
	return initial
}

// spec is a container's part of the pod's spec. An ephemeral container is seen
// through the fields that it shares with the others.
func (p *pod) spec(c *container) *corev1.Container {
	s := &p.api.Spec
	switch c.role {
	case initial, sidecar:
		return &s.InitContainers[c.index]
	case ephemeral:
		return (*corev1.Container)(&s.EphemeralContainers[c.index].EphemeralContainerCommon)
	}
	return &s.Containers[c.index]
}

// container finds a container by its ID, or nil.
func (p *pod) container(id string) *container {
	for i := range p.containers {
		if c := &p.containers[i]; c.id == id || c.newID == id {
			return &p.containers[i]
		}
	}
	return nil
}

// fieldPath is how events refer to a container.
func (c *container) fieldPath() string {
	switch c.role {
	case initial, sidecar:
		return "spec.initContainers{" + c.name + "}"
	case ephemeral:
		return "spec.ephemeralContainers{" + c.name + "}"
	}
	return "spec.containers{" + c.name + "}"
}

// alive reports whether the runtime has, or is about to have, a process.
func (c *container) alive() bool { return c.phase == running || c.phase == starting }

// uid is the pod's UID.
func (p *pod) uid() types.UID { return p.api.UID }

// describe is the pod as messages name it: "name_namespace(uid)".
func (p *pod) describe() string {
	return p.api.Name + "_" + p.api.Namespace + "(" + string(p.api.UID) + ")"
}

// deleted reports whether the API wants the pod to go.
func (p *pod) deleted() bool { return p.gone || p.api.DeletionTimestamp != nil }

// event records an event about a pod.
func (k *Kubelet) event(p *pod, kind, reason, message string) {
	k.events.Event(p.api, kind, reason, message)
}

// containerEvent records an event about a container.
func (k *Kubelet) containerEvent(p *pod, c *container, kind, reason, message string) {
	k.events.EventFor(corev1.ObjectReference{
		Kind: "Pod", APIVersion: "v1",
		Namespace: p.api.Namespace, Name: p.api.Name, UID: p.api.UID, ResourceVersion: p.api.ResourceVersion,
		FieldPath: c.fieldPath(),
	}, kind, reason, message)
}

// newID returns a random identifier of 256 bits, as runtimes use them.
func (k *Kubelet) newID() string {
	const digits = "0123456789abcdef"
	var id [64]byte
	for i := 0; i < len(id); i += 16 {
		word := k.loop().Rand().Uint64()
		for j := range 16 {
			id[i+j] = digits[word&15]
			word >>= 4
		}
	}
	return string(id[:])
}

func timeOf(t time.Time) metav1.Time { return metav1.NewTime(t) }
