// Package imagetest makes container images for tests, out of what is installed
// on the machine and without a registry.
package imagetest

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// busybox is where Debian's busybox-static puts its program.
const busybox = "/bin/busybox"

// Busybox is an archive in OCI's format with one image of that name, whose file
// system is a shell and the usual tools. The test is skipped where busybox is
// not installed.
func Busybox(t testing.TB, name string) []byte {
	program, err := os.ReadFile(busybox)
	if err != nil {
		t.Skipf("skipped: %v; install it with: apt-get install busybox-static", err)
	}
	applets, err := exec.Command(busybox, "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	var layer folder
	for _, dir := range []string{"bin/", "etc/", "proc/", "sys/", "dev/", "root/", "var/"} {
		layer.add(dir, 0o755, nil)
	}
	layer.add("tmp/", 0o1777, nil)
	layer.add("etc/passwd", 0o644, []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"))
	layer.add("etc/group", 0o644, []byte("root:x:0:\nstaff:x:50:nobody\nnogroup:x:65534:\n"))
	layer.add("bin/busybox", 0o755, program)
	for _, applet := range strings.Fields(string(applets)) {
		if applet != "busybox" {
			layer.link("bin/"+applet, "busybox")
		}
	}
	return image(name, layer.close(), map[string]any{
		"Env": []string{"PATH=/bin"}, "Cmd": []string{"sh"},
	})
}

// folder is a tar file.
type folder struct {
	buf bytes.Buffer
	w   *tar.Writer
}

func (f *folder) add(name string, mode int64, data []byte) {
	f.header(&tar.Header{Name: name, Mode: mode, Size: int64(len(data))})
	if _, err := f.w.Write(data); err != nil {
		panic(err) // a buffer doesn't fail
	}
}

func (f *folder) link(name, target string) {
	f.header(&tar.Header{Name: name, Linkname: target, Typeflag: tar.TypeSymlink, Mode: 0o777})
}

func (f *folder) header(h *tar.Header) {
	if f.w == nil {
		f.w = tar.NewWriter(&f.buf)
	}
	if h.Typeflag == 0 && strings.HasSuffix(h.Name, "/") {
		h.Typeflag = tar.TypeDir
	}
	if err := f.w.WriteHeader(h); err != nil {
		panic(err)
	}
}

func (f *folder) close() []byte {
	if err := f.w.Close(); err != nil {
		panic(err)
	}
	return f.buf.Bytes()
}

// descriptor refers to a blob of an image.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// image is an archive with an image of one layer.
func image(name string, layer []byte, config map[string]any) []byte {
	var archive folder
	blob := func(mediaType string, data []byte) descriptor {
		sum := sha256.Sum256(data)
		digest := hex.EncodeToString(sum[:])
		archive.add("blobs/sha256/"+digest, 0o644, data)
		return descriptor{MediaType: mediaType, Digest: "sha256:" + digest, Size: len(data)}
	}
	content := blob("application/vnd.oci.image.layer.v1.tar", layer)
	described := blob("application/vnd.oci.image.config.v1+json", encode(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "config": config,
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{content.Digest}},
	}))
	manifest := blob("application/vnd.oci.image.manifest.v1+json", encode(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": described, "layers": []descriptor{content},
	}))
	manifest.Annotations = map[string]string{"io.containerd.image.name": name}
	archive.add("index.json", 0o644, encode(map[string]any{"schemaVersion": 2, "manifests": []descriptor{manifest}}))
	archive.add("oci-layout", 0o644, []byte(`{"imageLayoutVersion":"1.0.0"}`))
	return archive.close()
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("imagetest: %v", err))
	}
	return b
}
