package output

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/scheme"
)

const formats = "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml"

func TestPrinter(t *testing.T) {
	file := filepath.Join(t.TempDir(), "template")
	require.NoError(t, os.WriteFile(file, []byte("{.metadata.name}!"), 0o600))
	for name, c := range map[string]struct {
		args   []string
		prints string
		fails  string
	}{
		"what was done":           {nil, "configmap/map labeled\n", ""},
		"names":                   {[]string{"-o", "name"}, "configmap/map\n", ""},
		"upper case":              {[]string{"-o", "NAME"}, "configmap/map\n", ""},
		"yaml":                    {[]string{"-o", "yaml"}, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: map\n", ""},
		"managed fields":          {[]string{"-o", "yaml", "--show-managed-fields"}, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  managedFields:\n  - manager: me\n  name: map\n", ""},
		"jsonpath":                {[]string{"-o", "jsonpath={.kind}"}, "ConfigMap", ""},
		"jsonpath in a flag":      {[]string{"-o", "jsonpath", "--template", "{.kind}"}, "ConfigMap", ""},
		"jsonpath in a file":      {[]string{"-o", "jsonpath-file=" + file}, "map!", ""},
		"jsonpath as JSON":        {[]string{"-o", "jsonpath-as-json={.kind}"}, "[\n    \"ConfigMap\"\n]\n", ""},
		"Go's template":           {[]string{"-o", "go-template={{.kind}}={{.none}}"}, "ConfigMap=<no value>", ""},
		"a template alone":        {[]string{"--template", "{{.kind}}"}, "ConfigMap", ""},
		"no such format":          {[]string{"-o", "xml"}, "", `unable to match a printer suitable for the output format "xml", allowed formats are: ` + formats},
		"no template":             {[]string{"-o", "jsonpath"}, "", "template format specified but no template given"},
		"no such file":            {[]string{"-o", "go-template-file=none"}, "", "error reading --template none, open none: no such file or directory"},
		"wrong JSONPath":          {[]string{"-o", "jsonpath={.kind"}, "", "error parsing jsonpath {.kind, unclosed action"},
		"wrong template":          {[]string{"-o", "template={{.kind"}, "", "error parsing template {{.kind, template: output:1: unclosed action"},
		"two templates":           {[]string{"-o", "jsonpath={.kind}", "--template", "x"}, "", `unable to match a printer suitable for the output format "jsonpath={.kind}", allowed formats are: ` + formats},
		"missing keys are errors": {[]string{"-o", "jsonpath={.none}", "--allow-missing-template-keys=false"}, "", "none is not found"},
	} {
		t.Run(name, func(t *testing.T) {
			flags := New("labeled").WithTypes(func() *runtime.Scheme { return scheme.Scheme() })
			cmd := &cobra.Command{}
			flags.AddFlags(cmd)
			require.NoError(t, cmd.ParseFlags(c.args))

			out := &bytes.Buffer{}
			printer, err := flags.Printer()
			if err == nil {
				err = printer.PrintObj(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
					Name: "map", ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "me"}},
				}}, out)
			}
			if c.fails != "" {
				assert.ErrorContains(t, err, c.fails)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.prints, out.String())
		})
	}
}
