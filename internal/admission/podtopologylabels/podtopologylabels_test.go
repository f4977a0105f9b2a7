package podtopologylabels_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func TestPodsOnANodeHaveItsZone(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, &corev1.Node{ObjectMeta: metav1.ObjectMeta{
		Name: "n", Labels: map[string]string{corev1.LabelTopologyZone: "here", corev1.LabelTopologyRegion: "near", "other": "x"},
	}})
	for node, want := range map[string]map[string]string{
		"n":    {corev1.LabelTopologyZone: "here", corev1.LabelTopologyRegion: "near"},
		"none": nil,
	} {
		pod := clustertest.Create(c, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "on-" + node},
			Spec:       corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "c", Image: "i"}}},
		})
		require.Equal(t, want, pod.Labels, node)
	}
}
