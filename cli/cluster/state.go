package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
)

// state is what is kept of a cluster in its folder.
type state struct {
	Name    string    `json:"name"`
	Server  string    `json:"server"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	Options options   `json:"options"`
	// Kubeconfig is the file into which the context was merged.
	Kubeconfig string `json:"kubeconfig"`
}

// folder of one cluster's files.
type folder string

func folderOf(f *factory.Factory, name string) (folder, error) {
	if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
		return "", fmt.Errorf("invalid cluster name %q: %s", name, problems[0])
	}
	return folder(f.UserFile("kubejig", name)), nil
}

func (d folder) path(name string) string { return filepath.Join(string(d), name) }

func (d folder) name() string { return filepath.Base(string(d)) }

func (d folder) log() string        { return d.path("log") }
func (d folder) kubeconfig() string { return d.path("kubeconfig") }
func (d folder) lock() string       { return d.path("lock") }
func (d folder) state() string      { return d.path("state.json") }

// read returns the state, nil when there is no such cluster.
func (d folder) read() (*state, error) {
	data, err := os.ReadFile(d.state())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &state{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%s: %w", d.state(), err)
	}
	if s.Name != d.name() || s.PID <= 0 {
		return nil, fmt.Errorf("%s: it is not the state of this cluster", d.state())
	}
	return s, nil
}

// broken says what to do about a state that can't be read.
func broken(f *factory.Factory, d folder, err error) error {
	return fmt.Errorf("the state of cluster %q can't be read: %w; remove the cluster with: %s cluster delete %[1]s", d.name(), err, f.Program)
}

// server is the process that serves the cluster, 0 if none does. It is known by
// the lock, even if the state is broken, as err says.
func (d folder) server(s *state, err error) int {
	pid := 0
	switch {
	case err != nil:
		id, _ := os.ReadFile(d.lock()) // Without one it is nobody.
		pid, _ = strconv.Atoi(strings.TrimSpace(string(id)))
	case s != nil:
		pid = s.PID
	}
	if pid <= 0 || !alive(d, pid) {
		return 0
	}
	return pid
}

// write stores the state and the cluster's own kubeconfig, each whole or not at
// all.
func (d folder) write(s *state, config *clientcmdapi.Config) error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	encoded, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	if err := replaceFile(d.kubeconfig(), encoded); err != nil {
		return err
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(d.state(), append(data, '\n'))
}

// replaceFile puts a complete file in the place of an old one.
func replaceFile(path string, data []byte) error {
	next := path + ".new"
	err := os.WriteFile(next, data, 0o600)
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		_ = os.Remove(next) // It may not be there.
	}
	return err
}

// exists says whether the cluster has ever been started.
func (d folder) exists() bool {
	_, err := os.Stat(string(d))
	return err == nil
}

func (d folder) remove() error { return os.RemoveAll(string(d)) }

// forget drops what a process that is gone has left.
func (d folder) forget() error {
	err := os.Remove(d.state())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// all returns the states of all clusters, by name. The error is about those
// whose state is broken.
func all(f *factory.Factory) ([]*state, error) {
	entries, err := os.ReadDir(f.UserFile("kubejig"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var states []*state
	var unreadable []error
	for _, e := range entries { // They are sorted.
		d, err := folderOf(f, e.Name())
		if err != nil || !e.IsDir() {
			continue // not a cluster's folder
		}
		s, err := d.read()
		if err != nil {
			unreadable = append(unreadable, broken(f, d, err))
		}
		if s != nil {
			states = append(states, s)
		}
	}
	return states, utilerrors.NewAggregate(unreadable)
}

// running reads the state of a cluster that must be there.
func running(f *factory.Factory, name string) (folder, *state, error) {
	d, err := folderOf(f, name)
	if err != nil {
		return "", nil, err
	}
	s, err := d.read()
	if err != nil {
		return d, nil, broken(f, d, err)
	}
	if d.server(s, nil) == 0 {
		return d, nil, fmt.Errorf("no cluster %q is running; start one with: %s cluster start %s", name, f.Program, name)
	}
	return d, s, nil
}
