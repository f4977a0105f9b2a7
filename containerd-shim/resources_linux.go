package containerdshim

import (
	"context"
	"os"
	"strconv"
	"strings"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/oci"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/kubelet"
)

// How processor time is shared out; see
// https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
const (
	sharesPerCPU = 1024
	minShares    = 2
	quotaPeriod  = 100_000 // microseconds
	minQuota     = 1_000
	milliPerCPU  = 1000
)

// setResources limits what the container uses.
func (c *container) setResources(s *oci.Spec) error {
	limits := linuxResources(c.Resources)
	if s.Linux.Resources == nil {
		s.Linux.Resources = &specs.LinuxResources{}
	}
	s.Linux.Resources.CPU, s.Linux.Resources.Memory = limits.CPU, limits.Memory
	score := max(c.OOMScoreAdjust, leastOOMScore())
	s.Process.OOMScoreAdj = &score
	return nil
}

// linuxResources are resources in the terms of control groups.
func linuxResources(r corev1.ResourceRequirements) *specs.LinuxResources {
	shares := uint64(max(minShares, r.Requests.Cpu().MilliValue()*sharesPerCPU/milliPerCPU))
	cpu := &specs.LinuxCPU{Shares: &shares}
	if limit := r.Limits.Cpu().MilliValue(); limit > 0 {
		quota, period := max(minQuota, limit*quotaPeriod/milliPerCPU), uint64(quotaPeriod)
		cpu.Quota, cpu.Period = &quota, &period
	}
	memory := &specs.LinuxMemory{}
	if limit := r.Limits.Memory().Value(); limit > 0 {
		memory.Limit = &limit
	}
	return &specs.LinuxResources{CPU: cpu, Memory: memory}
}

// leastOOMScore is the least score that processes started here may be given:
// their own, unless they have CAP_SYS_RESOURCE.
func leastOOMScore() int {
	const lowest = -1000
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err == nil && data[0].Effective&(1<<unix.CAP_SYS_RESOURCE) != 0 {
		return lowest
	}
	text, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		return 0
	}
	own, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return own
}

// updateContainer changes the resources of a running container.
func (p *pod) updateContainer(command kubelet.UpdateContainer) {
	result := kubelet.ContainerUpdated{Pod: p.uid, ID: command.ID}
	c := p.container(command.ID)
	if c == nil || c.task == nil {
		result.Error = "the container does not run"
		p.runtime.report(result)
		return
	}
	ctx, cancel := context.WithTimeout(p.runtime.ctx, callTimeout)
	defer cancel()
	resources := linuxResources(command.Resources)
	if resources.CPU.Quota == nil {
		unlimited := int64(-1)
		resources.CPU.Quota = &unlimited
	}
	if resources.Memory.Limit == nil {
		unlimited := int64(-1)
		resources.Memory.Limit = &unlimited
	}
	if err := c.task.Update(ctx, containerd.WithResources(resources)); err != nil {
		result.Error = err.Error()
	}
	p.runtime.report(result)
}
