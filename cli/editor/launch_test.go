//go:build unix

package editor

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInterrupted(t *testing.T) {
	for script, want := range map[string]bool{"kill -INT $$": true, "kill -TERM $$": false, "exit 1": false, "exit 0": false} {
		require.Equal(t, want, interrupted(exec.Command("sh", "-c", script).Run()), script)
	}
	require.False(t, interrupted(exec.ErrNotFound))
}
