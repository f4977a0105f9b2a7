package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"time"

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
		return nil, fmt.Errorf("%s: %w; delete the file if the cluster is gone", d.state(), err)
	}
	return s, nil
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

// all returns the states of all clusters, by name.
func all(f *factory.Factory) ([]*state, error) {
	entries, err := os.ReadDir(f.UserFile("kubejig"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var states []*state
	for _, e := range entries {
		d, err := folderOf(f, e.Name())
		if err != nil {
			continue // not a cluster's folder
		}
		s, err := d.read()
		if err != nil {
			return nil, err
		}
		if s != nil {
			states = append(states, s)
		}
	}
	sort.Slice(states, func(i, j int) bool { return states[i].Name < states[j].Name })
	return states, nil
}

// running reads the state of a cluster that must be there.
func running(f *factory.Factory, name string) (folder, *state, error) {
	d, err := folderOf(f, name)
	if err != nil {
		return "", nil, err
	}
	s, err := d.read()
	if err != nil {
		return "", nil, err
	}
	if s == nil || !alive(d, s.PID) {
		return d, nil, fmt.Errorf("no cluster %q is running; start one with: %s cluster start %s", name, f.Program, name)
	}
	return d, s, nil
}
