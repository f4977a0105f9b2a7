package resource

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// FilenameOptions are the files that a user names.
type FilenameOptions struct {
	Filenames []string // Files, folders, globs and URLs; "-" is standard input.
	Kustomize string   // Folder of a kustomization.
	Recursive bool     // Folders are read with all that is below them.
}

// RequireFilenameOrKustomize fails if no file is named.
func (o *FilenameOptions) RequireFilenameOrKustomize() error {
	if len(o.Filenames) == 0 && o.Kustomize == "" {
		return errors.New("must specify one of -f and -k")
	}
	return nil
}

func (o *FilenameOptions) validate() []error {
	var errs []error
	if o.Kustomize != "" && len(o.Filenames) > 0 {
		errs = append(errs, errors.New("only one of -f or -k can be specified"))
	}
	if o.Kustomize != "" && o.Recursive {
		errs = append(errs, errors.New("the -k flag can't be used with -f or -R"))
	}
	return errs
}

// FileExtensions are those of the files that are read of a folder.
func FileExtensions() []string { return []string{".json", ".yaml", ".yml"} }

// FilenameParam reads files, folders, globs, URLs, kustomizations and, for "-",
// the run's standard input. With enforceNamespace, objects must be in the
// builder's namespace.
func (b *Builder) FilenameParam(enforceNamespace bool, files *FilenameOptions) *Builder {
	if errs := files.validate(); len(errs) > 0 {
		b.errs = append(b.errs, errs...)
		return b
	}
	for _, name := range files.Filenames {
		switch {
		case name == "-":
			b.StdinInUse()
			b.several = true
			b.files = append(b.files, &stream{b, "STDIN", b.openStdin})
		case strings.HasPrefix(name, "http://"), strings.HasPrefix(name, "https://"):
			b.addURL(name)
		default:
			b.addPaths(name, files.Recursive)
		}
	}
	if files.Kustomize != "" {
		b.files = append(b.files, &stream{b, files.Kustomize, b.openKustomization(files.Kustomize)})
	}
	if enforceNamespace {
		b.requireNamespace = true
	}
	return b
}

func (b *Builder) addURL(name string) {
	address, err := url.Parse(name)
	if err != nil {
		b.AddError(fmt.Errorf("the URL passed to filename %q is not valid: %v", name, err))
		return
	}
	b.files = append(b.files, &stream{b, address.String(), fetcher(address.String())})
}

// addPaths reads a file or folder, or those that fit a pattern.
func (b *Builder) addPaths(pattern string, recursive bool) {
	paths, err := b.dir.glob(pattern)
	if err != nil {
		b.AddError(err)
		return
	}
	for _, path := range paths {
		b.addPath(path, recursive)
	}
	if len(b.files) == 0 && len(b.errs) == 0 {
		b.AddError(fmt.Errorf("error reading %v: recognized file extensions are %v", paths, FileExtensions()))
	}
}

func (b *Builder) addPath(path string, recursive bool) {
	if _, err := os.Stat(b.dir.path(path)); err != nil {
		if os.IsNotExist(err) {
			err = notThere(path)
		} else {
			err = fmt.Errorf("the path %q cannot be accessed: %v", path, naming(err, path))
		}
		b.AddError(err)
		return
	}
	found, err := b.dir.manifests(path, recursive)
	if err != nil {
		b.AddError(fmt.Errorf("error reading %q: %v", path, err))
		return
	}
	b.several = b.several || len(found) > 1
	for _, file := range found {
		b.files = append(b.files, &stream{b, file, b.opener(file)})
	}
}

func notThere(path string) error { return fmt.Errorf("the path %q does not exist", path) }

// folder is where relative paths start; "" is the process's folder. Results and
// errors have the paths as the user wrote them.
type folder string

// path is where a file is.
func (f folder) path(name string) string {
	if f == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(string(f), name)
}

// glob is a path itself or, if there is nothing, the paths that it fits as a
// pattern.
func (f folder) glob(pattern string) ([]string, error) {
	if _, err := os.Stat(f.path(pattern)); !os.IsNotExist(err) {
		return []string{pattern}, nil
	}
	absolute := f == "" || filepath.IsAbs(pattern)
	in := pattern
	if !absolute {
		in = filepath.Join(strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(string(f)), pattern)
	}
	paths, err := filepath.Glob(in)
	switch {
	case err != nil:
		return nil, fmt.Errorf("pattern %q is not valid: %v", pattern, err)
	case len(paths) == 0:
		return nil, notThere(pattern)
	}
	for i := range paths {
		if !absolute {
			if paths[i], err = filepath.Rel(string(f), paths[i]); err != nil {
				return nil, err
			}
		}
	}
	return paths, nil
}

// manifests is a file itself, or the manifests of a folder.
func (f folder) manifests(path string, recursive bool) ([]string, error) {
	var found []string
	root := f.path(path)
	err := filepath.Walk(root, func(at string, entry fs.FileInfo, err error) error { // It fails for any folder that can't be read, WalkDir only for those that are needed.
		name := path
		if at != root {
			below, _ := filepath.Rel(root, at)
			name = filepath.Join(path, below)
		}
		switch {
		case err != nil:
			return naming(err, name)
		case entry.IsDir() && at != root && !recursive:
			return filepath.SkipDir
		case entry.IsDir():
			return nil
		case at == root || slices.Contains(FileExtensions(), filepath.Ext(at)):
			found = append(found, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// naming is an error of a file, under the name that the user knows.
func naming(err error, name string) error {
	failed, ok := err.(*fs.PathError)
	if !ok {
		return err
	}
	return &fs.PathError{Op: failed.Op, Path: name, Err: failed.Err}
}
