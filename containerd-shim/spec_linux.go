package containerdshim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/pkg/oci"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/containerd-shim/internal/netns"
	"github.com/kubejig/kubejig/containerd-shim/internal/volume"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// edit is a change of a specification that needs nothing else.
func edit(f func(*oci.Spec) error) oci.SpecOpts {
	return func(_ context.Context, _ oci.Client, _ *containers.Container, s *oci.Spec) error { return f(s) }
}

// specOptions turn the default specification into the container's, and keep it
// in c.spec.
func (c *container) specOptions(s *sandbox, image containerd.Image) []oci.SpecOpts {
	options := []oci.SpecOpts{
		oci.WithoutRunMount,
		oci.WithImageConfigArgs(image, c.Args),
		edit(c.setProcess(s)),
		edit(c.setNamespaces(s)),
		oci.WithCgroup(string(c.group)),
		oci.WithAnnotations(map[string]string{shimGroup: s.ID}),
	}
	options = append(options, c.securityOptions()...)
	return append(options,
		edit(c.setResources),
		edit(c.setMounts(s)),
		edit(func(spec *oci.Spec) error { c.spec = spec; return nil }),
	)
}

// setProcess says what the container runs.
func (c *container) setProcess(s *sandbox) func(*oci.Spec) error {
	return func(spec *oci.Spec) error {
		p := spec.Process
		if len(c.Command) > 0 {
			p.Args = slices.Concat(c.Command, c.Args)
		}
		if len(p.Args) == 0 {
			return errors.New("no command specified")
		}
		if c.WorkingDir != "" {
			p.Cwd = c.WorkingDir
		}
		p.Terminal = c.TTY
		variables := []string{"HOSTNAME=" + s.Hostname}
		if c.TTY {
			variables = append(variables, "TERM=xterm")
		}
		for _, v := range c.Env {
			variables = append(variables, v.Name+"="+v.Value)
		}
		return oci.WithEnv(variables)(context.Background(), nil, nil, spec)
	}
}

// setNamespaces joins the container to the namespaces of its pod.
func (c *container) setNamespaces(s *sandbox) func(*oci.Spec) error {
	return func(spec *oci.Spec) error {
		set := func(kind specs.LinuxNamespaceType, path string) {
			_ = oci.WithLinuxNamespace(specs.LinuxNamespace{Type: kind, Path: path})(context.Background(), nil, nil, spec)
		}
		host := func(kind specs.LinuxNamespaceType) {
			_ = oci.WithHostNamespace(kind)(context.Background(), nil, nil, spec)
		}
		set(specs.NetworkNamespace, c.pod.networkNamespace(s))
		if s.HostNetwork {
			host(specs.UTSNamespace)
		} else {
			set(specs.UTSNamespace, s.namespace(netns.UTS))
		}
		if s.HostIPC {
			host(specs.IPCNamespace)
		} else {
			set(specs.IPCNamespace, s.namespace(netns.IPC))
		}
		switch {
		case c.Target != "":
			target := c.pod.container(c.Target)
			if target == nil || target.task == nil {
				return fmt.Errorf("container %s, whose processes are to be seen, does not run", c.Target)
			}
			set(specs.PIDNamespace, fmt.Sprintf("/proc/%d/ns/pid", target.task.Pid()))
		case s.HostPID:
			host(specs.PIDNamespace)
		}
		spec.Linux.Sysctl = map[string]string{}
		for _, sysctl := range s.Sysctls {
			spec.Linux.Sysctl[sysctl.Name] = sysctl.Value
		}
		return nil
	}
}

// setMounts shows the container its volumes and the files that runtimes make.
func (c *container) setMounts(s *sandbox) func(*oci.Spec) error {
	return func(spec *oci.Spec) error {
		spec.Mounts = append(spec.Mounts, specs.Mount{
			Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup",
			Options: []string{"nosuid", "noexec", "nodev", "relatime", c.cgroupAccess()},
		})
		files, err := c.files(s)
		if err != nil {
			return err
		}
		wanted := append(files, c.Mounts...)
		slices.SortStableFunc(wanted, func(a, b kubelet.Mount) int {
			return strings.Count(filepath.Clean(a.Path), "/") - strings.Count(filepath.Clean(b.Path), "/")
		})
		for _, m := range wanted {
			mount, err := c.mount(spec, m)
			if err != nil {
				return err
			}
			spec.Mounts = slices.DeleteFunc(spec.Mounts, func(o specs.Mount) bool { return o.Destination == mount.Destination })
			spec.Mounts = append(spec.Mounts, mount)
		}
		return nil
	}
}

func (c *container) cgroupAccess() string {
	if c.Privileged {
		return "rw"
	}
	return "ro"
}

// ownFile marks a mount whose Volume is not the name of a volume but a path.
const ownFile = "/"

// files are the mounts of the files that every container gets. A volume at the
// same place takes precedence.
func (c *container) files(s *sandbox) ([]kubelet.Mount, error) {
	hosts := filepath.Join(c.dir, "hosts")
	contents := map[string]string{c.messagePath(): ""}
	if c.Hosts != "" {
		contents[hosts] = c.Hosts
	}
	for path, text := range contents {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	if err := os.Chmod(c.messagePath(), 0o666); err != nil { // whoever the container runs as
		return nil, err
	}
	mounts := []kubelet.Mount{
		{Volume: s.hostname(), Path: "/etc/hostname"},
		{Volume: s.resolvConf(), Path: "/etc/resolv.conf"},
	}
	if !s.HostIPC {
		mounts = append(mounts, kubelet.Mount{Volume: s.shm(), Path: "/dev/shm"})
	}
	if c.Hosts != "" {
		mounts = append(mounts, kubelet.Mount{Volume: hosts, Path: "/etc/hosts"})
	}
	if c.Termination.Path != "" {
		mounts = append(mounts, kubelet.Mount{Volume: c.messagePath(), Path: c.Termination.Path})
	}
	return slices.DeleteFunc(mounts, func(m kubelet.Mount) bool {
		return slices.ContainsFunc(c.Mounts, func(v kubelet.Mount) bool {
			return filepath.Clean(v.Path) == filepath.Clean(m.Path)
		})
	}), nil
}

// mount is a mount as runc wants it.
func (c *container) mount(spec *oci.Spec, m kubelet.Mount) (specs.Mount, error) {
	source := m.Volume
	if !strings.HasPrefix(m.Volume, ownFile) {
		v, ok := c.pod.volume(m.Volume)
		if !ok {
			return specs.Mount{}, fmt.Errorf("volume %q is not there", m.Volume)
		}
		var err error
		if source, err = volume.SubPath(v.Path, m.SubPath); err != nil {
			return specs.Mount{}, err
		}
	}
	options := []string{"rbind", propagation(spec, m.Propagation)}
	switch {
	case m.ReadOnly && m.Recursive:
		options = append(options, "rro")
	case m.ReadOnly:
		options = append(options, "ro")
	default:
		options = append(options, "rw")
	}
	return specs.Mount{Destination: filepath.Clean(m.Path), Type: "bind", Source: source, Options: options}, nil
}

// propagation is the mount option for a mode; the root must be at least as
// permissive.
func propagation(spec *oci.Spec, mode corev1.MountPropagationMode) string {
	switch mode {
	case corev1.MountPropagationBidirectional:
		spec.Linux.RootfsPropagation = "rshared"
		return "rshared"
	case corev1.MountPropagationHostToContainer:
		if spec.Linux.RootfsPropagation != "rshared" {
			spec.Linux.RootfsPropagation = "rslave"
		}
		return "rslave"
	}
	return "rprivate"
}
