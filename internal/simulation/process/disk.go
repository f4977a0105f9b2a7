package process

import (
	"bytes"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// diskFile is an open regular file or directory.
type diskFile struct {
	handle *filesystem.Handle
	kernel *Kernel
	offset int64
	flags  filesystem.Flag
}

func (f *diskFile) Read(n int) ([]byte, error) {
	if f.handle.Kind() == filesystem.Directory {
		return nil, filesystem.EISDIR
	}
	if f.flags&filesystem.OpenRead == 0 {
		return nil, filesystem.EBADF
	}
	out := f.handle.ReadAt(f.offset, n)
	f.offset += int64(len(out))
	return out, nil
}

func (f *diskFile) Write(b []byte) (int, error) {
	if f.flags&(filesystem.OpenWrite|filesystem.OpenAppend) == 0 {
		return 0, filesystem.EBADF
	}
	if f.flags&filesystem.OpenAppend != 0 {
		f.offset = f.handle.Size()
	}
	n, err := f.handle.WriteAt(f.offset, b, f.kernel.Now())
	f.offset += int64(n)
	return n, err
}

func (f *diskFile) Watch(*Task) {}

func (f *diskFile) Close() { f.handle.Close() }

func (f *diskFile) CopyFile(c *Copier) File {
	return Copy(c, f, func(fresh *diskFile) {
		fresh.handle = f.handle.Clone(c.FileSystem)
		fresh.kernel = c.Kernel
	})
}

func (f *diskFile) Info() filesystem.Info { return f.handle.Info() }

// deviceFile is one of the devices in /dev. It has no state.
type deviceFile struct {
	name   string
	kernel *Kernel
}

func (f *deviceFile) Read(n int) ([]byte, error) {
	switch f.name {
	case "zero", "full":
		return make([]byte, n), nil
	case "random":
		var out bytes.Buffer
		for out.Len() < n {
			word := f.kernel.Random()
			for shift := 0; shift < 64 && out.Len() < n; shift += 8 {
				out.WriteByte(byte(word >> shift))
			}
		}
		return out.Bytes(), nil
	}
	return nil, nil
}

func (f *deviceFile) Write(b []byte) (int, error) {
	if f.name == "full" {
		return 0, filesystem.ENOSPC
	}
	return len(b), nil
}

func (f *deviceFile) Watch(*Task) {}

func (f *deviceFile) Close() {}

func (f *deviceFile) CopyFile(c *Copier) File { return &deviceFile{f.name, c.Kernel} }

func (f *deviceFile) Info() filesystem.Info {
	return filesystem.Info{Kind: filesystem.Device, Mode: 0o666, Links: 1, Target: f.name}
}

// NullFile is a file that swallows what is written and has nothing to read.
func NullFile(k *Kernel) File { return &deviceFile{"null", k} }

// now is the time that changes of files get.
func (p *Process) now() time.Time { return p.kernel().Now() }

// openFile opens a path of any kind.
func (p *Process) openFile(path string, flags filesystem.Flag, mode uint32) (File, error) {
	v := p.view()
	if d, err := p.openDescriptor(v, path); d != nil || err != nil {
		return d, err
	}
	h, err := v.Open(path, flags, mode)
	if err != nil {
		return nil, err
	}
	switch h.Kind() {
	case filesystem.Device:
		device := h.Device()
		h.Close()
		if device == "tty" {
			if p.tty == nil {
				return nil, filesystem.ENXIO
			}
			return p.tty, nil
		}
		return &deviceFile{device, p.kernel()}, nil
	case filesystem.Fifo:
		defer h.Close()
		fs, ino := h.Key()
		pipe := p.space.fifo(fileKey{fs, ino})
		if flags&(filesystem.OpenWrite|filesystem.OpenAppend) != 0 {
			return pipe.Writer(), nil
		}
		return pipe.Reader(), nil
	}
	return &diskFile{handle: h, kernel: p.kernel(), flags: flags}, nil
}
