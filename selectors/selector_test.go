package selectors_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubejig/kubejig/selectors"
)

func TestParseErrorsAreApimachinerys(t *testing.T) {
	for _, tt := range []struct{ name, label, field, want string }{
		{"operator missing", "a b", "", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"},
		{"dangling comma", "a,", "", "found '', expected: identifier after ','"},
		{"open set", "a in (b", "", "unable to parse requirement: found '', expected: ',' or ')'"},
		{"bad value", "a=b_", "", `unable to parse requirement: values[0][a]: Invalid value: "b_"`},
		{"no operator in field", "", "spec.nodeName", "invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'"},
		{"bad escape", "", `a=b\c`, `invalid field selector: invalid escape sequence: \c`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := selectors.Parse(tt.label, tt.field)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func pod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "web-1", Namespace: "shop",
			Labels: map[string]string{"app": "web", "tier": "backend", "cores": "4"},
		},
		Spec:   corev1.PodSpec{NodeName: "node-1", HostNetwork: true, Priority: new(int32(7))},
		Status: corev1.PodStatus{Phase: corev1.PodRunning},
	}
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		label, field string
		want         bool
	}{
		{"", "", true},
		{"app=web", "", true},
		{"app==web,tier!=cache", "", true},
		{"app=web,tier=cache", "", false},
		{"tier in (cache,frontend)", "", false},
		{"tier notin (cache,frontend)", "", true},
		{"app,!canary", "", true},
		{"canary", "", false},
		{"cores>3,cores<5", "", true},
		{"cores>4", "", false},
		{"", "metadata.name=web-1,metadata.namespace=shop", true},
		{"", "status.phase=Running", true},
		{"", "status.phase!=Running", false},
		{"", "spec.hostNetwork=true,spec.priority=7", true},
		{"", "spec.schedulerName=", true},
		{"", "spec.noSuchField=x", false},
		{"app=web", "spec.nodeName=node-2", false},
	} {
		t.Run(tt.label+";"+tt.field, func(t *testing.T) {
			require.Equal(t, tt.want, selectors.MustParse(tt.label, tt.field).Match(pod()))
		})
	}
}

func TestMatchAnyObject(t *testing.T) {
	type Meta struct {
		Name string `json:"name"`
	}
	type embedded struct {
		Meta
		Size int `json:"size,omitempty"`
	}
	custom := &unstructured.Unstructured{Object: map[string]any{
		"metadata": map[string]any{"name": "tea", "labels": map[string]any{"app": "web"}},
		"spec":     map[string]any{"cups": int64(3), "hot": true},
	}}
	for _, tt := range []struct {
		name         string
		object       any
		label, field string
	}{
		{"map", map[string]string{"app": "web"}, "app=web", "status.phase="},
		{"label set", labels.Set{"app": "web"}, "app=web", ""},
		{"field set", fields.Set{"a.b": "c"}, "!app", "a.b=c"},
		{"function", func(field string) string { return "value of " + field }, "", "x=value of x"},
		{"unstructured", custom, "app=web", "metadata.name=tea,spec.cups=3,spec.hot=true,spec.cold="},
		{"subject", selectors.Subject{Labels: labels.Set{"app": "web"}}, "app=web", "any="},
		{"struct", embedded{Meta{"n"}, 3}, "!app", "name=n,size=3"},
		{"nested map", map[string]any{"a": map[string]any{"b": 1.5}}, "", "a.b=1.5,a.c=,a="},
		{"nothing", nil, "!app", "a.b="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Empty(t, selectors.MustParse(tt.label, tt.field).Explain(tt.object))
			require.True(t, selectors.MustParse(tt.label, tt.field).Match(tt.object))
		})
	}
}

func TestExplain(t *testing.T) {
	for _, tt := range []struct {
		label, field string
		want         []string
	}{
		{"app=web", "status.phase=Running", nil},
		{"app=api", "", []string{`label "app" is "web", want "api"`}},
		{"tier in (frontend,cache)", "", []string{`label "tier" is "backend", want one of (cache, frontend)`}},
		{"tier notin (backend,cache)", "", []string{`label "tier" is "backend", want anything but any of (backend, cache)`}},
		{"app!=web", "", []string{`label "app" is "web", want anything but "web"`}},
		{"canary", "", []string{`label "canary" is not set, want any value`}},
		{"!app", "", []string{`label "app" is "web", want it not set`}},
		{"cores>8", "", []string{`label "cores" is "4", want more than 8`}},
		{"app<8", "", []string{`label "app" is "web", want an integer less than 8`}},
		{"", "status.phase!=Running", []string{`field "status.phase" is "Running", want anything but "Running"`}},
		{"", "spec.noSuchField=x", []string{`field "spec.noSuchField" is not set, want "x"`}},
		{"zone=a,app=api", "spec.nodeName=node-2", []string{
			`label "app" is "web", want "api"`,
			`label "zone" is not set, want "a"`,
			`field "spec.nodeName" is "node-1", want "node-2"`,
		}},
	} {
		t.Run(tt.label+";"+tt.field, func(t *testing.T) {
			require.Equal(t, tt.want, selectors.MustParse(tt.label, tt.field).Explain(pod()))
		})
	}
}

func TestNothing(t *testing.T) {
	for _, s := range []selectors.Selector{
		selectors.New(labels.Nothing(), nil),
		selectors.New(nil, fields.Nothing()),
	} {
		require.False(t, s.Match(pod()))
		require.False(t, s.Empty())
		require.Equal(t, []string{"the selector selects nothing"}, s.Explain(pod()))
	}
	require.True(t, selectors.Selector{}.Empty())
	require.True(t, selectors.MustParse("", "").Empty())
}

func TestString(t *testing.T) {
	require.Equal(t, "", selectors.Selector{}.String())
	require.Equal(t, "a in (b,c),d", selectors.MustParse("d, a in (c,b)", "").String())
	require.Equal(t, `a=b; x.y!=z\,z`, selectors.MustParse("a=b", `x.y!=z\,z`).String())
}
