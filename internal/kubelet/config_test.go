package kubelet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/store"
)

// create creates an object in the default namespace from YAML.
func create[T any, P interface {
	*T
	store.Object
}](w *world, manifest string) P {
	w.t.Helper()
	obj := P(new(T))
	require.NoError(w.t, yaml.UnmarshalStrict([]byte(manifest), obj))
	obj.SetNamespace("default")
	created, err := client.Create(w.api, obj)
	require.NoError(w.t, err)
	return created
}

func TestEnvironment(t *testing.T) {
	w := quiet(t)
	create[corev1.ConfigMap](w, "metadata: {name: settings}\ndata: {color: red, size: big}")
	create[corev1.Secret](w, "metadata: {name: keys}\nstringData: {password: secret}")
	create[corev1.Service](w, "metadata: {name: my-db}\nspec: {clusterIP: 10.96.0.7, ports: [{name: sql, port: 5432}]}")
	w.run(`
metadata: {name: p, labels: {app: web}}
spec:
  containers:
  - name: c
    image: "a:1"
    command: [run, "$(NAME)", "$(UNKNOWN)", "$$(NAME)"]
    resources: {limits: {memory: 64Mi}, requests: {cpu: 250m}}
    envFrom: [{prefix: CFG_, configMapRef: {name: settings}}, {secretRef: {name: gone, optional: true}}]
    env:
    - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: GREETING, value: "hello $(NAME) of $(CFG_color) at $(MY_DB_SERVICE_HOST)"}
    - {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: PASSWORD, valueFrom: {secretKeyRef: {name: keys, key: password}}}
    - {name: NONE, valueFrom: {configMapKeyRef: {name: settings, key: nothing, optional: true}}}
    - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: requests.cpu}}}
    - {name: NODE_CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
`)
	w.advance(0)
	c := w.runtimes["n1"].started("c")
	require.Equal(t, []string{"run", "p", "$(UNKNOWN)", "$(NAME)"}, c.Command)
	require.Equal(t, []kubelet.EnvVar{
		{Name: "NAME", Value: "p"},
		{Name: "GREETING", Value: "hello p of red at 10.96.0.7"},
		{Name: "APP", Value: "web"},
		{Name: "IP", Value: "10.244.0.2"},
		{Name: "PASSWORD", Value: "secret"},
		{Name: "MEMORY", Value: "64"},
		{Name: "CPU", Value: "1"},
		{Name: "NODE_CPU", Value: "4"},
		{Name: "CFG_color", Value: "red"},
		{Name: "CFG_size", Value: "big"},
		{Name: "MY_DB_PORT", Value: "tcp://10.96.0.7:5432"},
		{Name: "MY_DB_PORT_5432_TCP", Value: "tcp://10.96.0.7:5432"},
		{Name: "MY_DB_PORT_5432_TCP_ADDR", Value: "10.96.0.7"},
		{Name: "MY_DB_PORT_5432_TCP_PORT", Value: "5432"},
		{Name: "MY_DB_PORT_5432_TCP_PROTO", Value: "tcp"},
		{Name: "MY_DB_SERVICE_HOST", Value: "10.96.0.7"},
		{Name: "MY_DB_SERVICE_PORT", Value: "5432"},
		{Name: "MY_DB_SERVICE_PORT_SQL", Value: "5432"},
	}, c.Env)
}

func TestVolumesShowObjects(t *testing.T) {
	w := quiet(t)
	w.statesOnly = false
	w.run(`
metadata: {name: p, labels: {a: b}}
spec:
  serviceAccountName: default
  containers: [{name: c, image: "a:1", volumeMounts: [{name: all, mountPath: /all}]}]
  volumes:
  - name: unused
    configMap: {name: nowhere}
  - name: all
    projected:
      sources:
      - configMap: {name: settings, items: [{key: color, path: c/color, mode: 256}]}
      - downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
      - serviceAccountToken: {path: token, expirationSeconds: 3607}
`)
	w.advance(400 * time.Millisecond)
	w.script(`
0s     * Pending
0s     Warning FailedMount: MountVolume.SetUp failed for volume "all" : configmap "settings" not found
0s     * Pending c=ContainerCreating
`)
	settings := create[corev1.ConfigMap](w, "metadata: {name: settings}\ndata: {color: red}")
	w.advance(100 * time.Millisecond)
	p := w.pod("p")
	require.Equal(t, corev1.PodRunning, p.Status.Phase)
	volume := w.runtimes["n1"].volume(p.UID, "all")
	require.Equal(t, []kubelet.File{
		{Path: "c/color", Mode: 0o400, Data: "red"},
		{Path: "labels", Mode: 0o644, Data: `a="b"`},
		{Path: "token", Mode: 0o644, Token: &kubelet.Token{Namespace: "default", ServiceAccount: "default", Seconds: 3607, Pod: "p", UID: p.UID}},
	}, volume.Files)

	settings = settings.DeepCopy()
	settings.Data["color"] = "blue"
	_, err := client.Update(w.api, settings)
	require.NoError(t, err)
	w.advance(time.Minute)
	require.Equal(t, "blue", w.runtimes["n1"].volume(p.UID, "all").Files[0].Data, "the kubelet looks again every minute")
}

func TestNameResolution(t *testing.T) {
	w := quiet(t)
	for name, c := range map[string]struct{ spec, hostname, hosts, resolv string }{
		"plain": {
			hostname: "p", hosts: "10.244.0.2\tp\n",
			resolv: "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
		},
		"subdomain": {
			spec: "hostname: one, subdomain: db, hostAliases: [{ip: 10.1.1.1, hostnames: [xx, yy]}]", hostname: "one",
			hosts:  "10.244.0.2\tone.db.default.svc.cluster.local\tone\n\n# Entries added by HostAliases.\n10.1.1.1\txx\tyy\n",
			resolv: "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
		},
		"own": {
			spec:     "dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1], searches: [a.b], options: [{name: ndots, value: \"2\"}, {name: debug}]}",
			hostname: "p", hosts: "10.244.0.2\tp\n",
			resolv: "search a.b\nnameserver 1.1.1.1\noptions ndots:2 debug\n",
		},
		"host network": {spec: "hostNetwork: true", hostname: "n1", hosts: "172.18.0.2\tn1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w = quiet(t)
			w.run("metadata: {name: p}\nspec: {containers: [{name: c, image: \"a:1\"}], " + c.spec + "}")
			w.advance(0)
			rt := w.runtimes["n1"]
			sandbox := rt.commands[0].(kubelet.CreateSandbox)
			require.Equal(t, c.hostname, sandbox.Hostname)
			require.Equal(t, c.resolv, sandbox.ResolvConf)
			require.Contains(t, rt.started("c").Hosts, "fe00::2\tip6-allrouters\n"+c.hosts)
		})
	}
}

func TestPodIPsAreUsedAgainLate(t *testing.T) {
	w := quiet(t)
	ips := []string{}
	for _, name := range []string{"a", "b", "c"} {
		w.run("metadata: {name: " + name + "}\nspec:\n  containers: [{name: c, image: \"a:1\"}]")
		w.advance(time.Second)
		ips = append(ips, w.pod(name).Status.PodIP)
		require.NoError(t, w.api.Delete(w.pod(name), metav1.DeleteOptions{}))
		w.advance(time.Second)
	}
	require.Equal(t, []string{"10.244.0.2", "10.244.0.3", "10.244.0.4"}, ips)
}

func TestRunAsNonRoot(t *testing.T) {
	w := quiet(t)
	w.run("metadata: {name: p}\nspec:\n  securityContext: {runAsNonRoot: true}\n  containers: [{name: c, image: \"a:1\"}]")
	w.advance(0)
	p := w.pod("p")
	require.Equal(t, "CreateContainerConfigError", p.Status.ContainerStatuses[0].State.Waiting.Reason)
	require.Equal(t, `container has runAsNonRoot and image will run as root (pod: "p_default(`+string(p.UID)+`)", container: c)`,
		p.Status.ContainerStatuses[0].State.Waiting.Message)
}

func TestPodsThatDoNotFit(t *testing.T) {
	w := quiet(t)
	w.statesOnly = false
	w.run("metadata: {name: p}\nspec:\n  containers: [{name: c, image: \"a:1\", resources: {requests: {cpu: 5}}}]")
	w.advance(0)
	w.script(`
0s     * Pending
0s     Warning OutOfcpu: Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000
0s     * Failed OutOfcpu
`)
	require.Equal(t, "Pod was rejected: Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000", w.pod("p").Status.Message)
}

func TestResize(t *testing.T) {
	w := quiet(t)
	w.run("metadata: {name: p}\nspec:\n  containers: [{name: c, image: \"a:1\", resources: {requests: {cpu: 1}}}]")
	w.advance(0)
	resize := func(cpu string) {
		p := w.pod("p").DeepCopy()
		p.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: quantity(cpu)}
		_, err := client.UpdatePart(w.api, p, "resize")
		require.NoError(t, err)
		w.advance(0)
	}
	resize("2")
	p := w.pod("p")
	require.Equal(t, quantity("2"), p.Status.ContainerStatuses[0].Resources.Requests[corev1.ResourceCPU])
	require.Equal(t, p.Generation, p.Status.ObservedGeneration)
	resize("5")
	require.Equal(t, "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000", message(w.pod("p"), corev1.PodResizePending))
	require.Equal(t, quantity("2"), w.pod("p").Status.ContainerStatuses[0].Resources.Requests[corev1.ResourceCPU])
	resize("3")
	require.Empty(t, message(w.pod("p"), corev1.PodResizePending))
}
