package filesystem_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// newView returns root's view of an empty file system.
func newView() *filesystem.View {
	return viewOf(filesystem.New(0o755, start))
}

func viewOf(fs *filesystem.FileSystem) *filesystem.View {
	return &filesystem.View{
		Mounts: filesystem.Mounts{{Path: "/", FS: fs, Root: filesystem.RootIno}}, Umask: 0o022, Now: start,
	}
}

func read(t *testing.T, v *filesystem.View, path string) string {
	t.Helper()
	data, err := v.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

func TestPathsAndErrors(t *testing.T) {
	v := newView()
	require.NoError(t, v.MkdirAll("/a/b", 0o777))
	require.NoError(t, v.WriteFile("/a/f", []byte("text"), 0o666))
	require.NoError(t, v.Symlink("../f", "/a/b/up"))
	require.NoError(t, v.Symlink("/a", "/link"))
	require.NoError(t, v.Symlink("loop", "/loop"))
	require.Equal(t, "text", read(t, v, "/link/b/../b/up"))
	real, err := v.RealPath("/link/b/up")
	require.NoError(t, err)
	require.Equal(t, "/a/f", real)
	for _, test := range []struct {
		err  error
		want filesystem.Errno
	}{
		{stat(v, "/none"), filesystem.ENOENT},
		{stat(v, "/a/f/x"), filesystem.ENOTDIR},
		{stat(v, "/a/f/"), filesystem.ENOTDIR},
		{stat(v, "/loop"), filesystem.ELOOP},
		{v.Mkdir("/a", 0o777), filesystem.EEXIST},
		{v.Mkdir("/no/dir", 0o777), filesystem.ENOENT},
		{v.Rmdir("/a"), filesystem.ENOTEMPTY},
		{v.Rmdir("/a/f"), filesystem.ENOTDIR},
		{v.Unlink("/a"), filesystem.EISDIR},
		{v.Unlink("/none"), filesystem.ENOENT},
		{v.Rename("/a", "/a/b/c"), filesystem.EINVAL},
		{v.Rename("/a/f", "/a/b"), filesystem.EISDIR},
		{v.WriteFile("/a", nil, 0o666), filesystem.EISDIR},
	} {
		require.Equal(t, test.want, test.err)
	}
}

func stat(v *filesystem.View, path string) error {
	_, err := v.Stat(path)
	return err
}

func TestOpenFilesOutliveTheirNames(t *testing.T) {
	v := newView()
	require.NoError(t, v.WriteFile("/f", []byte("old"), 0o666))
	h, err := v.Open("/f", filesystem.OpenRead, 0)
	require.NoError(t, err)
	require.NoError(t, v.WriteFile("/g", []byte("new"), 0o666))
	require.NoError(t, v.Rename("/g", "/f"))
	require.Equal(t, "old", string(h.ReadAt(0, 10)))
	require.Equal(t, "new", read(t, v, "/f"))
	h.Close()
}

func TestHardLinks(t *testing.T) {
	v := newView()
	require.NoError(t, v.WriteFile("/f", []byte("x"), 0o666))
	require.NoError(t, v.Link("/f", "/g"))
	require.NoError(t, v.WriteFile("/g", []byte("both"), 0o666))
	require.Equal(t, "both", read(t, v, "/f"))
	require.NoError(t, v.Unlink("/f"))
	require.Equal(t, "both", read(t, v, "/g"))
}

func TestPermissions(t *testing.T) {
	v := newView()
	require.NoError(t, v.WriteFile("/secret", []byte("x"), 0o600))
	require.NoError(t, v.Mkdir("/tmp", 0o777))
	require.NoError(t, v.Chmod("/tmp", 0o1777))
	require.NoError(t, v.WriteFile("/tmp/roots", nil, 0o644))
	user := *v
	user.Who = filesystem.Credential{UID: 1000, GID: 1000}
	_, err := user.ReadFile("/secret")
	require.Equal(t, filesystem.EACCES, err)
	require.Equal(t, filesystem.EACCES, user.WriteFile("/new", nil, 0o644))
	require.NoError(t, user.WriteFile("/tmp/mine", nil, 0o644))
	require.Equal(t, filesystem.EPERM, user.Unlink("/tmp/roots"), "the directory is sticky")
	require.Equal(t, filesystem.EPERM, user.Chmod("/secret", 0o777))
	require.NoError(t, user.Unlink("/tmp/mine"))
}

func TestMounts(t *testing.T) {
	v := newView()
	data := filesystem.New(0o755, start)
	require.NoError(t, viewOf(data).WriteFile("/f", []byte("data"), 0o644))
	v.Mounts = append(v.Mounts, filesystem.Mount{Path: "/data", FS: data, Root: filesystem.RootIno, ReadOnly: true})
	require.Equal(t, "data", read(t, v, "/data/f"))
	require.Equal(t, filesystem.EROFS, v.WriteFile("/data/g", nil, 0o644))
	require.Equal(t, filesystem.EBUSY, v.Rmdir("/data"))
	infos, err := v.ReadDir("/")
	require.NoError(t, err)
	require.Len(t, infos, 1)
	require.NoError(t, v.WriteFile("/f", nil, 0o644))
	require.Equal(t, filesystem.EXDEV, v.Rename("/f", "/data/f"))
}

func TestClonesGoTheirOwnWays(t *testing.T) {
	fs := filesystem.New(0o755, start)
	a := viewOf(fs)
	for n := range 1000 {
		require.NoError(t, a.WriteFile(fmt.Sprint("/", n), []byte("first"), 0o644))
	}
	b := viewOf(fs.Clone())
	require.NoError(t, a.WriteFile("/7", []byte("a"), 0o644))
	require.NoError(t, b.WriteFile("/7", []byte("b"), 0o644))
	require.NoError(t, b.Unlink("/8"))
	require.Equal(t, "a", read(t, a, "/7"))
	require.Equal(t, "b", read(t, b, "/7"))
	require.Equal(t, "first", read(t, a, "/8"))
	require.Equal(t, filesystem.ENOENT, stat(b, "/8"))
}

func TestSpace(t *testing.T) {
	v := newView()
	h, err := v.Open("/zeros", filesystem.OpenWrite|filesystem.OpenCreate, 0o644)
	require.NoError(t, err)
	zeros := make([]byte, 1<<20)
	for n := range int64(1024) {
		_, err := h.WriteAt(n<<20, zeros, start)
		require.NoError(t, err, "zeros take no memory")
	}
	require.EqualValues(t, 1<<30, h.Size())
	ones := bytes.Repeat([]byte{1}, 64<<20)
	for n := range int64(4) {
		_, err = h.WriteAt(n*int64(len(ones)), ones, start)
		require.NoError(t, err)
	}
	_, err = h.WriteAt(4*int64(len(ones)), ones, start)
	require.Equal(t, filesystem.ENOSPC, err)
	require.NoError(t, h.Truncate(0, start))
	require.Zero(t, v.Mounts[0].FS.Used())
}

func TestProjection(t *testing.T) {
	fs := filesystem.New(0o777, start)
	v := viewOf(fs)
	require.NoError(t, fs.Project([]filesystem.Projected{{Path: "a", Data: []byte("1"), Mode: 0o644}, {Path: "d/b", Data: []byte("2"), Mode: 0o400}}, start))
	h, err := v.Open("/a", filesystem.OpenRead, 0)
	require.NoError(t, err)
	require.NoError(t, fs.Project([]filesystem.Projected{{Path: "a", Data: []byte("3"), Mode: 0o644}}, start.Add(time.Second)))
	require.Equal(t, "1", string(h.ReadAt(0, 9)), "who has a file open keeps it")
	require.Equal(t, "3", read(t, v, "/a"))
	require.Equal(t, filesystem.ENOENT, stat(v, "/d/b"))
	target, err := v.Readlink("/a")
	require.NoError(t, err)
	require.Equal(t, "..data/a", target)
	target, err = v.Readlink("/..data")
	require.NoError(t, err)
	require.Equal(t, "..2026_01_02_03_04_06.000000000", target)
	infos, err := v.ReadDir("/")
	require.NoError(t, err)
	require.Len(t, infos, 3)
}

func BenchmarkClone(b *testing.B) {
	fs := filesystem.New(0o755, start)
	v := viewOf(fs)
	for n := range 10000 {
		require.NoError(b, v.WriteFile(fmt.Sprint("/", n), nil, 0o644))
	}
	b.ReportAllocs()
	for b.Loop() {
		fs.Clone()
	}
}

func TestProjectedFilesAreMadeWhenTheyAreLookedAt(t *testing.T) {
	fs, made := filesystem.New(0o755, start), 0
	require.NoError(t, fs.Project([]filesystem.Projected{{Path: "token", Mode: 0o600, Make: func() []byte { made++; return []byte("secret") }}}, start))
	clone := fs.Clone()
	require.Zero(t, made)
	for range 2 {
		data, err := viewOf(fs).ReadFile("/token")
		require.NoError(t, err)
		require.Equal(t, "secret", string(data))
	}
	require.Equal(t, 1, made)
	_, err := viewOf(clone).ReadFile("/token")
	require.NoError(t, err)
	require.Equal(t, 2, made)
}
