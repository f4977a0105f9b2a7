// Command kubejig is a kubectl-compatible command line with a fake Kubernetes
// built in.
package main

import (
	"os"

	"github.com/kubejig/kubejig/cli"
	_ "github.com/kubejig/kubejig/internal/firstgc" // before the other packages are initialized
)

func main() {
	os.Exit(cli.Main(os.Args))
}
