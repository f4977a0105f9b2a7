package apiserver

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/scheme"
)

// maxBody is the size in bytes of the largest body of a write.
const maxBody = 3 * 1024 * 1024

// body reads the body of a write.
func (c *call) body() ([]byte, error) {
	if c.r.Body == nil {
		return nil, nil
	}
	defer c.r.Body.Close()
	data, err := io.ReadAll(io.LimitReader(c.r.Body, maxBody+1))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if len(data) > maxBody {
		return nil, apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("limit is %d", maxBody))
	}
	return data, nil
}

// decoded is what a body said of itself and what was wrong with it.
type decoded struct {
	gvk schema.GroupVersionKind
	// strict are the unknown and duplicate fields.
	strict []error
}

// decode reads a body of a media type into an object. Its kind may be missing:
// it is then the expected one.
func decode(mediaType string, data []byte, into runtime.Object, expected schema.GroupVersionKind) (decoded, error) {
	if mediaType == protobufType {
		return decodeProtobuf(data, into, expected)
	}
	var d decoded
	document := data
	if mediaType == yamlType {
		if _, err := yaml.YAMLToJSONStrict(data); err != nil {
			d.strict = append(d.strict, errors.New(strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")))
		}
		converted, err := yaml.YAMLToJSON(data)
		if err != nil {
			return d, unrecognized(expected, err, data)
		}
		document = converted
	}
	strict, err := kjson.UnmarshalStrict(document, into)
	d.strict = append(d.strict, strict...)
	if err != nil {
		return d, undecodable(expected, err, document, data)
	}
	if _, err := schema.ParseGroupVersion(apiVersionOf(document)); err != nil {
		return d, unrecognized(expected, err, data)
	}
	d.gvk = withDefaults(into.GetObjectKind().GroupVersionKind(), expected)
	return d, nil
}

// withDefaults completes what a body says of its kind.
func withDefaults(gvk, expected schema.GroupVersionKind) schema.GroupVersionKind {
	if gvk.Kind == "" {
		gvk.Kind = expected.Kind
	}
	if gvk.Version == "" && gvk.Group == "" {
		gvk.Group, gvk.Version = expected.Group, expected.Version
	}
	return gvk
}

func decodeProtobuf(data []byte, into runtime.Object, expected schema.GroupVersionKind) (decoded, error) {
	s := protobuf.NewSerializer(scheme.Scheme(), scheme.Scheme())
	obj, gvk, err := s.Decode(data, &expected, into)
	if err != nil {
		if gvk != nil && gvk.Kind != "" {
			return decoded{}, unfit(*gvk, expected, err)
		}
		return decoded{}, unrecognized(expected, err, data)
	}
	if obj != into {
		return decoded{gvk: *gvk}, nil
	}
	return decoded{gvk: *gvk}, nil
}

// undecodable tells a body that is no JSON object from one whose fields have
// the wrong types. document is the body's data as JSON.
func undecodable(expected schema.GroupVersionKind, err error, document, data []byte) error {
	// The type is in messages.
	var meta struct {
		APIVersion string `json:"apiVersion,omitempty"`
		Kind       string `json:"kind,omitempty"`
	}
	if metaErr := kjson.UnmarshalCaseSensitivePreserveInts(document, &meta); metaErr != nil {
		return unrecognized(expected, fmt.Errorf("couldn't get version/kind; json parse error: %w", metaErr), data)
	}
	return unfit(withDefaults(schema.FromAPIVersionAndKind(meta.APIVersion, meta.Kind), expected), expected, err)
}

// badBody answers a body that can't be read. Its cause is what was wrong,
// without a word about what was expected.
type badBody struct {
	*apierrors.StatusError
	cause error
}

func unrecognized(expected schema.GroupVersionKind, err error, data []byte) error {
	message := fmt.Sprintf("the object provided is unrecognized (must be of type %s): %v (%s)", expected.Kind, err, summary(data))
	return &badBody{apierrors.NewBadRequest(message), err}
}

func unfit(gvk, expected schema.GroupVersionKind, err error) error {
	message := fmt.Sprintf("%s in version %q cannot be handled as a %s: %v", gvk.Kind, gvk.Version, expected.Kind, err)
	return &badBody{apierrors.NewBadRequest(message), err}
}

// summary is the beginning of a body, as messages show it.
func summary(data []byte) string {
	const show = 30
	if len(data) == 0 {
		return "<empty>"
	}
	text := func(b []byte) string { return string(b) }
	if data[0] != '{' {
		text = hex.EncodeToString
	}
	if len(data) > show {
		return text(data[:show]) + " ..."
	}
	return text(data)
}

// apiVersionOf is the version that a JSON document says it has.
func apiVersionOf(document []byte) string {
	var meta struct {
		APIVersion string `json:"apiVersion"`
	}
	_ = kjson.UnmarshalCaseSensitivePreserveInts(document, &meta)
	return meta.APIVersion
}

// yamlErrors takes the single complaints out of a YAML error.
func yamlErrors(err error) []error {
	message := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	message = strings.TrimPrefix(message, "yaml: unmarshal errors:\n")
	var errs []error
	for line := range strings.SplitSeq(message, "\n") {
		errs = append(errs, fmt.Errorf("%s", strings.TrimSpace(line)))
	}
	return errs
}
