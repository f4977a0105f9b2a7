package handover

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNeeded(t *testing.T) {
	for line, needed := range map[string]bool{
		"":                                      false,
		"-o=yaml":                               false,
		"-o=jsonpath={.template}":               false,
		"-o=jsonpath --template={.kind}":        false,
		"-o=jsonpath-file=template":             false,
		"-o=custom-columns=A:.b":                false,
		"-o=go-template={{.kind}}":              true,
		"-o=go-template-file=template":          true,
		"-o=template --template={{.kind}}":      true,
		"-o=templatefile=template":              true,
		"--template={{.kind}}":                  true,
		"--kustomize=folder":                    true,
		"--kustomize=folder -o=yaml":            true,
		"--template={{.kind}} --output=nothing": true,
	} {
		cmd := &cobra.Command{}
		cmd.Flags().StringP("output", "o", "", "")
		cmd.Flags().String("template", "", "")
		cmd.Flags().String("kustomize", "", "")
		require.NoError(t, cmd.ParseFlags(strings.Fields(line)))
		assert.Equal(t, needed, Needed(cmd), line)
	}
	assert.False(t, Needed(&cobra.Command{}))
}
