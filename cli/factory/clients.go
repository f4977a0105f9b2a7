package factory

import (
	"net/url"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/openapi"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // The auth-providers of kubeconfigs.
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/kustomization"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

// NewBuilder finds resources by file, by type and name, or by selector.
func (f *Factory) NewBuilder() *resource.Builder { return f.NewDecodingBuilder(nil) }

// NewTypedBuilder is NewBuilder for objects of the built-in kinds, as values of
// their Go types.
func (f *Factory) NewTypedBuilder() *resource.Builder {
	return f.NewBuilder().WithScheme(scheme.Scheme(), scheme.Scheme().PrioritizedVersionsAllGroups()...)
}

// NewDecodingBuilder is NewBuilder for what is on the server, which is decoded
// by what wrap makes of the usual serializer.
func (f *Factory) NewDecodingBuilder(wrap func(runtime.Serializer) runtime.Serializer) *resource.Builder {
	return resource.NewBuilder(resource.Needs{
		Program:    f.Program,
		In:         f.In,
		Dir:        f.Dir,
		Config:     f.ToRESTConfig,
		Mapper:     f.ToRESTMapper,
		Categories: func() (resource.CategoryExpander, error) { return f.Discovery() },
		Kustomize:  f.kustomize,
		Wrap:       wrap,
	})
}

// kustomize builds the kustomization of a folder, or of a repository by its URL.
func (f *Factory) kustomize(folder string) ([]byte, error) {
	if !strings.Contains(folder, ":") {
		folder = f.Path(folder)
	}
	return kustomization.Build(folder)
}

// Dynamic is a client for objects of any kind.
func (f *Factory) Dynamic() (dynamic.Interface, error) {
	config, err := f.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	return dynamic.NewForConfig(config)
}

// RESTClient speaks to the server's paths as they are, as --raw does.
func (f *Factory) RESTClient() (*rest.RESTClient, error) {
	config, err := f.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	return rest.RESTClientFor(config)
}

// TypedClient is a client for the built-in kinds of one group version. It
// prefers Protobuf, which like the wire leaves the kind of list items out.
func (f *Factory) TypedClient(version schema.GroupVersion) (*rest.RESTClient, error) {
	config, err := f.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	setGroupVersion(config, version)
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	config.ContentType = runtime.ContentTypeProtobuf
	config.NegotiatedSerializer = rest.CodecFactoryForGeneratedClient(scheme.Scheme(), scheme.Codecs()).WithoutConversion()
	return rest.RESTClientFor(config)
}

// ClientForMapping is a client for unstructured objects of one kind.
func (f *Factory) ClientForMapping(mapping *meta.RESTMapping) (*rest.RESTClient, error) {
	config, err := f.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	config.ContentConfig = resource.UnstructuredContent()
	setGroupVersion(config, mapping.GroupVersionKind.GroupVersion())
	return rest.RESTClientFor(config)
}

func setGroupVersion(config *rest.Config, version schema.GroupVersion) {
	config.GroupVersion = &version
	config.APIPath = "/apis"
	if version.Group == metav1.GroupName || version.Group == "" {
		config.APIPath = "/api"
	}
}

// OpenAPIV3 is the server's schema, group version by group version.
func (f *Factory) OpenAPIV3() (openapi.Client, error) {
	client, err := f.Discovery()
	if err != nil {
		return nil, err
	}
	return client.OpenAPI(), nil
}

// IsURL says whether a file name is fetched over HTTP.
func IsURL(name string) bool {
	return strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://")
}

// ValidRawPath checks the argument of --raw.
func ValidRawPath(path string) error {
	_, err := url.ParseRequestURI(path)
	return err
}

// UserFile is a path below the user's ~/.kube.
func (f *Factory) UserFile(elements ...string) string {
	return filepath.Join(append([]string{f.Home, ".kube"}, elements...)...)
}
