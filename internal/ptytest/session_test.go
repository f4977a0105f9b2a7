package ptytest_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/internal/ptytest"
)

func TestSession(t *testing.T) {
	s := ptytest.Start(t, exec.Command("sh", "-c", `stty size; read line; echo "<$line>"; stty size; exit 3`))
	s.Await("24 80")
	require.False(t, s.Raw())
	s.Resize(30, 100)
	s.Type("hello" + ptytest.Enter)
	s.Await("<hello>")
	s.Await("30 100")
	require.Equal(t, 3, s.Exit())
}
