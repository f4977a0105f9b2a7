package cli_test

import (
	"context"
	"os"

	"github.com/kubejig/kubejig/cli"
)

// One command line in this process.
func ExampleRun() {
	streams := cli.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stdout}
	err := cli.Run(context.Background(), streams, []string{"kubectl", "create", "namespace", "team", "--dry-run=client", "-o", "name"})
	cli.Report(err, streams)
	err = cli.Run(context.Background(), streams, []string{"kubectl", "frobnicate"})
	cli.Report(err, streams)
	// Output:
	// namespace/team
	// error: unknown command "frobnicate" for "kubectl"
}
