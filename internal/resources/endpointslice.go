package resources

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/equality"
)

// Limits of an EndpointSlice.
const (
	maxSliceEndpoints = 1000
	maxSliceAddresses = 100
	maxSlicePorts     = 100
	maxEndpointHints  = 8
)

func endpointSlice() *Kind {
	type slice = *discoveryv1.EndpointSlice
	return define(Definition[slice]{
		Name: "EndpointSlice", Resource: "endpointslices",
		RevalidatesName:  true,
		Version:          discoveryv1.SchemeGroupVersion,
		Default:          defaultEndpointSlice,
		Spec:             func(s slice) any { return endpointSliceContent(s) },
		PrepareForCreate: prepareEndpointSlice,
		PrepareForUpdate: prepareEndpointSliceUpdate,
		Validate:         func(s slice) field.ErrorList { return validateEndpointSlice(s, nil) },
		ValidateUpdate: func(s, old slice) field.ErrorList {
			return append(validateEndpointSlice(s, old), validateUnchanged(field.NewPath("addressType"), s.AddressType, old.AddressType)...)
		},
		Warnings: endpointSliceWarnings,
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("AddressType", discoveryv1.EndpointSlice{}.SwaggerDoc()["addressType"]),
			Column("Ports", discoveryv1.EndpointSlice{}.SwaggerDoc()["ports"]),
			Column("Endpoints", discoveryv1.EndpointSlice{}.SwaggerDoc()["endpoints"]),
			AgeColumn(),
		},
		Row: func(s slice, now time.Time) []any {
			return []any{
				s.Name, string(s.AddressType), firstFew(slicePorts(s)), firstFew(sliceAddresses(s)),
				Age(s.CreationTimestamp, now),
			}
		},
	})
}

func defaultEndpointSlice(s *discoveryv1.EndpointSlice) {
	for i := range s.Ports {
		setDefault(&s.Ports[i].Name, "")
		setDefault(&s.Ports[i].Protocol, corev1.ProtocolTCP)
	}
}

// prepareEndpointSlice clears what cannot be written through v1.
func prepareEndpointSlice(s *discoveryv1.EndpointSlice) {
	dropEmpty(&s.Endpoints)
	dropEmpty(&s.Ports)
	for i := range s.Endpoints {
		s.Endpoints[i].DeprecatedTopology = nil
	}
}

// prepareEndpointSliceUpdate counts what was written, even if it cannot be.
func prepareEndpointSliceUpdate(s, old *discoveryv1.EndpointSlice) {
	if !equality.Semantic(endpointSliceContent(s), endpointSliceContent(old)) {
		s.Generation = old.Generation + 1
	}
	prepareEndpointSlice(s)
}

func endpointSliceContent(s *discoveryv1.EndpointSlice) []any {
	return []any{s.AddressType, s.Endpoints, s.Ports, s.Labels}
}

func slicePorts(s *discoveryv1.EndpointSlice) []string {
	ports := make([]string, len(s.Ports))
	for i, p := range s.Ports {
		switch {
		case p.Port != nil:
			ports[i] = strconv.Itoa(int(*p.Port))
		case p.Name != nil:
			ports[i] = *p.Name
		default:
			ports[i] = "*"
		}
	}
	return ports
}

func sliceAddresses(s *discoveryv1.EndpointSlice) []string {
	var all []string
	for _, e := range s.Endpoints {
		all = append(all, e.Addresses...)
	}
	return all
}

// firstFew shows a list in a table.
func firstFew(list []string) string {
	const shown = 3
	if len(list) > shown {
		return fmt.Sprintf("%s + %d more...", strings.Join(list[:shown], ","), len(list)-shown)
	}
	return orElse(strings.Join(list, ","), "<unset>")
}

func endpointSliceWarnings(s, old *discoveryv1.EndpointSlice) []string {
	var warnings []string
	if old == nil && s.AddressType == discoveryv1.AddressTypeFQDN {
		warnings = append(warnings, "spec.addressType: FQDN endpoints are deprecated")
	}
	switch s.Labels[discoveryv1.LabelManagedBy] {
	case "endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io":
		return warnings
	}
	if s.AddressType == discoveryv1.AddressTypeFQDN {
		return warnings
	}
	for i := range s.Endpoints {
		for j, address := range s.Endpoints[i].Addresses {
			path := field.NewPath("endpoints").Index(i).Child("addresses").Index(j)
			warnings = append(warnings, validation.GetWarningsForIP(path, address)...)
		}
	}
	return warnings
}

// validateEndpointSlice checks a slice; addresses that the old one has are not
// held to the strict form. old may be nil.
func validateEndpointSlice(s, old *discoveryv1.EndpointSlice) field.ErrorList {
	var errs field.ErrorList
	if s.AddressType == "" {
		errs = append(errs, field.Required(field.NewPath("addressType"), "").MarkBeta())
	} else {
		errs = append(errs, validateOneOf(field.NewPath("addressType"), s.AddressType,
			discoveryv1.AddressTypeFQDN, discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6)...)
	}
	var known []string
	if old != nil {
		known = sliceAddresses(old)
	}
	errs = append(errs, validateSlicePorts(s.Ports, field.NewPath("ports"))...)
	return append(errs, validateSliceEndpoints(s, known, field.NewPath("endpoints"))...)
}

func validateSliceEndpoints(s *discoveryv1.EndpointSlice, known []string, path *field.Path) field.ErrorList {
	if len(s.Endpoints) > maxSliceEndpoints {
		return field.ErrorList{field.TooMany(path, len(s.Endpoints), maxSliceEndpoints)}
	}
	var errs field.ErrorList
	for i := range s.Endpoints {
		e, p := &s.Endpoints[i], path.Index(i)
		errs = append(errs, validateSliceAddresses(s.AddressType, e.Addresses, known, p.Child("addresses"))...)
		if e.NodeName != nil {
			errs = append(errs, validateAsName(p.Child("nodeName"), *e.NodeName, apivalidation.NameIsDNSSubdomain)...)
		}
		if e.Hostname != nil {
			errs = append(errs, validateAs(p.Child("hostname"), *e.Hostname, validation.IsDNS1123Label)...)
		}
		if e.Hints != nil {
			errs = append(errs, validateEndpointHints(e.Hints, p.Child("hints"))...)
		}
	}
	return errs
}

func validateSliceAddresses(kind discoveryv1.AddressType, addresses, known []string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(addresses) == 0 {
		errs = append(errs, field.Required(path, "").MarkBeta())
	} else if len(addresses) > maxSliceAddresses {
		errs = append(errs, field.TooMany(path, len(addresses), maxSliceAddresses))
	}
	for i, address := range addresses {
		switch kind {
		case discoveryv1.AddressTypeIPv4:
			errs = append(errs, validateSliceIP(address, known, netutils.IsIPv4String, "must be an IPv4 address", path, i)...)
		case discoveryv1.AddressTypeIPv6:
			errs = append(errs, validateSliceIP(address, known, netutils.IsIPv6String, "must be an IPv6 address", path, i)...)
		case discoveryv1.AddressTypeFQDN:
			errs = append(errs, validation.IsFullyQualifiedDomainName(path.Index(i), address)...)
		}
	}
	return errs
}

// validateSliceIP checks the address with an index in a list at path, which
// complaints about families name.
func validateSliceIP(address string, known []string, ofFamily func(string) bool, message string, path *field.Path, index int) field.ErrorList {
	errs := validation.IsValidIPForLegacyField(path.Index(index), address, true, known)
	if len(errs) > 0 {
		return errs
	}
	if !ofFamily(address) {
		errs = append(errs, field.Invalid(path, address, message))
	}
	return append(errs, validateRoutableIP(path.Index(index), address)...)
}

func validateEndpointHints(h *discoveryv1.EndpointHints, path *field.Path) field.ErrorList {
	zones := make([]string, len(h.ForZones))
	for i, z := range h.ForZones {
		zones[i] = z.Name
	}
	nodes := make([]string, len(h.ForNodes))
	for i, n := range h.ForNodes {
		nodes[i] = n.Name
	}
	errs := validateHintNames(zones, path.Child("forZones"), validation.IsValidLabelValue)
	return append(errs, validateHintNames(nodes, path.Child("forNodes"), validation.IsDNS1123Subdomain)...)
}

func validateHintNames(names []string, path *field.Path, rule func(string) []string) field.ErrorList {
	if len(names) > maxEndpointHints {
		return field.ErrorList{field.TooMany(path, len(names), maxEndpointHints)}
	}
	var errs field.ErrorList
	for i, name := range names {
		p := path.Index(i).Child("name")
		if slices.Contains(names[:i], name) {
			errs = append(errs, field.Duplicate(p, name))
		}
		errs = append(errs, validateAs(p, name, rule)...)
	}
	return errs
}

func validateSlicePorts(ports []discoveryv1.EndpointPort, path *field.Path) field.ErrorList {
	if len(ports) > maxSlicePorts {
		return field.ErrorList{field.TooMany(path, len(ports), maxSlicePorts)}
	}
	var errs field.ErrorList
	names := map[string]bool{}
	for i, port := range ports {
		p, name := path.Index(i), ptr.Deref(port.Name, "")
		if name != "" {
			errs = append(errs, validateAs(p.Child("name"), name, validation.IsDNS1123Label)...)
		}
		if names[name] {
			errs = append(errs, field.Duplicate(p.Child("name"), name))
		}
		names[name] = true
		if port.Protocol == nil {
			errs = append(errs, field.Required(p.Child("protocol"), ""))
		} else {
			errs = append(errs, validateOneOf(p.Child("protocol"), *port.Protocol, corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP)...)
		}
		if port.AppProtocol != nil {
			errs = append(errs, validateAs(p.Child("appProtocol"), *port.AppProtocol, validation.IsQualifiedName)...)
		}
	}
	return errs
}
