package discovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/cli/runlog"
)

// files keeps answers in files, each until it is too old; kubectl writes and
// reads the same ones.
type files struct {
	Files
	behind source
	log    *runlog.Log

	// read are the contents that this run has read or written, by path.
	read map[string]content
	// unused says that no file of another run has been used since the start, or
	// since invalidate.
	unused bool
	// distrusted says that only files of this run are good.
	distrusted bool
}

// content is what a file says: an *APIGroupList or an *APIResourceList.
type content struct {
	list    any
	expires time.Time
}

func newFiles(where Files, behind source, log *runlog.Log) *files {
	return &files{Files: where, behind: behind, log: log, read: map[string]content{}, unused: true}
}

func (f *files) groups() (*metav1.APIGroupList, error) {
	return through(f, filepath.Join(f.Dir, "servergroups.json"), form[metav1.APIGroupList]{
		meta:  func(list *metav1.APIGroupList) *metav1.TypeMeta { return &list.TypeMeta },
		kind:  "APIGroupList",
		empty: func(list *metav1.APIGroupList) bool { return len(list.Groups) == 0 },
		none:  "Skipped caching discovery info, no groups found",
		ask:   f.behind.groups,
		line:  146,
	})
}

func (f *files) resources(groupVersion string) (*metav1.APIResourceList, error) {
	return through(f, filepath.Join(f.Dir, groupVersion, "serverresources.json"), form[metav1.APIResourceList]{
		meta:  func(list *metav1.APIResourceList) *metav1.TypeMeta { return &list.TypeMeta },
		kind:  "APIResourceList",
		empty: func(list *metav1.APIResourceList) bool { return len(list.APIResources) == 0 },
		none:  "skipped caching discovery info, no resources found",
		ask:   func() (*metav1.APIResourceList, error) { return f.behind.resources(groupVersion) },
		line:  91,
	})
}

func (f *files) fresh() bool { return f.unused }

func (f *files) invalidate() {
	f.read = map[string]content{}
	f.unused, f.distrusted = true, true
	f.behind.invalidate()
}

// form is a kind of list that is kept in files.
type form[T any] struct {
	kind  string
	meta  func(*T) *metav1.TypeMeta
	empty func(*T) bool
	// none is logged when there is nothing to keep.
	none string
	// ask gets a list from the source behind the files.
	ask func() (*T, error)
	// line is where kubectl logs that it has found a file, in cached_discovery.go.
	line int
}

// through is what a file says or, if it can not be believed, the source behind
// it; that answer is then in the file.
func through[T any](f *files, path string, form form[T]) (*T, error) {
	if list, ok := load(f, path, form); ok {
		f.log.Info(10, form.source(0), "Returning cached discovery info", "fileName", path)
		return list, nil
	}
	list, err := form.ask()
	switch {
	case err != nil:
		f.log.Info(3, form.source(7), "Skipped caching discovery info due to error", "err", err)
		return list, err
	case form.empty(list):
		f.log.Info(3, form.source(11), form.none)
		return list, nil
	}
	if err := save(f, path, form, list); err != nil {
		f.log.Info(1, form.source(16), "Failed to write cache", "fileName", path, "err", err)
	}
	return list, nil
}

func (f form[T]) source(after int) string { return fmt.Sprintf("cached_discovery.go:%d", f.line+after) }

func load[T any](f *files, path string, form form[T]) (*T, bool) {
	if known, ok := f.read[path]; ok && time.Now().Before(known.expires) {
		return known.list.(*T), true
	}
	if f.distrusted {
		return nil, false
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, false
	}
	expires := info.ModTime().Add(f.TTL)
	if time.Now().After(expires) {
		return nil, false
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, false
	}
	f.unused = false
	list := new(T)
	if json.Unmarshal(text, list) != nil || form.meta(list).Kind != form.kind {
		return nil, false
	}
	f.read[path] = content{list, expires}
	return list, true
}

func save[T any](f *files, path string, form form[T], list *T) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	typed := *list
	*form.meta(&typed) = metav1.TypeMeta{Kind: form.kind, APIVersion: "v1"}
	var text bytes.Buffer
	if err := json.NewEncoder(&text).Encode(typed); err != nil {
		return err
	}
	if err := replace(path, text.Bytes()); err != nil {
		return err
	}
	f.read[path] = content{list, time.Now().Add(f.TTL)}
	return nil
}

// replace writes a file so that others see it as it was or as it will be, and
// nothing between.
func replace(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err == nil {
		err = os.Chmod(file.Name(), 0o660)
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
