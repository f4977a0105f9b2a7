package endpointslice

import (
	"fmt"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/store"
)

// topologyAware reports whether a Service wants each zone to get endpoints in
// proportion to its CPUs:
// https://kubernetes.io/docs/concepts/services-networking/topology-aware-routing/
func topologyAware(s *corev1.Service) bool {
	mode, ok := s.Annotations[corev1.DeprecatedAnnotationTopologyAwareHints]
	if !ok {
		mode = s.Annotations[corev1.AnnotationTopologyMode]
	}
	return mode == "Auto" || mode == "auto"
}

// Hinted are the Services whose endpoints have hints for zones, which are told
// of once.
type Hinted struct{ services map[loop.Key]bool }

// NewHinted is for a new cluster.
func NewHinted() *Hinted { return &Hinted{map[loop.Key]bool{}} }

// Remember takes over what is known in a cluster of which this is a fork.
func (h *Hinted) Remember(other *Hinted) {
	for key := range other.services {
		h.services[key] = true
	}
}

// told notes whether a Service has hints now, and returns the event that tells
// of it: of why it has none every time, of the rest when it changes.
func (h *Hinted) told(s *corev1.Service, why string, family discoveryv1.AddressType) (kind, reason, message string) {
	key := controllers.KeyOf(s)
	had := h.services[key]
	if topologyAware(s) && why == "" {
		h.services[key] = true
		if had {
			return "", "", ""
		}
		return corev1.EventTypeNormal, "TopologyAwareHintsEnabled", fmt.Sprintf("Topology Aware Hints has been enabled, addressType: %s", family)
	}
	delete(h.services, key)
	if !topologyAware(s) {
		if !had {
			return "", "", ""
		}
		why = "Topology Aware Hints has been disabled"
	}
	return corev1.EventTypeWarning, "TopologyAwareHintsDisabled", fmt.Sprintf("%s, addressType: %s", why, family)
}

// overload is by how much more than its share an endpoint may get.
const overload = 0.2

// zone is a part of the cluster, and its share of the CPUs.
type zone struct {
	name  string
	share float64
}

// least is how many of so many endpoints a zone must have at least.
func (z zone) least(endpoints int) int {
	return int(math.Ceil(float64(endpoints) * z.share * (1 / (1 + overload))))
}

// zonesOf are the zones of a cluster, by name; none if there are fewer than two
// or if a node does not say where it is or what it has.
func zonesOf(c *client.Client) []zone {
	cpus := map[string]int64{}
	var names []string
	var total int64
	for _, node := range client.List[*corev1.Node](c, "", nil) {
		if controlPlane(node) || !ready(node) {
			continue
		}
		name, cpu := node.Labels[corev1.LabelTopologyZone], node.Status.Allocatable.Cpu().MilliValue()
		if name == "" || cpu == 0 {
			return nil
		}
		if _, known := cpus[name]; !known {
			names = append(names, name)
		}
		cpus[name] += cpu
		total += cpu
	}
	if len(names) < 2 {
		return nil
	}
	slices.Sort(names)
	var zones []zone
	for _, name := range names {
		zones = append(zones, zone{name, float64(cpus[name]) / float64(total)})
	}
	return zones
}

func controlPlane(node *corev1.Node) bool {
	_, now := node.Labels["node-role.kubernetes.io/control-plane"]
	_, once := node.Labels["node-role.kubernetes.io/master"]
	return now || once
}

func ready(node *corev1.Node) bool {
	return slices.ContainsFunc(node.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}

// overloaded are the Services with hints that leave a zone too few endpoints now
// that nodes have come, gone, moved or changed their readiness.
func (c *controller) overloaded(ev store.Event) []loop.Key {
	if ev.Type == store.Modified {
		node, old := ev.Item.Object.(*corev1.Node), ev.Old.Object.(*corev1.Node)
		if ready(node) == ready(old) && node.Labels[corev1.LabelTopologyZone] == old.Labels[corev1.LabelTopologyZone] {
			return nil
		}
	}
	var keys []loop.Key
	for _, s := range client.List[*corev1.Service](c.client, "", nil) {
		if key := controllers.KeyOf(s); c.hinted.services[key] && c.overloads(s) {
			keys = append(keys, key)
		}
	}
	return keys
}

// overloads reports whether a zone has too few of the endpoints of a Service.
func (c *controller) overloads(s *corev1.Service) bool {
	hinted, total := map[string]int{}, map[string]int{}
	for _, slice := range c.have(s) {
		for _, e := range slice.Endpoints {
			if e.Hints == nil {
				continue
			}
			for _, z := range e.Hints.ForZones {
				hinted[string(slice.AddressType)+"/"+z.Name]++
				total[string(slice.AddressType)]++
			}
		}
	}
	zones := zonesOf(c.client)
	return slices.ContainsFunc(families(s), func(f corev1.IPFamily) bool {
		n := total[string(f)]
		return n > 0 && (len(zones) == 0 || slices.ContainsFunc(zones, func(z zone) bool { return hinted[string(f)+"/"+z.name] < z.least(n) }))
	})
}

// quota is how many endpoints a zone should have.
type quota struct {
	zone  string
	most  int
	share float64
}

// quotasOf divides so many endpoints; why tells that they can't be.
func quotasOf(zones []zone, endpoints int) (quotas []quota, why string) {
	switch {
	case len(zones) == 0:
		return nil, "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"
	case len(zones) > endpoints:
		return nil, fmt.Sprintf("Insufficient number of endpoints (%d endpoints, %d zones)", endpoints, len(zones))
	}
	spare := endpoints
	for _, z := range zones {
		spare -= z.least(endpoints)
	}
	if spare < 0 {
		return nil, fmt.Sprintf("Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (%d endpoints, %d zones)", endpoints, len(zones))
	}
	for _, z := range zones {
		least := z.least(endpoints)
		quotas = append(quotas, quota{z.name, least + spare, max(z.share*float64(endpoints), float64(least))})
	}
	return quotas, ""
}

// spread gives the endpoints of a plan hints for zones: for their own, where
// that is not too much for it. If why is not empty, there are no hints.
func (p *plan) spread(zones []zone) (why string) {
	quotas, why := quotasOf(zones, p.readyEndpoints())
	if why != "" {
		return why
	}
	open, given := p.keepHints(quotas)
	for _, e := range open {
		if e.Zone == nil {
			p.forget()
			return "One or more endpoints do not have a zone specified"
		}
		given[*e.Zone]++
		hint(e, *e.Zone)
	}
	balance(open, quotas, given)
	return ""
}

// keepHints lets slices that stay as they are keep their hints as long as those
// fit. It returns the endpoints of the others and how many hints each zone has.
func (p *plan) keepHints(quotas []quota) (open []*discoveryv1.Endpoint, given map[string]int) {
	given = map[string]int{}
	open = readyOf(p.created)
	var same []change
	for _, c := range p.changed {
		if c.unchanged() {
			same = append(same, c)
		} else {
			open = append(open, readyOf([]*discoveryv1.EndpointSlice{c.to})...)
		}
	}
	for _, c := range same {
		if fitting(c.from, given, quotas) {
			c.to.Endpoints = c.from.DeepCopy().Endpoints
		} else {
			open = append(open, readyOf([]*discoveryv1.EndpointSlice{c.to})...)
		}
	}
	return open, given
}

// balance moves endpoints from zones that have too many to such that have too
// few.
func balance(endpoints []*discoveryv1.Endpoint, quotas []quota, given map[string]int) {
	giving, receiving := exchange(quotas, given)
	for _, e := range endpoints {
		if giving[*e.Zone] == 0 {
			continue
		}
		for _, q := range quotas {
			if receiving[q.zone] > 0 {
				giving[*e.Zone]--
				receiving[q.zone]--
				hint(e, q.zone)
				break
			}
		}
	}
}

func hint(e *discoveryv1.Endpoint, zone string) {
	e.Hints = &discoveryv1.EndpointHints{ForZones: []discoveryv1.ForZone{{Name: zone}}}
}

// forget takes the hints away.
func (p *plan) forget() {
	for _, slice := range p.slices() {
		for i := range slice.Endpoints {
			slice.Endpoints[i].Hints = nil
		}
	}
}

// slices are those that there will be.
func (p *plan) slices() []*discoveryv1.EndpointSlice {
	all := slices.Clone(p.created)
	for _, c := range p.changed {
		all = append(all, c.to)
	}
	return all
}

func (p *plan) readyEndpoints() int { return len(readyOf(p.slices())) }

// readyOf are the ready endpoints of slices.
func readyOf(list []*discoveryv1.EndpointSlice) []*discoveryv1.Endpoint {
	var found []*discoveryv1.Endpoint
	for _, slice := range list {
		for i := range slice.Endpoints {
			if e := &slice.Endpoints[i]; *e.Conditions.Ready {
				found = append(found, e)
			}
		}
	}
	return found
}

// fitting reports whether a slice may keep its hints beside those that have been
// given, and then adds them to those.
func fitting(slice *discoveryv1.EndpointSlice, given map[string]int, quotas []quota) bool {
	hinted := map[string]int{}
	total := 0
	for _, e := range readyOf([]*discoveryv1.EndpointSlice{slice}) {
		if e.Hints == nil || len(e.Hints.ForZones) == 0 {
			return false
		}
		for _, z := range e.Hints.ForZones {
			hinted[z.Name]++
			total++
		}
	}
	for _, q := range quotas {
		if n := hinted[q.zone]; n > 0 && n+given[q.zone] > q.most {
			return false
		}
		total -= hinted[q.zone]
	}
	if total > 0 { // for zones that are not there any more
		return false
	}
	for _, q := range quotas {
		given[q.zone] += hinted[q.zone]
	}
	return true
}

// exchange is how many endpoints zones that have too many should give, and how
// many others should receive: whole ones, and only where that is at least half
// of what is missing.
func exchange(quotas []quota, given map[string]int) (giving, receiving map[string]int) {
	giving, receiving = map[string]int{}, map[string]int{}
	surplus, lack := map[string]float64{}, map[string]float64{}
	for _, q := range quotas {
		surplus[q.zone] = float64(given[q.zone]) - q.share
		lack[q.zone] = q.share - float64(given[q.zone])
	}
	for {
		from, more := most(quotas, surplus)
		to, less := most(quotas, lack)
		if more < 0.5 || less < 0.5 || more < 1 && less < 1 {
			return giving, receiving
		}
		giving[from]++
		surplus[from]--
		receiving[to]++
		lack[to]--
	}
}

// most is the zone with the largest number, the first one by name.
func most(quotas []quota, numbers map[string]float64) (zone string, n float64) {
	for _, q := range quotas {
		if numbers[q.zone] > n {
			zone, n = q.zone, numbers[q.zone]
		}
	}
	return zone, n
}
