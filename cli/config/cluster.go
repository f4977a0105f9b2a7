package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
)

type setCluster struct {
	server, tlsServerName, authority, proxyURL string
	insecure, embed                            bool
}

func newSetCluster(f *factory.Factory) *cobra.Command {
	o := &setCluster{}
	cmd := &cobra.Command{
		Use:                   "set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]",
		DisableFlagsInUseLine: true,
		Short:                 "Set a cluster entry in kubeconfig",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return helpError(cmd, "Unexpected args: %v", args)
			}
			return o.run(f, cmd, args[0])
		},
	}
	cmd.Flags().StringVar(&o.server, "server", "", "server for the cluster entry in kubeconfig")
	cmd.Flags().StringVar(&o.tlsServerName, "tls-server-name", "", "tls-server-name for the cluster entry in kubeconfig")
	cmd.Flags().BoolVar(&o.insecure, "insecure-skip-tls-verify", false, "insecure-skip-tls-verify for the cluster entry in kubeconfig")
	cmd.Flags().StringVar(&o.authority, "certificate-authority", "", "Path to certificate-authority file for the cluster entry in kubeconfig")
	cmd.Flags().BoolVar(&o.embed, "embed-certs", false, "embed-certs for the cluster entry in kubeconfig")
	cmd.Flags().StringVar(&o.proxyURL, "proxy-url", "", "proxy-url for the cluster entry in kubeconfig")
	return cmd
}

func (o *setCluster) run(f *factory.Factory, cmd *cobra.Command, name string) error {
	if err := o.validate(name); err != nil {
		return err
	}
	err := update(f, func(config *clientcmdapi.Config) error {
		cluster, ok := config.Clusters[name]
		if !ok {
			cluster = clientcmdapi.NewCluster()
			config.Clusters[name] = cluster
		}
		o.change(cmd, cluster)
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(f.Out, "Cluster %q set.\n", name)
	return nil
}

func (o *setCluster) validate(name string) error {
	if name == "" {
		return errors.New("you must specify a non-empty cluster name")
	}
	if o.insecure && o.authority != "" {
		return errors.New("you cannot specify a certificate authority and insecure mode at the same time")
	}
	if !o.embed {
		return nil
	}
	if o.authority == "" {
		return errors.New("you must specify a --certificate-authority to embed")
	}
	return readable("certificate-authority", o.authority)
}

func readable(flag, path string) error {
	if path == "" {
		return nil
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("could not stat %s file %s: %v", flag, path, err)
	}
	return nil
}

// change sets what was given. A server without a TLS name forgets the old
// server's; an authority and insecurity exclude one another. A cluster is
// insecure only if the last change of it said so.
func (o *setCluster) change(cmd *cobra.Command, cluster *clientcmdapi.Cluster) {
	if cmd.Flags().Changed("server") {
		cluster.Server = o.server
		cluster.TLSServerName = ""
	}
	given(cmd, "tls-server-name", &cluster.TLSServerName, o.tlsServerName)
	if cluster.InsecureSkipTLSVerify = o.insecure; o.insecure {
		cluster.CertificateAuthority, cluster.CertificateAuthorityData = "", nil
	}
	if cmd.Flags().Changed("certificate-authority") {
		cluster.CertificateAuthority, cluster.CertificateAuthorityData = fileOrData(o.authority, o.embed, cluster.CertificateAuthorityData)
		if o.embed || cluster.CertificateAuthority != "" {
			cluster.InsecureSkipTLSVerify = false
		}
	}
	given(cmd, "proxy-url", &cluster.ProxyURL, o.proxyURL)
}

// fileOrData is what a kubeconfig holds for a file: its absolute path, or its
// content. Data is kept only if no path takes its place.
func fileOrData(path string, embed bool, data []byte) (string, []byte) {
	if embed {
		content, _ := os.ReadFile(path)
		return "", content
	}
	absolute, _ := filepath.Abs(path)
	if absolute != "" {
		data = nil
	}
	return absolute, data
}
