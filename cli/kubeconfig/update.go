// Package kubeconfig changes the user's kubeconfig files, so that nothing is
// lost: not when several processes change them at the same time, kubectl among
// them, and not when a disk is full.
//
// It must not import commands.
package kubeconfig

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"reflect"
	"slices"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
)

// Update changes the merged kubeconfig. What differs afterwards is written to
// the file that it comes from, new entries to the rules' default file. With
// relative, paths in the entries are made relative to their files. While change
// runs, no other process changes the files; its error leaves them alone.
func Update(f *factory.Factory, rules factory.LoadingRules, relative bool, change func(*api.Config) error) error {
	// A signal must not end us before the locks are gone.
	_, release := f.Terminable(context.Background())
	defer release()
	unlock, locked := lock(rules.GetLoadingPrecedence())
	defer unlock()
	before, err := rules.GetStartingConfig()
	if err != nil {
		return err
	}
	after := before.DeepCopy()
	if err := change(after); err != nil {
		return err
	}
	if locked != nil { // What is wrong with the change itself is more to the point.
		return locked
	}
	e := &edit{rules: rules, relative: relative, read: map[string]*api.Config{}, changed: map[string]*api.Config{}}
	if err := e.make(before, after); err != nil {
		return err
	}
	return e.write()
}

// edit is a change to the files that are merged.
type edit struct {
	rules         factory.LoadingRules
	relative      bool
	read, changed map[string]*api.Config // By path.
}

// make brings the differences between two states to their files.
func (e *edit) make(before, after *api.Config) error {
	if before.CurrentContext != after.CurrentContext {
		if err := e.setCurrentContext(after.CurrentContext); err != nil {
			return err
		}
	}
	if !reflect.DeepEqual(before.Preferences, after.Preferences) {
		if err := e.setPreferences(after.Preferences); err != nil {
			return err
		}
	}
	return cmp.Or(
		setEntries(e, before.Clusters, after.Clusters, clusters),
		setEntries(e, before.Contexts, after.Contexts, contexts),
		setEntries(e, before.AuthInfos, after.AuthInfos, users),
	)
}

// setCurrentContext sets it in the default file. Without a name, it clears it
// in the file that it comes from.
func (e *edit) setCurrentContext(name string) error {
	if name != "" || e.rules.IsExplicitFile() {
		file, err := e.change(e.rules.GetDefaultFilename())
		if err == nil {
			file.CurrentContext = name
		}
		return err
	}
	return e.setFirst(func(file *api.Config) bool { return file.CurrentContext != "" },
		func(file *api.Config) { file.CurrentContext = "" }, "no config found to write context")
}

func (e *edit) setPreferences(preferences api.Preferences) error {
	return e.setFirst(func(file *api.Config) bool { return !reflect.DeepEqual(file.Preferences, preferences) },
		func(file *api.Config) { file.Preferences = preferences }, "no config found to write preferences")
}

// setFirst changes the first file that is so.
func (e *edit) setFirst(is func(*api.Config) bool, set func(*api.Config), otherwise string) error {
	for _, path := range e.rules.GetLoadingPrecedence() {
		file, err := e.load(path)
		if err != nil {
			return err
		}
		if is(file) {
			set(file)
			e.changed[path] = file
			return nil
		}
	}
	return errors.New(otherwise)
}

// section is a map of entries in a kubeconfig.
type section[T any] struct {
	of         func(*api.Config) map[string]*T
	origin     func(*T) *string // The file that an entry comes from.
	relativize func(*T) error
}

var clusters = section[api.Cluster]{
	of:         func(c *api.Config) map[string]*api.Cluster { return c.Clusters },
	origin:     func(c *api.Cluster) *string { return &c.LocationOfOrigin },
	relativize: clientcmd.RelativizeClusterLocalPaths,
}

var contexts = section[api.Context]{
	of:         func(c *api.Config) map[string]*api.Context { return c.Contexts },
	origin:     func(c *api.Context) *string { return &c.LocationOfOrigin },
	relativize: func(*api.Context) error { return nil },
}

var users = section[api.AuthInfo]{
	of:         func(c *api.Config) map[string]*api.AuthInfo { return c.AuthInfos },
	origin:     func(u *api.AuthInfo) *string { return &u.LocationOfOrigin },
	relativize: clientcmd.RelativizeAuthInfoLocalPaths,
}

func setEntries[T any](e *edit, before, after map[string]*T, s section[T]) error {
	for name, entry := range after {
		if reflect.DeepEqual(entry, before[name]) {
			continue
		}
		origin := s.origin(entry)
		*origin = cmp.Or(*origin, e.rules.GetDefaultFilename())
		file, err := e.change(*origin)
		if err != nil {
			return err
		}
		if e.relative {
			if err := s.relativize(entry); err != nil {
				return err
			}
		}
		s.of(file)[name] = entry
	}
	for name, entry := range before {
		if after[name] != nil {
			continue
		}
		file, err := e.change(*s.origin(entry))
		if err != nil {
			return err
		}
		delete(s.of(file), name)
	}
	return nil
}

// change is the content of a file that is to be written.
func (e *edit) change(path string) (*api.Config, error) {
	file, err := e.load(path)
	e.changed[path] = file
	return file, err
}

// load reads a file, once. One that does not exist is empty.
func (e *edit) load(path string) (*api.Config, error) {
	if file, ok := e.read[path]; ok {
		return file, nil
	}
	file, err := clientcmd.LoadFromFile(path)
	if os.IsNotExist(err) {
		file, err = api.NewConfig(), nil
	}
	e.read[path] = file
	return file, err
}

func (e *edit) write() error {
	for _, path := range slices.Sorted(maps.Keys(e.changed)) {
		content, err := clientcmd.Write(*e.changed[path])
		if err != nil {
			return err
		}
		if err := replace(path, content); err != nil {
			return err
		}
	}
	return nil
}
