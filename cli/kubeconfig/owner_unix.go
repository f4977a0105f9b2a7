//go:build unix

package kubeconfig

import (
	"os"
	"syscall"
)

// keepOwner gives a new file the owner of the old one, if that is another: root
// may have changed the kubeconfig of a user.
func keepOwner(fresh *os.File, old os.FileInfo) error {
	of, ok := old.Sys().(*syscall.Stat_t)
	if !ok || int(of.Uid) == os.Geteuid() {
		return nil
	}
	return fresh.Chown(int(of.Uid), int(of.Gid))
}
