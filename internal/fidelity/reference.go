package fidelity

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/internal/pki"
)

// patience is how long the reference may take to be ready: a minute on a
// machine that has nothing else to do is five times what it needs.
const patience = time.Minute

// The reference's users, by token.
const (
	adminToken = "admin"
	usersFile  = adminToken + ",admin,1,\"system:masters\"\njane,jane,2,\"readers\"\n"
)

// Reference is Kubernetes' own control plane as processes: etcd, kube-apiserver,
// kube-controller-manager and kube-scheduler. It listens on the loopback
// interface only, and keeps everything in one folder.
type Reference struct {
	Options
	// URL is where its API server answers.
	URL string

	processes []*exec.Cmd
	logs      []*os.File
}

// Options say how a reference is run.
type Options struct {
	// Binaries is the folder that holds the programs; Dir is for what they write.
	Binaries, Dir string
	// Authorization is AlwaysAllow or RBAC.
	Authorization string
	// InEarnest lets etcd wait for the disk, and the components send no more
	// requests than they are allowed to by default.
	InEarnest bool
}

// StartReference starts the programs and waits until they are ready. They end
// with the context.
func StartReference(ctx context.Context, o Options) (*Reference, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	r := &Reference{Options: o, URL: fmt.Sprintf("https://127.0.0.1:%d", ports[2])}
	if err := r.layOut(); err != nil {
		return nil, err
	}
	if err := r.run(ctx, "etcd", r.etcdArgs(ports[0], ports[1])...); err != nil {
		return nil, err
	}
	if err := r.run(ctx, "kube-apiserver", r.apiserverArgs(ports[0], ports[2])...); err != nil {
		return nil, err
	}
	if err := r.await(ctx); err != nil {
		return nil, err
	}
	if err := r.run(ctx, "kube-controller-manager", r.controllerManagerArgs()...); err != nil {
		return nil, err
	}
	return r, r.run(ctx, "kube-scheduler", append(r.rateArgs(), "--kubeconfig="+r.path("kubeconfig"), "--leader-elect=false", "--secure-port=0")...)
}

// Close ends the processes.
func (r *Reference) Close() {
	for _, p := range r.processes {
		_ = p.Process.Kill()
		_ = p.Wait()
	}
	for _, l := range r.logs {
		_ = l.Close()
	}
}

func (r *Reference) path(name string) string { return filepath.Join(r.Dir, name) }

// layOut writes what the programs read: users, the service accounts' key, the
// authority that signs certificates, and the administrator's kubeconfig.
func (r *Reference) layOut() error {
	if err := os.WriteFile(r.path("users.csv"), []byte(usersFile), 0o600); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(r.path("accounts.key"), block, 0o600); err != nil {
		return err
	}
	authority, err := pki.NewAuthority("reference")
	if err != nil {
		return err
	}
	if err := errors.Join(
		os.WriteFile(r.path("authority.crt"), authority.CertificatePEM, 0o600),
		os.WriteFile(r.path("authority.key"), authority.KeyPEM, 0o600),
	); err != nil {
		return err
	}
	config := api.NewConfig()
	config.Clusters["reference"] = &api.Cluster{Server: r.URL, InsecureSkipTLSVerify: true}
	config.AuthInfos["admin"] = &api.AuthInfo{Token: adminToken}
	config.Contexts["reference"] = &api.Context{Cluster: "reference", AuthInfo: "admin"}
	config.CurrentContext = "reference"
	return clientcmd.WriteToFile(*config, r.path("kubeconfig"))
}

func (r *Reference) etcdArgs(client, peer int) []string {
	clientURL, peerURL := fmt.Sprintf("http://127.0.0.1:%d", client), fmt.Sprintf("http://127.0.0.1:%d", peer)
	return []string{
		"--data-dir=" + r.path("etcd"), fmt.Sprintf("--unsafe-no-fsync=%t", !r.InEarnest),
		"--listen-client-urls=" + clientURL, "--advertise-client-urls=" + clientURL,
		"--listen-peer-urls=" + peerURL, "--initial-advertise-peer-urls=" + peerURL, "--initial-cluster=default=" + peerURL,
	}
}

func (r *Reference) apiserverArgs(etcd, port int) []string {
	return []string{
		fmt.Sprintf("--etcd-servers=http://127.0.0.1:%d", etcd),
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", port), "--cert-dir=" + r.path("certificates"),
		"--token-auth-file=" + r.path("users.csv"), "--authorization-mode=" + r.authorizers(),
		"--enable-admission-plugins=NodeRestriction",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + r.path("accounts.key"), "--service-account-signing-key-file=" + r.path("accounts.key"),
		"--service-cluster-ip-range=10.96.0.0/12", "--allow-privileged=true",
	}
}

// rateArgs let a component send requests as fast as it can, so that scenarios
// that run side by side do not wait for each other.
func (r *Reference) rateArgs() []string {
	if r.InEarnest {
		return nil
	}
	return []string{"--kube-api-qps=1000", "--kube-api-burst=1000"}
}

// authorizers are asked in turn: where roles decide, kubelets have their own.
func (r *Reference) authorizers() string {
	if r.Authorization == "RBAC" {
		return "Node,RBAC"
	}
	return r.Authorization
}

func (r *Reference) controllerManagerArgs() []string {
	return append(r.rateArgs(),
		"--kubeconfig="+r.path("kubeconfig"), "--leader-elect=false", "--secure-port=0",
		"--service-account-private-key-file="+r.path("accounts.key"), "--use-service-account-credentials=false",
		"--allocate-node-cidrs=true", "--cluster-cidr=10.244.0.0/16", "--service-cluster-ip-range=10.96.0.0/12",
		"--root-ca-file="+r.path("authority.crt"),
		"--cluster-signing-cert-file="+r.path("authority.crt"), "--cluster-signing-key-file="+r.path("authority.key"),
		// Nodes that tests make have no kubelet that sends heartbeats.
		"--node-monitor-grace-period=1h",
	)
}

// run starts a program, whose output goes to a file beside its data.
func (r *Reference) run(ctx context.Context, name string, args ...string) error {
	log, err := os.Create(r.path(name + ".log"))
	if err != nil {
		return err
	}
	r.logs = append(r.logs, log)
	path, err := filepath.Abs(filepath.Join(r.Binaries, name))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.Dir, log, log
	cmd.SysProcAttr = endsWithTest()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the reference: %w", err)
	}
	r.processes = append(r.processes, cmd)
	return nil
}

// await returns when the API server says that it is ready and has made the
// namespace default.
func (r *Reference) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	server := r.Server()
	for {
		ready := server.Do(ctx, Request{Method: http.MethodGet, Path: "/readyz"})
		space := server.Do(ctx, Request{Method: http.MethodGet, Path: "/api/v1/namespaces/default"})
		if ready.Code == http.StatusOK && space.Code == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the reference did not get ready: %s%s", ready.Body, r.lastWords())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// lastWords is the end of the API server's log.
func (r *Reference) lastWords() string {
	text, err := os.ReadFile(r.path("kube-apiserver.log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return "\n" + strings.Join(lines[max(0, len(lines)-10):], "\n")
}

// Server is the reference as the administrator sees it.
func (r *Reference) Server() Server {
	return Server{URL: r.URL, Token: adminToken, Client: unverified()}
}

// RESTConfig is how its administrator's clients reach it.
func (r *Reference) RESTConfig() *rest.Config {
	return &rest.Config{Host: r.URL, BearerToken: adminToken, TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
}

// freePorts are ports that nobody listened on a moment ago.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
