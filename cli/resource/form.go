package resource

import (
	stdjson "encoding/json"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured/unstructuredscheme"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/rest"
)

// form is how objects are held: as they are written, or as values of the Go
// types of a scheme.
type form struct {
	decoder runtime.Decoder
	typer   runtime.ObjectTyper
	// configure has clients use the form.
	configure func(*rest.Config)
}

// unstructuredForm reads from the server with what wrap, if set, makes of the
// usual serializer.
func unstructuredForm(wrap func(runtime.Serializer) runtime.Serializer) *form {
	return &form{
		decoder: metadataChecker{unstructured.UnstructuredJSONScheme},
		typer:   unstructuredscheme.NewUnstructuredObjectTyper(),
		configure: func(config *rest.Config) {
			config.ContentConfig = unstructuredContent(wrap)
		},
	}
}

// typedForm converts to one of the versions; without any, to internal types.
func typedForm(scheme *runtime.Scheme, versions []schema.GroupVersion) *form {
	codecs := serializer.NewCodecFactory(scheme)
	negotiated := runtime.NegotiatedSerializer(codecs)
	if len(versions) > 0 {
		negotiated = codecs.WithoutConversion()
	}
	return &form{
		decoder:   codecs.UniversalDecoder(versions...),
		typer:     scheme,
		configure: func(config *rest.Config) { config.NegotiatedSerializer = negotiated },
	}
}

// UnstructuredContent is how clients speak of objects of any type: in JSON, as
// they are.
func UnstructuredContent() rest.ContentConfig { return unstructuredContent(nil) }

func unstructuredContent(wrap func(runtime.Serializer) runtime.Serializer) rest.ContentConfig {
	info := runtime.SerializerInfo{
		MediaType:        runtime.ContentTypeJSON,
		MediaTypeType:    "application",
		MediaTypeSubType: "json",
		EncodesAsText:    true,
		Serializer:       statusCodec{unstructured.UnstructuredJSONScheme},
		StreamSerializer: &runtime.StreamSerializerInfo{ // Of the events of a watch; their objects are decoded by Serializer.
			EncodesAsText: true,
			Serializer:    json.NewSerializerWithOptions(json.DefaultMetaFactory, runtime.NewScheme(), runtime.NewScheme(), json.SerializerOptions{}),
			Framer:        json.Framer,
		},
	}
	if wrap != nil {
		info.Serializer = wrap(info.Serializer)
	}
	return rest.ContentConfig{
		AcceptContentTypes:   runtime.ContentTypeJSON,
		ContentType:          runtime.ContentTypeJSON,
		NegotiatedSerializer: serializer.NegotiatedSerializerWrapper(info),
	}
}

// statusCodec decodes a server's statuses as what they are: clients make errors
// of them.
type statusCodec struct {
	runtime.Codec
}

// Decode decodes an object of any type.
func (c statusCodec) Decode(data []byte, defaults *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	object, kind, err := c.Codec.Decode(data, defaults, into)
	if err != nil {
		return nil, nil, err
	}
	ours := kind.Version == "v1" && (kind.Group == "" || kind.Group == metav1.GroupName)
	if _, ok := object.(*metav1.Status); ok || !ours || !strings.EqualFold(kind.Kind, "Status") {
		return object, kind, nil
	}
	status := &metav1.Status{}
	if err := stdjson.Unmarshal(data, status); err != nil {
		return nil, nil, err
	}
	return status, kind, nil
}

// metadataChecker decodes objects of any type, but none whose metadata is not
// that of an object: it would be lost later, without a word.
type metadataChecker struct {
	runtime.Decoder
}

// Decode decodes an object.
func (c metadataChecker) Decode(data []byte, defaults *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	object, kind, err := c.Decoder.Decode(data, defaults, into)
	if err != nil {
		return object, kind, err
	}
	return object, kind, utiljson.Unmarshal(data, &metadataOnlyObject{})
}

// metadataOnlyObject is what every object has. Users see this name in errors.
type metadataOnlyObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
}
