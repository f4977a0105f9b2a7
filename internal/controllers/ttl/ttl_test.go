package ttl

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSecondsFor(t *testing.T) {
	for _, c := range []struct {
		nodes     int
		now, want string
	}{
		{1, "", "0"},
		{100, "0", "0"},
		{101, "0", "15"},
		{95, "15", "15"},
		{89, "15", "0"},
		{501, "15", "30"},
		{5000, "60", "300"},
		{3, "nonsense", "0"},
	} {
		require.Equal(t, c.want, secondsFor(c.nodes, c.now), "%d nodes, %q", c.nodes, c.now)
	}
}
