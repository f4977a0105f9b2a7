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
	// Make, if it is set, gives the data when somebody first looks at the
	// volume. Clones share it.
	Make func() []byte
	Mode uint32
	UID  int
	GID  int
}

func (p *Projected) data() []byte {
	if p.Make != nil {
		return p.Make()
	}
	return p.Data
}

// projection is the files that a volume shows since an instant.
type projection struct {
	files []Projected
	now   time.Time
}

// plain reports whether nothing can go wrong when the files are written.
func (p *projection) plain() bool {
	names := make(map[string]bool, len(p.files))
	for _, file := range p.files {
		if file.Path == "" || len(file.Path) > maxName || strings.Contains(file.Path, "/") || names[file.Path] {
			return false
		}
		names[file.Path] = true
	}
	return true
}

const (
	dataLink    = "..data"
	dataLinkNew = "..data_tmp"
)

// Project gives a volume's root directory the given files, atomically for
// whoever reads them through it: they stand in a directory named after the
// time, to which the link ..data points, and the names in the volume are links
// through ..data. Since most containers never look at their volumes, the first
// files of a volume are written only when somebody does.
func (f *FileSystem) Project(files []Projected, now time.Time) error {
	p := &projection{files, now}
	if f.last == RootIno && f.projected == nil && p.plain() {
		f.projected = p
		return nil
	}
	return f.project(p)
}

// writeProjected writes what Project has put off.
func (f *FileSystem) writeProjected() {
	if p := f.projected; p != nil {
		f.projected = nil
		_ = f.project(p) // it is plain
	}
}

func (f *FileSystem) project(p *projection) error {
	files, now := p.files, p.now
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
		if err := v.writeFile("/"+dir, file); err != nil {
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

func (v *View) writeFile(dir string, file Projected) error {
	path := dir + "/" + file.Path
	if at := strings.LastIndexByte(path, '/'); at > len(dir) {
		if err := v.MkdirAll(path[:at], 0o755); err != nil {
			return err
		}
	}
	if err := v.WriteFile(path, file.data(), file.Mode); err != nil {
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
