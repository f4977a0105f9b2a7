package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// Kind is a kind of namespace, named as in /proc/PID/ns.
type Kind string

// The kinds that a pod's containers share.
const (
	Net Kind = "net"
	IPC Kind = "ipc"
	UTS Kind = "uts"
)

var cloneFlags = map[Kind]int{Net: unix.CLONE_NEWNET, IPC: unix.CLONE_NEWIPC, UTS: unix.CLONE_NEWUTS}

// Create makes new namespaces of the given kinds and keeps them alive as files
// of these names in dir, which is made if need be. setUp runs inside of them.
func Create(dir string, kinds []Kind, setUp func() error) error {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	err := onOwnThread(func() error {
		flags := 0
		for _, k := range kinds {
			flags |= cloneFlags[k]
		}
		if err := unix.Unshare(flags); err != nil {
			return fmt.Errorf("unshare: %w", err)
		}
		for _, k := range kinds {
			if err := bind("/proc/thread-self/ns/"+string(k), filepath.Join(dir, string(k))); err != nil {
				return err
			}
		}
		return setUp()
	})
	if err != nil {
		return errors.Join(fmt.Errorf("create namespaces: %w", err), Remove(dir))
	}
	return nil
}

// bind mounts a namespace on a new file, which keeps the namespace alive.
func bind(namespace, file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDONLY, 0o444)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := unix.Mount(namespace, file, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s to %s: %w", namespace, file, err)
	}
	return nil
}

// Remove lets go of the namespaces in dir, and removes it. One that is not
// there is no error.
func Remove(dir string) error {
	for _, k := range []Kind{Net, IPC, UTS} {
		file := filepath.Join(dir, string(k))
		err := unix.Unmount(file, unix.MNT_DETACH)
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("unmount %s: %w", file, err)
		}
	}
	return os.RemoveAll(dir)
}

// Do runs f on a thread that is in the namespace of a kind at path. f must not
// start goroutines that rely on it; sockets that f opens stay in the namespace.
func Do(kind Kind, path string, f func() error) error {
	return onOwnThread(func() error {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := unix.Setns(int(file.Fd()), cloneFlags[kind]); err != nil {
			return fmt.Errorf("enter %s: %w", path, err)
		}
		return f()
	})
}

// onOwnThread runs f on a thread that ends with it, so that what f does to the
// thread harms nobody.
func onOwnThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is not to be used again
		done <- f()
	}()
	return <-done
}
