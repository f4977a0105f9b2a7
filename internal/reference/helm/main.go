// Command helm is upstream's helm, unchanged: tests run it against the fake
// cluster to see that other people's clients do not notice the difference.
// Nothing of the product may import it.
package main

import (
	"errors"
	"log/slog"
	"os"

	helmcmd "helm.sh/helm/v4/pkg/cmd"
	"helm.sh/helm/v4/pkg/kube"

	// Client authentication plugins, as in the released binary.
	_ "k8s.io/client-go/plugin/pkg/client/auth"
)

func main() {
	// The name under which server-side apply records helm's fields.
	kube.ManagedFieldsManager = "helm"

	root, err := helmcmd.NewRootCmd(os.Stdout, os.Args[1:], helmcmd.SetupLogging)
	if err != nil {
		slog.Warn("command failed", slog.Any("error", err))
		os.Exit(1)
	}
	if err := root.Execute(); err != nil {
		var command helmcmd.CommandError
		if errors.As(err, &command) {
			os.Exit(command.ExitCode)
		}
		os.Exit(1)
	}
}
