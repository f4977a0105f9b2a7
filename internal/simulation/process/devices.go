package process

import (
	"sync"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// devices are the special files of /dev and what they are.
var devices = map[string]string{
	"null": "null", "zero": "zero", "full": "full", "random": "random", "urandom": "random", "tty": "tty",
	"console": "null", "ptmx": "null",
}

// deviceLinks are the symbolic links in /dev.
var deviceLinks = map[string]string{
	"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
}

// deviceTree is the file system that every /dev is a copy of.
var deviceTree = sync.OnceValue(func() *filesystem.FileSystem {
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	fs := filesystem.New(0o755, now)
	v := &filesystem.View{Mounts: filesystem.Mounts{{Path: "/", FS: fs, Root: filesystem.RootIno}}, Now: now}
	for _, name := range []string{"console", "full", "null", "ptmx", "random", "tty", "urandom", "zero"} {
		v.Mknod("/"+name, devices[name], 0o666) //nolint:errcheck // a new file system
	}
	for _, name := range []string{"fd", "stderr", "stdin", "stdout"} {
		v.Symlink(deviceLinks[name], "/"+name) //nolint:errcheck // a new file system
	}
	for _, dir := range []string{"/shm", "/pts", "/mqueue"} {
		v.Mkdir(dir, 0o1777) //nolint:errcheck // a new file system
	}
	return fs
})

// DevMount is a mount of a new /dev.
func DevMount() filesystem.Mount {
	return filesystem.Mount{
		Path: "/dev", FS: deviceTree().Clone(), Root: filesystem.RootIno,
		Source: "tmpfs", Type: "tmpfs", Options: "rw,nosuid,size=65536k,mode=755",
	}
}
