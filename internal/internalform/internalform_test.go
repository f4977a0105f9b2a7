package internalform_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/internalform"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		name  string
		value any
		want  string
	}{
		{"fields under their Go names, empty ones too", corev1.PodIP{IP: "10.0.0.1"}, `{"IP":"10.0.0.1"}`},
		{"embedded structs flattened", &corev1.EnvFromSource{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "s"}}},
			`{"Prefix":"","ConfigMapRef":null,"SecretRef":{"Name":"s","Optional":null}}`},
		{"shared types under their JSON names", corev1.TopologySelectorTerm{}, `{"MatchLabelExpressions":null}`},
		{"label selectors", &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}, `{"matchLabels":{"a":"b"}}`},
		{"metadata flattened, without what is empty", corev1.PersistentVolumeClaimTemplate{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"b": "c"}}, Spec: corev1.PersistentVolumeClaimSpec{VolumeName: "v"}},
			`{"name":"a","labels":{"b":"c"},"Spec":{"AccessModes":null,"Selector":null,"Resources":{"Limits":null,"Requests":null},"VolumeName":"v","StorageClassName":null,"VolumeMode":null,"DataSource":null,"DataSourceRef":null,"VolumeAttributesClassName":null}}`},
		{"quantities", corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500m")}, `{"cpu":"500m"}`},
		{"lists", []corev1.PodIP{{IP: "a"}, {IP: "b"}}, `[{"IP":"a"},{"IP":"b"}]`},
		{"metadata among the fields, kinds left out", []corev1.Binding{{TypeMeta: metav1.TypeMeta{Kind: "Binding"}, ObjectMeta: metav1.ObjectMeta{Name: "b"}}},
			`[{"name":"b","Target":{"Kind":"","Namespace":"","Name":"","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}}]`},
		{"nothing", nil, `null`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := json.Marshal(internalform.Of(c.value))
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
		})
	}
}

func TestDiff(t *testing.T) {
	older := &corev1.Toleration{Key: "a", Operator: corev1.TolerationOpExists}
	newer := &corev1.Toleration{Key: "b", Operator: corev1.TolerationOpExists}
	require.Equal(t, `@@ -1,5 +1,5 @@
 {
- "Key": "a",
+ "Key": "b",
  "Operator": "Exists",
  "Value": "",
  "Effect": "",
`, internalform.Diff(older, newer))
}
