// Package version is "kubectl version".
package version

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/version"
	apiversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/cli/discovery"
	"github.com/kubejig/kubejig/cli/factory"
)

// kustomizeVersion is the release of kustomize that -k builds with.
const kustomizeVersion = "v5.8.1"

// supportedSkew is how many minor releases client and server may be apart.
const supportedSkew = 1

// versions is what is printed.
type versions struct {
	ClientVersion    *apiversion.Info `json:"clientVersion,omitempty"`
	KustomizeVersion string           `json:"kustomizeVersion,omitempty"`
	ServerVersion    *apiversion.Info `json:"serverVersion,omitempty"`
}

type options struct {
	clientOnly bool
	output     string
	strict     bool // A skew is an error, not a warning.
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the client and server version information",
		RunE: func(cmd *cobra.Command, args []string) error {
			if flag := cmd.Flag("warnings-as-errors"); flag != nil {
				o.strict = flag.Value.String() == "true"
			}
			return o.run(f, args)
		},
	}
	cmd.Flags().BoolVar(&o.clientOnly, "client", false, "Print the client's version only, without asking a server.")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "One of 'yaml' or 'json'.")
	return cmd
}

func (o *options) run(f *factory.Factory, args []string) error {
	var server *discovery.Client
	if !o.clientOnly {
		var err error
		if server, err = f.Discovery(); err != nil && !clientcmd.IsEmptyConfig(err) {
			return err
		}
		if len(args) != 0 { // kubectl looks for them here only
			return fmt.Errorf("extra arguments: %v", args)
		}
	}
	if o.output != "" && o.output != "yaml" && o.output != "json" {
		return errors.New(`--output must be 'yaml' or 'json'`)
	}
	client := factory.ClientVersion()
	found := versions{ClientVersion: &client, KustomizeVersion: kustomizeVersion}
	var serverErr error
	if server != nil {
		server.Invalidate()
		found.ServerVersion, serverErr = server.Version()
	}
	if err := o.print(f, found); err != nil {
		return err
	}
	if found.ServerVersion == nil {
		return serverErr
	}
	warning, err := skew(found)
	if err != nil || warning == "" {
		return errors.Join(err, serverErr)
	}
	if o.strict {
		return errors.New(warning)
	}
	fmt.Fprintf(f.ErrOut, "Warning: %s\n", warning)
	return serverErr
}

func (o *options) print(f *factory.Factory, found versions) error {
	switch o.output {
	case "yaml":
		text, err := yaml.Marshal(&found)
		fmt.Fprintln(f.Out, string(text))
		return err
	case "json":
		text, err := json.MarshalIndent(&found, "", "  ")
		fmt.Fprintln(f.Out, string(text))
		return err
	}
	fmt.Fprintf(f.Out, "Client Version: %s\n", found.ClientVersion.GitVersion)
	fmt.Fprintf(f.Out, "Kustomize Version: %s\n", found.KustomizeVersion)
	if found.ServerVersion != nil {
		fmt.Fprintf(f.Out, "Server Version: %s\n", found.ServerVersion.GitVersion)
	}
	return nil
}

// skew warns of a client and a server too far apart; "" if they are not.
func skew(found versions) (string, error) {
	client, err := version.ParseSemantic(found.ClientVersion.GitVersion)
	if err != nil {
		return "", fmt.Errorf("client version error: %w", err)
	}
	server, err := version.ParseSemantic(found.ServerVersion.GitVersion)
	if err != nil {
		return "", fmt.Errorf("server version error: %w", err)
	}
	minors := max(client.Minor(), server.Minor()) - min(client.Minor(), server.Minor())
	if client.Major() == server.Major() && minors <= supportedSkew {
		return "", nil
	}
	return fmt.Sprintf("version difference between client (%d.%d) and server (%d.%d) exceeds the supported minor version skew of +/-%d",
		client.Major(), client.Minor(), server.Major(), server.Minor(), supportedSkew), nil
}
