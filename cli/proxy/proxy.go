// Package proxy is "kubectl proxy": it serves the API server's paths on a
// local port with the user's credentials.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/proxy"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"

	"github.com/kubejig/kubejig/cli/factory"
)

const defaultPort = 8001

type options struct {
	folder, folderPrefix, prefix string
	filter                       filterFlags
	withoutFilter                bool
	port                         int
	address, socket              string
	keepAlive                    time.Duration
	appendServerPath             bool
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:                   "proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix]",
		DisableFlagsInUseLine: true,
		Short:                 "Run a proxy to the Kubernetes API server",
		Long:                  "Serve the API server's paths on a local port, with your credentials, and the files of a folder beside them.",
		Example: `  # All of the API on a port that the system chooses
  kubectl proxy --port=0

  # Files at /static/, the API below /k8s/
  kubectl proxy --www=./site --api-prefix=/k8s/`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), f) },
	}
	set := cmd.Flags()
	set.StringVarP(&o.folder, "www", "w", "", "Folder of which to serve the files too.")
	set.StringVarP(&o.folderPrefix, "www-prefix", "P", "/static/", "Path at which to serve the files.")
	set.StringVar(&o.prefix, "api-prefix", "/", "Path at which to serve the API.")
	o.filter.add(set)
	set.IntVarP(&o.port, "port", "p", defaultPort, "Port to listen on; 0 is one that the system chooses.")
	set.StringVar(&o.address, "address", "127.0.0.1", "IP address to listen on.")
	set.BoolVar(&o.withoutFilter, "disable-filter", false, "Pass on all requests; dangerous, as web pages can make your browser send some.")
	set.StringVarP(&o.socket, "unix-socket", "u", "", "Socket file to listen on instead of a port.")
	set.DurationVar(&o.keepAlive, "keepalive", 0, "How often to send probes on idle connections; 0 for never.")
	set.BoolVar(&o.appendServerPath, "append-server-path", false, "Put the path of the server's address before that of each request.")
	return cmd
}

func (o *options) run(ctx context.Context, f *factory.Factory) error {
	f.Unannounced()
	config, err := f.ToRESTConfig()
	if err != nil {
		return err
	}
	o.folderPrefix, o.prefix = endingInSlash(o.folderPrefix), endingInSlash(o.prefix)
	target, err := url.Parse(endingInSlash(config.Host))
	if err != nil {
		return err
	}
	if target.Path != "/" && !o.appendServerPath {
		path := strings.TrimSuffix(target.Path, "/")
		f.Log.Warnf("proxy.go:172", "Your kube context contains a server path %s, use --append-server-path to automatically append the path to each request", path)
	}
	filter, err := o.newFilter(f)
	if err != nil {
		return err
	}
	if o.port != defaultPort && o.socket != "" {
		return errors.New("cannot set --unix-socket and --port at the same time")
	}
	o.checkFolder(f)
	handler, err := o.handler(f, config, target, filter)
	if err != nil {
		return err
	}
	listener, err := o.listen(f)
	if err != nil {
		return err
	}
	fmt.Fprintf(f.Out, "Starting to serve on %s\n", listener.Addr().String())
	server := &http.Server{Handler: handler}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	return server.Serve(listener)
}

func endingInSlash(path string) string {
	if strings.HasSuffix(path, "/") {
		return path
	}
	return path + "/"
}

// newFilter is nil if all requests pass.
func (o *options) newFilter(f *factory.Factory) (*filter, error) {
	if o.withoutFilter {
		if o.socket == "" {
			f.Log.Warnf("proxy.go:177", "Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious")
		}
		return nil, nil
	}
	if o.filter.rejectPaths == "" || o.filter.rejectMethods == "" {
		f.Log.Warnf("proxy.go:182", "Request filter has been relaxed, your proxy may be vulnerable to attacks, please be cautious")
	}
	return o.filter.compile(f.Log)
}

func (o *options) checkFolder(f *factory.Factory) {
	if o.folder == "" {
		return
	}
	info, err := os.Stat(f.Path(o.folder))
	switch {
	case err != nil:
		f.Log.Warnf("proxy.go:203", "Failed to stat static file directory %s: %v", o.folder, err)
	case !info.IsDir():
		f.Log.Warnf("proxy.go:205", "Static file directory %s is not a directory", o.folder)
	}
}

func (o *options) listen(f *factory.Factory) (net.Listener, error) {
	if o.socket == "" {
		return net.Listen("tcp", fmt.Sprintf("%s:%d", o.address, o.port))
	}
	path := f.Path(o.socket)
	if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		os.Remove(path) // Left over from an earlier run.
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return listener, os.Chmod(path, 0o600)
}

func (o *options) handler(f *factory.Factory, config *rest.Config, target *url.URL, filter *filter) (http.Handler, error) {
	roundTripper, err := rest.TransportFor(config)
	if err != nil {
		return nil, err
	}
	upgrades, err := o.upgradeTransport(config)
	if err != nil {
		return nil, err
	}
	toServer := proxy.NewUpgradeAwareHandler(target, roundTripper, false, false, responder{f})
	toServer.UpgradeTransport = upgrades
	toServer.UseRequestLocation = true
	toServer.UseLocationHost = true
	toServer.AppendLocationPath = o.appendServerPath
	var api http.Handler = toServer
	if filter != nil {
		filter.next = api
		api = filter
	}
	if !strings.HasPrefix(o.prefix, "/api") {
		api = withoutPrefix(o.prefix, api)
	}
	mux := http.NewServeMux()
	mux.Handle(o.prefix, api)
	if o.folder != "" {
		mux.Handle(o.folderPrefix, http.StripPrefix(o.folderPrefix, http.FileServer(http.Dir(f.Path(o.folder)))))
	}
	return mux, nil
}

// upgradeTransport makes the connections of requests that leave HTTP, as exec
// does.
func (o *options) upgradeTransport(config *rest.Config) (proxy.UpgradeRequestRoundTripper, error) {
	settings, err := config.TransportConfig()
	if err != nil {
		return nil, err
	}
	security, err := transport.TLSConfigFor(settings)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: o.keepAlive}
	connection := &http.Transport{
		Proxy:           http.ProxyFromEnvironment,
		TLSClientConfig: security,
		DialContext:     dialer.DialContext,
	}
	credentials, err := transport.HTTPWrappersForConfig(settings, proxy.MirrorRequest)
	if err != nil {
		return nil, err
	}
	return proxy.NewUpgradeRequestRoundTripper(connection, credentials), nil
}

type responder struct{ f *factory.Factory }

func (r responder) Error(w http.ResponseWriter, _ *http.Request, err error) {
	r.f.Log.Errorf("proxy_server.go:147", "Error while proxying request: %v", err)
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

// withoutPrefix takes the prefix off paths, but leaves them a slash to begin
// with.
func withoutPrefix(prefix string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		path, found := strings.CutPrefix(request.URL.Path, prefix)
		if !found {
			http.NotFound(w, request)
			return
		}
		if path != "" && path[0] != '/' {
			path = "/" + path
		}
		request.URL.Path = path
		next.ServeHTTP(w, request)
	})
}
