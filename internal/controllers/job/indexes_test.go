package job

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIndexes(t *testing.T) {
	for _, tt := range []struct{ in, out string }{
		{"", ""}, {"3", "3"}, {"1,2", "1,2"}, {"1,2,3", "1-3"}, {"1,3-5,7", "1,3-5,7"}, {"8-12", "8,9"}, {"x,2", "2"},
	} {
		require.Equal(t, tt.out, parseIndexes(tt.in, 10).String(), "%q", tt.in)
	}
}

func FuzzIndexes(f *testing.F) {
	f.Add("1,3-5,7")
	f.Fuzz(func(t *testing.T, s string) {
		set := parseIndexes(s, 100)
		require.Equal(t, set, parseIndexes(set.String(), 100))
	})
}
