package resources

import (
	"strings"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ipAddress is the record that an address of the services' range is taken; its
// name is the address.
func ipAddress() *Kind {
	return define(Definition[*networkingv1.IPAddress]{
		Name: "IPAddress", Resource: "ipaddresses", ShortNames: []string{"ip"}, ClusterScoped: true,
		RevalidatesName: true,
		Version:         networkingv1.SchemeGroupVersion,
		ValidateName: func(name string, _ bool) []string {
			var messages []string
			for _, err := range validation.IsValidIP(nil, name) {
				messages = append(messages, err.Detail)
			}
			return messages
		},
		Validate: validateIPAddress,
		ValidateUpdate: func(a, old *networkingv1.IPAddress) field.ErrorList {
			return append(validateIPAddress(a), validateUnchanged(field.NewPath("spec", "parentRef"), a.Spec.ParentRef, old.Spec.ParentRef)...)
		},
		// Rows have the age, too, which has no column.
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("ParentRef", networkingv1.IPAddressSpec{}.SwaggerDoc()["parentRef"]),
		},
		Row: func(a *networkingv1.IPAddress, now time.Time) []any {
			return []any{a.Name, parentOf(a.Spec.ParentRef), Age(a.CreationTimestamp, now)}
		},
	})
}

func parentOf(ref *networkingv1.ParentReference) string {
	if ref == nil {
		return "<none>"
	}
	gr := schema.GroupResource{Group: ref.Group, Resource: ref.Resource}
	parts := []string{strings.ToLower(gr.String())}
	if ref.Namespace != "" {
		parts = append(parts, ref.Namespace)
	}
	return strings.Join(append(parts, ref.Name), "/")
}

func validateIPAddress(a *networkingv1.IPAddress) field.ErrorList {
	path, ref := field.NewPath("spec", "parentRef"), a.Spec.ParentRef
	if ref == nil {
		return field.ErrorList{field.Required(path, "")}
	}
	var errs field.ErrorList
	if ref.Group != "" {
		errs = append(errs, validateAs(path.Child("group"), ref.Group, validation.IsDNS1123Subdomain)...)
	}
	errs = append(errs, validatePathSegment(path.Child("resource"), ref.Resource)...)
	errs = append(errs, validatePathSegment(path.Child("name"), ref.Name)...)
	if ref.Namespace != "" {
		errs = append(errs, validateAs(path.Child("namespace"), ref.Namespace, content.IsPathSegmentName)...)
	}
	return errs
}
