package containerdshim

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/kubejig/kubejig/containerd-shim/internal/mounts"
	"github.com/kubejig/kubejig/containerd-shim/internal/netns"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// sandbox is what the containers of a pod share.
type sandbox struct {
	kubelet.Sandbox
	dir string
}

// shmSize is the size of a pod's /dev/shm, as runtimes have it.
const shmSize = 64 << 20

func (s *sandbox) namespacesDir() string { return filepath.Join(s.dir, "ns") }

// namespace is the file of a namespace that the sandbox has of its own.
func (s *sandbox) namespace(kind netns.Kind) string {
	return filepath.Join(s.namespacesDir(), string(kind))
}

func (s *sandbox) shm() string        { return filepath.Join(s.dir, "shm") }
func (s *sandbox) hostname() string   { return filepath.Join(s.dir, "hostname") }
func (s *sandbox) resolvConf() string { return filepath.Join(s.dir, "resolv.conf") }

// kinds are the namespaces that the sandbox has of its own.
func (s *sandbox) kinds() []netns.Kind {
	var kinds []netns.Kind
	if !s.HostNetwork {
		kinds = append(kinds, netns.Net, netns.UTS)
	}
	if !s.HostIPC {
		kinds = append(kinds, netns.IPC)
	}
	return kinds
}

// createSandbox makes a pod's sandbox and reports it.
func (p *pod) createSandbox(config kubelet.Sandbox) {
	s := &sandbox{Sandbox: config, dir: filepath.Join(p.dir, "sandbox")}
	if err := p.makeSandbox(s); err != nil {
		p.runtime.report(kubelet.SandboxFailed{Pod: p.uid, ID: config.ID, Error: err.Error()})
		return
	}
	p.runtime.report(kubelet.SandboxReady{Pod: p.uid, ID: config.ID})
}

func (p *pod) makeSandbox(s *sandbox) error {
	switch {
	case s.ShareProcesses:
		return fmt.Errorf("shareProcessNamespace is not supported on this node")
	case len(s.Ports) > 0 && !s.HostNetwork:
		return fmt.Errorf("hostPort %d is not supported on this node", s.Ports[0].HostPort)
	case s.Resources != nil:
		return fmt.Errorf("resources of a pod as a whole are not supported on this node")
	case s.RuntimeHandler != "":
		return fmt.Errorf("no runtime for %q is configured", s.RuntimeHandler)
	}
	if err := p.releaseSandbox(); err != nil { // what a failed attempt has left
		return err
	}
	if err := os.MkdirAll(s.dir, 0o711); err != nil {
		return err
	}
	for file, text := range map[string]string{s.hostname(): s.Hostname + "\n", s.resolvConf(): s.ResolvConf} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := p.isolate(s); err != nil {
		return err
	}
	p.mu.Lock()
	p.sandbox = s
	p.mu.Unlock()
	return nil
}

// isolate gives the sandbox its namespaces, its network and its shared memory.
func (p *pod) isolate(s *sandbox) error {
	err := netns.Create(s.namespacesDir(), s.kinds(), func() error {
		if s.HostNetwork {
			return nil
		}
		return unix.Sethostname([]byte(s.Hostname))
	})
	if err != nil {
		return err
	}
	if !s.HostIPC {
		if err := mountShm(s.shm()); err != nil {
			return err
		}
	}
	if s.HostNetwork {
		return nil
	}
	ips := make([]netip.Addr, len(s.IPs))
	for i, ip := range s.IPs {
		if ips[i], err = netip.ParseAddr(ip); err != nil {
			return err
		}
	}
	return p.runtime.network.AddPod(s.namespace(netns.Net), ips)
}

func mountShm(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	const flags = unix.MS_NOSUID | unix.MS_NOEXEC | unix.MS_NODEV
	if err := unix.Mount("shm", dir, "tmpfs", flags, fmt.Sprintf("mode=1777,size=%d", shmSize)); err != nil {
		return fmt.Errorf("mount /dev/shm: %w", err)
	}
	return nil
}

// currentSandbox is the pod's sandbox, or nil.
func (p *pod) currentSandbox() *sandbox {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sandbox
}

// networkNamespace is the file of the network namespace that the pod is in.
func (p *pod) networkNamespace(s *sandbox) string {
	if s.HostNetwork {
		return p.runtime.network.Namespace()
	}
	return s.namespace(netns.Net)
}

// stopSandbox ends a pod's sandbox. Logs and volumes stay.
func (p *pod) stopSandbox(id string) {
	p.killAll(p.runtime.ctx)
	if err := p.releaseSandbox(); err != nil {
		p.runtime.complain(fmt.Errorf("stop sandbox of pod %s: %w", p.uid, err))
	}
	p.runtime.report(kubelet.SandboxStopped{Pod: p.uid, ID: id})
}

// releaseSandbox gives back namespaces and network.
func (p *pod) releaseSandbox() error {
	dir := filepath.Join(p.dir, "sandbox")
	s := &sandbox{dir: dir}
	if _, err := os.Stat(s.namespace(netns.Net)); err == nil {
		if err := p.runtime.network.RemovePod(s.namespace(netns.Net)); err != nil {
			return err
		}
	}
	p.mu.Lock()
	p.sandbox = nil
	p.mu.Unlock()
	return mounts.RemoveAll(dir)
}

// killAll ends all containers of the pod and waits for their end.
func (p *pod) killAll(ctx context.Context) {
	for _, c := range p.all() {
		c.kill(ctx)
	}
	for _, c := range p.all() {
		c.await(ctx)
	}
}
