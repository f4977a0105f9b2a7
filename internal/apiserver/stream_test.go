package apiserver_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"

	"github.com/kubejig/kubejig/internal/apiserver"
	"github.com/kubejig/kubejig/internal/apiserver/inprocess"
	"github.com/kubejig/kubejig/internal/apiserver/remote"
)

// nodes run containers whose only program is cat, and whose ports echo in
// upper case.
type nodes struct{ apiserver.Nodes }

func (nodes) Logs(_ context.Context, _ *corev1.Pod, o *corev1.PodLogOptions) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("log of " + o.Container + "\n")), nil
}

func (nodes) Exec(_ context.Context, _ *corev1.Pod, o *corev1.PodExecOptions) (remote.Run, error) {
	if o.Command[0] == "none" {
		return nil, apierrors.NewInternalError(fmt.Errorf("container not found (%q)", o.Container))
	}
	return func(_ context.Context, s remote.Streams) error {
		if s.Stdin != nil {
			if _, err := io.Copy(s.Stdout, s.Stdin); err != nil {
				return err
			}
		}
		if o.TTY {
			size := <-s.Resize
			fmt.Fprintf(s.Stdout, "%dx%d\n", size.Width, size.Height)
		}
		if s.Stderr != nil {
			fmt.Fprint(s.Stderr, "bye")
		}
		if o.Command[0] == "false" {
			return remote.ExitError{Code: 3}
		}
		return nil
	}, nil
}

func (nodes) PortForward(_ context.Context, _ *corev1.Pod, port uint16, conn io.ReadWriteCloser) error {
	if port != 80 {
		return fmt.Errorf("failed to connect to localhost:%d inside namespace: connection refused", port)
	}
	line := make([]byte, 5)
	if _, err := io.ReadFull(conn, line); err != nil {
		return err
	}
	_, err := conn.Write(bytes.ToUpper(line))
	return err
}

// withPod is a cluster with a pod on a node, reached in-process or by a socket.
func withPod(t *testing.T, socket bool) (*cluster, *rest.Config) {
	c := newCluster(t, func(config *apiserver.Config) { config.Nodes = nodes{} })
	c.create(podList, pod)
	c.ask("POST", podList+"/p/binding", `{"metadata":{"name":"p"},"target":{"name":"n1"}}`)
	if !socket {
		return c, inprocess.Config("cluster", c.server)
	}
	server := httptest.NewServer(c.server)
	t.Cleanup(server.Close)
	return c, &rest.Config{Host: server.URL}
}

// executors are the ways in which client-go runs commands.
var executors = map[string]func(*rest.Config, *url.URL) (remotecommand.Executor, error){
	"SPDY": func(c *rest.Config, u *url.URL) (remotecommand.Executor, error) {
		return remotecommand.NewSPDYExecutor(c, "POST", u)
	},
	"WebSocket": func(c *rest.Config, u *url.URL) (remotecommand.Executor, error) {
		return remotecommand.NewWebSocketExecutor(c, "GET", u.String())
	},
}

func execURL(t *testing.T, config *rest.Config, o corev1.PodExecOptions) *url.URL {
	config = rest.CopyConfig(config)
	config.APIPath, config.GroupVersion = "/api", &corev1.SchemeGroupVersion
	config.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	client, err := rest.RESTClientFor(config)
	require.NoError(t, err)
	return client.Post().Namespace("default").Resource("pods").Name("p").SubResource("exec").
		VersionedParams(&o, scheme.ParameterCodec).URL()
}

type sizes chan *remotecommand.TerminalSize

func (s sizes) Next() *remotecommand.TerminalSize { return <-s }

func TestExec(t *testing.T) {
	for _, socket := range []bool{false, true} {
		for name, executor := range executors {
			t.Run(fmt.Sprintf("%s socket=%t", name, socket), func(t *testing.T) {
				_, config := withPod(t, socket)
				run := func(o corev1.PodExecOptions, stdin string) (string, string, error) {
					e, err := executor(config, execURL(t, config, o))
					require.NoError(t, err)
					var stdout, stderr bytes.Buffer
					options := remotecommand.StreamOptions{Tty: o.TTY}
					if o.Stdin {
						options.Stdin = strings.NewReader(stdin)
					}
					if o.Stdout {
						options.Stdout = &stdout
					}
					if o.Stderr && !o.TTY {
						options.Stderr = &stderr
					}
					if o.TTY {
						size := make(sizes, 2)
						size <- &remotecommand.TerminalSize{Width: 80, Height: 24}
						size <- nil
						options.TerminalSizeQueue = size
					}
					err = e.StreamWithContext(ctx(t), options)
					return stdout.String(), stderr.String(), err
				}

				big := strings.Repeat("0123456789", 100_000)
				stdout, stderr, err := run(corev1.PodExecOptions{Command: []string{"cat"}, Stdin: true, Stdout: true, Stderr: true}, big)
				require.NoError(t, err)
				require.Equal(t, big, stdout)
				require.Equal(t, "bye", stderr)

				_, _, err = run(corev1.PodExecOptions{Command: []string{"false"}, Stdout: true}, "")
				require.EqualError(t, err, "command terminated with exit code 3")
				var exit exec.CodeExitError
				require.ErrorAs(t, err, &exit)

				stdout, _, err = run(corev1.PodExecOptions{Command: []string{"cat"}, Stdin: true, Stdout: true, TTY: true}, "x")
				require.NoError(t, err)
				require.Equal(t, "x80x24\n", stdout)

				_, _, err = run(corev1.PodExecOptions{Command: []string{"none"}, Stdout: true}, "")
				require.ErrorContains(t, err, `container not found ("c")`)
				_, _, err = run(corev1.PodExecOptions{Container: "d", Command: []string{"cat"}, Stdout: true}, "")
				require.ErrorContains(t, err, "container d is not valid for pod p")
			})
		}
	}
}

func TestPortForward(t *testing.T) {
	for _, socket := range []bool{false, true} {
		for _, tunnel := range []bool{false, true} {
			t.Run(fmt.Sprintf("tunnel=%t socket=%t", tunnel, socket), func(t *testing.T) {
				_, config := withPod(t, socket)
				u := execURL(t, config, corev1.PodExecOptions{})
				u.Path = strings.TrimSuffix(u.Path, "exec") + "portforward"
				u.RawQuery = ""
				rt, upgrader, err := spdy.RoundTripperFor(config)
				require.NoError(t, err)
				dialer := spdy.NewDialer(upgrader, &http.Client{Transport: rt}, "POST", u)
				if tunnel {
					dialer, err = portforward.NewSPDYOverWebsocketDialer(u, config)
					require.NoError(t, err)
				}
				stop, ready := make(chan struct{}), make(chan struct{})
				var errs bytes.Buffer
				f, err := portforward.New(dialer, []string{"0:80", "0:81"}, stop, ready, io.Discard, &errs)
				require.NoError(t, err)
				done := make(chan error, 1)
				go func() { done <- f.ForwardPorts() }()
				<-ready
				ports, err := f.GetPorts()
				require.NoError(t, err)
				talk := func(port uint16) string {
					conn, err := net.Dial("tcp", fmt.Sprintf("localhost:%d", port))
					require.NoError(t, err)
					defer conn.Close()
					_, err = conn.Write([]byte("hello"))
					require.NoError(t, err)
					answer, _ := io.ReadAll(conn)
					return string(answer)
				}
				require.Equal(t, "HELLO", talk(ports[0].Local))
				require.Equal(t, "HELLO", talk(ports[0].Local))
				require.Empty(t, talk(ports[1].Local))
				close(stop)
				<-done
			})
		}
	}
}

// Clients outside of Go forward ports through the channels of a WebSocket.
func TestPortChannels(t *testing.T) {
	_, config := withPod(t, true)
	u := strings.Replace(config.Host, "http", "ws", 1) + podList + "/p/portforward"
	for protocol, frame := range map[string]func(channel byte, data string) string{
		"v4.channel.k8s.io": func(channel byte, data string) string { return string(channel) + data },
		"v4.base64.channel.k8s.io": func(channel byte, data string) string {
			return string('0'+channel) + base64.StdEncoding.EncodeToString([]byte(data))
		},
	} {
		t.Run(protocol, func(t *testing.T) {
			dialer := websocket.Dialer{Subprotocols: []string{protocol}}
			conn, _, err := dialer.DialContext(ctx(t), u+"?ports=80,81", nil)
			require.NoError(t, err)
			defer conn.Close()
			kind := websocket.BinaryMessage
			if protocol == "v4.base64.channel.k8s.io" {
				kind = websocket.TextMessage
			}
			require.NoError(t, conn.WriteMessage(kind, []byte(frame(0, "hello"))))
			told := map[string]bool{}
			for range 6 {
				_, message, err := conn.ReadMessage()
				require.NoError(t, err)
				told[string(message)] = true
			}
			require.Equal(t, map[string]bool{
				frame(0, "P\x00"): true, frame(1, "P\x00"): true, frame(0, "HELLO"): true,
				frame(2, "Q\x00"): true, frame(3, "Q\x00"): true,
				frame(3, "error forwarding port 81 to pod p, uid "+podUID(t, config)+": failed to connect to localhost:81 inside namespace: connection refused"): true,
			}, told)
			_, _, err = conn.ReadMessage()
			require.Error(t, err, "the connection ends with the last port's")
		})
	}
	for query, message := range map[string]string{
		"":          `query parameter \"port\" is required`,
		"?ports=0":  `port \"0\" must be \u003e 0`,
		"?ports=hi": `cannot convert to []int32: strconv.ParseUint: parsing \"hi\": invalid syntax`,
	} {
		_, response, err := websocket.DefaultDialer.DialContext(ctx(t), u+query, nil)
		require.Error(t, err)
		body, _ := io.ReadAll(response.Body)
		require.Equal(t, http.StatusBadRequest, response.StatusCode)
		require.Contains(t, string(body), message)
	}
}

func podUID(t *testing.T, config *rest.Config) string {
	pod, err := kubernetes.NewForConfigOrDie(config).CoreV1().Pods("default").Get(ctx(t), "p", metav1.GetOptions{})
	require.NoError(t, err)
	return string(pod.UID)
}

func TestLog(t *testing.T) {
	c, config := withPod(t, false)
	c.config = config
	log, err := c.client().CoreV1().Pods("default").GetLogs("p", &corev1.PodLogOptions{}).DoRaw(ctx(t))
	require.NoError(t, err)
	require.Equal(t, "log of c\n", string(log))
	for _, follow := range []bool{false, true} {
		_, err = c.client().CoreV1().Pods("default").GetLogs("p", &corev1.PodLogOptions{Container: "d", Follow: follow}).Stream(ctx(t))
		require.EqualError(t, err, "container d is not valid for pod p")
	}
	_, body, _ := c.ask("GET", podList+"/p/log?tailLines=-1&sinceSeconds=x", "")
	require.Contains(t, body, `strconv.ParseInt: parsing \"x\": invalid syntax`)
	_, body, _ = c.ask("GET", podList+"/p/log?tailLines=-1", "")
	require.Contains(t, body, `PodLogOptions \"p\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0`)
}

// Dial connects to a web server that says what it has been asked for.
func (nodes) Dial(_ context.Context, address string) (net.Conn, error) {
	client, server := net.Pipe()
	go http.Serve(&once{conn: server}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:errcheck // a test
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/here", http.StatusFound)
			return
		}
		fmt.Fprintf(w, "%s %s %s %s", address, r.Method, r.URL.RequestURI(), r.Header.Get("Authorization"))
	}))
	return client, nil
}

// once is a listener with one connection.
type once struct {
	net.Listener
	conn net.Conn
}

func (o *once) Accept() (net.Conn, error) {
	if o.conn == nil {
		select {}
	}
	conn := o.conn
	o.conn = nil
	return conn, nil
}

func (o *once) Close() error { return nil }

func TestProxy(t *testing.T) {
	c, _ := withPod(t, false)
	c.ask("PATCH", podList+"/p/status", `{"status":{"podIP":"10.1.0.7","podIPs":[{"ip":"10.1.0.7"}],"phase":"Running"}}`, mergePatch)
	code, body, _ := c.ask("POST", podList+"/p:8080/proxy/a/b?q=1", "x", "Authorization: secret")
	require.Equal(t, 200, code)
	require.Equal(t, "10.1.0.7:8080 POST /a/b?q=1 ", body)
	code, _, header := c.ask("GET", podList+"/p/proxy", "")
	require.Equal(t, 301, code)
	require.Equal(t, podList+"/p/proxy/", header.Get("Location"))
	_, _, header = c.ask("GET", podList+"/p/proxy/moved", "")
	require.Equal(t, podList+"/p/proxy/here", header.Get("Location"))

	c.create("/api/v1/namespaces/default/services", `{"metadata":{"name":"s"},"spec":{"clusterIP":"10.96.0.9","ports":[{"name":"http","port":80}]}}`)
	code, body, _ = c.ask("GET", "/api/v1/namespaces/default/services/s:http/proxy/", "")
	require.Equal(t, 503, code, body)
	c.create("/api/v1/namespaces/default/endpoints", `{"metadata":{"name":"s"},"subsets":[{"addresses":[{"ip":"10.1.0.8"}],"ports":[{"name":"http","port":8000}]}]}`)
	_, body, _ = c.ask("GET", "/api/v1/namespaces/default/services/s:http/proxy/x", "")
	require.Equal(t, "10.1.0.8:8000 GET /x ", body)
}
