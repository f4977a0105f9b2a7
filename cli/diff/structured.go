package diff

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/cli/color"
	"github.com/kubejig/kubejig/cli/failure"
)

// printStructured prints the fields that differ instead of the lines.
func (o *options) printStructured(out io.Writer, sides *sides) error {
	names, err := sides.names()
	if err != nil {
		return err
	}
	differ := false
	for _, name := range names {
		live, err := sides.live.read(name)
		if err != nil {
			return err
		}
		merged, err := sides.merged.read(name)
		if err != nil {
			return err
		}
		differ = o.printChanges(out, live, merged) || differ
	}
	if differ {
		return failure.Silent // The differences have been shown.
	}
	return nil
}

// printChanges prints what changes in an object, which is nil where it does not
// exist. It says whether anything does.
func (o *options) printChanges(out io.Writer, live, merged map[string]any) bool {
	switch {
	case live == nil && merged == nil:
		return false
	case live == nil:
		o.print(out, added, added+" "+title(merged)+" is new")
		return true
	case merged == nil:
		o.print(out, removed, removed+" "+title(live)+" is to be deleted")
		return true
	}
	found := changes("", live, merged)
	if len(found) > 0 {
		o.print(out, changed, changed+" "+title(merged))
	}
	for _, c := range found {
		o.print(out, c.mark, "  "+c.String())
	}
	return len(found) > 0
}

func (o *options) print(out io.Writer, mark, line string) {
	paints := map[string]color.Paint{added: color.Green, removed: color.Red, changed: color.Cyan}
	if o.painted {
		line = paints[mark].Text(line)
	}
	fmt.Fprintln(out, line)
}

// title names an object.
func title(fields map[string]any) string {
	object := unstructured.Unstructured{Object: fields}
	name := object.GetName()
	if namespace := object.GetNamespace(); namespace != "" {
		name = namespace + "/" + name
	}
	return object.GetAPIVersion() + " " + object.GetKind() + " " + name
}

// names are the files on either side.
func (s *sides) names() ([]string, error) {
	all := sets.New[string]()
	for _, folder := range []string{s.live.path, s.merged.path} {
		files, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			all.Insert(file.Name())
		}
	}
	return slices.Sorted(maps.Keys(all)), nil
}

// read reads an object, nil if there is none.
func (s side) read(name string) (map[string]any, error) {
	text, err := os.ReadFile(filepath.Join(s.path, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var object map[string]any
	return object, yaml.Unmarshal(text, &object)
}
