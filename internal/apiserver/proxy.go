package apiserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/kubejig/kubejig/internal/store"
)

// proxyVerbs passes any request on.
func proxyVerbs(h handler) map[string]handler {
	verbs := map[string]handler{}
	for _, verb := range []string{"get", "create", "update", "patch", "delete"} {
		verbs[verb] = h
	}
	return verbs
}

// backend is where requests are passed on to.
type backend struct {
	scheme  string // "http" or "https"
	address string // "10.244.1.7:80"
}

// splitTarget takes "scheme:name:port" apart, as a proxied name may be given.
func (c *call) splitTarget() (scheme, port string, err error) {
	scheme, name, port, ok := utilnet.SplitSchemeNamePort(c.name)
	if !ok {
		return "", "", apierrors.NewBadRequest(fmt.Sprintf("invalid %s request %q", strings.TrimSuffix(c.resource, "s"), c.name))
	}
	c.name = name
	if scheme == "" {
		scheme = "http"
	}
	return scheme, port, nil
}

// proxyPod passes a request on to a port of a pod.
func (c *call) proxyPod() error {
	if err := c.connect(&corev1.PodProxyOptions{Path: c.rest}); err != nil {
		return err
	}
	prefix := c.proxyPrefix()
	scheme, port, err := c.splitTarget()
	if err != nil {
		return err
	}
	pod, err := c.pod()
	if err != nil {
		return err
	}
	if port == "" {
		port = firstPort(pod)
	}
	if ip, err := netip.ParseAddr(pod.Status.PodIP); err != nil || !ip.IsGlobalUnicast() {
		return apierrors.NewBadRequest("address not allowed")
	}
	return c.pass(backend{scheme, net.JoinHostPort(pod.Status.PodIP, port)}, prefix)
}

// firstPort is the first port that a pod declares, else that of HTTP.
func firstPort(pod *corev1.Pod) string {
	for _, container := range pod.Spec.Containers {
		for _, p := range container.Ports {
			return strconv.Itoa(int(p.ContainerPort))
		}
	}
	return "80"
}

// proxyService passes a request on to a ready endpoint of a service.
func (c *call) proxyService() error {
	if err := c.connect(&corev1.ServiceProxyOptions{Path: c.rest}); err != nil {
		return err
	}
	prefix := c.proxyPrefix()
	scheme, port, err := c.splitTarget()
	if err != nil {
		return err
	}
	item, err := c.item()
	if err != nil {
		if _, notNumber := strconv.Atoi(port); notNumber != nil {
			return errNoEndpoints(c.name) // a port without a number is looked for among the endpoints only
		}
		return err
	}
	address, err := c.endpoint(item.Object.(*corev1.Service), port)
	if err != nil {
		return err
	}
	return c.pass(backend{scheme, address}, prefix)
}

// endpoint is the address of a ready endpoint of a service's port, which is
// named or numbered, or the only one.
func (c *call) endpoint(service *corev1.Service, port string) (string, error) {
	name, err := portName(service, port)
	if err != nil {
		return "", err
	}
	var endpoints *store.Item
	c.Do(func() {
		endpoints = c.Registry.Store.Get(corev1.Resource("endpoints"), service.Namespace, service.Name)
	})
	if endpoints == nil {
		return "", errNoEndpoints(service.Name)
	}
	for _, subset := range endpoints.Object.(*corev1.Endpoints).Subsets { //nolint:staticcheck // as kube-apiserver does
		for _, p := range subset.Ports {
			if p.Name == name && len(subset.Addresses) > 0 {
				return net.JoinHostPort(subset.Addresses[0].IP, strconv.Itoa(int(p.Port))), nil
			}
		}
	}
	return "", errNoEndpoints(service.Name)
}

func errNoEndpoints(service string) error {
	return apierrors.NewServiceUnavailable(fmt.Sprintf("no endpoints available for service %q", service))
}

func portName(service *corev1.Service, port string) (string, error) {
	for _, p := range service.Spec.Ports {
		if port == "" || p.Name == port || strconv.Itoa(int(p.Port)) == port {
			return p.Name, nil
		}
	}
	return "", apierrors.NewServiceUnavailable(fmt.Sprintf("no service port %q found for service %q", port, service.Name))
}

// proxyNode passes a request on to a node's kubelet.
func (c *call) proxyNode() error {
	if err := c.connect(&corev1.NodeProxyOptions{Path: c.rest}); err != nil {
		return err
	}
	if _, _, err := c.splitTarget(); err != nil {
		return err
	}
	item, err := c.item()
	if err != nil {
		return err
	}
	node := item.Object.(*corev1.Node)
	if len(node.Status.Addresses) == 0 {
		return errors.New("no preferred addresses found; known addresses: []")
	}
	if err := c.checkNodes(); err != nil {
		return err
	}
	in := c.r.Clone(c.r.Context())
	in.URL.Path, in.URL.RawPath = "/"+strings.TrimPrefix(c.rest, "/"), ""
	c.Nodes.Kubelet(node).ServeHTTP(c.w, in)
	return nil
}

// proxyPrefix is the part of the path that the backend does not see.
func (c *call) proxyPrefix() string { return strings.TrimSuffix(c.r.URL.Path, c.rest) }

// pass hands the request on to a backend, and its answer back.
func (c *call) pass(to backend, prefix string) error {
	if err := c.checkNodes(); err != nil {
		return err
	}
	if c.rest == "" && (c.r.Method == http.MethodGet || c.r.Method == http.MethodHead) {
		target := url.URL{Path: c.r.URL.Path + "/", RawQuery: c.r.URL.RawQuery}
		c.w.Header().Set("Location", target.String())
		c.w.WriteHeader(http.StatusMovedPermanently)
		return nil
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
		return c.Nodes.Dial(ctx, address)
	}}
	defer transport.CloseIdleConnections()
	proxy := &httputil.ReverseProxy{
		Transport:      transport,
		FlushInterval:  -1,
		Rewrite:        func(r *httputil.ProxyRequest) { c.rewrite(r, to, prefix) },
		ModifyResponse: func(r *http.Response) error { relocate(r, to, prefix); return nil },
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
			c.fail(apierrors.NewServiceUnavailable("error trying to reach service: " + err.Error()))
		},
	}
	c.w.Header().Del("Cache-Control")
	proxy.ServeHTTP(c.w, c.r)
	return nil
}

// rewrite makes the request one for the backend. The client's credentials are
// for the API server alone.
func (c *call) rewrite(r *httputil.ProxyRequest, to backend, prefix string) {
	r.Out.URL.Scheme, r.Out.URL.Host = to.scheme, to.address
	r.Out.URL.Path, r.Out.URL.RawPath = "/"+strings.TrimPrefix(c.rest, "/"), ""
	r.Out.Host = c.r.Host
	r.Out.Header.Del("Authorization")
	r.Out.Header.Set("X-Forwarded-Uri", c.r.URL.Path)
	r.Out.Header.Set("X-Forwarded-Host", c.r.Host)
	r.SetXForwarded()
}

// relocate makes a backend's redirection to itself one that goes through the
// proxy again.
func relocate(r *http.Response, to backend, prefix string) {
	location, err := url.Parse(r.Header.Get("Location"))
	if err != nil || location.Path == "" || location.Host != "" && location.Host != to.address {
		return
	}
	location.Scheme, location.Host = "", ""
	location.Path = strings.TrimSuffix(prefix, "/") + location.Path
	r.Header.Set("Location", location.String())
}
