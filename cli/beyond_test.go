package cli_test

import (
	"testing"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/testkit"
)

// What goes beyond kubectl, a script each.
func TestBeyond(t *testing.T) {
	testkit.Scripts{Dir: "testdata/beyond", Options: []fakecluster.Option{
		fakecluster.WithClock(fakecluster.Manual),
	}}.Run(t)
}
