// Package resource finds the objects that a command line is about: those named
// by type and name, chosen by a selector, or written in files. A Builder
// gathers what the user said, Do turns that into a Result, and a Helper reads
// and writes single objects.
//
// It speaks to servers through client-go's REST client and knows kinds from
// the mapper it is given. As every command links it, it must not import
// commands, cli/factory, kustomize, anything of cli-runtime, or what of
// client-go is about built-in kinds and discovery (discovery, restmapper,
// kubernetes/scheme).
package resource

import (
	"io"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
)

// Needs is what a Builder needs of the run that it works for. Functions are
// called when there is use for what they give, and each time there is.
type Needs struct {
	// Program is the name by which the user called us.
	Program string
	// In is standard input, for "-" among the files.
	In io.Reader
	// Dir is the folder in which relative paths start; "" is the process's.
	Dir string

	// Config is a fresh configuration of a client.
	Config func() (*rest.Config, error)
	// Mapper knows the server's types.
	Mapper func() (meta.RESTMapper, error)
	// Categories knows names that stand for several types.
	Categories func() (CategoryExpander, error)
	// Kustomize builds the kustomization of a folder.
	Kustomize func(dir string) ([]byte, error)
	// Wrap, if set, changes how unstructured objects are read from the server.
	Wrap func(runtime.Serializer) runtime.Serializer
}

// CategoryExpander knows the types that a name such as "all" stands for.
type CategoryExpander interface {
	Expand(category string) ([]schema.GroupResource, bool)
}

// RESTClient sends requests about the resources of one group version.
type RESTClient interface {
	Get() *rest.Request
	Post() *rest.Request
	Put() *rest.Request
	Patch(types.PatchType) *rest.Request
	Delete() *rest.Request
}

// ContentValidator checks a manifest before it is used.
type ContentValidator interface {
	ValidateBytes(data []byte) error
}
