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
	// rest are the slices that there are, without those that have a use.
	rest    []*discoveryv1.EndpointSlice
	changed []change
	created []*discoveryv1.EndpointSlice
}

// change is a slice and what it is to be.
type change struct{ from, to *discoveryv1.EndpointSlice }

// place puts a group's endpoints into slices: first where they are already,
// then into slices with room, then into new ones.
func (p *plan) place(s *corev1.Service, g *group, family corev1.IPFamily) {
	todo := map[string]discoveryv1.Endpoint{}
	for _, e := range g.endpoints {
		todo[endpointKey(e)] = e
	}
	mine := p.take(g)
	kept := make([][]discoveryv1.Endpoint, len(mine))
	for i, slice := range mine {
		for _, e := range slice.Endpoints {
			if next, ok := todo[endpointKey(e)]; ok {
				kept[i] = append(kept[i], next)
				delete(todo, endpointKey(e))
			}
		}
	}
	fresh := slices.DeleteFunc(slices.Clone(g.endpoints), func(e discoveryv1.Endpoint) bool {
		_, left := todo[endpointKey(e)]
		return !left
	})
	for i := range mine {
		n := min(perSlice-len(kept[i]), len(fresh))
		kept[i], fresh = append(kept[i], fresh[:n]...), fresh[n:]
	}
	p.fill(s, g, mine, kept, fresh, family)
}

// take finds the slices of a group's ports. A group without endpoints makes do
// with any slice.
func (p *plan) take(g *group) []*discoveryv1.EndpointSlice {
	var mine, rest []*discoveryv1.EndpointSlice
	for _, slice := range p.rest {
		if len(mine) == 0 && len(g.endpoints) == 0 || slices.Equal(portKeys(slice.Ports), portKeys(g.ports)) {
			mine = append(mine, slice)
			continue
		}
		rest = append(rest, slice)
	}
	p.rest = rest
	return mine
}

func endpointKey(e discoveryv1.Endpoint) string {
	if e.TargetRef == nil {
		return strings.Join(e.Addresses, ",")
	}
	return string(e.TargetRef.UID)
}

// fill gives slices the endpoints that they keep, and makes new slices for
// those that found no room.
func (p *plan) fill(s *corev1.Service, g *group, mine []*discoveryv1.EndpointSlice, kept [][]discoveryv1.Endpoint, fresh []discoveryv1.Endpoint, family corev1.IPFamily) {
	used := 0
	for i, slice := range mine {
		if len(kept[i]) == 0 && (used > 0 || len(fresh) > 0 || anyLeft(kept[i+1:])) {
			p.rest = append(p.rest, slice)
			continue
		}
		used++
		next := slice.DeepCopy()
		next.Ports, next.Endpoints, next.Labels = g.ports, kept[i], labelsOf(s)
		p.changed = append(p.changed, change{slice, next})
	}
	for part := range slices.Chunk(fresh, perSlice) {
		used++
		p.created = append(p.created, newSlice(s, g, part, family))
	}
	if used == 0 {
		p.created = append(p.created, newSlice(s, g, nil, family))
	}
}

func anyLeft(kept [][]discoveryv1.Endpoint) bool {
	return slices.ContainsFunc(kept, func(e []discoveryv1.Endpoint) bool { return len(e) > 0 })
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
	p.reuse()
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
	for _, slice := range p.rest {
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
