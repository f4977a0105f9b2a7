package explain

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReflow(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"lines are filled", "one two\nthree four", []string{"one two three", "four"}},
		{"a long word is not cut", "a abcdefghijklmnopqrst b", []string{"a", "abcdefghijklmnopqrst", "b"}},
		{"empty lines stay, but for the first", "\none\n\ntwo\n\nthree", []string{"one", "two", "", "three"}},
		{"lists stay lists", "these:\none\n- two\n2. three\nfour", []string{"these:", "one", "- two", "2. three four"}},
		{"code stays as it is", "run\n    a b\n      c", []string{"run", "    a b", "      c"}},
	} {
		require.Equal(t, test.want, reflow(test.text, 15), test.name)
	}
}
