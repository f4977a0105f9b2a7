package containerdshim_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	containerdshim "github.com/kubejig/kubejig/containerd-shim"
	"github.com/kubejig/kubejig/containerd-shim/internal/imagetest"
	"github.com/kubejig/kubejig/testkit"
)

// TestScriptsInBothWorlds runs the same scripts against simulated and against
// real containers.
func TestScriptsInBothWorlds(t *testing.T) {
	t.Run("simulated", testkit.Scripts{}.Run)
	t.Run("real", func(t *testing.T) {
		needContainerd(t)
		archive := imagetest.Busybox(t, image)
		testkit.Scripts{Start: func() (testkit.ScriptCluster, error) { return startLoaded(t, archive) }}.Run(t)
	})
}

// startLoaded starts a cluster that has the images of an archive.
func startLoaded(t *testing.T, archive []byte) (*containerdshim.Cluster, error) {
	dir, err := os.MkdirTemp("", "kj")
	if err != nil {
		return nil, err
	}
	cluster, err := containerdshim.Start(t.Context(), containerdshim.Options{
		Name: filepath.Base(dir), Dir: dir, Complaints: t.Output(),
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return cluster, cluster.Load(t.Context(), bytes.NewReader(archive))
}
