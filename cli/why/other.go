package why

import (
	"context"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubejig/kubejig/cli/health"
)

// other explains objects of all other kinds by their conditions.
func (x *explainer) other(ctx context.Context, a *answer, object *unstructured.Unstructured) {
	if a.health.State == health.Ready {
		return
	}
	for _, c := range health.Bad(health.Conditions(object)) {
		a.add(causef("%s", c.Text()))
	}
	a.addEvents(x.events(ctx, a, object, a.kind))
	a.suggest("describe %s %s", strings.ToLower(a.kind), a.name)
}

// deletion explains why an object that is being deleted is still there.
func deletion(object *unstructured.Unstructured, now time.Time) []cause {
	at := object.GetDeletionTimestamp()
	if at == nil {
		return nil
	}
	// Of objects with a grace period the timestamp is the end of it.
	if left := at.Sub(now); left > 0 {
		return []cause{causef("it is being deleted; its grace period ends in %s", duration.HumanDuration(left))}
	}
	c := causef("its deletion was due %s ago", duration.HumanDuration(now.Sub(at.Time)))
	for _, finalizer := range object.GetFinalizers() {
		c = c.with(causef("the finalizer %s has not been removed yet by the controller that is responsible for it", finalizer))
	}
	return []cause{c}
}
