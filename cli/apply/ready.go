package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/waiting"
	"github.com/kubejig/kubejig/cli/why"
)

const (
	// readyInterval is the pause between two looks at what is not ready.
	readyInterval = time.Second
	// readyTimeout is the default of --ready-timeout.
	readyTimeout = 5 * time.Minute
)

// pending is an object that is waited for.
type pending struct {
	info   *resource.Info
	live   *unstructured.Unstructured
	health health.Health
}

// name is the object's, as other messages of apply have it.
func (p *pending) name() string {
	return p.info.Mapping.Resource.GroupResource().String() + "/" + p.info.Name
}

// untilReady waits until all objects are ready, or one has failed, and shows
// meanwhile how they stand.
func (o *options) untilReady(ctx context.Context, f *factory.Factory, infos []*resource.Info) error {
	client, err := f.Dynamic()
	if err != nil {
		return err
	}
	var all []*pending
	for _, info := range infos {
		all = append(all, &pending{info: info, health: health.Health{State: health.Progressing}})
	}
	board := newBoard(f.ErrOut)
	err = f.UnlessTerminated(ctx, func(ctx context.Context) error {
		return waiting.Poll(ctx, f, readyInterval, o.readyTimeout, func() (bool, error) {
			done := true
			for _, p := range all {
				if err := p.look(ctx, client); err != nil {
					return false, err
				}
				done = done && p.health.State == health.Ready
			}
			board.show(all)
			return done, failedAmong(all)
		})
	})
	switch {
	case err == nil:
		return nil
	case err == failure.Silent, ctx.Err() != nil:
		return failure.Silent
	}
	for _, p := range all {
		if p.health.State != health.Ready && p.live != nil {
			fmt.Fprintln(f.ErrOut)
			why.Tell(ctx, f, f.ErrOut, p.live)
		}
	}
	if errors.Is(err, waiting.ErrTimeout) {
		return fmt.Errorf("%d of %d objects were not ready within %s", notReady(all), len(all), o.readyTimeout)
	}
	return err
}

// look reads an object again that was not ready yet.
func (p *pending) look(ctx context.Context, client dynamic.Interface) error {
	if p.health.State == health.Ready {
		return nil
	}
	live, err := client.Resource(p.info.Mapping.Resource).Namespace(p.info.Namespace).Get(ctx, p.info.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%s was deleted while it was waited for", p.name())
	case err != nil:
		return err
	}
	p.live, p.health = live, health.Of(live)
	return nil
}

func failedAmong(all []*pending) error {
	for _, p := range all {
		if p.health.State == health.Failed {
			return fmt.Errorf("%s has failed: %s", p.name(), p.health.Reason)
		}
	}
	return nil
}

func notReady(all []*pending) int {
	n := 0
	for _, p := range all {
		if p.health.State != health.Ready {
			n++
		}
	}
	return n
}
