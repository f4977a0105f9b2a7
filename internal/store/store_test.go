package store

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var pods = schema.GroupResource{Resource: "pods"}

func pod(namespace, name, node string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       corev1.PodSpec{NodeName: node},
	}
}

func names(v View, namespace string) []string {
	var out []string
	v.Scan(namespace, "", func(i *Item) bool {
		out = append(out, i.Key()+"@"+i.Object.GetResourceVersion())
		return true
	})
	return out
}

func TestWritesCompareAndSwap(t *testing.T) {
	s := New()
	a, err := s.Create(pods, pod("ns", "a", ""), nil)
	require.NoError(t, err)
	require.Equal(t, "2", a.Object.GetResourceVersion())

	_, err = s.Create(pods, pod("ns", "a", ""), nil)
	require.ErrorIs(t, err, ErrExists)
	b, err := s.Update(pods, pod("ns", "a", "n1"), a.Revision, nil)
	require.NoError(t, err)
	_, err = s.Update(pods, pod("ns", "a", "n2"), a.Revision, nil)
	require.ErrorIs(t, err, ErrConflict)
	_, err = s.Delete(pods, "ns", "a", a.Revision)
	require.ErrorIs(t, err, ErrConflict)
	final, err := s.Delete(pods, "ns", "a", b.Revision)
	require.NoError(t, err)
	require.Equal(t, "4", final.Object.GetResourceVersion())
	require.Equal(t, "3", b.Object.GetResourceVersion(), "stored objects do not change")
	_, err = s.Update(pods, pod("ns", "a", ""), AnyRevision, nil)
	require.ErrorIs(t, err, ErrNotFound)
}

func TestListsAreOfOneRevision(t *testing.T) {
	s := New()
	for _, p := range []*corev1.Pod{pod("a", "x", ""), pod("b", "y", ""), pod("a", "z", "")} {
		_, err := s.Create(pods, p, nil)
		require.NoError(t, err)
	}
	_, err := s.Delete(pods, "a", "x", AnyRevision)
	require.NoError(t, err)
	_, err = s.Update(pods, pod("b", "y", "n"), AnyRevision, nil)
	require.NoError(t, err)

	require.Equal(t, []string{"a/z@4", "b/y@6"}, names(s.Latest(pods), ""))
	require.Equal(t, []string{"a/z@4"}, names(s.Latest(pods), "a"))
	v, err := s.At(pods, 4)
	require.NoError(t, err)
	require.Equal(t, []string{"a/x@2", "a/z@4", "b/y@3"}, names(v, ""))
	_, err = s.At(pods, 99)
	require.ErrorIs(t, err, ErrFuture)
	s.Compact(5)
	_, err = s.At(pods, 4)
	require.ErrorIs(t, err, ErrCompacted)
}

func TestWatchersShareHistory(t *testing.T) {
	s := New()
	_, err := s.Create(pods, pod("a", "x", ""), nil)
	require.NoError(t, err)
	woken := 0
	w, err := s.Watch(pods, 1, func() { woken++ })
	require.NoError(t, err)
	_, err = s.Update(pods, pod("a", "x", "n"), AnyRevision, nil)
	require.NoError(t, err)
	events, err := w.Next()
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.Equal(t, Modified, events[1].Type)
	require.Equal(t, 1, woken)
	events, err = w.Next()
	require.NoError(t, err)
	require.Empty(t, events)

	_, err = s.Delete(pods, "a", "x", AnyRevision)
	require.NoError(t, err)
	s.Compact(s.Revision())
	_, err = w.Next()
	require.ErrorIs(t, err, ErrCompacted)
	w.Stop()
	require.Zero(t, s.Watchers())
}

func TestIndexFollowsWrites(t *testing.T) {
	s := New()
	byNode := func(o Object, names []string) []string { return append(names, o.(*corev1.Pod).Spec.NodeName) }
	_, err := s.Create(pods, pod("a", "x", "n1"), nil)
	require.NoError(t, err)
	s.AddIndex(pods, "node", byNode)
	_, err = s.Create(pods, pod("a", "y", "n2"), nil)
	require.NoError(t, err)
	_, err = s.Update(pods, pod("a", "x", "n2"), AnyRevision, nil)
	require.NoError(t, err)
	found := func(s *Store, node string) (out []string) {
		s.ScanIndex(pods, "node", node, func(i *Item) bool { out = append(out, i.Key()); return true })
		return out
	}
	f := s.Fork()
	_, err = f.Delete(pods, "a", "y", AnyRevision)
	require.NoError(t, err)
	require.Empty(t, found(s, "n1"))
	require.Equal(t, []string{"a/x", "a/y"}, found(s, "n2"))
	require.Equal(t, []string{"a/x"}, found(f, "n2"))
}

func TestForkGoesItsOwnWay(t *testing.T) {
	s := New()
	_, err := s.Create(pods, pod("a", "x", ""), nil)
	require.NoError(t, err)
	f := s.Fork()
	for i := range 10 {
		_, err = f.Create(pods, pod("a", fmt.Sprintf("f%d", i), ""), nil)
		require.NoError(t, err)
	}
	_, err = s.Create(pods, pod("a", "s", ""), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a/s@3", "a/x@2"}, names(s.Latest(pods), ""))
	require.Equal(t, 11, f.Latest(pods).Len())
	v, err := f.At(pods, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"a/x@2"}, names(v, ""))
}
