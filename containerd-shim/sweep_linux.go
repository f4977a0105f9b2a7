package containerdshim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/errdefs"
)

// sweep ends and removes every container of the node, whoever started it.
func (r *Runtime) sweep(ctx context.Context) error {
	containers, err := r.client.Containers(ctx)
	if err != nil {
		return fmt.Errorf("list containers: %w", err)
	}
	// All are killed before any is waited for.
	exits := make([]<-chan containerd.ExitStatus, len(containers))
	var errs []error
	for i, c := range containers {
		exits[i], err = killTask(ctx, c)
		errs = append(errs, err)
	}
	for i, c := range containers {
		errs = append(errs, sweepContainer(ctx, c, exits[i]))
	}
	return errors.Join(errs...)
}

// killTask kills a container's process, if it has one, and returns where its
// end is told.
func killTask(ctx context.Context, c containerd.Container) (<-chan containerd.ExitStatus, error) {
	task, err := c.Task(ctx, nil)
	if errdefs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	exit, err := task.Wait(ctx)
	if err != nil {
		return nil, err
	}
	if err := task.Kill(ctx, syscall.SIGKILL, containerd.WithKillAll); err != nil && !errdefs.IsNotFound(err) {
		return exit, err
	}
	return exit, nil
}

func sweepContainer(ctx context.Context, c containerd.Container, exit <-chan containerd.ExitStatus) error {
	if exit != nil {
		select {
		case <-exit:
		case <-ctx.Done():
			return ctx.Err()
		}
		task, err := c.Task(ctx, nil)
		if err == nil {
			_, err = task.Delete(ctx)
		}
		if err != nil && !errdefs.IsNotFound(err) {
			return err
		}
	}
	if err := c.Delete(ctx, containerd.WithSnapshotCleanup); err != nil && !errdefs.IsNotFound(err) {
		return err
	}
	return nil
}

// runcRoot is where containerd lets runc keep a folder per namespace.
const runcRoot = "/run/containerd/runc"

// forget removes the node's images and its containerd namespace.
func (r *Runtime) forget(ctx context.Context, namespace string) error {
	list, err := r.client.ImageService().List(ctx)
	if err != nil {
		return err
	}
	for _, image := range list {
		if err := r.client.ImageService().Delete(ctx, image.Name, images.SynchronousDelete()); err != nil && !errdefs.IsNotFound(err) {
			return err
		}
	}
	if err := r.client.NamespaceService().Delete(ctx, namespace); err != nil && !errdefs.IsNotFound(err) {
		return err
	}
	err = os.Remove(filepath.Join(runcRoot, namespace))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
