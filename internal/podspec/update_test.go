package podspec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/podspec"
)

// stored returns a pod as it is in the store.
func stored(t *testing.T, spec string) *corev1.Pod {
	pod := written(t, spec)
	pod.ResourceVersion = "1"
	return pod
}

const running = `
containers: [{name: web, image: nginx, resources: {requests: {cpu: 1}}}]
tolerations: [{key: a, operator: Exists}]
`

const gated = `
schedulingGates: [{name: example.com/a}, {name: example.com/b}]
nodeSelector: {disk: ssd}
containers: [{name: web, image: nginx}]
`

func TestPodUpdate(t *testing.T) {
	for _, c := range []struct {
		name, spec string
		change     func(*corev1.Pod)
		want       []string // beginnings of the errors
	}{
		{"nothing", running, func(*corev1.Pod) {}, nil},
		{"image", running, func(p *corev1.Pod) { p.Spec.Containers[0].Image = "nginx:1.27" }, nil},
		{"labels", running, func(p *corev1.Pod) { p.Labels = map[string]string{"a": "b"} }, nil},
		{"toleration added", running, func(p *corev1.Pod) {
			p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Key: "b", Operator: corev1.TolerationOpExists})
		}, nil},
		{"toleration removed", running, func(p *corev1.Pod) { p.Spec.Tolerations = nil }, []string{
			"spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"}},
		{"deadline set", running, func(p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = ptr.To(int64(5)) }, nil},
		{"deadline lifted", "{activeDeadlineSeconds: 5, containers: [{name: web, image: nginx}]}", func(p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = nil }, []string{
			"spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value"}},
		{"deadline put off", "{activeDeadlineSeconds: 5, containers: [{name: web, image: nginx}]}", func(p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = ptr.To(int64(6)) }, []string{
			"spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value"}},
		{"container added", running, func(p *corev1.Pod) {
			p.Spec.Containers = append(p.Spec.Containers, *p.Spec.Containers[0].DeepCopy())
			p.Spec.Containers[1].Name = "more"
		}, []string{"spec.containers: Forbidden: pod updates may not add or remove containers"}},
		{"command", running, func(p *corev1.Pod) { p.Spec.Containers[0].Command = []string{"sh"} }, []string{
			"spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"}},
		{"resources", running, func(p *corev1.Pod) {
			p.Spec.Containers[0].Resources.Requests[corev1.ResourceCPU] = resource.MustParse("2")
		}, []string{"spec: Forbidden: pod updates may not change fields other than"}},
		{"gate removed", gated, func(p *corev1.Pod) { p.Spec.SchedulingGates = p.Spec.SchedulingGates[1:] }, nil},
		{"gate added", gated, func(p *corev1.Pod) {
			p.Spec.SchedulingGates = append(p.Spec.SchedulingGates, corev1.PodSchedulingGate{Name: "example.com/c"})
		}, []string{"spec.schedulingGates[2].name: Forbidden: only deletion is allowed, but found new scheduling gate 'example.com/c'"}},
		{"gated pod's node selector narrowed", gated, func(p *corev1.Pod) { p.Spec.NodeSelector["zone"] = "a" }, nil},
		{"gated pod's node selector changed", gated, func(p *corev1.Pod) { p.Spec.NodeSelector["disk"] = "hdd" }, []string{
			`spec.nodeSelector: Invalid value: {"disk":"hdd"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)`}},
		{"gated pod's node affinity set", gated, func(p *corev1.Pod) {
			p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{}}
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			older := stored(t, c.spec)
			newer := older.DeepCopy()
			c.change(newer)
			podspec.PrepareForUpdate(newer, older)
			requirePrefixes(t, c.want, podspec.ValidatePodUpdate(newer, older))
		})
	}
}

func requirePrefixes(t *testing.T, want []string, errs field.ErrorList) {
	t.Helper()
	lines := texts(errs)
	require.Len(t, lines, len(want), "%s", strings.Join(lines, "\n"))
	for i := range want {
		require.True(t, strings.HasPrefix(lines[i], want[i]), "%s", lines[i])
	}
}

// The diff is that of the server's own types, not of the API's.
func TestPodUpdateShowsDifference(t *testing.T) {
	older := stored(t, running)
	newer := older.DeepCopy()
	newer.Spec.HostNetwork = true
	podspec.PrepareForUpdate(newer, older)
	errs := texts(podspec.ValidatePodUpdate(newer, older))
	require.Len(t, errs, 1)
	_, diff, _ := strings.Cut(errs[0], "\n")
	require.Equal(t, `@@ -46,7 +46,7 @@
  "DeprecatedServiceAccount": "",
  "AutomountServiceAccountToken": null,
  "NodeName": "",
- "HostNetwork": false,
+ "HostNetwork": true,
  "HostPID": false,
  "HostIPC": false,
  "ShareProcessNamespace": null,
`, diff)
}

func TestEphemeralContainersUpdate(t *testing.T) {
	debugger := func(name string) corev1.EphemeralContainer {
		return corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: name, Image: "busybox"}}
	}
	older := stored(t, running)
	newer := older.DeepCopy()
	newer.Spec.EphemeralContainers = []corev1.EphemeralContainer{debugger("debug")}
	newer.Spec.Containers[0].Image = "ignored"
	podspec.SetPodDefaults(newer)
	podspec.PrepareForEphemeralContainersUpdate(newer, older)
	require.Empty(t, texts(podspec.ValidatePodEphemeralContainersUpdate(newer, older)))
	require.Equal(t, "nginx", newer.Spec.Containers[0].Image)
	require.Equal(t, int64(2), newer.Generation)

	gone := newer.DeepCopy()
	gone.Spec.EphemeralContainers = nil
	requirePrefixes(t, []string{"spec.ephemeralContainers: Forbidden: existing ephemeral containers \"debug\" may not be removed\n"},
		podspec.ValidatePodEphemeralContainersUpdate(gone, newer))

	with := older.DeepCopy()
	with.Spec.EphemeralContainers = []corev1.EphemeralContainer{debugger("web")}
	with.Spec.EphemeralContainers[0].TargetContainerName = "nobody"
	with.Spec.EphemeralContainers[0].Ports = []corev1.ContainerPort{{ContainerPort: 80}}
	podspec.SetPodDefaults(with)
	require.Equal(t, []string{
		`spec.ephemeralContainers[0].name: Duplicate value: "web"`,
		`spec.ephemeralContainers[0].targetContainerName: Not found: "nobody"`,
		`spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container`,
	}, texts(podspec.ValidatePodEphemeralContainersUpdate(with, older)))
}

func TestResize(t *testing.T) {
	const burstable = `{containers: [{name: web, image: nginx, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2}}}]}`
	for _, c := range []struct {
		name   string
		change func(*corev1.ResourceRequirements)
		want   []string
	}{
		{"cpu", func(r *corev1.ResourceRequirements) { r.Requests[corev1.ResourceCPU] = resource.MustParse("500m") }, nil},
		{"limit added", func(r *corev1.ResourceRequirements) { r.Limits[corev1.ResourceMemory] = resource.MustParse("2Gi") }, nil},
		{"request removed", func(r *corev1.ResourceRequirements) { delete(r.Requests, corev1.ResourceMemory) }, []string{
			"spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"}},
		{"storage", func(r *corev1.ResourceRequirements) {
			r.Requests[corev1.ResourceEphemeralStorage] = resource.MustParse("1Gi")
		}, []string{"spec: Forbidden: only cpu and memory resources are mutable"}},
		{"to another class", func(r *corev1.ResourceRequirements) {
			r.Limits = corev1.ResourceList{"cpu": resource.MustParse("1"), "memory": resource.MustParse("1Gi")}
		}, []string{`spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			older := stored(t, burstable)
			newer := older.DeepCopy()
			c.change(&newer.Spec.Containers[0].Resources)
			newer.Spec.NodeName = "ignored"
			podspec.PrepareForResize(newer, older)
			require.Empty(t, newer.Spec.NodeName)
			requirePrefixes(t, c.want, podspec.ValidatePodResize(newer, older))
		})
	}
}

func TestStatusUpdate(t *testing.T) {
	ended := corev1.ContainerStatus{Name: "web", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1}}}
	for _, c := range []struct {
		name, spec string
		change     func(*corev1.Pod)
		want       []string
	}{
		{"phase and addresses", running, func(p *corev1.Pod) {
			p.Status.Phase, p.Status.PodIP = corev1.PodRunning, "10.0.0.1"
		}, nil},
		{"class", running, func(p *corev1.Pod) { p.Status.QOSClass = corev1.PodQOSGuaranteed }, []string{
			`status.qosClass: Invalid value: "Guaranteed": field is immutable`}},
		{"no address", running, func(p *corev1.Pod) { p.Status.PodIPs = []corev1.PodIP{{IP: "here"}} }, []string{
			`status.podIPs[0]: Invalid value: "here": must be a valid IP address`}},
		{"two addresses of a family", running, func(p *corev1.Pod) { p.Status.PodIPs = []corev1.PodIP{{IP: "10.0.0.1"}, {IP: "10.0.0.2"}} }, []string{
			`status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family`}},
		{"restart", running, func(p *corev1.Pod) { p.Status.ContainerStatuses[0].State = corev1.ContainerState{} }, nil},
		{"restart of what never restarts", "{restartPolicy: Never, containers: [{name: web, image: nginx}]}", func(p *corev1.Pod) {
			p.Status.ContainerStatuses[0].State = corev1.ContainerState{}
		}, []string{"status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"}},
		{"restart by a rule", "{restartPolicy: Never, containers: [{name: web, image: nginx, restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}]}]}", func(p *corev1.Pod) {
			p.Status.ContainerStatuses[0].State = corev1.ContainerState{}
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			older := stored(t, c.spec)
			older.Status.ContainerStatuses = []corev1.ContainerStatus{ended}
			newer := older.DeepCopy()
			c.change(newer)
			newer.Spec.NodeName = "ignored"
			podspec.PrepareForStatusUpdate(newer, older)
			requirePrefixes(t, c.want, podspec.ValidatePodStatusUpdate(newer, older))
		})
	}
}

func TestTemplateErrors(t *testing.T) {
	template := parse[corev1.PodTemplateSpec](t, `
metadata: {labels: {app: "not a label"}}
spec:
  hostNetwork: true
  containers: [{name: web, image: " ", ports: [{containerPort: 80}]}]
  ephemeralContainers: [{name: debug, image: busybox}]
`)
	podspec.SetTemplateDefaults(template)
	requirePrefixes(t, []string{
		`spec.template.labels: Invalid value: "not a label": a valid label must be`,
		`spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template`,
	}, podspec.ValidateTemplate(template, field.NewPath("spec", "template")))
}
