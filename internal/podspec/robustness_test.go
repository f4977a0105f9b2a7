package podspec_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/randfill"

	"github.com/kubejig/kubejig/internal/podspec"
)

// withoutAddresses drops what warnings may rely on being valid.
func withoutAddresses(pod *corev1.Pod) *corev1.Pod {
	pod = pod.DeepCopy()
	pod.Spec.HostAliases, pod.Spec.DNSConfig = nil, nil
	return pod
}

// Whatever is written, the answer is a list of errors, the same each time, and
// the arguments that are only read stay as they are.
func TestAnyPodGetsAnAnswer(t *testing.T) {
	fill := randfill.NewWithSeed(1).NilChance(0.3).NumElements(0, 2).MaxDepth(20).Funcs(
		func(q *resource.Quantity, c randfill.Continue) {
			*q = *resource.NewMilliQuantity(c.Int63n(10000), resource.DecimalSI)
		},
		func(p *intstr.IntOrString, c randfill.Continue) { *p = intstr.FromInt32(c.Int31n(100000)) },
		func(f *metav1.FieldsV1, _ randfill.Continue) { f.Raw = []byte("{}") }, // must be JSON to be printed
	)
	for range 30 {
		older, newer := &corev1.Pod{}, &corev1.Pod{}
		fill.Fill(older)
		fill.Fill(newer)
		for _, pod := range []*corev1.Pod{older, newer} {
			podspec.SetPodDefaults(pod)
			podspec.PrepareForCreate(pod)
		}
		newer.Generation++ // the spec may be another one
		before := older.DeepCopy()
		for _, validate := range []func() []string{
			func() []string { return texts(podspec.ValidatePodCreate(newer)) },
			func() []string { return texts(podspec.ValidatePodUpdate(newer, older)) },
			func() []string { return texts(podspec.ValidatePodStatusUpdate(newer, older)) },
			func() []string { return texts(podspec.ValidatePodEphemeralContainersUpdate(newer, older)) },
			func() []string { return texts(podspec.ValidatePodResize(newer, older)) },
			func() []string { return podspec.Warnings(withoutAddresses(newer)) },
		} {
			first, second := validate(), validate()
			require.True(t, slices.Equal(first, second), "not the same twice")
		}
		podspec.PrepareForUpdate(newer.DeepCopy(), older)
		podspec.PrepareForStatusUpdate(newer.DeepCopy(), older)
		podspec.PrepareForEphemeralContainersUpdate(newer.DeepCopy(), older)
		podspec.PrepareForResize(newer.DeepCopy(), older)
		require.Equal(t, before, older)
	}
}
