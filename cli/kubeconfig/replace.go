package kubeconfig

import (
	"errors"
	"os"
	"path/filepath"
)

// replace gives a file, or that which a symbolic link leads to, new content, at
// once for all who read it. It keeps its mode and owner; without success it
// keeps its content too.
func replace(path string, content []byte) error {
	// Whoever may not write to the file may not replace it either.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	file.Close() // Nothing was written.
	if err != nil {
		return err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(fresh.Name()) // After success, it has another name.
	defer fresh.Close()
	if _, err := fresh.Write(content); err != nil {
		return &os.PathError{Op: "write", Path: path, Err: errors.Unwrap(err)}
	}
	if err := fresh.Sync(); err != nil {
		return err
	}
	if err := fresh.Chmod(info.Mode().Perm()); err != nil {
		return err
	}
	if err := keepOwner(fresh, info); err != nil {
		return err
	}
	if err := fresh.Close(); err != nil {
		return err
	}
	return os.Rename(fresh.Name(), path)
}
