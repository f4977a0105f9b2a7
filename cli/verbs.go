package cli

import (
	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/alpha"
	"github.com/kubejig/kubejig/cli/annotate"
	"github.com/kubejig/kubejig/cli/apiresources"
	"github.com/kubejig/kubejig/cli/apply"
	"github.com/kubejig/kubejig/cli/attach"
	"github.com/kubejig/kubejig/cli/auth"
	"github.com/kubejig/kubejig/cli/autoscale"
	"github.com/kubejig/kubejig/cli/certificate"
	"github.com/kubejig/kubejig/cli/clusterinfo"
	"github.com/kubejig/kubejig/cli/completion"
	"github.com/kubejig/kubejig/cli/config"
	"github.com/kubejig/kubejig/cli/cp"
	"github.com/kubejig/kubejig/cli/create"
	"github.com/kubejig/kubejig/cli/debug"
	"github.com/kubejig/kubejig/cli/delete"
	"github.com/kubejig/kubejig/cli/describe"
	"github.com/kubejig/kubejig/cli/diff"
	"github.com/kubejig/kubejig/cli/drain"
	"github.com/kubejig/kubejig/cli/edit"
	"github.com/kubejig/kubejig/cli/events"
	"github.com/kubejig/kubejig/cli/exec"
	"github.com/kubejig/kubejig/cli/explain"
	"github.com/kubejig/kubejig/cli/expose"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/get"
	"github.com/kubejig/kubejig/cli/kuberc"
	"github.com/kubejig/kubejig/cli/label"
	"github.com/kubejig/kubejig/cli/logs"
	"github.com/kubejig/kubejig/cli/options"
	"github.com/kubejig/kubejig/cli/patch"
	"github.com/kubejig/kubejig/cli/plugin"
	"github.com/kubejig/kubejig/cli/portforward"
	"github.com/kubejig/kubejig/cli/proxy"
	"github.com/kubejig/kubejig/cli/replace"
	"github.com/kubejig/kubejig/cli/rollout"
	"github.com/kubejig/kubejig/cli/run"
	"github.com/kubejig/kubejig/cli/scale"
	"github.com/kubejig/kubejig/cli/set"
	"github.com/kubejig/kubejig/cli/taint"
	"github.com/kubejig/kubejig/cli/top"
	"github.com/kubejig/kubejig/cli/tree"
	"github.com/kubejig/kubejig/cli/version"
	"github.com/kubejig/kubejig/cli/wait"
	"github.com/kubejig/kubejig/cli/why"
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
	provided        = "Subcommands provided by plugins:"
	other           = "Other Commands:"
	beyond          = "Beyond kubectl Commands:"
	fake            = "Fake Cluster Commands:"
)

func groupTitles() []string {
	return []string{beginner, intermediate, deploy, management, troubleshooting, advanced, settings, provided, other, beyond, fake}
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
		{[]string{"expose"}, beginner, expose.New},
		{[]string{"run"}, beginner, run.New},
		{[]string{"set"}, beginner, set.New},
		{[]string{"explain"}, intermediate, explain.New},
		{[]string{"get"}, intermediate, get.New},
		{[]string{"edit"}, intermediate, edit.New},
		{[]string{"delete"}, intermediate, delete.New},
		{[]string{"rollout"}, deploy, rollout.New},
		{[]string{"scale"}, deploy, scale.New},
		{[]string{"autoscale"}, deploy, autoscale.New},
		{[]string{"certificate"}, management, certificate.New},
		{[]string{"cluster-info"}, management, clusterinfo.New},
		{[]string{"top"}, management, top.New},
		{[]string{"cordon"}, management, drain.NewCordon},
		{[]string{"uncordon"}, management, drain.NewUncordon},
		{[]string{"drain"}, management, drain.New},
		{[]string{"taint"}, management, taint.New},
		{[]string{"describe"}, troubleshooting, describe.New},
		{[]string{"logs"}, troubleshooting, logs.New},
		{[]string{"attach"}, troubleshooting, attach.New},
		{[]string{"exec"}, troubleshooting, exec.New},
		{[]string{"port-forward"}, troubleshooting, portforward.New},
		{[]string{"proxy"}, troubleshooting, proxy.New},
		{[]string{"cp"}, troubleshooting, cp.New},
		{[]string{"auth"}, troubleshooting, auth.New},
		{[]string{"debug"}, troubleshooting, debug.New},
		{[]string{"events"}, troubleshooting, events.New},
		{[]string{"diff"}, advanced, diff.New},
		{[]string{"apply"}, advanced, apply.New},
		{[]string{"patch"}, advanced, patch.New},
		{[]string{"replace"}, advanced, replace.New},
		{[]string{"wait"}, advanced, wait.New},
		{[]string{"kustomize"}, advanced, newKustomize},
		{[]string{"label"}, settings, label.New},
		{[]string{"annotate"}, settings, annotate.New},
		{[]string{"completion"}, settings, completion.New},
		{[]string{"api-resources"}, other, apiresources.New},
		{[]string{"api-versions"}, other, apiresources.NewVersions},
		{[]string{"config"}, other, config.New},
		{[]string{"kuberc"}, other, kuberc.New},
		{[]string{"plugin"}, other, plugin.New},
		{[]string{"version"}, other, version.New},
		{[]string{"why"}, beyond, why.New},
		{[]string{"tree"}, beyond, tree.New},
		{[]string{"export"}, beyond, newExport},
		{[]string{"cluster"}, fake, newCluster},
		{[]string{"options"}, "", options.New},
		{[]string{"alpha"}, "", alpha.New},
	}
}
