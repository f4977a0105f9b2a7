package endpointslice

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

func newService() *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"}}
}

// newEndpoints are ready ones in zones, numbered from a first on.
func newEndpoints(first int, zones ...string) []discoveryv1.Endpoint {
	var list []discoveryv1.Endpoint
	for i, zone := range zones {
		e := discoveryv1.Endpoint{
			Conditions: discoveryv1.EndpointConditions{Ready: ptr.To(true)},
			TargetRef:  &corev1.ObjectReference{UID: types.UID(fmt.Sprint(first + i))},
		}
		if zone != "" {
			e.Zone = &zone
		}
		list = append(list, e)
	}
	return list
}

func some(first, n int) []discoveryv1.Endpoint { return newEndpoints(first, make([]string, n)...) }

func TestEndpointsFindTheirSlices(t *testing.T) {
	for _, tt := range []struct {
		name      string
		have      [][]discoveryv1.Endpoint
		want      []discoveryv1.Endpoint
		sizes     []int // of the slices that were there; -1: it goes
		created   []int
		unchanged int
	}{
		{"new ones", nil, some(0, 250), nil, []int{100, 100, 50}, 0},
		{"nothing new", [][]discoveryv1.Endpoint{some(0, 100), some(100, 5)}, some(0, 105), []int{100, 5}, nil, 2},
		{"the fullest that changes anyway", [][]discoveryv1.Endpoint{some(0, 11), some(20, 51), some(80, 10)},
			append(some(1, 10), append(some(21, 50), append(some(80, 10), some(100, 55)...)...)...), []int{15, 100, 10}, nil, 1},
		{"the one with the least room for all", [][]discoveryv1.Endpoint{some(0, 50), some(100, 80), some(200, 95)},
			append(some(0, 50), append(some(100, 80), some(200, 110)...)...), []int{50, 95, 95}, nil, 2},
		{"one that has room for all, or a new one", [][]discoveryv1.Endpoint{some(0, 60), some(100, 60)},
			append(some(0, 60), some(100, 110)...), []int{60, 60}, []int{50}, 2},
		{"one that is empty now goes", [][]discoveryv1.Endpoint{some(0, 3), some(10, 3)}, some(0, 3), []int{3, -1}, nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, p := newService(), plan{}
			for i, endpoints := range tt.have {
				slice := newSlice(s, &group{}, endpoints, corev1.IPv4Protocol)
				slice.Name = fmt.Sprint(i)
				p.rest = append(p.rest, slice)
			}
			p.place(s, &group{endpoints: tt.want}, corev1.IPv4Protocol)
			sizes, unchanged := map[string]int{}, 0
			for _, c := range p.changed {
				sizes[c.to.Name] = len(c.to.Endpoints)
				if c.unchanged() {
					unchanged++
				}
			}
			for _, slice := range p.rest {
				sizes[slice.Name] = -1
			}
			for i, n := range tt.sizes {
				require.Equal(t, n, sizes[fmt.Sprint(i)], "slice %d", i)
			}
			var created []int
			for _, slice := range p.created {
				created = append(created, len(slice.Endpoints))
			}
			require.Equal(t, tt.created, created)
			require.Equal(t, tt.unchanged, unchanged)
		})
	}
}

func TestEndpointsAreSharedOutToZones(t *testing.T) {
	for _, tt := range []struct {
		name  string
		zones []zone
		have  []string // the endpoints' zones
		hints []string
		why   string
	}{
		{"each its own", []zone{{"a", 0.5}, {"b", 0.5}}, []string{"a", "b"}, []string{"a", "b"}, ""},
		{"some move", []zone{{"a", 0.5}, {"b", 0.5}}, []string{"a", "a", "a", "a"}, []string{"b", "b", "a", "a"}, ""},
		{"in proportion", []zone{{"a", 0.25}, {"b", 0.75}}, []string{"a", "a", "b", "b"}, []string{"b", "a", "b", "b"}, ""},
		{"from a zone that has no nodes", []zone{{"a", 0.5}, {"b", 0.5}}, []string{"a", "b", "c", "c"}, []string{"a", "b", "c", "c"}, ""},
		{"too few", []zone{{"a", 0.5}, {"b", 0.5}}, []string{"a"}, []string{""}, "Insufficient number of endpoints (1 endpoints, 2 zones)"},
		{"not enough for each", []zone{{"a", 0.5}, {"b", 0.5}}, []string{"a", "b", "b"}, []string{"", "", ""},
			"Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 2 zones)"},
		{"one that is nowhere", []zone{{"a", 0.5}, {"b", 0.5}}, []string{"a", ""}, []string{"", ""}, "One or more endpoints do not have a zone specified"},
		{"no zones", nil, []string{"a", "b"}, []string{"", ""},
			"Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := plan{created: []*discoveryv1.EndpointSlice{newSlice(newService(), &group{}, newEndpoints(0, tt.have...), corev1.IPv4Protocol)}}
			require.Equal(t, tt.why, p.spread(tt.zones))
			var hints []string
			for _, e := range p.created[0].Endpoints {
				if e.Hints == nil {
					hints = append(hints, "")
					continue
				}
				hints = append(hints, e.Hints.ForZones[0].Name)
			}
			require.Equal(t, tt.hints, hints)
		})
	}
}
