package testkit

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/fakecluster"
)

// Bubble is a cluster and the programs that use it, on virtual time: informers,
// work queues and whole controller-runtime managers live through days in
// milliseconds. See InBubble.
type Bubble struct {
	// Cluster of the bubble. Its clock is the bubble's.
	Cluster *fakecluster.Cluster

	t    testing.TB
	gate *gate
}

// Runner is a program that runs until its context ends, such as a
// controller-runtime manager.
type Runner interface {
	Start(context.Context) error
}

// InBubble runs a test in a testing/synctest bubble with a cluster in it. All
// that waits there waits in virtual time, which passes when everything is at
// rest.
//
// The requests of programs that use RESTConfig are admitted one at a time, when
// nothing else can happen, in an order that depends on nothing but the requests
// themselves: so a run that went wrong goes wrong again. SeedRandom does the
// same for what the libraries take from global random sources.
//
// What a program uses must be made within the bubble: channels, contexts
// (ctrl.SetupSignalHandler is made outside), the manager itself. Turn off its
// metrics server, which opens a socket, and raise its Cache.SyncPeriod, after
// which every object is reconciled anew. What requests have caused happens when
// Settle or Advance is called: a new CustomResourceDefinition is served then.
func InBubble(t *testing.T, test func(*testing.T, *Bubble), options ...fakecluster.Option) {
	t.Helper()
	untimeErrors()
	synctest.Test(t, func(t *testing.T) {
		b := &Bubble{t: t, gate: newGate()}
		t.Cleanup(b.gate.close)
		b.Cluster = NewCluster(t, append(options, fakecluster.WithClock(fakecluster.Wall))...)
		test(t, b)
	})
}

// untimeErrors stops apimachinery from slowing down errors that follow each
// other closely. It compares with the real time at which the process began,
// which in a bubble lies decades ahead.
var untimeErrors = sync.OnceFunc(func() {
	if len(utilruntime.ErrorHandlers) > 1 {
		utilruntime.ErrorHandlers = utilruntime.ErrorHandlers[:1]
	}
})

// RESTConfig is a client configuration for the programs of the bubble.
func (b *Bubble) RESTConfig() *rest.Config {
	config := b.Cluster.RESTConfig()
	config.Transport = b.gate.transport(config.Transport)
	return config
}

// Run starts a program, and lets it come to rest. The program is stopped at the
// end of the test, in the reverse order of starting, and must then end without
// an error.
func (b *Bubble) Run(r Runner) {
	b.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Start(ctx) }()
	b.t.Cleanup(func() {
		stop()
		require.NoError(b.t, <-done)
	})
	b.Advance(startup)
}

// startup is for how long client-go's caches may poll until they count as
// filled: they look every 100 ms.
const startup = time.Second

// Advance lets time pass, with all that happens in it.
func (b *Bubble) Advance(d time.Duration) {
	time.Sleep(d)
	b.Settle()
}

// Settle lets everything happen that can at this instant. Tests must not call
// synctest.Wait themselves.
func (b *Bubble) Settle() { b.gate.settle() }
