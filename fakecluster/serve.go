package fakecluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/internal/pki"
)

// Listener is a socket on which a cluster is served.
type Listener struct {
	// URL is where clients find it: https://127.0.0.1:PORT.
	URL string

	name   string
	ca     *pki.Authority
	admin  *pki.Pair
	server *http.Server
	done   chan struct{}
}

// Serve serves the cluster's API over HTTPS on a loopback port, 0 for a free
// one. It answers nobody without a certificate or token of the cluster.
func (c *Cluster) Serve(port int) (*Listener, error) {
	socket, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("serve cluster %s: %w", c.options.name, err)
	}
	l, err := c.newListener(socket.Addr().String())
	if err != nil {
		socket.Close()
		return nil, fmt.Errorf("serve cluster %s: %w", c.options.name, err)
	}
	c.served = append(c.served, l)
	go func() {
		defer close(l.done)
		_ = l.server.ServeTLS(socket, "", "") // returns when it is closed
	}()
	return l, nil
}

func (c *Cluster) newListener(address string) (*Listener, error) {
	ca, err := pki.NewAuthority("kubejig-ca")
	if err != nil {
		return nil, err
	}
	certificate, err := ca.Server("kube-apiserver", "127.0.0.1", "localhost", "kubernetes",
		"kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
	if err != nil {
		return nil, err
	}
	admin, err := ca.Client("kubernetes-admin", "system:masters")
	if err != nil {
		return nil, err
	}
	return &Listener{
		URL: "https://" + address, name: c.options.name, ca: ca, admin: admin,
		done: make(chan struct{}),
		server: &http.Server{
			Handler:           c.handler,
			TLSConfig:         certificate.TLS(ca),
			ReadHeaderTimeout: 30 * time.Second,
			ErrorLog:          log.New(io.Discard, "", 0), // garbage on the port is its sender's problem
		},
	}, nil
}

// Kubeconfig is a kubeconfig for the listener, with one context, named like the
// cluster, as a cluster administrator.
func (l *Listener) Kubeconfig() *api.Config {
	config := api.NewConfig()
	config.Clusters[l.name] = &api.Cluster{Server: l.URL, CertificateAuthorityData: l.ca.CertificatePEM}
	config.AuthInfos[l.name] = &api.AuthInfo{
		ClientCertificateData: l.admin.CertificatePEM,
		ClientKeyData:         l.admin.KeyPEM,
	}
	config.Contexts[l.name] = &api.Context{Cluster: l.name, AuthInfo: l.name}
	config.CurrentContext = l.name
	return config
}

// shutdownGrace is how long open requests may take to end.
const shutdownGrace = 100 * time.Millisecond

// Close stops serving. Open requests get a moment to end.
func (l *Listener) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	if err := l.server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		_ = l.server.Close() // what is still open is cut
	}
	<-l.done
}
