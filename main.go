// Command kubejig is a kubectl-compatible command line with a fake Kubernetes
// built in.
package main

import (
	"os"

	"github.com/kubejig/kubejig/cli"
)

func main() {
	os.Exit(cli.Main(os.Args))
}
