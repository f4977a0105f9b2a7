package kubelet

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// containerConfig is the full configuration with which a container is started.
func (k *Kubelet) containerConfig(p *pod, c *container) (Container, error) {
	spec := p.spec(c)
	security := securityOf(p.api.Spec.SecurityContext, spec.SecurityContext)
	if err := checkNonRoot(p, c, &security); err != nil {
		return Container{}, err
	}
	env, err := k.environmentOf(p, c)
	if err != nil {
		return Container{}, err
	}
	config := Container{
		ID: k.newID(), Pod: p.uid(), Sandbox: p.sandbox.id, Name: c.name, Attempt: c.attempt,
		Image:   spec.Image,
		Command: expandAll(spec.Command, env.lookup), Args: expandAll(spec.Args, env.lookup),
		WorkingDir: spec.WorkingDir, Env: env.list(), Hosts: k.hosts(p),
		Devices: spec.VolumeDevices, Ports: spec.Ports, Resources: spec.Resources, Security: security,
		Stdin: spec.Stdin, StdinOnce: spec.StdinOnce, TTY: spec.TTY,
		Privileged: spec.SecurityContext != nil && isTrue(spec.SecurityContext.Privileged),
		Termination: Termination{
			Path:    spec.TerminationMessagePath,
			FromLog: spec.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError,
		},
		OOMScoreAdjust: k.oomScoreAdjust(p, spec),
		Target:         p.target(c),
	}
	if c.ended != nil {
		config.Attempt++
	}
	if spec.Lifecycle != nil && spec.Lifecycle.StopSignal != nil {
		config.StopSignal = *spec.Lifecycle.StopSignal
	}
	for i := range spec.VolumeMounts {
		m, err := mountOf(&spec.VolumeMounts[i], env)
		if err != nil {
			return Container{}, err
		}
		config.Mounts = append(config.Mounts, m)
	}
	return config, nil
}

func mountOf(v *corev1.VolumeMount, env *environment) (Mount, error) {
	m := Mount{Volume: v.Name, Path: v.MountPath, SubPath: v.SubPath, ReadOnly: v.ReadOnly}
	if v.RecursiveReadOnly != nil {
		m.Recursive = *v.RecursiveReadOnly != corev1.RecursiveReadOnlyDisabled
	}
	if v.MountPropagation != nil {
		m.Propagation = *v.MountPropagation
	}
	if v.SubPathExpr != "" {
		missing := ""
		m.SubPath = expand(v.SubPathExpr, func(name string) (string, bool) {
			value, ok := env.lookup(name)
			if !ok {
				missing = name
			}
			return value, ok
		})
		if missing != "" {
			return Mount{}, fmt.Errorf("missing value for %q", missing)
		}
	}
	if strings.HasPrefix(m.SubPath, "/") {
		return Mount{}, fmt.Errorf("error SubPath `%s` must not be an absolute path", m.SubPath)
	}
	return m, nil
}

// target is the ID of the container whose processes an ephemeral one sees.
func (p *pod) target(c *container) string {
	if c.role != ephemeral {
		return ""
	}
	name := p.api.Spec.EphemeralContainers[c.index].TargetContainerName
	for i := range p.containers {
		if name != "" && p.containers[i].name == name {
			return p.containers[i].id
		}
	}
	return ""
}

// securityOf merges the security contexts of a pod and of a container.
func securityOf(pod *corev1.PodSecurityContext, own *corev1.SecurityContext) Security {
	var s Security
	if pod != nil {
		s = Security{
			RunAsUser: pod.RunAsUser, RunAsGroup: pod.RunAsGroup, RunAsNonRoot: isTrue(pod.RunAsNonRoot),
			SupplementalGroups: pod.SupplementalGroups, FSGroup: pod.FSGroup,
			Seccomp: pod.SeccompProfile, AppArmor: pod.AppArmorProfile,
		}
	}
	if own == nil {
		return s
	}
	if own.RunAsUser != nil {
		s.RunAsUser = own.RunAsUser
	}
	if own.RunAsGroup != nil {
		s.RunAsGroup = own.RunAsGroup
	}
	if own.RunAsNonRoot != nil {
		s.RunAsNonRoot = *own.RunAsNonRoot
	}
	if own.SeccompProfile != nil {
		s.Seccomp = own.SeccompProfile
	}
	if own.AppArmorProfile != nil {
		s.AppArmor = own.AppArmorProfile
	}
	s.ReadOnlyRoot = isTrue(own.ReadOnlyRootFilesystem)
	s.NoNewPrivileges = own.AllowPrivilegeEscalation != nil && !*own.AllowPrivilegeEscalation
	s.Capabilities = own.Capabilities
	return s
}

// checkNonRoot refuses to run as root what must not.
func checkNonRoot(p *pod, c *container, s *Security) error {
	if !s.RunAsNonRoot {
		return nil
	}
	if s.RunAsUser != nil {
		if *s.RunAsUser == 0 {
			return fmt.Errorf("container's runAsUser breaks non-root policy (pod: %q, container: %s)", p.describe(), c.name)
		}
		return nil
	}
	user, _, _ := strings.Cut(c.image.User, ":")
	uid, err := strconv.Atoi(orElse(user, "0"))
	switch {
	case err != nil:
		return fmt.Errorf("container has runAsNonRoot and image has non-numeric user (%s), cannot verify user is non-root (pod: %q, container: %s)", user, p.describe(), c.name)
	case uid == 0:
		return fmt.Errorf("container has runAsNonRoot and image will run as root (pod: %q, container: %s)", p.describe(), c.name)
	}
	return nil
}

// oomScoreAdjust says how soon a container's processes are to be killed when
// the node runs out of memory; see
// https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-out-of-memory-behavior
func (k *Kubelet) oomScoreAdjust(p *pod, spec *corev1.Container) int {
	const guaranteed, bestEffort = -997, 1000
	switch p.api.Status.QOSClass {
	case corev1.PodQOSGuaranteed:
		return guaranteed
	case corev1.PodQOSBestEffort:
		return bestEffort
	}
	capacity := k.config.Capacity.Memory().Value()
	if capacity == 0 {
		return bestEffort - 1
	}
	adjust := 1000 - 1000*spec.Resources.Requests.Memory().Value()/capacity
	return int(min(max(adjust, 1000+guaranteed), bestEffort-1))
}
