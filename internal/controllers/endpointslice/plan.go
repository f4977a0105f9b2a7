package endpointslice

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/backends"
	"github.com/kubejig/kubejig/internal/equality"
)

// plan is what is to become of a Service's slices of one address family.
type plan struct {
	client *client.Client
	// trigger is when the change happened that they show; nil: it is not told.
	trigger *time.Time
	// rest are the slices that there are, without those that have a use; foreign
	// are those of a Service that is gone, which had the same name.
	rest, foreign []*discoveryv1.EndpointSlice

	changed []change
	created []*discoveryv1.EndpointSlice
}

// change is a slice and what it is to be.
type change struct{ from, to *discoveryv1.EndpointSlice }

// unchanged reports whether a slice stays as it is, whatever its hints.
func (c change) unchanged() bool {
	return equality.Semantic(withoutHints(c.from), withoutHints(c.to))
}

func withoutHints(slice *discoveryv1.EndpointSlice) *discoveryv1.EndpointSlice {
	plain := *slice
	plain.Endpoints = slices.Clone(slice.Endpoints)
	for i := range plain.Endpoints {
		plain.Endpoints[i].Hints = nil
	}
	return &plain
}

// place puts a group's endpoints into slices: first where they are already,
// then into slices that change anyway, the fullest first, then together into
// the one that they fill best, and else into new ones.
func (p *plan) place(s *corev1.Service, g *group, family corev1.IPFamily) {
	if len(g.endpoints) == 0 {
		p.created = append(p.created, newSlice(s, g, nil, family))
		return
	}
	mine, fresh := p.keep(s, g)
	var same []change
	for _, c := range fullestFirst(mine) {
		if c.unchanged() {
			same = append(same, c)
			continue
		}
		n := min(perSlice-len(c.to.Endpoints), len(fresh))
		c.to.Endpoints, fresh = append(c.to.Endpoints, fresh[:n]...), fresh[n:]
	}
	for full := range slices.Chunk(fresh, perSlice) {
		if c, ok := tightest(same, len(full)); ok {
			c.to.Endpoints = append(c.to.Endpoints, full...)
			continue
		}
		p.created = append(p.created, newSlice(s, g, full, family))
	}
	p.changed = append(p.changed, mine...)
}

// keep finds the slices of a group's ports, without the endpoints that are gone.
// Those that are empty now have no use; fresh are the endpoints that are in none.
func (p *plan) keep(s *corev1.Service, g *group) (mine []change, fresh []discoveryv1.Endpoint) {
	todo := map[string]discoveryv1.Endpoint{}
	for _, e := range g.endpoints {
		todo[endpointKey(e)] = e
	}
	var rest []*discoveryv1.EndpointSlice
	for _, slice := range p.rest {
		if !slices.Equal(portKeys(slice.Ports), portKeys(g.ports)) {
			rest = append(rest, slice)
			continue
		}
		next := slice.DeepCopy()
		next.Ports, next.Endpoints, next.Labels = g.ports, nil, labelsOf(s)
		for _, e := range slice.Endpoints {
			if wanted, ok := todo[endpointKey(e)]; ok {
				next.Endpoints = append(next.Endpoints, wanted)
				delete(todo, endpointKey(e))
			}
		}
		if len(next.Endpoints) == 0 && len(slice.Endpoints) > 0 {
			rest = append(rest, slice)
			continue
		}
		mine = append(mine, change{slice, next})
	}
	p.rest = rest
	return mine, slices.DeleteFunc(slices.Clone(g.endpoints), func(e discoveryv1.Endpoint) bool {
		_, left := todo[endpointKey(e)]
		return !left
	})
}

func fullestFirst(list []change) []change {
	return slices.SortedStableFunc(slices.Values(list), func(a, b change) int { return len(b.to.Endpoints) - len(a.to.Endpoints) })
}

// tightest is the slice that has the least room left once it has got n more
// endpoints; none has for as many as a slice holds.
func tightest(list []change, n int) (best change, ok bool) {
	for _, c := range list {
		left := perSlice - n - len(c.to.Endpoints)
		if n < perSlice && left >= 0 && (!ok || left < perSlice-n-len(best.to.Endpoints)) {
			best, ok = c, true
		}
	}
	return best, ok
}

func endpointKey(e discoveryv1.Endpoint) string {
	if e.TargetRef == nil {
		return strings.Join(e.Addresses, ",")
	}
	return string(e.TargetRef.UID)
}

// reuse turns slices that nobody uses any more into new ones.
func (p *plan) reuse() {
	n := min(len(p.rest), len(p.created))
	for i, slice := range p.rest[:n] {
		last := len(p.created) - 1 - i
		next := slice.DeepCopy()
		next.Ports, next.Endpoints, next.Labels = p.created[last].Ports, p.created[last].Endpoints, p.created[last].Labels
		p.changed = append(p.changed, change{slice, next})
	}
	p.rest, p.created = p.rest[n:], p.created[:len(p.created)-n]
}

// carryOut writes the slices of a Service. In a namespace that is going away
// there is nothing to do.
func (p *plan) carryOut(s *corev1.Service) error {
	service := s.Namespace + "/" + s.Name
	for _, slice := range p.created {
		backends.Stamp(slice, p.trigger)
		_, err := client.Create(p.client, slice)
		if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("failed to create EndpointSlice for Service %s: %w", service, err)
		}
	}
	for _, c := range p.changed {
		if equality.Semantic(c.to, c.from) {
			continue
		}
		backends.Stamp(c.to, p.trigger)
		if _, err := client.Update(p.client, c.to); err != nil {
			return fmt.Errorf("failed to update %s EndpointSlice for Service %s: %w", c.to.Name, service, err)
		}
	}
	for _, slice := range append(p.rest, p.foreign...) {
		if err := p.client.Delete(slice, metav1.DeleteOptions{}); err != nil {
			return fmt.Errorf("failed to delete %s EndpointSlice for Service %s: %w", slice.Name, service, err)
		}
	}
	return nil
}

func newSlice(s *corev1.Service, g *group, endpoints []discoveryv1.Endpoint, family corev1.IPFamily) *discoveryv1.EndpointSlice {
	owner := metav1.NewControllerRef(s, corev1.SchemeGroupVersion.WithKind("Service"))
	return &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: generateName(s.Name), Namespace: s.Namespace,
			Labels: labelsOf(s), OwnerReferences: []metav1.OwnerReference{*owner},
		},
		AddressType: discoveryv1.AddressType(family),
		Ports:       g.ports,
		Endpoints:   endpoints,
	}
}

func generateName(service string) string {
	const longest = 63 - 6
	return service[:min(len(service), longest)] + "-"
}
