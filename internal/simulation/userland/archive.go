package userland

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

func gzipCommand(t *tool) int {
	f, ok := t.parse("cdkf123456789nv", map[string]string{"decompress": "d", "stdout": "c", "keep": "k", "force": "f"})
	if !ok {
		return 1
	}
	if f.has("d") {
		return t.unzip(f)
	}
	pack := func(data []byte) []byte {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		w.Write(data) //nolint:errcheck // a buffer does not fail
		w.Close()     //nolint:errcheck // a buffer does not fail
		return out.Bytes()
	}
	if len(f.rest) == 0 || f.has("c") {
		t.Write(pack(t.slurp(f.rest))) //nolint:errcheck // never fails
		return 0
	}
	for _, name := range f.rest {
		data, err := t.p.ReadFile(name)
		if err == nil {
			err = t.writeFile(name+".gz", pack(data), 0o644)
		}
		if err != nil {
			t.fail("%s: %v", name, err)
		} else if !f.has("k") {
			t.remove(name, f)
		}
	}
	return 0
}

func gunzip(t *tool) int {
	f, ok := t.parse("cdkftv", map[string]string{"stdout": "c", "keep": "k", "force": "f"})
	if !ok {
		return 1
	}
	if t.name == "zcat" {
		f.values["c"] = []string{""}
	}
	return t.unzip(f)
}

func (t *tool) unzip(f *flags) int {
	unpack := func(data []byte) ([]byte, error) {
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, errors.New("invalid magic")
		}
		return io.ReadAll(r)
	}
	if len(f.rest) == 0 || f.has("c") {
		out, err := unpack(t.slurp(f.rest))
		t.Write(out) //nolint:errcheck // never fails
		if err != nil {
			return t.fail("%v", err)
		}
		return 0
	}
	for _, name := range f.rest {
		data, err := t.p.ReadFile(name)
		var out []byte
		if err == nil {
			out, err = unpack(data)
		}
		if err == nil {
			err = t.writeFile(strings.TrimSuffix(name, ".gz"), out, 0o644)
		}
		if err != nil {
			t.fail("%s: %v", name, err)
		} else if !f.has("k") {
			t.remove(name, f)
		}
	}
	return 0
}

// tarCommand creates, lists and extracts archives.
func tarCommand(t *tool) int {
	if len(t.args) > 0 && !strings.HasPrefix(t.args[0], "-") {
		t.args[0] = "-" + t.args[0]
	}
	t.args = orderTarFlags(t.args)
	f, ok := t.parse("cxtf:C:zvmphOokT:X:", map[string]string{
		"create": "c", "extract": "x", "list": "t", "file": "f", "directory": "C", "gzip": "z", "verbose": "v",
		"no-same-owner": "o", "no-same-permissions": "o", "exclude": "e=", "strip-components": "s=", "warning": "w=", "no-overwrite-dir": "o",
	})
	if !ok {
		return 1
	}
	switch {
	case f.has("c"):
		return t.tarCreate(f)
	case f.any("xt"):
		return t.tarRead(f)
	}
	return t.usage("c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [FILE]...")
}

// orderTarFlags moves f to the end of a bundle such as -xzfv, so that its
// value follows it.
func orderTarFlags(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if len(arg) > 1 && arg[0] == '-' && arg[1] != '-' && strings.Count(arg, "f") == 1 && !strings.Contains(arg, "C") {
			args[i] = strings.Replace(arg, "f", "", 1) + "f"
		}
	}
	return args
}

func (t *tool) tarCreate(f *flags) int {
	var out bytes.Buffer
	var w io.Writer = &out
	var zip *gzip.Writer
	if f.has("z") {
		zip = gzip.NewWriter(&out)
		w = zip
	}
	archive := tar.NewWriter(w)
	dir := f.value("C", "")
	for _, name := range f.rest {
		t.tarAdd(archive, dir, name, f)
	}
	archive.Close() //nolint:errcheck // a buffer does not fail
	if zip != nil {
		zip.Close() //nolint:errcheck // a buffer does not fail
	}
	if file := f.value("f", "-"); file != "-" {
		if err := t.writeFile(file, out.Bytes(), 0o644); err != nil {
			return t.fail("can't open '%s': %v", file, err)
		}
		return 0
	}
	t.flush()
	t.p.Write(1, out.Bytes()) //nolint:errcheck // the reader is gone
	return 0
}

func (t *tool) tarAdd(archive *tar.Writer, dir, name string, f *flags) {
	at := name
	if dir != "" && !strings.HasPrefix(name, "/") {
		at = dir + "/" + name
	}
	look := t.p.Lstat
	if f.has("h") {
		look = t.p.Stat
	}
	info, err := look(at)
	if err != nil {
		t.fail("%s: %v", name, err)
		return
	}
	header, data, err := t.tarMember(at, name, info)
	if err != nil {
		t.fail("can't open '%s': %v", name, err)
		return
	}
	if header == nil {
		return
	}
	if f.has("v") {
		t.p.Writer(2).Write([]byte(header.Name + "\n")) //nolint:errcheck // nothing to do about it
	}
	if err := archive.WriteHeader(header); err != nil {
		t.fail("%s: %v", name, err)
		return
	}
	archive.Write(data) //nolint:errcheck // a buffer does not fail
	if info.IsDir() {
		inside, _ := t.p.ReadDir(at)
		for _, file := range inside {
			t.tarAdd(archive, dir, strings.TrimSuffix(name, "/")+"/"+file.Name, f)
		}
	}
}

// tarMember is the header and content for a file; no header for what archives
// do not hold.
func (t *tool) tarMember(at, name string, info filesystem.Info) (*tar.Header, []byte, error) {
	header := &tar.Header{
		Name: strings.TrimLeft(name, "/"), Mode: int64(info.Mode), Uid: info.UID, Gid: info.GID,
		ModTime: info.ModTime.Truncate(time.Second), Format: tar.FormatUSTAR, Typeflag: tar.TypeReg,
	}
	if len(header.Name) > 100 {
		header.Format = tar.FormatGNU
	}
	switch info.Kind {
	case filesystem.Directory:
		header.Typeflag = tar.TypeDir
		header.Name = strings.TrimSuffix(header.Name, "/") + "/"
	case filesystem.Symlink:
		header.Typeflag, header.Linkname = tar.TypeSymlink, info.Target
	case filesystem.Regular:
		data, err := t.p.ReadFile(at)
		header.Size = int64(len(data))
		return header, data, err
	default:
		return nil, nil, nil
	}
	return header, nil, nil
}

func (t *tool) tarRead(f *flags) int {
	fd, ok := t.open(f.value("f", "-"))
	if !ok {
		return 1
	}
	defer t.close(fd)
	r := t.p.Reader(fd)
	if f.has("z") {
		zip, err := gzip.NewReader(r)
		if err != nil {
			return t.fail("invalid tar magic")
		}
		r = zip
	}
	archive := tar.NewReader(r)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			io.Copy(io.Discard, r) //nolint:errcheck // the padding
			return 0
		}
		if err != nil {
			return t.fail("invalid tar magic")
		}
		if len(f.rest) > 0 && !wanted(header.Name, f.rest) {
			continue
		}
		switch {
		case f.has("t"):
			t.print(header.Name + "\n")
		case f.has("O"):
			t.copyOut(archive)
		default:
			if f.has("v") {
				t.print(header.Name + "\n")
			}
			if err := t.tarExtract(header, archive, f); err != nil {
				t.fail("can't create '%s': %v", header.Name, err)
			}
		}
	}
}

// wanted reports whether a member is among the operands, or below one.
func wanted(name string, operands []string) bool {
	for _, operand := range operands {
		operand = strings.TrimSuffix(operand, "/")
		if strings.TrimSuffix(name, "/") == operand || strings.HasPrefix(name, operand+"/") {
			return true
		}
	}
	return false
}

func (t *tool) tarExtract(header *tar.Header, r io.Reader, f *flags) error {
	name := header.Name
	for range f.number("s", 0) {
		_, rest, ok := strings.Cut(name, "/")
		if !ok {
			return nil
		}
		name = rest
	}
	if name == "" || slices.Contains(strings.Split(name, "/"), "..") {
		return nil
	}
	full := t.p.Path(path.Join(f.value("C", "."), name))
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	at := header.ModTime
	if f.has("m") {
		at = t.p.Now()
	}
	return t.change(func(v *filesystem.View) error { return unpackMember(v, full, header, data, at) })
}

// unpackMember makes the file of a member of an archive.
func unpackMember(v *filesystem.View, full string, header *tar.Header, data []byte, at time.Time) error {
	if err := v.MkdirAll(path.Dir(full), 0o777); err != nil {
		return err
	}
	mode := uint32(header.Mode) & 0o7777
	switch header.Typeflag {
	case tar.TypeDir:
		if err := v.Mkdir(full, mode); err != filesystem.EEXIST {
			return err
		}
		return nil
	case tar.TypeSymlink:
		v.Unlink(full) //nolint:errcheck // making the link tells
		return v.Symlink(header.Linkname, full)
	case tar.TypeLink:
		return v.Link(path.Join(path.Dir(full), header.Linkname), full)
	}
	v.Unlink(full) //nolint:errcheck // writing the file tells
	if err := v.WriteFile(full, data, mode); err != nil {
		return err
	}
	if err := v.Chmod(full, mode); err != nil {
		return err
	}
	return v.Chtimes(full, at)
}
