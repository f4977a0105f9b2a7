package preference

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/runlog"
)

// File is where a kuberc file is, or is to be.
type File struct {
	// Path is as the user gave it; "" is nowhere: the user wants none.
	Path string
	// Explicit says that the user named it.
	Explicit bool

	environment factory.Environment
	log         *runlog.Log
}

// Locate says which file is meant: that of the flag --kuberc, that of the
// environment variable KUBERC, or ~/.kube/kuberc.
func Locate(f *factory.Factory, flag string) (File, error) {
	variable := f.Getenv("KUBERC")
	file := File{environment: f.Environment, log: f.Log}
	switch {
	case variable == "off" && flag != "":
		return file, errors.New("disabling kuberc via KUBERC=off and passing kuberc flag are mutually exclusive")
	case variable == "off":
	case flag != "":
		file.Path, file.Explicit = flag, true
	case variable != "":
		file.Path, file.Explicit = variable, true
	default:
		file.Path = f.UserFile("kuberc")
	}
	return file, nil
}

// Read reads the file. An empty one is nil. Of one with a strict decoding error,
// such as an unknown field, what could be read is returned too.
func (file File) Read() (*Preference, error) {
	content, err := os.ReadFile(file.environment.Path(file.Path))
	if err != nil {
		return nil, err
	}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for entries := 0; ; {
		document, err := documents.Read()
		switch {
		case errors.Is(err, io.EOF) && entries > 0:
			return nil, fmt.Errorf("no valid preferences found in %s, use --v=5 to see details", file.Path)
		case errors.Is(err, io.EOF):
			file.log.Infof(5, "marshal.go:103", "kuberc: no preferences found in %s", file.Path)
			return nil, nil
		case err != nil:
			return nil, err
		case len(bytes.TrimSpace(document)) == 0:
			continue
		}
		entries++
		p, version, err := decode(document)
		if p != nil {
			file.log.Infof(5, "marshal.go:94", "kuberc: using entry %d (%s) in %s", entries, version, file.Path)
			return p, err
		}
		file.log.Infof(5, "marshal.go:71", "kuberc: strict decoding error for entry %d in %s: %v", entries, file.Path, err)
	}
}

// decode reads one document and its version. It is nil if it is none of ours.
func decode(document []byte) (p *Preference, version schema.GroupVersion, err error) {
	options := json.SerializerOptions{Yaml: !utilyaml.IsJSONBuffer(document), Strict: true}
	object, found, err := json.NewSerializerWithOptions(json.DefaultMetaFactory, versions(), versions(), options).Decode(document, nil, nil)
	if err != nil && !runtime.IsStrictDecodingError(err) {
		return nil, version, err
	}
	switch object := object.(type) {
	case *alpha:
		return object.convert(), found.GroupVersion(), err
	case *Preference:
		if wrong := object.settleNames(); wrong != nil {
			return nil, version, wrong
		}
		return object, found.GroupVersion(), err
	}
	return nil, version, err
}

// load reads the file for a command line. What is wrong with it ends the command
// line only if the user named it.
func (file File) load(errOut io.Writer) (*Preference, error) {
	if file.Path == "" {
		return nil, nil
	}
	p, err := file.Read()
	switch {
	case err == nil:
		return p, nil
	case p != nil:
		fmt.Fprintf(errOut, "kuberc: ignoring strict decoding error in %s: %v", file.Path, err)
		return p, nil
	case file.Explicit:
		return nil, fmt.Errorf("kuberc: %w", err)
	case !errors.Is(err, fs.ErrNotExist):
		fmt.Fprintf(errOut, "kuberc: no preferences loaded from %s: %v", file.Path, err)
	}
	return nil, nil
}

// Write replaces the file, and says so.
func (file File) Write(p *Preference, out io.Writer) error {
	path := file.environment.Path(file.Path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("failed to create directory %s: %w", filepath.Dir(file.Path), err)
	}
	content, err := yaml.Marshal(p)
	if err != nil {
		return fmt.Errorf("failed to marshal preferences: %w", err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("failed to write kuberc file: %w", err)
	}
	fmt.Fprintf(out, "Updated %s\n", file.Path)
	return nil
}
