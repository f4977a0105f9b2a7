// Package listener serves the API of a cluster over HTTPS, to those who can say
// who they are: with a client certificate of the cluster's authority, or with a
// token that the handler knows.
package listener

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/klog/v2"

	"github.com/kubejig/kubejig/internal/pki"
)

// quietly is the context of all requests: what libraries log about clients that
// are gone is no news.
func quietly(net.Listener) context.Context {
	return klog.NewContext(context.Background(), logr.Discard())
}

// Listener is a socket on which a cluster is served.
type Listener struct {
	// URL is where clients find it: https://ADDRESS:PORT. One that listens on all
	// addresses of the machine is found at 127.0.0.1.
	URL string

	name   string
	ca     *pki.Authority
	admin  *pki.Pair
	server *http.Server
	open   requests
	done   chan struct{}
}

// Options say who is served, and how.
type Options struct {
	// Name of the cluster, which kubeconfigs use for it, its user and its
	// context.
	Name string
	// CA signs the certificates of the server and of its clients.
	CA *pki.Authority
	// Hosts are names and addresses by which the cluster is reached beside
	// those that every cluster has.
	Hosts   []string
	Handler http.Handler
}

// hosts are names and addresses that every cluster has.
var hosts = []string{
	"127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
	"kubernetes.default.svc.cluster.local",
}

// Serve serves a cluster on a socket until Close, which closes the socket.
func Serve(socket net.Listener, o Options) (*Listener, error) {
	address, own := reached(socket.Addr())
	certificate, err := o.CA.Server("kube-apiserver", slices.Concat(hosts, own, o.Hosts)...)
	if err != nil {
		return nil, err
	}
	admin, err := o.CA.Client("kubernetes-admin", "system:masters")
	if err != nil {
		return nil, err
	}
	l := &Listener{
		URL: "https://" + address, name: o.Name, ca: o.CA, admin: admin, done: make(chan struct{}),
	}
	l.server = &http.Server{
		BaseContext:       quietly,
		Handler:           l.open.counted(o.CA.Vouch(o.Handler)),
		TLSConfig:         certificate.TLS(o.CA),
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // garbage on the port is its sender's problem
	}
	go func() {
		defer close(l.done)
		_ = l.server.ServeTLS(socket, "", "") // returns when it is closed
	}()
	return l, nil
}

// reached tells the address at which a socket's clients find it on this machine,
// and the names and addresses by which others may.
func reached(at net.Addr) (address string, hosts []string) {
	tcp, ok := at.(*net.TCPAddr)
	if !ok {
		return at.String(), nil
	}
	if !tcp.IP.IsUnspecified() {
		return tcp.String(), []string{tcp.IP.String()}
	}
	if name, err := os.Hostname(); err == nil { // Else it has none.
		hosts = append(hosts, name)
	}
	addresses, _ := net.InterfaceAddrs() // Without them, Options.Hosts are all there is.
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok {
			hosts = append(hosts, network.IP.String())
		}
	}
	return Loopback(tcp.Port), hosts
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

const (
	// shutdownGrace is how long open requests may take to end.
	shutdownGrace = 100 * time.Millisecond
	// onTheWay is how long an answer takes to leave that has been written.
	onTheWay = 2 * time.Millisecond
)

// Close stops serving. Open requests get a moment to end; connections over which
// nobody asks for anything are closed without.
func (l *Listener) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	l.open.whenNone(func() { time.AfterFunc(onTheWay, cancel) })
	_ = l.server.Shutdown(ctx) // ends when all connections have, or early
	_ = l.server.Close()       // what is still open is cut
	<-l.done
}
