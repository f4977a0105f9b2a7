package expression

import (
	"errors"
	"testing"

	celgo "github.com/google/cel-go/cel"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/cel"
)

func TestEvaluate(t *testing.T) {
	object, err := ValueOf(&corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"c": "", "a": "", "e": "", "b": "", "d": ""}},
	})
	require.NoError(t, err)
	compiler, err := NewComposing()
	require.NoError(t, err)
	for _, v := range [][2]string{{"size", "object.metadata.labels.size()"}, {"twice", "variables.size * 2"}, {"bad", "1 +"}, {"fails", "object.none"}} {
		compiler.CompileVariable(v[0], v[1], Declared{})
	}
	for _, tc := range []struct {
		text string
		want any
		err  string
	}{
		{text: "object.metadata.name", want: "a"},
		{text: "oldObject == null && namespaceObject == null && request == null", want: true},
		{text: "object.metadata.labels.map(k, k)[0] + object.metadata.labels.map(k, k)[4]", want: "ae"},
		{text: "variables.twice", want: int64(10)},
		{text: "variables.fails", err: "expression 'variables.fails' resulted in error: composited variable \"fails\" fails to evaluate: no such key: none"},
		{text: "has(object.data) ? 1 : 2", want: int64(2)},
		{text: "1 + 'a'", err: "compilation error: compilation failed: "},
	} {
		x := compiler.Compile(tc.text, Declared{}, celgo.AnyType)
		results, left, err := compiler.Variables().Evaluate([]*Expression{nil, x}, Input{Object: object}, 1000)
		require.NoError(t, err, tc.text)
		require.Equal(t, Result{}, results[0], "nothing is made of nothing")
		if tc.err != "" {
			require.ErrorContains(t, results[1].Err, tc.err)
			continue
		}
		require.NoError(t, results[1].Err)
		require.Equal(t, tc.want, results[1].Value.Value(), tc.text)
		require.Less(t, left, int64(1000))
	}
	x := compiler.Compile("variables.twice == variables.size + variables.size", Declared{}, celgo.BoolType)
	_, _, err = compiler.Variables().Evaluate([]*Expression{x}, Input{Object: object}, 5)
	require.True(t, errors.Is(err, cel.ErrOutOfBudget), "%v", err)
}
