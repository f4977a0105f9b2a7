package cp

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// download copies a file or folder of a container to a local path.
func (c *copier) download(ctx context.Context, from place, to string) error {
	ctx, cancel := context.WithCancel(ctx)
	source := &resumable{c: c, ctx: quietOnceDone(ctx), from: from}
	source.start(0)
	defer func() {
		cancel()
		source.output.Close()
	}()
	u := &unpacker{
		c: c, from: from, to: to,
		prefix: relative(slashed(path.Clean(strings.TrimLeft(from.path, `/\`)))),
	}
	err := u.unpack(tar.NewReader(source))
	if err != nil {
		return err
	}
	return source.stop()
}

// relative takes away what leads out of a folder: "../../a" is "a".
func relative(name string) string {
	for {
		shorter := strings.TrimPrefix(strings.TrimPrefix(name, "../"), `..\`)
		if shorter == name {
			break
		}
		name = shorter
	}
	if name == "." || name == ".." {
		return ""
	}
	if name != "" && (name[0] == '/' || name[0] == '\\') {
		return name[1:]
	}
	return name
}

// resumable is the output of tar in the container, which is started anew where
// it breaks off.
type resumable struct {
	c    *copier
	ctx  context.Context
	from place

	output  *io.PipeReader
	ended   chan error
	bytes   uint64
	retries int
}

func (r *resumable) start(offset uint64) {
	reader, writer := io.Pipe()
	r.output, r.ended = reader, make(chan error, 1)
	command := []string{"tar", "cf", "-", r.from.path}
	if r.c.retries != 0 {
		quoted := strings.ReplaceAll(r.from.path, "'", `'\''`)
		command = []string{"sh", "-c", fmt.Sprintf("tar cf - '%s' | tail -c+%d", quoted, offset)}
	}
	go func(ended chan<- error) {
		err := r.c.exec(r.ctx, r.from, nil, writer, r.c.f.Out, command...)
		ended <- err
		writer.CloseWithError(err)
	}(r.ended)
}

func (r *resumable) Read(p []byte) (int, error) {
	n, err := r.output.Read(p)
	if err == nil {
		r.bytes += uint64(n)
		return n, nil
	}
	if !errors.Is(err, io.EOF) {
		return n, err // Of the command, not of the connection.
	}
	if r.c.retries >= 0 && r.retries >= r.c.retries {
		fmt.Fprintf(r.c.f.Out, "Dropping out copy after %d retries\n", r.retries)
		return n, err
	}
	r.retries++
	fmt.Fprintf(r.c.f.Out, "Resuming copy at %d bytes, retry %d/%d\n", r.bytes, r.retries, r.c.retries)
	r.start(r.bytes + 1)
	return n, nil
}

// stop reads the rest, for tar to end in order, and says how it ended.
func (r *resumable) stop() error {
	_, _ = io.Copy(io.Discard, r.output)
	return <-r.ended
}

// unpacker writes the files of an archive below a local path.
type unpacker struct {
	c      *copier
	from   place
	to     string
	prefix string // What all names in the archive begin with.
	warned bool
}

func (u *unpacker) unpack(archive *tar.Reader) error {
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !strings.HasPrefix(header.Name, u.prefix) {
			return fmt.Errorf("tar contents corrupted")
		}
		name := withoutSlash(filepath.Join(u.to, slashed(header.Name[len(u.prefix):])))
		if !below(u.to, name) {
			fmt.Fprintf(u.c.f.ErrOut, "warning: file %q is outside target destination, skipping\n", name)
			continue
		}
		if err := u.unpackOne(archive, header, name); err != nil {
			return err
		}
	}
}

func below(folder, name string) bool {
	inside, err := filepath.Rel(slashed(folder), slashed(name))
	return err == nil && (inside == "." || inside == relative(inside))
}

func (u *unpacker) unpackOne(archive *tar.Reader, header *tar.Header, name string) error {
	target := u.c.f.Path(name)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	info := header.FileInfo()
	switch {
	case info.IsDir():
		return os.MkdirAll(target, 0o755)
	case info.Mode()&fs.ModeSymlink != 0:
		u.warnOfLink(header, name)
		return nil
	}
	return writeFile(target, archive)
}

// writeFile leaves no file behind that is not whole.
func writeFile(name string, content io.Reader) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if info, statErr := os.Stat(name); err != nil && statErr == nil && info.Mode().IsRegular() {
		_ = os.Remove(name) // What went wrong before is what is told.
	}
	return err
}

// warnOfLink says that a link is left out, the first time also what to do.
func (u *unpacker) warnOfLink(header *tar.Header, name string) {
	hint := ""
	if !u.warned {
		hint = fmt.Sprintf(" (consider using \"%s exec -n %q %q -- tar cf - %q | tar xf -\")",
			u.c.parent, u.from.typedNamespace, u.from.pod, u.from.path)
		u.warned = true
	}
	fmt.Fprintf(u.c.f.ErrOut, "warning: skipping symlink: %q -> %q%s\n", name, header.Linkname, hint)
}
