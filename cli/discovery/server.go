package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	jsonserializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/rest"
)

// accepted are the forms in which the server may tell its groups: with all of
// their resources, or without.
const accepted = runtime.ContentTypeJSON + ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," + runtime.ContentTypeJSON

// server asks a server, every time.
type server struct {
	client *rest.RESTClient
}

func newServer(config *rest.Config) (*server, error) {
	config = rest.CopyConfig(config)
	config.APIPath, config.GroupVersion = "", nil
	config.NegotiatedSerializer = serializer.NegotiatedSerializerWrapper(runtime.SerializerInfo{Serializer: newDecoder()})
	client, err := rest.UnversionedRESTClientFor(config)
	if err != nil {
		return nil, err
	}
	return &server{client}, nil
}

// newDecoder reads the few kinds that the REST client is to read by itself.
func newDecoder() runtime.Serializer {
	kinds := runtime.NewScheme()
	kinds.AddKnownTypes(schema.GroupVersion{Version: "v1"}, &metav1.Status{}, &metav1.APIResourceList{})
	return jsonserializer.NewSerializerWithOptions(jsonserializer.DefaultMetaFactory, kinds, kinds, jsonserializer.SerializerOptions{})
}

// answer is what a server said of one group version.
type answer struct {
	list *metav1.APIResourceList
	err  error
}

// survey is what a server says of its groups.
type survey struct {
	groups []metav1.APIGroup
	// answers are the resources of all group versions, by name; nil if each
	// version has to be asked for them.
	answers map[string]answer
}

// survey asks for the groups below both of the server's roots.
func (s *server) survey() (survey, error) {
	core, err := s.coreGroup()
	if err != nil {
		return survey{}, err
	}
	named, err := s.namedGroups()
	if err != nil {
		return survey{}, err
	}
	all := survey{groups: append(core.groups, named.groups...)}
	if core.answers != nil && named.answers != nil {
		maps.Copy(core.answers, named.answers)
		all.answers = core.answers
	}
	return all, nil
}

func (s *server) coreGroup() (survey, error) {
	body, aggregated, err := s.root("/api")
	switch {
	case apierrors.IsNotFound(err): // There are servers without one.
		return survey{answers: map[string]answer{}}, nil
	case err != nil:
		return survey{}, err
	case aggregated:
		return readAggregated(body)
	}
	var versions metav1.APIVersions
	if err := json.Unmarshal(body, &versions); err != nil {
		return survey{}, err
	}
	var group metav1.APIGroup
	for _, v := range versions.Versions {
		group.Versions = append(group.Versions, metav1.GroupVersionForDiscovery{GroupVersion: v, Version: v})
	}
	if len(group.Versions) > 0 {
		group.PreferredVersion = group.Versions[0]
	}
	return survey{groups: []metav1.APIGroup{group}}, nil
}

func (s *server) namedGroups() (survey, error) {
	body, aggregated, err := s.root("/apis")
	if err != nil {
		return survey{}, err
	}
	if aggregated {
		return readAggregated(body)
	}
	var list metav1.APIGroupList
	err = json.Unmarshal(body, &list)
	return survey{groups: list.Groups}, err
}

// root asks for what is below a root of the API; aggregated says that the
// answer has everything.
func (s *server) root(path string) (body []byte, aggregated bool, err error) {
	var contentType string
	body, err = s.client.Get().AbsPath(path).SetHeader("Accept", accepted).Do(context.Background()).ContentType(&contentType).Raw()
	if err != nil {
		return nil, false, err
	}
	form, parameters, _ := mime.ParseMediaType(contentType)
	aggregated = form == runtime.ContentTypeJSON && parameters["g"] == "apidiscovery.k8s.io" &&
		parameters["v"] == "v2" && parameters["as"] == "APIGroupDiscoveryList"
	return body, aggregated, nil
}

func (s *server) groups() (*metav1.APIGroupList, error) {
	all, err := s.survey()
	if err != nil {
		return nil, err
	}
	return &metav1.APIGroupList{Groups: all.groups}, nil
}

func (s *server) resources(groupVersion string) (*metav1.APIResourceList, error) {
	path := "/apis/" + groupVersion
	switch groupVersion {
	case "":
		return nil, errors.New("groupVersion shouldn't be empty")
	case "v1":
		path = "/api/v1"
	}
	list := &metav1.APIResourceList{GroupVersion: groupVersion}
	err := s.client.Get().AbsPath(path).Do(context.Background()).Into(list)
	if err != nil && (groupVersion != "v1" || !apierrors.IsNotFound(err)) {
		return nil, err
	}
	return list, nil
}

func (s *server) fresh() bool { return true }

func (s *server) invalidate() {}

func (s *server) version() (*version.Info, error) {
	body, err := s.client.Get().AbsPath("/version").Do(context.Background()).Raw()
	if err != nil {
		return nil, err
	}
	var info version.Info
	if err := json.Unmarshal(body, &info); err != nil {
		return nil, fmt.Errorf("unable to parse the server version: %v", err)
	}
	return &info, nil
}
