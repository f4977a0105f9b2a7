// Command kubectl is the reference command line: upstream's kubectl,
// unchanged, as its own module builds it. Tests compare kubejig with it.
// Nothing of the product may import it.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	// Client authentication plugins, as in the released binary.
	_ "k8s.io/client-go/plugin/pkg/client/auth"
)

func main() {
	command := cmd.NewDefaultKubectlCommand()
	if err := cli.RunNoErrOutput(command); err != nil {
		cmdutil.CheckErr(err)
	}
	os.Exit(0)
}
