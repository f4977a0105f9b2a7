package kubelet_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// world is a cluster of kubelets on a runtime that a test scripts.
type world struct {
	t        testing.TB
	loop     *loop.Loop
	registry *registry.Registry
	api      *client.Client
	fleet    *kubelet.Fleet
	runtimes map[string]*runtime
	seen     map[string]string // what the transcript has told of each pod
	lines    []string
	// statesOnly leaves events out of the transcript.
	statesOnly bool
}

func newWorld(t testing.TB, nodes ...string) *world {
	l := loop.New(start, 1)
	r := registry.New(l, store.New(), resources.Builtin())
	w := &world{
		t: t, loop: l, registry: r, api: client.ForUser(r, "test", "admin", "system:masters"),
		runtimes: map[string]*runtime{}, seen: map[string]string{},
	}
	for _, name := range []string{"default", "kube-node-lease"} {
		_, err := client.Create(w.api, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		require.NoError(t, err)
	}
	w.fleet = kubelet.NewFleet(r)
	r.Store.FollowAll(w.tell)
	for i, name := range nodes {
		rt := newRuntime(l)
		w.runtimes[name] = rt
		rt.kubelet = w.fleet.Add(nodeConfig(name, i), rt)
	}
	l.Settle()
	return w
}

func nodeConfig(name string, i int) kubelet.Config {
	return kubelet.Config{
		Name: name, IPs: []string{fmt.Sprintf("172.18.0.%d", i+2)},
		PodCIDRs: []string{fmt.Sprintf("10.244.%d.0/24", i)},
		Capacity: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("8Gi"),
			corev1.ResourcePods: resource.MustParse("110"),
		},
		Info: corev1.NodeSystemInfo{
			OperatingSystem: "linux", Architecture: "amd64",
			ContainerRuntimeVersion: "containerd://2.1.4", KubeletVersion: "v1.37.2",
		},
		Port: 10250, ClusterDNS: []string{"10.96.0.10"}, ClusterDomain: "cluster.local",
	}
}

// run creates a pod from YAML, bound to node "n1" unless it says otherwise.
func (w *world) run(manifest string) *corev1.Pod {
	w.t.Helper()
	p := &corev1.Pod{}
	require.NoError(w.t, yaml.UnmarshalStrict([]byte(manifest), p))
	p.Namespace = cmp.Or(p.Namespace, "default")
	p.Spec.NodeName = cmp.Or(p.Spec.NodeName, "n1")
	created, err := client.Create(w.api, p)
	require.NoError(w.t, err)
	return created
}

func (w *world) pod(name string) *corev1.Pod {
	p, ok := client.Get[*corev1.Pod](w.api, "default", name)
	if !ok {
		return nil
	}
	return p
}

func (w *world) advance(d time.Duration) { w.loop.AdvanceTo(w.loop.Now().Add(d)) }

// tell adds a line to the transcript for what a write has changed.
func (w *world) tell(ev store.Event) {
	switch obj := ev.Item.Object.(type) {
	case *corev1.Event:
		if obj.InvolvedObject.Kind == "Pod" && !w.statesOnly {
			w.say("%s %s: %s", obj.Type, obj.Reason, obj.Message)
		}
	case *corev1.Pod:
		line := summary(obj)
		if ev.Type == store.Deleted {
			line = "gone"
		}
		if key := ev.Item.Key(); w.seen[key] != line {
			w.seen[key] = line
			w.say("* %s", line)
		}
	}
}

func (w *world) say(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if i := strings.LastIndex(line, "_default("); i >= 0 { // UIDs say nothing
		line = line[:i] + "_default(UID)" + line[strings.Index(line[i:], ")")+i+1:]
	}
	w.lines = append(w.lines, fmt.Sprintf("%-6s %s", w.loop.Now().Sub(start), line))
}

// summary is a pod's status in a line.
func summary(p *corev1.Pod) string {
	parts := []string{cmp.Or(string(p.Status.Phase), "-")}
	if p.Status.Reason != "" {
		parts = append(parts, p.Status.Reason)
	}
	if p.DeletionTimestamp != nil {
		parts = append(parts, "Terminating")
	}
	statuses := slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses, p.Status.EphemeralContainerStatuses)
	for _, s := range statuses {
		parts = append(parts, s.Name+"="+stateOf(s))
	}
	return strings.Join(parts, " ")
}

func stateOf(s corev1.ContainerStatus) string {
	text := ""
	switch {
	case s.State.Running != nil:
		text = "running"
	case s.State.Terminated != nil:
		text = fmt.Sprintf("%s(%d)", s.State.Terminated.Reason, s.State.Terminated.ExitCode)
	case s.State.Waiting != nil:
		text = s.State.Waiting.Reason
	}
	if s.Ready {
		text += "+"
	}
	if s.RestartCount > 0 {
		text += fmt.Sprintf("#%d", s.RestartCount)
	}
	return text
}

// transcript returns what happened since the last call, a line for each event
// and each change of a pod's state.
func (w *world) transcript() string {
	lines := w.lines
	w.lines = nil
	return strings.Join(lines, "\n") + "\n"
}

// runtime is a Runtime whose containers do as scripted.
type runtime struct {
	loop    *loop.Loop
	id      loop.ID
	kubelet *kubelet.Kubelet
	due     map[loop.Key]kubelet.Event
	count   int

	// pull and begin are how long pulls and starts take.
	pull, begin time.Duration
	// lives say how the successive containers of a name end; without one
	// they run until they are stopped.
	lives map[string][]life
	// broken images can't be pulled.
	broken map[string]string
	// deaf containers do not hear a stop signal.
	deaf map[string]bool
	// probe answers probes, hook answers hooks.
	probe func(kubelet.RunProbe) kubelet.ProbeResult
	hook  func(kubelet.RunHook) (time.Duration, string)

	names    map[string]string // of containers, by ID
	commands []kubelet.Command
}

// life is how a container ends, and when.
type life struct {
	after time.Duration
	code  int32
	oom   bool
}

func newRuntime(l *loop.Loop) *runtime {
	r := newRuntimeAt(l)
	r.id = l.Register(r)
	return r
}

func newRuntimeAt(l *loop.Loop) *runtime {
	return &runtime{
		loop: l, due: map[loop.Key]kubelet.Event{}, pull: time.Second,
		lives: map[string][]life{}, broken: map[string]string{}, deaf: map[string]bool{}, names: map[string]string{},
		probe: func(kubelet.RunProbe) kubelet.ProbeResult { return kubelet.ProbeResult{} },
		hook:  func(kubelet.RunHook) (time.Duration, string) { return 0, "" },
	}
}

func (r *runtime) Handle(key loop.Key) {
	if ev, ok := r.due[key]; ok {
		delete(r.due, key)
		r.kubelet.Deliver(ev)
	}
}

// after lets an event happen some time from now.
func (r *runtime) after(d time.Duration, ev kubelet.Event) {
	r.count++
	r.schedule(loop.Key{Name: fmt.Sprint(r.count)}, d, ev)
}

func (r *runtime) schedule(key loop.Key, d time.Duration, ev kubelet.Event) {
	r.due[key] = ev
	if d == 0 {
		r.loop.Enqueue(r.id, key)
		return
	}
	r.loop.ArmAfter(r.id, key, d)
}

func (r *runtime) Do(c kubelet.Command) {
	r.commands = append(r.commands, c)
	switch c := c.(type) {
	case kubelet.PullImage:
		if why, ok := r.broken[c.Image]; ok {
			r.after(r.pull, kubelet.ImagePullFailed{Pod: c.Pod, Name: c.Image, Error: why})
			return
		}
		r.after(r.pull, kubelet.ImagePulled{Pod: c.Pod, Name: c.Image, Image: imageOf(c.Image)})
	case kubelet.CreateSandbox:
		r.after(0, kubelet.SandboxReady{Pod: c.Pod, ID: c.ID})
	case kubelet.StopSandbox:
		r.after(0, kubelet.SandboxStopped{Pod: c.Pod, ID: c.ID})
	case kubelet.RemoveSandbox:
		r.after(0, kubelet.SandboxRemoved{Pod: c.Pod, ID: c.ID})
	case kubelet.StartContainer:
		r.start(c.Container)
	case kubelet.StopContainer:
		if !r.deaf[r.names[c.ID]] {
			r.schedule(loop.Key{Name: c.ID}, 0, kubelet.ContainerExited{Pod: c.Pod, ID: c.ID, ExitCode: 0})
		}
	case kubelet.KillContainer:
		r.schedule(loop.Key{Name: c.ID}, 0, kubelet.ContainerExited{Pod: c.Pod, ID: c.ID, ExitCode: 137})
	case kubelet.UpdateContainer:
		r.after(0, kubelet.ContainerUpdated{Pod: c.Pod, ID: c.ID})
	case kubelet.RunProbe:
		result := r.probe(c)
		result.Pod, result.Container, result.Kind = c.Pod, c.Container, c.Kind
		r.after(0, result)
	case kubelet.RunHook:
		d, failure := r.hook(c)
		r.after(d, kubelet.HookResult{Pod: c.Pod, Container: c.Container, Kind: c.Kind, Error: failure})
	}
}

func (r *runtime) start(c kubelet.Container) {
	r.names[c.ID] = c.Name
	r.after(r.begin, kubelet.ContainerStarted{Pod: c.Pod, ID: c.ID})
	if lives := r.lives[c.Name]; len(lives) > 0 {
		r.lives[c.Name] = lives[1:]
		end := kubelet.ContainerExited{Pod: c.Pod, ID: c.ID, ExitCode: lives[0].code, OOMKilled: lives[0].oom}
		r.schedule(loop.Key{Name: c.ID}, r.begin+lives[0].after, end)
	}
}

func imageOf(name string) kubelet.Image {
	full := "docker.io/library/" + name
	if !strings.Contains(name, ":") {
		full += ":latest"
	}
	return kubelet.Image{ID: "sha256:" + name, Ref: full + "@sha256:" + name, Names: []string{full}, Size: 1234}
}

// started is the configuration with which a container was last started.
func (r *runtime) started(name string) kubelet.Container {
	for _, c := range slices.Backward(r.commands) {
		if s, ok := c.(kubelet.StartContainer); ok && s.Name == name {
			return s.Container
		}
	}
	return kubelet.Container{}
}

// volume is a volume as it was last made.
func (r *runtime) volume(pod types.UID, name string) kubelet.Volume {
	for _, c := range slices.Backward(r.commands) {
		if s, ok := c.(kubelet.SetVolume); ok && s.Pod == pod && s.Volume.Name == name {
			return s.Volume
		}
	}
	return kubelet.Volume{}
}
