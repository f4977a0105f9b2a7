package volume

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
)

// emptyDir makes a folder for whatever containers put there.
func emptyDir(path string, source *corev1.EmptyDirVolumeSource, fsGroup *int64) error {
	err := os.Mkdir(path, 0o777)
	if os.IsExist(err) {
		return nil // it may hold something already
	}
	if err != nil {
		return err
	}
	switch source.Medium {
	case corev1.StorageMediumDefault:
	case corev1.StorageMediumMemory:
		options := ""
		if source.SizeLimit != nil {
			options = fmt.Sprintf("size=%d", source.SizeLimit.Value())
		}
		if err := unix.Mount("tmpfs", path, "tmpfs", 0, options); err != nil {
			return fmt.Errorf("mount tmpfs: %w", err)
		}
	default:
		return fmt.Errorf("emptyDir of medium %q is not supported on this node", source.Medium)
	}
	mode := os.FileMode(0o777)
	if fsGroup != nil {
		if err := os.Chown(path, -1, int(*fsGroup)); err != nil {
			return err
		}
		mode |= os.ModeSetgid
	}
	return os.Chmod(path, mode) // whatever the umask is
}
