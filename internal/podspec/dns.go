package podspec

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Limits of name resolution in Linux' libc.
const (
	maxNameservers     = 3
	maxSearchPaths     = 32
	maxSearchListChars = 2048
	maxHostname        = 64
)

var dnsPolicies = []corev1.DNSPolicy{corev1.DNSClusterFirstWithHostNet, corev1.DNSClusterFirst, corev1.DNSDefault, corev1.DNSNone}

func validateDNSConfig(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	config := spec.DNSConfig
	if spec.DNSPolicy == corev1.DNSNone {
		switch {
		case config == nil:
			return field.ErrorList{field.Required(path, fmt.Sprintf("must provide `dnsConfig` when `dnsPolicy` is %s", corev1.DNSNone))}
		case len(config.Nameservers) == 0:
			return field.ErrorList{field.Required(path.Child("nameservers"), fmt.Sprintf("must provide at least one DNS nameserver when `dnsPolicy` is %s", corev1.DNSNone))}
		}
	}
	if config == nil {
		return nil
	}
	var errs field.ErrorList
	if len(config.Nameservers) > maxNameservers {
		errs = append(errs, field.Invalid(path.Child("nameservers"), config.Nameservers, fmt.Sprintf("must not have more than %v nameservers", maxNameservers)))
	}
	for i, server := range config.Nameservers {
		errs = append(errs, ValidateIP(server, path.Child("nameservers").Index(i))...)
	}
	errs = append(errs, validateSearches(config.Searches, path.Child("searches"))...)
	for i, option := range config.Options {
		if option.Name == "" {
			errs = append(errs, field.Required(path.Child("options").Index(i), "must not be empty"))
		}
	}
	return errs
}

func validateSearches(searches []string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(searches) > maxSearchPaths {
		errs = append(errs, field.Invalid(path, searches, fmt.Sprintf("must not have more than %v search paths", maxSearchPaths)))
	}
	if len(strings.Join(searches, " ")) > maxSearchListChars {
		errs = append(errs, field.Invalid(path, searches, fmt.Sprintf("must not have more than %v characters (including spaces) in the search list", maxSearchListChars)))
	}
	for i, search := range searches {
		if search == "." {
			continue
		}
		search = strings.TrimSuffix(search, ".")
		errs = append(errs, invalid(path.Index(i), search, validation.IsDNS1123SubdomainWithUnderscore(search))...)
	}
	return errs
}

func validateHostAliases(aliases []corev1.HostAlias, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, alias := range aliases {
		path := fldPath.Index(i)
		errs = append(errs, ValidateIP(alias.IP, path.Child("ip"))...)
		for j, name := range alias.Hostnames {
			errs = append(errs, ValidateDNS1123Subdomain(name, path.Child("hostnames").Index(j))...)
		}
	}
	return errs
}

// validateHostnameOverride validates a hostname that replaces all others.
func validateHostnameOverride(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	override := spec.HostnameOverride
	if override == nil {
		return nil
	}
	var errs field.ErrorList
	if isTrue(spec.SetHostnameAsFQDN) {
		errs = append(errs, field.Forbidden(path, "may not be specified when setHostnameAsFQDN is true"))
	}
	if spec.HostNetwork {
		errs = append(errs, field.Forbidden(path, "may not be specified when hostNetwork is true"))
	}
	if len(*override) > maxHostname {
		errs = append(errs, field.TooLong(path, *override, maxHostname))
	}
	return append(errs, ValidateDNS1123Subdomain(*override, path)...)
}
