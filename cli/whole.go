//go:build !client

package cli

import (
	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/cluster"
	"github.com/kubejig/kubejig/cli/export"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/kustomize"
)

// whole says that everything is in this program; see package handover.
const whole = true

func newCluster(f *factory.Factory) *cobra.Command   { return cluster.New(f) }
func newExport(f *factory.Factory) *cobra.Command    { return export.New(f) }
func newKustomize(f *factory.Factory) *cobra.Command { return kustomize.New(f) }
