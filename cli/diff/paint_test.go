package diff

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPainter(t *testing.T) {
	var out bytes.Buffer
	p := &painter{to: &out}
	for _, piece := range []string{"@@ -1 +1 @@\n same\n-o", "ld\n+new\n", "\\ No end"} {
		n, err := p.Write([]byte(piece))
		require.NoError(t, err)
		require.Equal(t, len(piece), n)
	}
	require.NoError(t, p.Flush())
	require.Equal(t, "\x1b[36m@@ -1 +1 @@\x1b[0m\n same\n\x1b[31m-old\x1b[0m\n\x1b[32m+new\x1b[0m\n\\ No end", out.String())
}

func TestSideBySide(t *testing.T) {
	program, args := sideBySide("a", "b", 80)
	require.Equal(t, "diff", program)
	require.Equal(t, []string{"-y", "-N", "-W", "80", "a", "b"}, args)
}
