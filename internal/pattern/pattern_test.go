package pattern_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/internal/pattern"
)

func TestAnExpressionIsCompiledOnce(t *testing.T) {
	word := pattern.Lazy(`^\w+$`)
	require.True(t, word().MatchString("word"))
	require.False(t, word().MatchString("two words"))
	require.Same(t, word(), word())
}

func TestAWrongExpressionPanicsWhenItIsUsed(t *testing.T) {
	wrong := pattern.Lazy(`(`)
	require.Panics(t, func() { wrong() })
}
