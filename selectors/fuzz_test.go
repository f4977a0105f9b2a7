package selectors_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubejig/kubejig/selectors"
)

// FuzzParse holds that Parse accepts what apimachinery accepts, that what it
// prints reads back, and that Match, Explain and Index agree with apimachinery.
func FuzzParse(f *testing.F) {
	for _, seed := range [][2]string{
		{"app=web,tier in (cache,frontend),!canary", "status.phase=Running,spec.nodeName!=node-1"},
		{"x in (foo,,baz),y,z notin ()", `a=b\,c\=d\\`},
		{"a>1,b<2", "a==b"}, {"in in (in)", "=,="}, {"!", "a!=!b"}, {"a,", ","},
		{"index=7,app==web", "spec.nodeName="},
	} {
		f.Add(seed[0], seed[1])
	}
	pods := fleet(12)
	index := indexOf(pods)
	f.Fuzz(func(t *testing.T, label, field string) {
		byLabel, labelErr := labels.Parse(label)
		byField, fieldErr := fields.ParseSelector(field)
		s, err := selectors.Parse(label, field)
		switch {
		case labelErr != nil:
			require.EqualError(t, err, labelErr.Error())
			return
		case fieldErr != nil:
			require.EqualError(t, err, fieldErr.Error())
			return
		}
		require.NoError(t, err)

		again, err := selectors.Parse(byLabel.String(), byField.String())
		require.NoError(t, err)
		require.Equal(t, s.String(), again.String())

		for _, pod := range pods {
			podFields := fields.Set{"metadata.name": pod.Name, "spec.nodeName": pod.Spec.NodeName}
			subject := selectors.Subject{Labels: pod.Labels, Fields: podFields}
			want := byLabel.Matches(labels.Set(pod.Labels)) && byField.Matches(podFields)
			require.Equal(t, want, s.Match(subject))
			require.Equal(t, want, len(s.Explain(subject)) == 0)
		}
		require.Equal(t, scan(pods, s), index.List(s))
	})
}
