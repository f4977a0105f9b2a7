package kubelet_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
)

const (
	benchNodes = 100
	benchPods  = 1000
)

// manyPods is a world of 100 nodes with 1,000 pods bound to them.
func manyPods(b *testing.B) *world {
	names := make([]string, benchNodes)
	for i := range names {
		names[i] = fmt.Sprintf("n%d", i)
	}
	w := newWorld(b, names...)
	for i := range benchPods {
		w.run(fmt.Sprintf("metadata: {name: p%d}\nspec:\n  nodeName: n%d\n  containers: [{name: c, image: nginx:1.25}]\n", i, i%benchNodes))
	}
	return w
}

func running(w *world) (n int) {
	for _, p := range client.List[*corev1.Pod](w.api, "", nil) {
		if p.Status.Phase == corev1.PodRunning {
			n++
		}
	}
	return n
}

// BenchmarkPodsToRunning is the cost of taking a pod that is bound to Running,
// events included.
func BenchmarkPodsToRunning(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		w := manyPods(b)
		b.StartTimer()
		w.advance(2 * time.Second)
		b.StopTimer()
		require.Equal(b, benchPods, running(w))
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*benchPods), "µs/pod")
}

// BenchmarkDay is a virtual day of idle nodes: 864,000 heartbeats.
func BenchmarkDay(b *testing.B) {
	w := manyPods(b)
	w.advance(time.Minute)
	for b.Loop() {
		for range 288 {
			w.advance(5 * time.Minute)
			w.registry.Store.Compact(w.registry.Store.Revision())
		}
	}
}

// BenchmarkFork is the cost of forking all kubelets.
func BenchmarkFork(b *testing.B) {
	w := manyPods(b)
	w.advance(time.Minute)
	forks := make([]*registry.Registry, 0, 1024)
	for b.Loop() {
		b.StopTimer()
		l := w.loop.Fork()
		r := registry.New(l, w.registry.Store.Fork(), resources.Builtin())
		forks = append(forks[:0], r)
		b.StartTimer()
		w.fleet.Fork(r, func(string) kubelet.Runtime { return nil })
	}
}
