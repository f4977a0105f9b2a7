package resource

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// Builder gathers what a user said about the objects to find. Mistakes are
// gathered, too, and come with the result.
type Builder struct {
	needs Needs
	dir   folder
	form  *form
	errs  []error

	files      []source
	several    bool // Files may hold more than one object.
	stdinInUse bool
	validator  ContentValidator
	concurrent int

	types   []string
	names   []string
	objects []named

	selecting bool // The selectors choose; empty ones, everything.
	all       bool
	labels    string
	fields    string
	pageSize  int64

	namespace        string
	allNamespaces    bool
	defaultNamespace bool
	requireNamespace bool

	subresource     string
	transforms      []func(*rest.Request)
	local           bool
	flatten         bool
	latest          bool
	unread          bool // Objects need not be read.
	singleType      bool
	continueOnError bool
}

// LocalResourceError is that of types and names where no server is asked.
var LocalResourceError = errors.New(`error: you must specify resources by --filename when --local is set.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'`)

// NewBuilder starts a Builder. Unstructured or WithScheme has to follow.
func NewBuilder(needs Needs) *Builder {
	return &Builder{needs: needs, dir: folder(needs.Dir)}
}

// Unstructured holds objects as they are written.
func (b *Builder) Unstructured() *Builder {
	b.form = unstructuredForm(b.needs.Wrap)
	return b
}

// WithScheme holds objects as values of the scheme's Go types, of the first of
// the versions that has theirs.
func (b *Builder) WithScheme(scheme *runtime.Scheme, versions ...schema.GroupVersion) *Builder {
	b.form = typedForm(scheme, versions)
	return b
}

// AddError notes a mistake; nil is none.
func (b *Builder) AddError(err error) *Builder {
	if err != nil {
		b.errs = append(b.errs, err)
	}
	return b
}

// Schema checks manifests before they are used.
func (b *Builder) Schema(validator ContentValidator) *Builder {
	b.validator = validator
	return b
}

// VisitorConcurrency reads as many files at a time.
func (b *Builder) VisitorConcurrency(files int) *Builder {
	b.concurrent = files
	return b
}

// Stream reads manifests from in; errors call it name.
func (b *Builder) Stream(in io.Reader, name string) *Builder {
	b.several = true
	b.files = append(b.files, &stream{b, name, func() (io.ReadCloser, error) { return io.NopCloser(in), nil }})
	return b
}

// StdinInUse says that somebody reads standard input. Another one can't.
func (b *Builder) StdinInUse() *Builder {
	if b.stdinInUse {
		b.AddError(errors.New("standard input cannot be used for multiple arguments"))
	}
	b.stdinInUse = true
	return b
}

// LocalParam asks no server, if local: all that is known is in files.
func (b *Builder) LocalParam(local bool) *Builder {
	b.local = b.local || local
	return b
}

// ResourceTypes finds objects of these types.
func (b *Builder) ResourceTypes(types ...string) *Builder {
	b.types = append(b.types, types...)
	return b
}

// ResourceNames finds objects by their names, of a type unless they say
// TYPE/NAME.
func (b *Builder) ResourceNames(kind string, names ...string) *Builder {
	for _, name := range names {
		object := named{kind, name}
		if strings.Contains(name, "/") {
			var err error
			if object, err = parseObject(name); err != nil {
				return b.AddError(err)
			}
		}
		if object.kind == "" {
			b.AddError(fmt.Errorf("the argument %q must be RESOURCE/NAME", name))
			continue
		}
		b.objects = append(b.objects, object)
	}
	return b
}

// ResourceTypeOrNameArgs finds what the words mean: TYPE[,TYPE...], TYPE
// NAME..., TYPE,TYPE... NAME... or TYPE/NAME.... With allowEmptySelector, types
// alone mean all of their objects.
func (b *Builder) ResourceTypeOrNameArgs(allowEmptySelector bool, words ...string) *Builder {
	parsed, err := parseArguments(words, b.needs.Program)
	if err != nil {
		return b.AddError(err)
	}
	b.objects = append(b.objects, parsed.objects...)
	if len(parsed.objects) > 0 || len(words) == 0 {
		return b
	}
	b.types = append(b.types, b.expand(parsed.types)...)
	b.names = append(b.names, parsed.names...)
	if len(parsed.names) == 0 && allowEmptySelector {
		b.selecting = true
	}
	return b
}

// Subresource reads a subresource of each object.
func (b *Builder) Subresource(subresource string) *Builder {
	b.subresource = subresource
	return b
}

// SingleResourceType refuses objects of different types.
func (b *Builder) SingleResourceType() *Builder {
	b.singleType = true
	return b
}
