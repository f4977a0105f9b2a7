package cli

import (
	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/annotate"
	"github.com/kubejig/kubejig/cli/apply"
	"github.com/kubejig/kubejig/cli/config"
	"github.com/kubejig/kubejig/cli/create"
	"github.com/kubejig/kubejig/cli/delete"
	"github.com/kubejig/kubejig/cli/describe"
	"github.com/kubejig/kubejig/cli/diff"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/get"
	"github.com/kubejig/kubejig/cli/label"
	"github.com/kubejig/kubejig/cli/options"
	"github.com/kubejig/kubejig/cli/replace"
	"github.com/kubejig/kubejig/cli/scale"
	"github.com/kubejig/kubejig/cli/version"
	"github.com/kubejig/kubejig/cli/wait"
)

// The groups in which the program's help lists its commands.
const (
	beginner        = "Basic Commands (Beginner):"
	intermediate    = "Basic Commands (Intermediate):"
	deploy          = "Deploy Commands:"
	management      = "Cluster Management Commands:"
	troubleshooting = "Troubleshooting and Debugging Commands:"
	advanced        = "Advanced Commands:"
	settings        = "Settings Commands:"
	other           = "Other Commands:"
)

func groupTitles() []string {
	return []string{beginner, intermediate, deploy, management, troubleshooting, advanced, settings, other}
}

// verb is one command of the program.
type verb struct {
	names []string // The name, then its aliases.
	group string
	build func(*factory.Factory) *cobra.Command
}

// verbs is the table of commands, in the order of the help.
func verbs() []verb {
	return []verb{
		{[]string{"create"}, beginner, create.New},
		{[]string{"get"}, intermediate, get.New},
		{[]string{"delete"}, intermediate, delete.New},
		{[]string{"describe"}, troubleshooting, describe.New},
		{[]string{"scale"}, deploy, scale.New},
		{[]string{"diff"}, advanced, diff.New},
		{[]string{"apply"}, advanced, apply.New},
		{[]string{"replace"}, advanced, replace.New},
		{[]string{"wait"}, advanced, wait.New},
		{[]string{"label"}, settings, label.New},
		{[]string{"annotate"}, settings, annotate.New},
		{[]string{"config"}, other, config.New},
		{[]string{"version"}, other, version.New},
		{[]string{"options"}, "", options.New},
	}
}
