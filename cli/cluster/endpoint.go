package cluster

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"
)

// endpoint is where a cluster is served.
type endpoint struct {
	// Address is the IP address to listen on.
	Address string
	// Port is one of it, 0 for a free one.
	Port int
	// Hosts are names and addresses by which clients reach it, beside those that it
	// knows of.
	Hosts []string
}

// loopback is a free port that only this machine reaches.
func loopback() endpoint { return endpoint{Address: "127.0.0.1"} }

// The flags have the names that kube-apiserver and kubeadm have for the same.
func (e *endpoint) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&e.Address, "bind-address", loopback().Address, "IP address to serve on. With 0.0.0.0 or :: on all that the machine has: others can reach the cluster then, with its certificates or tokens.")
	flags.IntVar(&e.Port, "port", 0, "Port to serve on. Default: a free one.")
	flags.StringSliceVar(&e.Hosts, "apiserver-cert-extra-sans", nil, "Names and IP addresses by which clients reach the cluster, for its certificate, beside the machine's own.")
}

func (e *endpoint) check() error {
	if net.ParseIP(e.Address) == nil {
		return fmt.Errorf("--bind-address: %q is not an IP address such as 0.0.0.0", e.Address)
	}
	if e.Port < 0 || e.Port > 65535 {
		return fmt.Errorf("--port: must be between 0 and 65535, inclusive, not %d", e.Port)
	}
	for _, host := range e.Hosts {
		name := strings.TrimPrefix(host, "*.")
		if net.ParseIP(host) == nil && len(validation.IsDNS1123Subdomain(name)) > 0 {
			return fmt.Errorf("--apiserver-cert-extra-sans: %q is neither an IP address nor a name such as ci.example.com", host)
		}
	}
	return nil
}

func (e *endpoint) address() string { return net.JoinHostPort(e.Address, strconv.Itoa(e.Port)) }

// arguments are the flags that say the same.
func (e *endpoint) arguments() []string {
	args := []string{"--bind-address", e.Address, "--port", strconv.Itoa(e.Port)}
	for _, host := range e.Hosts {
		args = append(args, "--apiserver-cert-extra-sans", host)
	}
	return args
}
