// Package tutorial holds the Kubernetes tutorial that kubejig was made for, a
// script per chapter. Each works with the reference kubectl and with kubejig.
package tutorial

import (
	"testing"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/testkit"
)

func TestWithKubejig(t *testing.T) {
	testkit.Scripts{Options: options()}.Run(t)
}

func TestWithReferenceKubectl(t *testing.T) {
	binary := testkit.RequireBinary(t, "../../bin/reference/kubectl")
	testkit.Scripts{Kubectl: binary, Options: options()}.Run(t)
}

// options of each chapter's cluster. Its clock is the one on which waiting
// commands of any client end promptly.
func options() []fakecluster.Option {
	return []fakecluster.Option{fakecluster.WithClock(fakecluster.Auto)}
}
