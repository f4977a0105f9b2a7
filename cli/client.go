//go:build client

package cli

import (
	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/handover"
)

// whole says that not everything is in this program; see package handover.
const whole = false

func newCluster(*factory.Factory) *cobra.Command   { return handover.NewStub("cluster") }
func newExport(*factory.Factory) *cobra.Command    { return handover.NewStub("export") }
func newKustomize(*factory.Factory) *cobra.Command { return handover.NewStub("kustomize") }
