package node

import (
	"net/netip"
	"slices"

	"github.com/tidwall/btree"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/kubelet"
	simulated "github.com/kubejig/kubejig/internal/simulation/container"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// runtime carries out the commands of one node's kubelet.
type runtime struct {
	*World
	node string
}

// Do begins to carry out a command.
func (r runtime) Do(c kubelet.Command) {
	switch c := c.(type) {
	case kubelet.PullImage:
		r.pull(c)
	case kubelet.CreateSandbox:
		r.createSandbox(c)
	case kubelet.StopSandbox:
		if s := r.world.Sandbox(c.ID); s != nil {
			s.Stop()
		}
		r.tell(r.node, kubelet.SandboxStopped{Pod: c.Pod, ID: c.ID})
	case kubelet.RemoveSandbox:
		r.removeSandbox(c)
	case kubelet.SetVolume:
		r.setVolume(c)
	case kubelet.StartContainer:
		r.start(c.Container)
	case kubelet.UpdateContainer:
		r.tell(r.node, kubelet.ContainerUpdated{Pod: c.Pod, ID: c.ID})
	case kubelet.StopContainer:
		signal, _ := process.ParseSignal(string(c.Signal))
		r.world.SignalContainer(c.ID, signal)
	case kubelet.KillContainer:
		r.world.SignalContainer(c.ID, process.SIGKILL)
	case kubelet.RemoveContainer:
		r.world.RemoveContainer(c.ID)
		r.containers.Delete(c.ID)
	case kubelet.RunProbe:
		r.check(&check{
			node: r.node, pod: c.Pod, container: c.Container, probe: true, kind: c.Kind,
			what: c.Check, until: r.loop().Now().Add(c.Timeout), limit: c.Timeout,
		})
	case kubelet.RunHook:
		r.check(&check{node: r.node, pod: c.Pod, container: c.Container, hook: c.Kind, what: c.Check})
	}
}

// pull asks for an image; pods that ask for the same one wait together.
func (r runtime) pull(c kubelet.PullImage) {
	key := r.node + " " + c.Image
	waiting, _ := r.pulls.Get(key)
	r.pulls.Set(key, append(slices.Clip(waiting), c.Pod))
	r.machine(r.node).Pull(c.Image)
}

func (r runtime) createSandbox(c kubelet.CreateSandbox) {
	config := simulated.SandboxConfig{
		ID: c.ID, Namespace: c.Namespace, Name: c.Name, UID: string(c.Pod), Hostname: c.Hostname, Domain: c.Domain, ShareProcesses: c.ShareProcesses,
		DNS: simulated.DNS{Servers: c.DNS.Nameservers, Searches: c.DNS.Searches, Options: c.DNS.Options},
	}
	for _, alias := range c.HostAliases {
		config.HostAliases = append(config.HostAliases, simulated.HostAlias{IP: alias.IP, Hostnames: alias.Hostnames})
	}
	if !c.HostNetwork {
		for _, s := range c.IPs {
			if ip, err := netip.ParseAddr(s); err == nil {
				config.IPs = append(config.IPs, ip)
			}
		}
	}
	r.machine(r.node).CreateSandbox(config)
	p := r.pod(c.Pod)
	p.sandbox = c.ID
	r.pods.Set(c.Pod, p)
	r.tell(r.node, kubelet.SandboxReady{Pod: c.Pod, ID: c.ID})
}

// pod is what is known of a pod of the node.
func (r runtime) pod(uid types.UID) pod {
	p, ok := r.pods.Get(uid)
	if !ok {
		p = pod{node: r.node, volumes: new(btree.Map[string, volume])}
	}
	return p
}

func (r runtime) removeSandbox(c kubelet.RemoveSandbox) {
	p := r.pod(c.Pod)
	if s := r.world.Sandbox(p.sandbox); s != nil {
		for _, other := range s.Containers() {
			r.containers.Delete(other.ID)
		}
	}
	r.world.RemoveSandbox(p.sandbox)
	for _, id := range p.ephemeral {
		r.world.RemoveVolume(id)
	}
	r.pods.Delete(c.Pod)
	r.tell(r.node, kubelet.SandboxRemoved{Pod: c.Pod, ID: c.ID})
}

// start creates a container and starts it.
func (r runtime) start(c kubelet.Container) {
	image := r.machine(r.node).Image(c.Image)
	config := simulated.Config{
		ID: c.ID, Name: c.Name, Attempt: int(c.Attempt), Image: image, Command: c.Command, Args: c.Args,
		WorkingDir: c.WorkingDir, User: c.Security.RunAsUser, Group: c.Security.RunAsGroup, Groups: groupsOf(&c.Security),
		TTY: c.TTY, Stdin: c.Stdin, StdinOnce: c.StdinOnce, ReadOnlyRootfs: c.Security.ReadOnlyRoot,
		MemoryLimit:            c.Resources.Limits.Memory().Value(),
		TerminationMessagePath: c.Termination.Path,
		Target:                 c.Target,
	}
	config.Env = make([]string, 0, len(c.Env))
	for _, v := range c.Env {
		config.Env = append(config.Env, v.Name+"="+v.Value)
	}
	mounts, err := r.mounts(&c)
	if err == nil {
		config.Mounts = mounts
		_, err = r.world.CreateContainer(c.Sandbox, config)
	}
	if err != nil {
		r.tell(r.node, kubelet.ContainerStartFailed{Pod: c.Pod, ID: c.ID, Error: err.Error()})
		return
	}
	r.containers.Set(c.ID, &container{node: r.node, config: c})
	r.world.StartContainer(c.ID)
}

// groupsOf are a container's further groups.
func groupsOf(s *kubelet.Security) []int64 {
	groups := s.SupplementalGroups
	if s.FSGroup != nil {
		groups = append(slices.Clip(groups), *s.FSGroup)
	}
	return groups
}

// userOf is as whom a container runs.
func userOf(s *kubelet.Security) *corev1.LinuxContainerUser {
	u := &corev1.LinuxContainerUser{}
	if s.RunAsUser != nil {
		u.UID = *s.RunAsUser
	}
	if s.RunAsGroup != nil {
		u.GID = *s.RunAsGroup
	}
	u.SupplementalGroups = slices.Compact(append([]int64{u.GID}, groupsOf(s)...))
	return u
}
