package kubelet

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// ResolvConf is what /etc/resolv.conf says.
type ResolvConf struct {
	Nameservers []string
	Searches    []string
	Options     []string
}

// String is the content of the file.
func (r ResolvConf) String() string {
	var b strings.Builder
	if len(r.Searches) > 0 {
		b.WriteString("search " + strings.Join(r.Searches, " ") + "\n")
	}
	for _, s := range r.Nameservers {
		b.WriteString("nameserver " + s + "\n")
	}
	if len(r.Options) > 0 {
		b.WriteString("options " + strings.Join(r.Options, " ") + "\n")
	}
	return b.String()
}

// resolvConf is a pod's name resolution, by its DNS policy and configuration;
// see https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
func (k *Kubelet) resolvConf(p *pod) ResolvConf {
	spec := &p.api.Spec
	var r ResolvConf
	policy := spec.DNSPolicy
	cluster := policy == corev1.DNSClusterFirstWithHostNet || policy == corev1.DNSClusterFirst && !spec.HostNetwork
	switch {
	case policy == corev1.DNSNone:
	case cluster && len(k.config.ClusterDNS) > 0:
		domain := k.config.ClusterDomain
		r = ResolvConf{Nameservers: k.config.ClusterDNS, Options: []string{"ndots:5"}}
		r.Searches = append([]string{p.api.Namespace + ".svc." + domain, "svc." + domain, domain}, k.config.Resolv.Searches...)
	default:
		r = k.config.Resolv
	}
	if spec.DNSConfig != nil {
		r = r.with(spec.DNSConfig)
	}
	return r
}

// with adds a pod's own configuration; its options win.
func (r ResolvConf) with(c *corev1.PodDNSConfig) ResolvConf {
	r.Nameservers = union(r.Nameservers, c.Nameservers)
	r.Searches = union(r.Searches, c.Searches)
	options := slices.Clone(r.Options)
	for _, o := range c.Options {
		options = slices.DeleteFunc(options, func(have string) bool {
			name, _, _ := strings.Cut(have, ":")
			return name == o.Name
		})
		text := o.Name
		if value := ptr.Deref(o.Value, ""); value != "" {
			text += ":" + value
		}
		options = append(options, text)
	}
	r.Options = options
	return r
}

// union is a list followed by what another one adds.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// maxHostname is the length that Linux allows a hostname.
const maxHostname = 63

// hostname is the name by which a pod knows itself.
func (k *Kubelet) hostname(p *pod) string {
	switch spec := &p.api.Spec; {
	case spec.HostnameOverride != nil && *spec.HostnameOverride != "":
		return *spec.HostnameOverride
	case spec.HostNetwork:
		return orElse(k.config.Hostname, k.config.Name)
	case spec.SetHostnameAsFQDN != nil && *spec.SetHostnameAsFQDN && k.fullName(p) != "":
		return k.fullName(p)
	}
	return k.shortName(p)
}

func (k *Kubelet) shortName(p *pod) string {
	name := orElse(p.api.Spec.Hostname, p.api.Name)
	if len(name) > maxHostname {
		name = strings.TrimRight(name[:maxHostname], "-.")
	}
	return name
}

// fullName is the pod's name in the cluster's domain, "" without a subdomain.
func (k *Kubelet) fullName(p *pod) string {
	domain := k.domain(p)
	if domain == "" {
		return ""
	}
	return k.shortName(p) + "." + domain
}

// domain is what a pod's hostname is part of, "" without a subdomain.
func (k *Kubelet) domain(p *pod) string {
	sub := p.api.Spec.Subdomain
	if sub == "" || p.api.Spec.HostnameOverride != nil {
		return ""
	}
	return sub + "." + p.api.Namespace + ".svc." + k.config.ClusterDomain
}

const (
	hostsHeader = "# Kubernetes-managed hosts file.\n"
	hostsLocal  = "127.0.0.1\tlocalhost\n" +
		"::1\tlocalhost ip6-localhost ip6-loopback\n" +
		"fe00::0\tip6-localnet\n" +
		"fe00::0\tip6-mcastprefix\n" +
		"fe00::1\tip6-allnodes\n" +
		"fe00::2\tip6-allrouters\n"
	hostNetworkHeader = "# Kubernetes-managed hosts file (host network).\n"
)

// hosts is the content of a pod's /etc/hosts.
func (k *Kubelet) hosts(p *pod) string {
	var b strings.Builder
	name := k.hostname(p)
	if p.api.Spec.HostNetwork {
		b.WriteString(hostNetworkHeader + hostsLocal)
	} else {
		b.WriteString(hostsHeader + hostsLocal)
	}
	if full := k.fullName(p); full != "" && !p.api.Spec.HostNetwork {
		name = full + "\t" + k.shortName(p)
	}
	for _, ip := range p.sandbox.ips {
		b.WriteString(ip + "\t" + name + "\n")
	}
	if len(p.api.Spec.HostAliases) > 0 {
		b.WriteString("\n# Entries added by HostAliases.\n")
		for _, alias := range p.api.Spec.HostAliases {
			b.WriteString(alias.IP + "\t" + strings.Join(alias.Hostnames, "\t") + "\n")
		}
	}
	return b.String()
}
