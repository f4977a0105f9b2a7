package containerdshim

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/containerd/v2/contrib/seccomp"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/pkg/oci"
	corev1 "k8s.io/api/core/v1"
)

// securityOptions say as whom and with which rights the container runs.
func (c *container) securityOptions() []oci.SpecOpts {
	var options []oci.SpecOpts
	if c.Privileged {
		options = append(options, oci.WithPrivileged, oci.WithAllDevicesAllowed, oci.WithHostDevices)
	} else {
		options = append(options, c.capabilityOptions()...)
		options = append(options, c.setSeccomp, edit(c.setAppArmor))
	}
	if c.Security.NoNewPrivileges {
		options = append(options, oci.WithNoNewPrivileges)
	} else {
		options = append(options, oci.WithNewPrivileges)
	}
	if c.Security.ReadOnlyRoot {
		options = append(options, oci.WithRootFSReadonly())
	}
	return append(options, c.userOptions()...)
}

// userOptions set user and groups where they are not the image's.
func (c *container) userOptions() []oci.SpecOpts {
	var options []oci.SpecOpts
	if uid := c.Security.RunAsUser; uid != nil {
		user := strconv.FormatInt(*uid, 10)
		if gid := c.Security.RunAsGroup; gid != nil {
			user += ":" + strconv.FormatInt(*gid, 10)
		}
		options = append(options, oci.WithUser(user), oci.WithAdditionalGIDs(strconv.FormatInt(*uid, 10)))
	}
	return append(options, edit(c.addGroups))
}

// addGroups gives the container the groups that the pod asks for.
func (c *container) addGroups(s *oci.Spec) error {
	user := &s.Process.User
	if gid := c.Security.RunAsGroup; gid != nil {
		user.GID = uint32(*gid)
	}
	groups := c.Security.SupplementalGroups
	if c.Security.FSGroup != nil {
		groups = append(slices.Clip(groups), *c.Security.FSGroup)
	}
	for _, gid := range groups {
		if !slices.Contains(user.AdditionalGids, uint32(gid)) {
			user.AdditionalGids = append(user.AdditionalGids, uint32(gid))
		}
	}
	return nil
}

// allCapabilities stands for every capability in a list of them.
const allCapabilities = "ALL"

// capabilityOptions change the default capabilities: first what is added for
// all, then what is dropped for all, then the single ones.
func (c *container) capabilityOptions() []oci.SpecOpts {
	if c.Security.Capabilities == nil {
		return nil
	}
	add, addAll := capabilityNames(c.Security.Capabilities.Add)
	drop, dropAll := capabilityNames(c.Security.Capabilities.Drop)
	var options []oci.SpecOpts
	if addAll {
		options = append(options, oci.WithAllCurrentCapabilities)
	}
	if dropAll {
		options = append(options, oci.WithCapabilities(nil))
	}
	return append(options, oci.WithAddedCapabilities(add), oci.WithDroppedCapabilities(drop))
}

// capabilityNames are capabilities as the kernel calls them, and whether all
// are meant.
func capabilityNames(list []corev1.Capability) (names []string, all bool) {
	for _, c := range list {
		name := strings.ToUpper(string(c))
		if name == allCapabilities {
			all = true
			continue
		}
		names = append(names, "CAP_"+strings.TrimPrefix(name, "CAP_"))
	}
	return names, all
}

// setSeccomp restricts system calls. As with a real kubelet, nothing is
// restricted unless the pod asks for it.
func (c *container) setSeccomp(ctx context.Context, client oci.Client, stored *containers.Container, s *oci.Spec) error {
	if c.Security.Seccomp == nil {
		return nil
	}
	switch c.Security.Seccomp.Type {
	case corev1.SeccompProfileTypeUnconfined:
		return nil
	case corev1.SeccompProfileTypeRuntimeDefault:
		return seccomp.WithDefaultProfile()(ctx, client, stored, s)
	}
	return fmt.Errorf("seccomp profiles of type %s are not supported on this node", c.Security.Seccomp.Type)
}

// setAppArmor puts the container under a profile that is loaded already.
func (c *container) setAppArmor(s *oci.Spec) error {
	profile := c.Security.AppArmor
	if profile == nil || profile.Type != corev1.AppArmorProfileTypeLocalhost {
		return nil
	}
	enabled, err := os.ReadFile("/sys/module/apparmor/parameters/enabled")
	if err != nil || !strings.HasPrefix(string(enabled), "Y") {
		return fmt.Errorf("apparmor is not supported on this node")
	}
	s.Process.ApparmorProfile = *profile.LocalhostProfile
	return nil
}
