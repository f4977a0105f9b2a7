package equality_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/equality"
)

func TestSemantic(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	cases := []struct {
		name string
		a, b any
		want bool
	}{
		{"alike", &corev1.PodSpec{NodeName: "a"}, &corev1.PodSpec{NodeName: "a"}, true},
		{"different", &corev1.PodSpec{NodeName: "a"}, &corev1.PodSpec{NodeName: "b"}, false},
		{"no list and an empty one", []string(nil), []string{}, true},
		{"a quantity in other words", resource.MustParse("1"), resource.MustParse("1000m"), true},
		{"an instant in another zone", metav1.NewTime(at), metav1.NewTime(at.In(time.FixedZone("CET", 3600))), true},
		{"of two types", "a", 1, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, equality.Semantic(c.a, c.b))
		})
	}
}
