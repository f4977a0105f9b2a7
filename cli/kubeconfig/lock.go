package kubeconfig

import (
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Another process has the files for a moment only; a lock that stays longer
// belongs to one that has died.
const (
	lockPatience = 3 * time.Second
	lockInterval = 5 * time.Millisecond
)

// lock keeps other processes from changing files, in the way of all Kubernetes
// clients: by files of the same names with .lock added. unlock ends it, after an
// error too.
func lock(paths []string) (unlock func(), err error) {
	var locked []string
	unlock = func() {
		for _, path := range locked {
			_ = os.Remove(path) // There is nothing to be done about it.
		}
	}
	for _, path := range slices.Sorted(slices.Values(paths)) { // In one order, so that no two wait for each other.
		if err := lockFile(path + ".lock"); err != nil {
			return unlock, err
		}
		locked = append(locked, path+".lock")
	}
	return unlock, nil
}

func lockFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	for end := time.Now().Add(lockPatience); ; time.Sleep(lockInterval) {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0)
		if err == nil {
			return file.Close()
		}
		if !os.IsExist(err) || time.Now().After(end) {
			return err
		}
	}
}
