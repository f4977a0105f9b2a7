package volume

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/kubelet"
)

func TestFilesAreReplacedAtOnce(t *testing.T) {
	dir := t.TempDir()
	show := func(files ...kubelet.File) {
		_, err := Make(t.Context(), dir, kubelet.Volume{Name: "config", Files: files}, nil)
		require.NoError(t, err)
	}
	show(kubelet.File{Path: "a", Mode: 0o644, Data: "1"}, kubelet.File{Path: "sub/b", Mode: 0o400, Data: "2"})
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, "config", name))
		require.NoError(t, err)
		return string(b)
	}
	require.Equal(t, "1", read("a"))
	require.Equal(t, "2", read("sub/b"))
	info, err := os.Stat(filepath.Join(dir, "config", "sub/b"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o400), info.Mode())

	show(kubelet.File{Path: "sub/b", Mode: 0o400, Data: "3"}, kubelet.File{Path: "c", Mode: 0o644, Data: "4"})
	require.Equal(t, "3", read("sub/b"))
	require.Equal(t, "4", read("c"))
	require.NoFileExists(t, filepath.Join(dir, "config", "a"))
	entries, err := os.ReadDir(filepath.Join(dir, "config"))
	require.NoError(t, err)
	require.Len(t, entries, 4, "..data, one generation, sub, c: %v", entries)
}

func TestTokensAreIssuedAndRenewed(t *testing.T) {
	dir := t.TempDir()
	v := kubelet.Volume{Name: "token", Files: []kubelet.File{{Path: "token", Mode: 0o644, Token: &kubelet.Token{ServiceAccount: "default"}}}}
	made, err := Make(t.Context(), dir, v, func(_ context.Context, token kubelet.Token) (string, time.Time, error) {
		return "for " + token.ServiceAccount, time.Now().Add(time.Hour), nil
	})
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(48*time.Minute), made.Renew, time.Minute)
	b, err := os.ReadFile(filepath.Join(dir, "token", "token"))
	require.NoError(t, err)
	require.Equal(t, "for default", string(b))

	_, err = Make(t.Context(), dir, v, nil)
	require.EqualError(t, err, "failed to fetch token: nothing issues service account tokens")
}

func TestStorage(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	hostPath := func(path string, kind corev1.HostPathType) corev1.VolumeSource {
		return corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path, Type: &kind}}
	}
	for name, test := range map[string]struct {
		source corev1.VolumeSource
		path   string
		err    string
	}{
		"emptyDir":           {source: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}, path: filepath.Join(dir, "v")},
		"hostPath":           {source: hostPath(file, corev1.HostPathUnset), path: file},
		"hostPath of a type": {source: hostPath(file, corev1.HostPathDirectory), err: "hostPath type check failed: " + file + " is not a directory"},
		"hostPath to create": {source: hostPath(dir+"/new", corev1.HostPathDirectoryOrCreate), path: dir + "/new"},
		"other":              {source: corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{}}, err: "volumes of type nfs are not supported on this node"},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := Make(t.Context(), dir, kubelet.Volume{Name: "v", Source: &test.source}, nil)
			if test.err != "" {
				require.EqualError(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.path, made.Path)
		})
	}
}

func TestSubPathsStayInTheVolume(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Symlink("/etc", filepath.Join(dir, "out")))
	path, err := SubPath(dir, "new/folder")
	require.NoError(t, err)
	require.DirExists(t, path)
	for _, sub := range []string{"out/passwd", "../x", "/etc"} {
		_, err := SubPath(dir, sub)
		require.Error(t, err, sub)
	}
}
