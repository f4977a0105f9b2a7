package daemonset

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestFailedPodsAreReplacedLaterAndLater(t *testing.T) {
	b := NewBackoff()
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{UID: "web"}}
	at := func(seconds int) time.Time { return time.Unix(int64(seconds), 0) }
	for _, step := range []struct {
		at   int
		left time.Duration
	}{
		{0, 0}, {0, time.Second}, {1, 0}, {2, 2 * time.Second}, {3, 0}, {6, 4 * time.Second}, {7, 0},
		{7 + 1801, 0}, {7 + 1802, 0}, {7 + 1803, 2 * time.Second},
	} {
		require.Equal(t, step.left, b.left(set, "a", at(step.at)), "second %d", step.at)
	}
	require.Zero(t, b.left(set, "b", at(1809)), "each node by itself")

	fork := NewBackoff()
	fork.Remember(b)
	require.NotZero(t, fork.left(set, "b", at(1809)))

	set.Status.ObservedGeneration = 2
	require.Zero(t, b.left(set, "a", at(1810)), "a changed set is given a new chance")
}
