package resources

import (
	"strings"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"

	"github.com/kubejig/kubejig/internal/internalform"
)

func serviceCIDR() *Kind {
	type cidr = *networkingv1.ServiceCIDR
	return define(Definition[cidr]{
		Name: "ServiceCIDR", Resource: "servicecidrs", ClusterScoped: true,
		Version:        networkingv1.SchemeGroupVersion,
		Validate:       validateServiceCIDR,
		ValidateUpdate: validateServiceCIDRUpdate,
		Status: &Status[cidr]{
			Copy:   func(to, from cidr) { to.Status = *from.Status.DeepCopy() },
			Keep:   keepMetadata[cidr],
			Resets: [][]string{{"metadata"}},
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("CIDRs", networkingv1.ServiceCIDRSpec{}.SwaggerDoc()["cidrs"]),
			AgeColumn(),
		},
		Row: func(c cidr, now time.Time) []any {
			return []any{c.Name, strings.Join(c.Spec.CIDRs, ","), Age(c.CreationTimestamp, now)}
		},
	})
}

// validateServiceCIDR allows one subnet of each IP family.
func validateServiceCIDR(c *networkingv1.ServiceCIDR) field.ErrorList {
	path, cidrs := field.NewPath("spec", "cidrs"), c.Spec.CIDRs
	switch {
	case len(cidrs) == 0:
		return field.ErrorList{field.Required(path, "at least one CIDR required")}
	case len(cidrs) > 2:
		return field.ErrorList{field.Invalid(path, internalform.Of(c.Spec), "may only hold up to 2 values")}
	}
	var errs field.ErrorList
	for i, cidr := range cidrs {
		errs = append(errs, validation.IsValidCIDR(path.Index(i), cidr)...)
	}
	if len(cidrs) == 2 {
		family := netutils.IPFamilyOfCIDRString(cidrs[0])
		if family != netutils.IPFamilyUnknown && family == netutils.IPFamilyOfCIDRString(cidrs[1]) {
			errs = append(errs, field.Invalid(path, cidrs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"))
		}
	}
	return errs
}

// validateServiceCIDRUpdate lets nothing change, but a second family be added.
func validateServiceCIDRUpdate(c, old *networkingv1.ServiceCIDR) field.ErrorList {
	path, cidrs := field.NewPath("spec", "cidrs"), c.Spec.CIDRs
	added := len(old.Spec.CIDRs) == 1 && len(cidrs) == 2
	if len(cidrs) != len(old.Spec.CIDRs) && !added {
		return field.ErrorList{field.Invalid(path, cidrs, apivalidation.FieldImmutableErrorMsg)}
	}
	var errs field.ErrorList
	for i, before := range old.Spec.CIDRs {
		if cidrs[i] != before {
			errs = append(errs, field.Invalid(path.Index(i), cidrs[i], apivalidation.FieldImmutableErrorMsg))
		}
	}
	if added {
		errs = append(errs, validateServiceCIDR(c)...)
	}
	return errs
}
