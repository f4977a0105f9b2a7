package apply

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/cli/resource"
)

func waitsFor(name string, state health.State, reason string) *pending {
	pods := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	return &pending{
		info:   &resource.Info{Name: name, Mapping: &meta.RESTMapping{Resource: pods}},
		health: health.Health{State: state, Reason: reason},
	}
}

func TestBoardOnATerminal(t *testing.T) {
	var out bytes.Buffer
	b := &board{out: &out, rows: 24}
	all := []*pending{waitsFor("a", health.Ready, "Running"), waitsFor("b", health.Progressing, "")}
	b.show(all)
	require.Equal(t, "NAME     STATE         REASON\npods/a   Ready         Running\npods/b   Progressing   -\n1 of 2 ready\n", out.String())
	out.Reset()
	all[1].health = health.Health{State: health.Ready}
	b.show(all)
	require.Equal(t, "\x1b[4A\x1b[JNAME     STATE   REASON\npods/a   Ready   Running\npods/b   Ready   -\n2 of 2 ready\n", out.String())
}

// What does not fit is left out, what is ready first.
func TestBoardOnASmallTerminal(t *testing.T) {
	var out bytes.Buffer
	b := &board{out: &out, rows: 4}
	b.show([]*pending{waitsFor("a", health.Ready, ""), waitsFor("b", health.Progressing, ""), waitsFor("c", health.Progressing, "")})
	require.Equal(t, "NAME     STATE         REASON\npods/b   Progressing   -\n1 of 3 ready\n", out.String())
}

func TestBoardElsewhere(t *testing.T) {
	var out bytes.Buffer
	b := &board{out: &out, last: map[string]string{}}
	all := []*pending{waitsFor("a", health.Progressing, "Pending")}
	b.show(all)
	b.show(all)
	all[0].health = health.Health{State: health.Ready}
	b.show(all)
	require.Equal(t, "pods/a: Progressing: Pending\npods/a: Ready\n", out.String())
}
