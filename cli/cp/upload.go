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
	"time"
)

// askTimeout is how long the container may take to say whether a folder is
// there.
const askTimeout = 30 * time.Second

// upload copies a local file or folder into a container.
func (c *copier) upload(ctx context.Context, from string, to place) error {
	if err := c.checkLocal(from); err != nil {
		return err
	}
	into := to
	isFolder, err := c.isFolder(ctx, to)
	if err != nil {
		return err
	}
	if isFolder {
		into.path = path.Join(to.path, filepath.Base(from))
	}
	command := []string{"tar", "-xmf", "-"}
	if c.noPreserve {
		command = []string{"tar", "--no-same-permissions", "--no-same-owner", "-xmf", "-"}
	}
	if folder := path.Dir(into.path); folder != "" {
		command = append(command, "-C", folder)
	}
	reader, writer := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		err := pack(writer, c.f.Path(from), path.Base(path.Clean(into.path)))
		writer.CloseWithError(err)
		packed <- err
	}()
	err = c.exec(ctx, to, reader, c.f.Out, c.f.ErrOut, command...)
	reader.CloseWithError(io.ErrClosedPipe)
	if packErr := <-packed; packErr != nil && !errors.Is(packErr, io.ErrClosedPipe) {
		return packErr
	}
	return err
}

func (c *copier) isFolder(ctx context.Context, where place) (bool, error) {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	err := c.exec(asking, where, nil, io.Discard, io.Discard, "test", "-d", where.path)
	if asking.Err() != nil {
		return false, asking.Err()
	}
	return err == nil, nil
}

func (c *copier) checkLocal(name string) error {
	if _, err := os.Stat(c.f.Path(name)); err != nil {
		return fmt.Errorf("%s doesn't exist in local filesystem", name)
	}
	return nil
}

// pack writes a file or a folder with what is below as tar archive, in which
// it has another name.
func pack(w io.Writer, from, name string) error {
	archive := tar.NewWriter(w)
	found, err := filepath.Glob(from)
	if err != nil {
		return err
	}
	for _, match := range found {
		if err := packOne(archive, match, name); err != nil {
			return err
		}
	}
	return archive.Close()
}

func packOne(archive *tar.Writer, from, name string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return packFile(archive, from, name, info)
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return packHeader(archive, info, name, "")
	}
	for _, entry := range entries {
		if err := packOne(archive, filepath.Join(from, entry.Name()), path.Join(name, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func packHeader(archive *tar.Writer, info fs.FileInfo, name, link string) error {
	header, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	header.Name = name
	return archive.WriteHeader(header)
}

func packFile(archive *tar.Writer, from, name string, info fs.FileInfo) error {
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return packHeader(archive, info, name, target)
	}
	if err := packHeader(archive, info, name, ""); err != nil {
		return err
	}
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(archive, file)
	return err
}
