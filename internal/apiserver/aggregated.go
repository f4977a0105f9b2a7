package apiserver

import (
	"crypto/sha512"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/munnerz/goautoneg"
	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/resources"
)

const discoveryKind = "APIGroupDiscoveryList"

// wantsAggregated reports whether the client takes all of discovery in one
// document, before it takes the plain one.
func (c *call) wantsAggregated() (format, bool) {
	for _, clause := range goautoneg.ParseAccept(c.r.Header.Get("Accept")) {
		i := slices.IndexFunc(allFormats, func(name string) bool { return accepts(clause, name) })
		p := clause.Params
		switch {
		case i < 0:
		case p["as"] == "":
			return format{}, false
		case p["as"] == discoveryKind && p["g"] == apidiscoveryv2.GroupName && p["v"] == "v2":
			return format{name: allFormats[i], pretty: wantsPretty(c.r)}, true
		}
	}
	return format{}, false
}

// aggregated answers with the legacy group or with all others.
func (c *call) aggregated(f format, legacy bool) error {
	c.metered(strings.Trim(c.r.URL.Path, "/"), "apiserver")
	list := &apidiscoveryv2.APIGroupDiscoveryList{}
	for _, gv := range c.groupVersions() {
		if (gv.Group == "") != legacy {
			continue
		}
		n := len(list.Items)
		if n == 0 || list.Items[n-1].Name != gv.Group {
			list.Items = append(list.Items, apidiscoveryv2.APIGroupDiscovery{ObjectMeta: metav1.ObjectMeta{Name: gv.Group}})
			n++
		}
		list.Items[n-1].Versions = append(list.Items[n-1].Versions, c.versionDiscovery(gv))
	}
	gvk := apidiscoveryv2.SchemeGroupVersion.WithKind(discoveryKind)
	body, err := encode(f, list, gvk)
	if err != nil {
		return err
	}
	return c.answerTagged(f.name+";g="+gvk.Group+";v="+gvk.Version+";as="+gvk.Kind, body)
}

// answerTagged answers with a body that the client may have already.
func (c *call) answerTagged(contentType string, body []byte) error {
	sum := sha512.Sum512(body)
	tag := `"` + strings.ToUpper(hex.EncodeToString(sum[:])) + `"`
	h := c.w.Header()
	h.Set("ETag", tag)
	h.Set("Vary", "Accept")
	h.Set("Cache-Control", "public")
	if c.r.Header.Get("If-None-Match") == tag {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	c.writeBody(contentType, http.StatusOK, body)
	return nil
}

func (c *call) versionDiscovery(gv schema.GroupVersion) apidiscoveryv2.APIVersionDiscovery {
	out := apidiscoveryv2.APIVersionDiscovery{Version: gv.Version, Freshness: apidiscoveryv2.DiscoveryFreshnessCurrent}
	for _, k := range c.kinds.All() {
		if v := k.Version(gv); v != nil {
			out.Resources = append(out.Resources, resourceDiscovery(k, v))
		}
	}
	for _, v := range c.virtual {
		if v.version == gv {
			out.Resources = append(out.Resources, v.discovery())
		}
	}
	slices.SortFunc(out.Resources, func(a, b apidiscoveryv2.APIResourceDiscovery) int {
		return strings.Compare(a.Resource, b.Resource)
	})
	return out
}

func resourceDiscovery(k *resources.Kind, v *resources.Version) apidiscoveryv2.APIResourceDiscovery {
	r := apidiscoveryv2.APIResourceDiscovery{
		Resource: k.Resource, SingularResource: k.Singular, Scope: apidiscoveryv2.ScopeCluster,
		ResponseKind: responseKind(k, v.WithKind(k.Name)),
		Verbs:        slices.Sorted(slices.Values(k.Verbs)),
		ShortNames:   k.ShortNames, Categories: k.Categories,
	}
	if k.Namespaced {
		r.Scope = apidiscoveryv2.ScopeNamespace
	}
	for _, sub := range subresources(k, v) {
		gvk := sub.GVK
		if gvk.Empty() {
			gvk = v.WithKind(k.Name)
		}
		r.Subresources = append(r.Subresources, apidiscoveryv2.APISubresourceDiscovery{
			Subresource: sub.Name, ResponseKind: responseKind(k, gvk), Verbs: slices.Sorted(slices.Values(sub.Verbs)),
		})
	}
	return r
}

// responseKind is what a resource or subresource answers with. Of built-in kinds
// the group and version go without saying where they are the resource's own.
func responseKind(k *resources.Kind, gvk schema.GroupVersionKind) *metav1.GroupVersionKind {
	if k.Custom == nil && k.Version(gvk.GroupVersion()) != nil {
		return &metav1.GroupVersionKind{Kind: gvk.Kind}
	}
	return &metav1.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind}
}

// discovery describes a resource that is not stored.
func (v *virtual) discovery() apidiscoveryv2.APIResourceDiscovery {
	r := apidiscoveryv2.APIResourceDiscovery{
		Resource: v.resource, SingularResource: v.singular, Scope: apidiscoveryv2.ScopeCluster,
		ResponseKind: &metav1.GroupVersionKind{Kind: v.kind}, Verbs: v.sortedVerbs(), ShortNames: v.shortNames,
	}
	if v.namespaced {
		r.Scope = apidiscoveryv2.ScopeNamespace
	}
	return r
}
