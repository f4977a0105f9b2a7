package selectors_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/selectors"
)

// fleet returns n pods by key: three apps, one hundred nodes, one pod in a
// thousand a canary.
func fleet(n int) map[string]*corev1.Pod {
	pods := make(map[string]*corev1.Pod, n)
	for i := range n {
		name := fmt.Sprintf("pod-%06d", i)
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			"app":   []string{"api", "db", "web"}[i%3],
			"index": fmt.Sprint(i),
		}}}
		if i%1000 == 0 {
			pod.Labels["canary"] = "yes"
		}
		pod.Spec.NodeName = fmt.Sprintf("node-%d", i%100)
		pods[name] = pod
	}
	return pods
}

func indexOf(pods map[string]*corev1.Pod) *selectors.Index[*corev1.Pod] {
	index := selectors.NewIndex[*corev1.Pod]("spec.nodeName")
	for key, pod := range pods {
		index.Put(key, pod)
	}
	return index
}

// scan is what List must agree with.
func scan(pods map[string]*corev1.Pod, s selectors.Selector) []*corev1.Pod {
	var selected []*corev1.Pod
	for _, key := range slices.Sorted(maps.Keys(pods)) {
		if s.Match(pods[key]) {
			selected = append(selected, pods[key])
		}
	}
	return selected
}

func TestIndexListsWhatAScanFinds(t *testing.T) {
	pods := fleet(3000)
	index := indexOf(pods)
	for _, tt := range []struct{ label, field string }{
		{"", ""},
		{"app=web", ""},
		{"app in (web,db,none)", ""},
		{"app in (web,db),canary", ""},
		{"app!=web,canary=yes", ""},
		{"!canary", ""},
		{"index>2990", ""},
		{"index=7", ""},
		{"none", ""},
		{"app=none", ""},
		{"", "spec.nodeName=node-7"},
		{"", "spec.nodeName=node-none"},
		{"", "spec.nodeName!=node-7"},
		{"", "metadata.name=pod-000005"},
		{"app=api", "spec.nodeName=node-7,metadata.name!=pod-000207"},
	} {
		t.Run(tt.label+";"+tt.field, func(t *testing.T) {
			s := selectors.MustParse(tt.label, tt.field)
			require.Equal(t, scan(pods, s), index.List(s))
		})
	}
}

func TestIndexFollowsChanges(t *testing.T) {
	web, free := selectors.MustParse("app=web", ""), selectors.MustParse("", "spec.nodeName=")
	index := selectors.NewIndex[*corev1.Pod]("spec.nodeName")
	keys := func(s selectors.Selector) []string {
		var keys []string
		for key := range index.All(s) {
			keys = append(keys, key)
		}
		return keys
	}
	put := func(key, app, node string) {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": app}}}
		pod.Spec.NodeName = node
		index.Put(key, pod)
	}

	put("b", "web", "")
	put("a", "web", "")
	put("c", "api", "node-1")
	require.Equal(t, []string{"a", "b"}, keys(web))
	require.Equal(t, []string{"a", "b"}, keys(free))

	put("b", "api", "node-1")
	require.Equal(t, []string{"a"}, keys(web))
	put("a", "web", "")
	require.Equal(t, []string{"a"}, keys(free), "putting the same again changes nothing")

	require.True(t, index.Delete("a"))
	require.False(t, index.Delete("a"))
	require.Empty(t, keys(web))
	require.Empty(t, keys(free))
	require.Equal(t, 2, index.Len())

	_, found := index.Get("a")
	require.False(t, found)
	pod, found := index.Get("c")
	require.True(t, found)
	require.Equal(t, "node-1", pod.Spec.NodeName)
}

func TestIndexStopsEarly(t *testing.T) {
	index := indexOf(fleet(10))
	for key := range index.All(selectors.Selector{}) {
		require.Equal(t, "pod-000000", key)
		break
	}
}
