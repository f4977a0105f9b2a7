package why

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubejig/kubejig/selectors"
)

func TestParseUnschedulable(t *testing.T) {
	for _, tt := range []struct {
		message string
		want    unschedulable
	}{
		{
			"0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
			unschedulable{"0/3 nodes are available", []string{"3 Insufficient cpu"}},
		},
		{
			"0/5 nodes are available: 1 node(s) had untolerated taint {a: b, c}, 2 Insufficient cpu, 2 Insufficient memory. no new claims to deallocate, preemption: 0/5 nodes are available: 1 Preemption is not helpful for scheduling, 4 No preemption victims found for incoming pod.",
			unschedulable{"0/5 nodes are available", []string{"1 node(s) had untolerated taint {a: b, c}", "2 Insufficient cpu", "2 Insufficient memory"}},
		},
		{
			`0/3 nodes are available: persistentvolumeclaim "data" not found. not found`,
			unschedulable{"0/3 nodes are available", []string{`persistentvolumeclaim "data" not found`}},
		},
		{"0/1 nodes are available: 1 Too many pods.", unschedulable{"0/1 nodes are available", []string{"1 Too many pods"}}},
		{"no nodes available to schedule pods", unschedulable{summary: "no nodes available to schedule pods"}},
	} {
		require.Equal(t, tt.want, parseUnschedulable(tt.message), tt.message)
	}
}

func TestEnded(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC)
	limited := corev1.Container{Name: "app", Resources: corev1.ResourceRequirements{
		Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")},
	}}
	w := &watched{
		pod: &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{limited}}},
		now: now, status: corev1.ContainerStatus{Name: "app"},
	}
	at := func(d time.Duration) metav1.Time { return metav1.NewTime(now.Add(-d)) }
	for want, state := range map[string]corev1.ContainerStateTerminated{
		"exited with code 1":                                                {ExitCode: 1, Reason: "Error"},
		"exited with code 139 (it crashed (SIGSEGV))":                       {ExitCode: 139, Reason: "Error"},
		"exited with code 128 (StartError)":                                 {ExitCode: 128, Reason: "StartError"},
		"exited with code 1 5s ago, after running for 10s":                  {ExitCode: 1, StartedAt: at(15 * time.Second), FinishedAt: at(5 * time.Second)},
		"was killed for using more memory than its limit, 64Mi (OOMKilled)": {ExitCode: 137, Reason: "OOMKilled"},
	} {
		require.Equal(t, want, w.ended(&state))
	}
}

func TestBackOff(t *testing.T) {
	require.Equal(t, " of 1m20s", backOff("back-off 1m20s restarting failed container=app pod=web_default(uid)"))
	require.Empty(t, backOff("something else"))
}

func TestMisfits(t *testing.T) {
	class, block := "fast", corev1.PersistentVolumeBlock
	claim := &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{
		StorageClassName: &class,
		AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany},
		VolumeMode:       &block,
		Selector:         &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "gold"}},
		Resources: corev1.VolumeResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("5Gi")},
		},
	}}
	volume := &corev1.PersistentVolume{Spec: corev1.PersistentVolumeSpec{
		Capacity:    corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
	}}
	require.Equal(t, []string{
		"has 1Gi, want 5Gi",
		`storage class is "", want "fast"`,
		"has no access mode ReadWriteMany",
		"volume mode is Filesystem, want Block",
		`label "tier" is not set, want "gold"`,
	}, misfits(claim, volume))
	volume.Labels = map[string]string{"tier": "gold"}
	volume.Spec.Capacity[corev1.ResourceStorage] = resource.MustParse("10Gi")
	volume.Spec.StorageClassName = class
	volume.Spec.AccessModes = append(volume.Spec.AccessModes, corev1.ReadWriteMany)
	volume.Spec.VolumeMode = &block
	require.Empty(t, misfits(claim, volume))
}

func TestNearest(t *testing.T) {
	pod := func(name string, labels map[string]string) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	}
	pods := []*corev1.Pod{
		pod("a", nil),
		pod("b", map[string]string{"app": "web", "tier": "back"}),
		pod("c", map[string]string{"app": "web", "tier": "back"}),
		pod("d", map[string]string{"app": "web"}),
	}
	require.Equal(t, details(
		`pod b: label "tier" is "back", want "front"`,
		`pod d: label "tier" is not set, want "front"`,
		`pod a: label "app" is not set, want "web"; label "tier" is not set, want "front"`,
	), nearest(selectors.MustParse("app=web,tier=front", ""), pods, "pod"))
}

func TestPorts(t *testing.T) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{
		{Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}}},
	}}}
	service := func(target intstr.IntOrString) *corev1.Service {
		return &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80, TargetPort: target}}}}
	}
	for _, tt := range []struct {
		target intstr.IntOrString
		want   []cause
	}{
		{intstr.FromInt32(8080), nil},
		{intstr.FromString("http"), nil},
		{intstr.FromString("web"), details(`its port 80 goes to the pods' port named "web", but no pod names a port so (8080 (http))`)},
		{intstr.FromInt32(81), details("note: its port 80 goes to port 81 of the pods, which declare only 8080 (http); that works if something listens there")},
	} {
		require.Equal(t, tt.want, ports(service(tt.target), []*corev1.Pod{pod}, 1))
	}
}

func TestEventsOfAKindAreOneLine(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC)
	event := func(message string, ago time.Duration) *corev1.Event {
		return &corev1.Event{
			Type: corev1.EventTypeWarning, Reason: "FailedCreate", Message: message, LastTimestamp: metav1.NewTime(now.Add(-ago)),
			InvolvedObject: corev1.ObjectReference{Kind: "ReplicaSet", Name: "web"},
		}
	}
	var out bytes.Buffer
	writeEvents(&out, []*corev1.Event{
		event(`pods "web-2" is forbidden`, 10*time.Second),
		event(`pods "web-1" is forbidden`, 20*time.Second),
		event(`something else`, 5*time.Second),
		{Type: corev1.EventTypeNormal, Reason: "SuccessfulCreate"},
	}, now)
	require.Equal(t, `
Events:
  10s ago   FailedCreate (x2)   replicaset/web   pods "web-2" is forbidden
  5s ago    FailedCreate        replicaset/web   something else
`, out.String())
}
