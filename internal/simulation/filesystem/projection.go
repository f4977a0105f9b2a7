package filesystem

import (
	"slices"
	"strings"
	"time"
)

// Projected is a file of a configMap, secret, downwardAPI or projected volume.
type Projected struct {
	Path string // relative to the volume
	Data []byte
	Mode uint32
	UID  int
	GID  int
}

const (
	dataLink    = "..data"
	dataLinkNew = "..data_tmp"
)

// Project gives a volume's root directory the given files, atomically for
// whoever reads them through it: they stand in a directory named after the
// time, to which the link ..data points, and the names in the volume are links
// through ..data.
func (f *FileSystem) Project(files []Projected, now time.Time) error {
	v := &View{Mounts: Mounts{{Path: "/", FS: f, Root: RootIno}}, Now: now}
	old, _ := v.Readlink("/" + dataLink)
	dir := ".." + now.UTC().Format("2006_01_02_15_04_05.000000000")
	for n := 0; ; n++ {
		if _, err := v.Lstat("/" + dir); err == ENOENT {
			break
		}
		dir = ".." + now.Add(time.Duration(n)).UTC().Format("2006_01_02_15_04_05.000000000")
	}
	if err := v.Mkdir("/"+dir, 0o755); err != nil {
		return err
	}
	for _, file := range files {
		if err := v.writeProjected("/"+dir, file); err != nil {
			return err
		}
	}
	if err := v.Symlink(dir, "/"+dataLinkNew); err != nil {
		return err
	}
	if err := v.Rename("/"+dataLinkNew, "/"+dataLink); err != nil {
		return err
	}
	if old != "" {
		if err := v.RemoveAll("/" + old); err != nil {
			return err
		}
	}
	return v.relink(files)
}

func (v *View) writeProjected(dir string, file Projected) error {
	path := dir + "/" + file.Path
	if at := strings.LastIndexByte(path, '/'); at > len(dir) {
		if err := v.MkdirAll(path[:at], 0o755); err != nil {
			return err
		}
	}
	if err := v.WriteFile(path, file.Data, file.Mode); err != nil {
		return err
	}
	if err := v.Chmod(path, file.Mode); err != nil {
		return err
	}
	return v.Chown(path, file.UID, file.GID)
}

// relink makes the visible names those of files.
func (v *View) relink(files []Projected) error {
	var names []string
	for _, file := range files {
		name, _, _ := strings.Cut(file.Path, "/")
		names = append(names, name)
	}
	present, err := v.ReadDir("/")
	if err != nil {
		return err
	}
	for _, info := range present {
		if !strings.HasPrefix(info.Name, "..") && !slices.Contains(names, info.Name) {
			if err := v.RemoveAll("/" + info.Name); err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		if err := v.Symlink(dataLink+"/"+name, "/"+name); err != nil && err != EEXIST {
			return err
		}
	}
	return nil
}

// RemoveAll removes a file or a whole directory, if it is there.
func (v *View) RemoveAll(path string) error {
	info, err := v.Lstat(path)
	switch {
	case err == ENOENT:
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return v.Unlink(path)
	}
	inside, err := v.ReadDir(path)
	if err != nil {
		return err
	}
	for _, file := range inside {
		if err := v.RemoveAll(path + "/" + file.Name); err != nil {
			return err
		}
	}
	return v.Rmdir(path)
}
