package compat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"golang.org/x/tools/txtar"

	"github.com/kubejig/kubejig/fakecluster"
)

// patience is how long a command line may take.
const patience = 30 * time.Second

// filesURL stands in command lines for the server of a twin's files.
const filesURL = "http://files.example"

// Program is a command line to compare.
type Program struct {
	// Path of the binary, whose base name is kubectl.
	Path string
	// Env are environment variables that it needs: NAME=VALUE.
	Env []string
}

// Twin is a cluster, served over HTTPS, and the home directory in which one of
// the programs runs its command lines against it.
type Twin struct {
	program Program
	known   *Credentials
	cluster *fakecluster.Cluster
	client  kubernetes.Interface
	server  *httptest.Server
	// files serves the script's files over plain HTTP.
	files *httptest.Server
	front *front
	dir   string
	env   []string
	// passing says that time passes by itself: so do changes.
	passing bool

	background *process
}

// newTwin starts a cluster and lays out the files of a script in dir.
func newTwin(program Program, known *Credentials, dir string, files []txtar.File, options []fakecluster.Option) (*Twin, error) {
	cluster, err := fakecluster.New(options...)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(cluster.RESTConfig())
	if err != nil {
		return nil, err
	}
	t := &Twin{program: program, known: known, cluster: cluster, client: client, dir: dir, front: &front{next: cluster.Handler()}}
	t.server = httptest.NewUnstartedServer(known.authority.Vouch(t.front))
	t.server.TLS = known.server.TLS(known.authority)
	t.server.StartTLS()
	t.files = httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.env = append([]string{"HOME=" + dir, "PATH=" + filepath.Join(dir, "bin") + string(filepath.ListSeparator) + os.Getenv("PATH"), "TZ=UTC", "LANG=C", "KUBECTL=" + program.Path}, program.Env...)
	return t, t.layOut(files)
}

// layOut writes a script's files, in which filesURL is replaced too, and a kubeconfig for the cluster at its
// default place.
func (t *Twin) layOut(files []txtar.File) error {
	for _, f := range files {
		path := filepath.Join(t.dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, t.withFilesURL(f.Data), mode(f)); err != nil {
			return err
		}
	}
	if err := t.setTimes(files); err != nil {
		return err
	}
	config := api.NewConfig()
	config.Clusters["twin"] = &api.Cluster{Server: t.server.URL, CertificateAuthorityData: t.known.authority.CertificatePEM}
	config.AuthInfos["admin"] = &api.AuthInfo{
		ClientCertificateData: t.known.admin.CertificatePEM, ClientKeyData: t.known.admin.KeyPEM,
	}
	config.AuthInfos["expired"] = &api.AuthInfo{ClientCertificateData: t.known.expired, ClientKeyData: t.known.admin.KeyPEM}
	config.Contexts["twin"] = &api.Context{Cluster: "twin", AuthInfo: "admin"}
	config.CurrentContext = "twin"
	return clientcmd.WriteToFile(*config, filepath.Join(t.dir, ".kube", "config"))
}

// setTimes makes all files as old as each other, for archives to be the same.
func (t *Twin) setTimes(files []txtar.File) error {
	written := time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)
	for _, f := range files {
		if err := os.Chtimes(filepath.Join(t.dir, f.Name), written, written); err != nil {
			return err
		}
	}
	return nil
}

// withFilesURL is text that may name the server of the files.
func (t *Twin) withFilesURL(text []byte) []byte {
	return bytes.ReplaceAll(text, []byte(filesURL), []byte(t.files.URL))
}

// mode makes programs executable.
func mode(f txtar.File) os.FileMode {
	if bytes.HasPrefix(f.Data, []byte("#!")) {
		return 0o755
	}
	return 0o644
}

// Close ends the cluster and what still runs against it.
func (t *Twin) Close() {
	if t.background != nil {
		t.background.cancel()
		<-t.background.ended
	}
	t.cluster.Close()
	t.server.CloseClientConnections()
	t.server.Close()
	t.files.Close()
}

// revision is the cluster's newest revision. Where time passes by itself it is
// 0: changes have no one number there, and who asks twice moves an auto clock.
func (t *Twin) revision(ctx context.Context) (int64, error) {
	if t.passing {
		return 0, nil
	}
	list, err := t.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return 0, err
	}
	var revision int64
	_, err = fmt.Sscan(list.ResourceVersion, &revision)
	return revision, err
}

// Run carries out a command line and waits for its end.
func (t *Twin) Run(ctx context.Context, c CommandLine) (Outcome, error) {
	p, err := t.start(ctx, c)
	if err != nil {
		return Outcome{}, err
	}
	return t.finish(ctx, p)
}

// RunInBackground starts a command line. If settled, it returns when that has
// ended or waits for something to happen in the cluster.
func (t *Twin) RunInBackground(ctx context.Context, c CommandLine, settled bool) error {
	if t.background != nil {
		return errors.New("another command line still runs in the background")
	}
	before := t.front.waits.Load() // by others, which may not have gone yet
	p, err := t.start(ctx, c)
	if err != nil {
		return err
	}
	t.background = p
	for settled && t.front.waits.Load() == before {
		select {
		case <-p.ended:
			return nil
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// Stop sends a signal to what runs in the background once it has printed so
// many lines.
func (t *Twin) Stop(ctx context.Context, lines int, signal os.Signal) (Outcome, error) {
	if t.background == nil {
		return Outcome{}, errNothingRuns
	}
	if err := t.background.stop(lines, signal); err != nil {
		return Outcome{}, err
	}
	return t.Finish(ctx)
}

// Finish waits for the end of what runs in the background.
func (t *Twin) Finish(ctx context.Context) (Outcome, error) {
	p := t.background
	if p == nil {
		return Outcome{}, errNothingRuns
	}
	t.background = nil
	return t.finish(ctx, p)
}

var errNothingRuns = errors.New("nothing runs in the background")

func (t *Twin) start(ctx context.Context, c CommandLine) (*process, error) {
	before, err := t.revision(ctx)
	if err != nil {
		return nil, err
	}
	var stdin []byte
	if c.Stdin != "" {
		if stdin, err = os.ReadFile(filepath.Join(t.dir, c.Stdin)); err != nil {
			return nil, err
		}
	}
	p, err := startProcess(ctx, t, c, stdin)
	if err != nil {
		return nil, err
	}
	p.before = before
	return p, nil
}

// finish waits for the end of a command line.
func (t *Twin) finish(ctx context.Context, p *process) (Outcome, error) {
	<-p.ended
	p.cancel()
	if err := t.front.failure(); err != nil {
		return Outcome{}, err
	}
	after, err := t.revision(ctx)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{
		Stdout:  normal(p.stdout.String(), t.dir),
		Stderr:  normal(p.stderr.String(), t.dir),
		Status:  p.cmd.ProcessState.String(),
		Changes: after - p.before,
	}, nil
}

// Show is a file that command lines have written, as an outcome.
func (t *Twin) Show(name string) Outcome {
	content, err := os.ReadFile(filepath.Join(t.dir, name))
	o := Outcome{Stdout: normal(string(content), t.dir)}
	if err != nil {
		o.Stderr = normal(err.Error(), t.dir)
	}
	return o
}
