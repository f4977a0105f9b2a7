package podspec_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/podspec"
)

func TestPrepareForCreate(t *testing.T) {
	pod := parse[corev1.Pod](t, `
metadata: {name: web, labels: {app: shop, version: "2"}, annotations: {container.apparmor.security.beta.kubernetes.io/web: runtime/default, pod.beta.kubernetes.io/init-containers: "[]"}, creationTimestamp: "2026-01-02T03:04:05Z"}
spec:
  containers: [{name: web, image: nginx, lifecycle: {stopSignal: SIGUSR1}}]
  schedulingGates: [{name: example.com/wait}]
  schedulingGroup: {podGroupName: g}
  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {}, matchLabelKeys: [version]}]
  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {}, mismatchLabelKeys: [app, absent]}]}}
status: {phase: Running, podIP: 10.0.0.1}
`)
	podspec.SetPodDefaults(pod)
	podspec.PrepareForCreate(pod)
	warnings := podspec.TranslateAppArmor(pod)

	require.Equal(t, int64(1), pod.Generation)
	require.Equal(t, corev1.PodStatus{
		Phase:    corev1.PodPending,
		QOSClass: corev1.PodQOSBestEffort,
		Conditions: []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "SchedulingGated",
			Message: "Scheduling is blocked due to non-empty scheduling gates",

			LastTransitionTime: pod.CreationTimestamp,
		}},
	}, pod.Status)
	require.NotContains(t, pod.Annotations, "pod.beta.kubernetes.io/init-containers")
	require.Nil(t, pod.Spec.SchedulingGroup)
	require.Nil(t, pod.Spec.Containers[0].Lifecycle, "nothing is left of it without the stop signal")
	require.Equal(t, []metav1.LabelSelectorRequirement{{Key: "version", Operator: metav1.LabelSelectorOpIn, Values: []string{"2"}}},
		pod.Spec.TopologySpreadConstraints[0].LabelSelector.MatchExpressions)
	require.Equal(t, []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"shop"}}},
		pod.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector.MatchExpressions)
	require.Equal(t, corev1.AppArmorProfileTypeRuntimeDefault, pod.Spec.Containers[0].SecurityContext.AppArmorProfile.Type)
	require.Equal(t, []string{`metadata.annotations[container.apparmor.security.beta.kubernetes.io/web]: deprecated since v1.30; use the "appArmorProfile" field instead`}, warnings)
}

func TestPrepareForUpdate(t *testing.T) {
	older := stored(t, running)
	newer := older.DeepCopy()
	newer.Status.Phase = corev1.PodRunning
	podspec.PrepareForUpdate(newer, older)
	require.Equal(t, older, newer, "status is not updated and nothing else changed")

	newer.Spec.Containers[0].Image = "nginx:1.27"
	podspec.PrepareForUpdate(newer, older)
	require.Equal(t, int64(2), newer.Generation)
}

func TestPrepareForStatusUpdate(t *testing.T) {
	older := stored(t, running)
	older.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, ObservedGeneration: 3}}
	newer := older.DeepCopy()
	newer.Spec.NodeName = "node-1"
	newer.Status = corev1.PodStatus{PodIP: "10.0.0.1", Conditions: []corev1.PodCondition{{Type: corev1.PodReady}}}
	podspec.PrepareForStatusUpdate(newer, older)
	require.Empty(t, newer.Spec.NodeName)
	require.Equal(t, []corev1.PodIP{{IP: "10.0.0.1"}}, newer.Status.PodIPs)
	require.Equal(t, corev1.PodQOSBurstable, newer.Status.QOSClass)
	require.Equal(t, int64(3), newer.Status.Conditions[0].ObservedGeneration)
}

func TestDeletionGracePeriodSeconds(t *testing.T) {
	for _, c := range []struct {
		name      string
		node      string
		phase     corev1.PodPhase
		spec      int64
		requested *int64
		want      int64
	}{
		{"as the spec says", "n", corev1.PodRunning, 30, nil, 30},
		{"as requested", "n", corev1.PodRunning, 30, ptr.To(int64(5)), 5},
		{"at once without a node", "", corev1.PodPending, 30, ptr.To(int64(5)), 0},
		{"at once when it has ended", "n", corev1.PodSucceeded, 30, nil, 0},
		{"never negative", "n", corev1.PodRunning, -5, nil, 1},
	} {
		pod := &corev1.Pod{Spec: corev1.PodSpec{NodeName: c.node, TerminationGracePeriodSeconds: &c.spec}, Status: corev1.PodStatus{Phase: c.phase}}
		require.Equal(t, c.want, podspec.DeletionGracePeriodSeconds(pod, c.requested), c.name)
	}
}

func TestQOSClass(t *testing.T) {
	for _, c := range []struct {
		want corev1.PodQOSClass
		spec string
	}{
		{corev1.PodQOSBestEffort, `containers: [{name: a, image: a}]`},
		{corev1.PodQOSBestEffort, `containers: [{name: a, image: a, resources: {limits: {ephemeral-storage: 1Gi}}}]`},
		{corev1.PodQOSGuaranteed, `containers: [{name: a, image: a, resources: {limits: {cpu: 1, memory: 1Gi}}}]`},
		{corev1.PodQOSBurstable, `containers: [{name: a, image: a, resources: {limits: {cpu: 1}}}]`},
		{corev1.PodQOSBurstable, `containers: [{name: a, image: a, resources: {limits: {cpu: 1, memory: 1Gi}}}, {name: b, image: b}]`},
		{corev1.PodQOSBurstable, `{containers: [{name: a, image: a, resources: {limits: {cpu: 1, memory: 1Gi}}}], initContainers: [{name: b, image: b}]}`},
		{corev1.PodQOSBurstable, `containers: [{name: a, image: a, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2, memory: 1Gi}}}]`},
		{corev1.PodQOSBurstable, `containers: [{name: a, image: a, resources: {requests: {cpu: -1}}}]`},
		{corev1.PodQOSGuaranteed, `{resources: {limits: {cpu: 1, memory: 1Gi}}, containers: [{name: a, image: a}]}`},
	} {
		require.Equal(t, c.want, written(t, c.spec).Status.QOSClass, c.spec)
	}
}

func TestResolveContainer(t *testing.T) {
	one := written(t, `containers: [{name: web, image: nginx}]`)
	two := written(t, `{containers: [{name: web, image: nginx}, {name: log, image: busybox}], initContainers: [{name: init, image: busybox}]}`)
	for _, c := range []struct {
		pod             *corev1.Pod
		asked, got, err string
	}{
		{one, "", "web", ""},
		{two, "init", "init", ""},
		{two, "", "", "a container name must be specified for pod web, choose one of: [init web log]"},
		{one, "x", "", "container x is not valid for pod web"},
	} {
		got, err := podspec.ResolveContainer(c.pod, c.asked)
		require.Equal(t, c.got, got)
		if c.err != "" {
			require.EqualError(t, err, c.err)
		} else {
			require.NoError(t, err)
		}
	}
}
