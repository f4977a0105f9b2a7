package apiserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/kubejig/kubejig/internal/openapi"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/scheme"
	release "github.com/kubejig/kubejig/internal/version"
)

// document is an OpenAPI document as it is served.
type document struct {
	json     []byte
	hash     string
	protobuf func() ([]byte, error)
}

func newDocument(content any, hash string, toProtobuf func([]byte) ([]byte, error)) (*document, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	return &document{
		json: text, hash: hash,
		protobuf: sync.OnceValues(func() ([]byte, error) { return toProtobuf(text) }),
	}, nil
}

// lazyDocument is made when it is asked for.
type lazyDocument = func() (*document, error)

// documents are the OpenAPI documents of a set of kinds.
type documents struct {
	v2 lazyDocument
	// v3 are by name: "apis", "apis/apps", "apis/apps/v1".
	v3 map[string]lazyDocument
	// hashes identify the documents of version 3.
	hashes map[string]string
}

func newBuilder() *openapi.Builder {
	return openapi.NewBuilder(scheme.Scheme(), release.Major+"."+release.Minor)
}

// builtinDocuments are those of clusters without custom resources. They are
// the same for all clusters of the process.
var builtinDocuments = sync.OnceValue(func() *documents { return newDocuments(resources.Builtin(), nil) })

// newDocuments describes kinds. Documents of versions without custom resources
// are taken from known.
func newDocuments(kinds *resources.Set, known *documents) *documents {
	described, custom := describedResources(kinds)
	d := &documents{v3: map[string]lazyDocument{}, hashes: hashesOf(kinds, described)}
	d.v2 = sync.OnceValues(func() (*document, error) {
		return newDocument(newBuilder().V2(described), hashOfAll(d.hashes), openapi.EncodeV2)
	})
	for name := range d.hashes {
		if known != nil && !custom[name] {
			d.v3[name] = known.v3[name]
			continue
		}
		d.v3[name] = sync.OnceValues(func() (*document, error) {
			return newDocument(newBuilder().V3(name, described), d.hashes[name], openapi.EncodeV3)
		})
	}
	return d
}

// hashesOf identifies the documents of version 3 by what they are made of, so
// that clients can be told of documents that nobody has asked for yet.
func hashesOf(kinds *resources.Set, described []openapi.Resource) map[string]string {
	parts := map[string]string{}
	for _, name := range openapi.Names(described) {
		parts[name] = ""
	}
	for _, r := range described {
		parts[documentName(r.Kind.GroupVersion())] += r.Name + "\n"
	}
	for _, k := range kinds.All() {
		if k.Custom == nil {
			continue
		}
		for _, v := range k.Versions {
			if definition := k.Custom.Definition; !v.Unserved {
				parts[documentName(v.GroupVersion)] += fmt.Sprintf("%s %s %d\n", k.Resource, definition.UID, definition.Generation)
			}
		}
	}
	hashes := map[string]string{}
	for name, content := range parts {
		hashes[name] = openapi.Hash([]byte(release.Git + "\n" + name + "\n" + content))
	}
	return hashes
}

// documentName is "api/v1" or "apis/GROUP/VERSION".
func documentName(gv schema.GroupVersion) string { return pathOf(gv)[1:] }

func hashOfAll(hashes map[string]string) string {
	all := strings.Join(slices.Sorted(maps.Values(hashes)), "\n")
	return openapi.Hash([]byte(all))
}

// describedResources are the resources of kinds, in all versions served, as
// documents have them, and the names of the documents on custom ones.
func describedResources(kinds *resources.Set) (described []openapi.Resource, custom map[string]bool) {
	custom = map[string]bool{}
	for _, k := range kinds.All() {
		for i := range k.Versions {
			v := &k.Versions[i]
			if v.Unserved {
				continue
			}
			r := openapi.Resource{
				Kind: v.WithKind(k.Name), Name: k.Resource, Namespaced: k.Namespaced, Verbs: k.Verbs,
				Subresources: describedSubresources(k, v), ReturnsDeleted: k.ReturnDeleted,
			}
			if k.Custom != nil {
				custom[documentName(v.GroupVersion)] = true
				r.Schema = customSchema(k, r.Kind)
				r.SelectableFields = k.Custom.SelectableFields(v.Version)
			}
			described = append(described, r)
		}
	}
	for _, v := range virtuals() {
		described = append(described, openapi.Resource{
			Kind: v.version.WithKind(v.kind), Name: v.resource, Namespaced: v.namespaced, Verbs: v.sortedVerbs(),
		})
	}
	return described, custom
}

func describedSubresources(k *resources.Kind, v *resources.Version) []openapi.Subresource {
	var described []openapi.Subresource
	for _, sub := range subresources(k, v) {
		s := openapi.Subresource{Name: sub.Name, Kind: sub.GVK, Verbs: sub.Verbs}
		if s.Kind.Empty() {
			s.Kind = v.WithKind(k.Name)
		}
		if sub.Name == "log" {
			s.Options = "PodLogOptions"
		}
		described = append(described, s)
	}
	return described
}

// customSchema is what a definition says of the objects of one version.
// Definitions are stored only with schemas that can be read.
func customSchema(k *resources.Kind, kind schema.GroupVersionKind) *spec.Schema {
	described, err := openapi.CustomSchema(kind, k.Custom.Schema(kind.Version))
	if err != nil {
		described, _ = openapi.CustomSchema(kind, nil)
	}
	return described
}
