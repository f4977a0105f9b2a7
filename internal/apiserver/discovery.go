package apiserver

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"github.com/kubejig/kubejig/internal/resources"
)

// groupPriority orders groups as Kubernetes' API services do; others follow by
// name.
var groupPriority = []string{
	"", "apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io",
	"autoscaling", "batch", "certificates.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io",
	"storage.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "scheduling.k8s.io",
	"coordination.k8s.io", "node.k8s.io", "discovery.k8s.io", "flowcontrol.apiserver.k8s.io",
}

func priorityOf(group string) int {
	if i := slices.Index(groupPriority, group); i >= 0 {
		return i
	}
	return len(groupPriority)
}

// groupVersions are the versions that are served, by group in order of
// priority, the preferred one first.
func (c *call) groupVersions() []schema.GroupVersion {
	set := map[schema.GroupVersion]bool{}
	for _, k := range c.kinds.All() {
		for _, v := range k.Versions {
			if !v.Unserved {
				set[v.GroupVersion] = true
			}
		}
	}
	for _, v := range c.virtual {
		set[v.version] = true
	}
	return slices.SortedFunc(maps.Keys(set), func(a, b schema.GroupVersion) int {
		return cmp.Or(
			cmp.Compare(priorityOf(a.Group), priorityOf(b.Group)),
			cmp.Compare(a.Group, b.Group),
			-version.CompareKubeAwareVersionStrings(a.Version, b.Version),
		)
	})
}

// groupList describes the groups but the legacy one.
func (c *call) groupList() []metav1.APIGroup {
	var groups []metav1.APIGroup
	for _, gv := range c.groupVersions() {
		if gv.Group == "" {
			continue
		}
		v := metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version}
		if n := len(groups); n > 0 && groups[n-1].Name == gv.Group {
			groups[n-1].Versions = append(groups[n-1].Versions, v)
			continue
		}
		groups = append(groups, metav1.APIGroup{Name: gv.Group, Versions: []metav1.GroupVersionForDiscovery{v}, PreferredVersion: v})
	}
	return groups
}

func (c *call) legacyVersions() error {
	if f, ok := c.wantsAggregated(); ok {
		return c.aggregated(f, true)
	}
	return c.answer(http.StatusOK, &metav1.APIVersions{
		Versions: []string{"v1"},
		ServerAddressByClientCIDRs: []metav1.ServerAddressByClientCIDR{
			{ClientCIDR: "0.0.0.0/0", ServerAddress: c.r.Host},
		},
	}, schema.GroupVersionKind{Kind: "APIVersions"})
}

func (c *call) groups() error {
	if f, ok := c.wantsAggregated(); ok {
		return c.aggregated(f, false)
	}
	return c.answer(http.StatusOK, &metav1.APIGroupList{Groups: c.groupList()}, metav1.Unversioned.WithKind("APIGroupList"))
}

// groupOrResourceList answers /apis/GROUP and /apis/GROUP/VERSION.
func (c *call) groupOrResourceList() error {
	parts := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/")
	if len(parts) == 3 {
		return c.resourcesOf(schema.GroupVersion{Group: parts[1], Version: parts[2]})
	}
	for _, g := range c.groupList() {
		if len(parts) == 2 && g.Name == parts[1] {
			return c.answer(http.StatusOK, &g, metav1.Unversioned.WithKind("APIGroup"))
		}
	}
	return c.unknown(parts[1])
}

// resourceList answers /api/VERSION.
func (c *call) resourceList() error {
	parts := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/")
	return c.resourcesOf(schema.GroupVersion{Version: parts[1]})
}

func (c *call) resourcesOf(gv schema.GroupVersion) error {
	list := &metav1.APIResourceList{GroupVersion: gv.String(), APIResources: c.apiResources(gv)}
	if len(list.APIResources) == 0 {
		return c.unknown(gv.Group)
	}
	gvk := metav1.Unversioned.WithKind("APIResourceList")
	if gv.Group == "" {
		gvk.Version = "" // the legacy group's list has never had one
	}
	return c.answer(http.StatusOK, list, gvk)
}

// apiResources are the resources of a version and their subresources, by name.
func (c *call) apiResources(gv schema.GroupVersion) []metav1.APIResource {
	var list []metav1.APIResource
	for _, k := range c.kinds.All() {
		v := k.Version(gv)
		if v == nil {
			continue
		}
		list = append(list, metav1.APIResource{
			Name: k.Resource, SingularName: k.Singular, Namespaced: k.Namespaced, Kind: k.Name,
			Verbs: slices.Sorted(slices.Values(k.Verbs)), ShortNames: k.ShortNames, Categories: k.Categories,
			StorageVersionHash: storageVersionHash(k),
		})
		for _, sub := range subresources(k, v) {
			list = append(list, subresourceOf(k, v, sub))
		}
	}
	for _, v := range c.virtual {
		if v.version == gv {
			list = append(list, v.apiResource())
		}
	}
	slices.SortFunc(list, func(a, b metav1.APIResource) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// subresources of a version of a kind, by name.
func subresources(k *resources.Kind, v *resources.Version) []*resources.Subresource {
	var subs []*resources.Subresource
	for _, name := range slices.Sorted(maps.Keys(k.Subresources)) {
		if k.Custom == nil || k.Custom.Serves(v.Version, name) {
			subs = append(subs, k.Subresources[name])
		}
	}
	return subs
}

func subresourceOf(k *resources.Kind, v *resources.Version, sub *resources.Subresource) metav1.APIResource {
	r := metav1.APIResource{
		Name: k.Resource + "/" + sub.Name, Namespaced: k.Namespaced, Kind: k.Name,
		Verbs: slices.Sorted(slices.Values(sub.Verbs)),
	}
	if !sub.GVK.Empty() {
		r.Kind = sub.GVK.Kind
		if sub.GVK.GroupVersion() != v.GroupVersion {
			r.Group, r.Version = sub.GVK.Group, sub.GVK.Version
		}
	}
	return r
}

// storageVersionHash lets clients notice that objects are stored in another
// version.
func storageVersionHash(k *resources.Kind) string {
	gvk := k.GVK()
	sum := sha256.Sum256([]byte(gvk.Group + "/" + gvk.Version + "/" + gvk.Kind))
	return base64.StdEncoding.EncodeToString(sum[:8])
}

// answerJSON answers with what is JSON for every client.
func (c *call) answerJSON(value any) error {
	body, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	c.writeBody(jsonType, http.StatusOK, body)
	return nil
}
