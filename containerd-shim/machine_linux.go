package containerdshim

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/version"
)

// machineInfo is what the node tells about this machine.
func machineInfo(containerd string) corev1.NodeSystemInfo {
	info := corev1.NodeSystemInfo{
		OperatingSystem:         "linux",
		Architecture:            runtime.GOARCH,
		OSImage:                 osImage(),
		KubeletVersion:          version.Git,
		ContainerRuntimeVersion: "containerd://" + strings.TrimPrefix(containerd, "v"),
		BootID:                  line("/proc/sys/kernel/random/boot_id"),
		MachineID:               line("/etc/machine-id"),
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		info.KernelVersion = unix.ByteSliceToString(u.Release[:])
	}
	return info
}

// line is the content of a file of one line, "" without it.
func line(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// osImage is the name of the machine's distribution.
func osImage() string {
	b, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "Linux"
	}
	for l := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(l, "PRETTY_NAME="); ok {
			return strings.Trim(strings.TrimSpace(name), `"`)
		}
	}
	return "Linux"
}
