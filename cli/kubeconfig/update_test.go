package kubeconfig_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/kubeconfig"
)

// user has the files that $KUBECONFIG lists.
func user(files string) *factory.Factory {
	variables := map[string]string{"KUBECONFIG": files}
	environment := factory.Environment{Getenv: func(name string) string { return variables[name] }, Now: time.Now}
	return factory.New(environment, factory.IOStreams{})
}

func addContext(files, name string) error {
	f := user(files)
	return kubeconfig.Update(f, f.LoadingRules(), true, func(config *api.Config) error {
		config.Contexts[name] = &api.Context{Cluster: name}
		return nil
	})
}

// What many change at the same time is all there afterwards, and whoever reads
// meanwhile sees a whole file.
func TestUpdateByMany(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	require.NoError(t, addContext(path, "first"))
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() { assert.NoError(t, addContext(path, fmt.Sprint(i))) })
		group.Go(func() {
			config, err := clientcmd.LoadFromFile(path)
			if assert.NoError(t, err) {
				assert.Contains(t, config.Contexts, "first")
			}
		})
	}
	group.Wait()
	config, err := clientcmd.LoadFromFile(path)
	require.NoError(t, err)
	require.Len(t, config.Contexts, 21)
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1)
}

// An entry is changed in the file that it comes from; a new one goes to the
// first file that exists.
func TestUpdateOfSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	missing, one, two := filepath.Join(dir, "missing"), filepath.Join(dir, "one"), filepath.Join(dir, "two")
	require.NoError(t, addContext(one, "a"))
	require.NoError(t, addContext(two, "b"))
	files := missing + string(filepath.ListSeparator) + one + string(filepath.ListSeparator) + two
	f := user(files)
	require.NoError(t, kubeconfig.Update(f, f.LoadingRules(), true, func(config *api.Config) error {
		config.Contexts["b"].Namespace = "changed"
		config.Contexts["c"] = &api.Context{Cluster: "c"}
		delete(config.Contexts, "a")
		return nil
	}))
	first, err := clientcmd.LoadFromFile(one)
	require.NoError(t, err)
	require.Len(t, first.Contexts, 1)
	require.Contains(t, first.Contexts, "c")
	second, err := clientcmd.LoadFromFile(two)
	require.NoError(t, err)
	require.Len(t, second.Contexts, 1)
	require.Equal(t, "changed", second.Contexts["b"].Namespace)
	require.NoFileExists(t, missing)
}

// The file behind a symbolic link is changed, and keeps its mode.
func TestUpdateOfALink(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	require.NoError(t, addContext(file, "a"))
	require.NoError(t, os.Chmod(file, 0o640))
	require.NoError(t, os.Symlink("file", link))
	require.NoError(t, addContext(link, "b"))
	config, err := clientcmd.LoadFromFile(file)
	require.NoError(t, err)
	require.Len(t, config.Contexts, 2)
	info, err := os.Lstat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode())
}

// An error of the change leaves everything as it was.
func TestUpdateFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	require.NoError(t, addContext(path, "a"))
	f := user(path)
	require.ErrorIs(t, kubeconfig.Update(f, f.LoadingRules(), true, func(config *api.Config) error {
		clear(config.Contexts)
		return os.ErrInvalid
	}), os.ErrInvalid)
	config, err := clientcmd.LoadFromFile(path)
	require.NoError(t, err)
	require.Len(t, config.Contexts, 1)
}
