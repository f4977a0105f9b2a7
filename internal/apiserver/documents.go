package apiserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
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
	v3 map[schema.GroupVersion]lazyDocument
	// hashes identify the documents of version 3.
	hashes map[schema.GroupVersion]string
}

// typeConverter knows list types and defaults of the built-in types' fields.
var typeConverter = sync.OnceValue(func() managedfields.TypeConverter {
	return applyconfigurations.NewTypeConverter(scheme.Scheme())
})

func newBuilder() *openapi.Builder {
	return openapi.NewBuilder(scheme.Scheme(), typeConverter(), release.Git)
}

// builtinDocuments are those of clusters without custom resources. They are
// the same for all clusters of the process.
var builtinDocuments = sync.OnceValue(func() *documents { return newDocuments(resources.Builtin(), nil) })

// newDocuments describes kinds. Documents of versions without custom resources
// are taken from known.
func newDocuments(kinds *resources.Set, known *documents) *documents {
	described, custom := describedResources(kinds)
	d := &documents{v3: map[schema.GroupVersion]lazyDocument{}, hashes: hashesOf(kinds, described)}
	d.v2 = sync.OnceValues(func() (*document, error) {
		return newDocument(newBuilder().V2(described), hashOfAll(d.hashes), openapi.EncodeV2)
	})
	for _, r := range described {
		gv := r.Kind.GroupVersion()
		if known != nil && !custom[gv] {
			d.v3[gv] = known.v3[gv]
			continue
		}
		d.v3[gv] = sync.OnceValues(func() (*document, error) {
			return newDocument(newBuilder().V3(gv, described), d.hashes[gv], openapi.EncodeV3)
		})
	}
	return d
}

// hashesOf identifies the document of each version by what it is made of, so
// that clients can be told of documents that nobody has asked for yet.
func hashesOf(kinds *resources.Set, described []openapi.Resource) map[schema.GroupVersion]string {
	parts := map[schema.GroupVersion]string{}
	for _, r := range described {
		parts[r.Kind.GroupVersion()] += r.Name + "\n"
	}
	for _, k := range kinds.All() {
		if k.Custom == nil {
			continue
		}
		for _, v := range k.Versions {
			if definition := k.Custom.Definition; !v.Unserved {
				parts[v.GroupVersion] += fmt.Sprintf("%s %s %d\n", k.Resource, definition.UID, definition.Generation)
			}
		}
	}
	hashes := map[schema.GroupVersion]string{}
	for gv, content := range parts {
		hashes[gv] = openapi.Hash([]byte(release.Git + "\n" + gv.String() + "\n" + content))
	}
	return hashes
}

func hashOfAll(hashes map[schema.GroupVersion]string) string {
	all := strings.Join(slices.Sorted(maps.Values(hashes)), "\n")
	return openapi.Hash([]byte(all))
}

// index lists the documents of version 3 with their hashes.
func (d *documents) index() ([]byte, error) {
	hashes := map[string]string{}
	for gv, hash := range d.hashes {
		hashes[pathOf(gv)[1:]] = hash
	}
	return openapi.Index(hashes)
}

// describedResources are the resources of kinds, in all versions served, as
// documents have them, and the versions that have custom ones.
func describedResources(kinds *resources.Set) (described []openapi.Resource, custom map[schema.GroupVersion]bool) {
	custom = map[schema.GroupVersion]bool{}
	for _, k := range kinds.All() {
		for i := range k.Versions {
			v := &k.Versions[i]
			if v.Unserved {
				continue
			}
			r := openapi.Resource{
				Kind: v.WithKind(k.Name), Name: k.Resource, Namespaced: k.Namespaced, Verbs: k.Verbs,
				Subresources: describedSubresources(k, v),
			}
			if k.Custom != nil {
				custom[v.GroupVersion] = true
				r.Schema = customSchema(k, r.Kind)
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
