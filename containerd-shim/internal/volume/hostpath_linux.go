package volume

import (
	"fmt"
	"io/fs"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// hostPathKinds say what must be at a path of the machine, by the type of the
// volume.
var hostPathKinds = map[corev1.HostPathType]struct {
	create func(path string) error
	is     func(fs.FileMode) bool
	name   string
}{
	corev1.HostPathUnset:             {is: func(fs.FileMode) bool { return true }},
	corev1.HostPathDirectory:         {is: fs.FileMode.IsDir, name: "a directory"},
	corev1.HostPathDirectoryOrCreate: {is: fs.FileMode.IsDir, name: "a directory", create: createDir},
	corev1.HostPathFile:              {is: fs.FileMode.IsRegular, name: "a file"},
	corev1.HostPathFileOrCreate:      {is: fs.FileMode.IsRegular, name: "a file", create: createFile},
	corev1.HostPathSocket:            {is: hasType(fs.ModeSocket), name: "a socket file"},
	corev1.HostPathCharDev:           {is: hasType(fs.ModeCharDevice), name: "a character device"},
	corev1.HostPathBlockDev:          {is: isBlockDevice, name: "a block device"},
}

func hasType(t fs.FileMode) func(fs.FileMode) bool {
	return func(m fs.FileMode) bool { return m&t != 0 }
}

func isBlockDevice(m fs.FileMode) bool { return m&fs.ModeDevice != 0 && m&fs.ModeCharDevice == 0 }

func createDir(path string) error { return os.MkdirAll(path, 0o755) }

func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// hostPath finds a path of the machine.
func hostPath(source *corev1.HostPathVolumeSource) (Made, error) {
	kind, ok := hostPathKinds[ptr.Deref(source.Type, corev1.HostPathUnset)]
	if !ok {
		return Made{}, fmt.Errorf("hostPath type %q is not known", *source.Type)
	}
	info, err := os.Stat(source.Path)
	if os.IsNotExist(err) && kind.create != nil {
		if err := kind.create(source.Path); err != nil {
			return Made{}, err
		}
		info, err = os.Stat(source.Path)
	}
	switch {
	case os.IsNotExist(err) && kind.name == "":
		// As with a real kubelet, the runtime makes a folder.
		return Made{Path: source.Path}, createDir(source.Path)
	case err != nil || !kind.is(info.Mode()):
		return Made{}, fmt.Errorf("hostPath type check failed: %s is not %s", source.Path, kind.name)
	}
	return Made{Path: source.Path}, nil
}
