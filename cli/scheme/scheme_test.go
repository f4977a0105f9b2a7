package scheme

import (
	"testing"

	"github.com/stretchr/testify/assert"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
)

func TestKindsAreClientGos(t *testing.T) {
	assert.Equal(t, clientscheme.Scheme.AllKnownTypes(), Scheme().AllKnownTypes())
	assert.Equal(t, clientscheme.Scheme.PrioritizedVersionsAllGroups(), Scheme().PrioritizedVersionsAllGroups())
}
