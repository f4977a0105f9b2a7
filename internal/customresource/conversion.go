package customresource

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/store"
)

// Ask asks a conversion webhook, in a version of reviews ("v1" or "v1beta1"), and
// returns its answer; it gives the request its UID. It may be asked while the engine is held: a conversion must
// not use the cluster.
type Ask func(config apiextensionsv1.WebhookClientConfig, version string, review *apiextensionsv1.ConversionReview) (*apiextensionsv1.ConversionReview, error)

// conversion turns objects of one version into ones of another, without the
// defaults of that.
type conversion func(store.Object, *customVersion) (store.Object, error)

func (convert conversion) withDefaults(obj store.Object, to *customVersion) (store.Object, error) {
	converted, err := convert(obj, to)
	if err == nil {
		to.setDefaults(converted.(*unstructured.Unstructured))
	}
	return converted, err
}

// converter is how a definition wants its objects converted.
func converter(crd *apiextensionsv1.CustomResourceDefinition, ask Ask) conversion {
	if c := crd.Spec.Conversion; c != nil && c.Strategy == apiextensionsv1.WebhookConverter {
		return webhookConverter{c.Webhook, ask}.convert
	}
	return rename
}

// rename makes an object one of another version with the same fields.
func rename(obj store.Object, to *customVersion) (store.Object, error) {
	converted := obj.DeepCopyObject().(*unstructured.Unstructured)
	converted.SetGroupVersionKind(to.gvk)
	if _, err := to.prune(converted); err != nil {
		return nil, err
	}
	return converted, nil
}

// webhookConverter asks a webhook, as
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion
// describes.
type webhookConverter struct {
	webhook *apiextensionsv1.WebhookConversion
	ask     Ask
}

func (w webhookConverter) convert(obj store.Object, to *customVersion) (store.Object, error) {
	in := obj.(*unstructured.Unstructured)
	if len(in.Object) <= 2 { // an empty object, which says its kind at most
		return rename(obj, to)
	}
	if in.GroupVersionKind() == to.gvk {
		return obj, nil
	}
	from := in.GroupVersionKind()
	answer, err := w.review(in, to.gvk.GroupVersion().String())
	if err != nil {
		return nil, fmt.Errorf("conversion webhook for %v failed: %w", from, err)
	}
	if n := len(answer); n != 1 {
		return nil, fmt.Errorf("conversion webhook for %v returned %d objects, expected 1", from, n)
	}
	out := &unstructured.Unstructured{}
	if err := out.UnmarshalJSON(answer[0].Raw); err != nil {
		return nil, err
	}
	switch got := out.GroupVersionKind(); {
	case got.GroupVersion() != to.gvk.GroupVersion():
		return nil, fmt.Errorf("conversion webhook for %v returned invalid object at index 0: invalid groupVersion (expected %v, received %v)", from, to.gvk.GroupVersion(), got.GroupVersion())
	case got.Kind != from.Kind:
		return nil, fmt.Errorf("conversion webhook for %v returned invalid object at index 0: invalid kind (expected %v, received %v)", from, from.Kind, got.Kind)
	}
	if err := checkConverted(in, out); err != nil {
		return nil, fmt.Errorf("conversion webhook for %v returned invalid object: %w", from, err)
	}
	if err := restoreMetadata(in, out); err != nil {
		return nil, fmt.Errorf("conversion webhook for %v returned invalid metadata: %w", from, err)
	}
	if _, err := to.prune(out); err != nil {
		return nil, err
	}
	return out, nil
}

// review asks for an object in a version.
func (w webhookConverter) review(obj *unstructured.Unstructured, desired string) ([]runtime.RawExtension, error) {
	request := &apiextensionsv1.ConversionRequest{
		DesiredAPIVersion: desired, Objects: []runtime.RawExtension{{Object: obj}},
	}
	version := ""
	for _, v := range w.webhook.ConversionReviewVersions {
		if version == "" && (v == "v1" || v == "v1beta1") {
			version = v
		}
	}
	switch {
	case version == "":
		return nil, errors.New("no supported conversion review versions")
	case w.ask == nil:
		return nil, errors.New("nobody is there to ask it")
	}
	review, err := w.ask(*w.webhook.ClientConfig, version, &apiextensionsv1.ConversionReview{
		Request: request, Response: &apiextensionsv1.ConversionResponse{},
	})
	if err != nil {
		return nil, err
	}
	return converted(review, version, request.UID)
}

// converted are the objects of an answer.
func converted(review *apiextensionsv1.ConversionReview, version string, uid types.UID) ([]runtime.RawExtension, error) {
	want := apiextensionsv1.SchemeGroupVersion.WithKind("ConversionReview")
	r := review.Response
	switch got := review.GroupVersionKind(); {
	case version == "v1" && got != want:
		return nil, fmt.Errorf("expected webhook response of %v, got %v", want, got)
	case r == nil:
		return nil, errors.New("no response provided")
	case version == "v1" && r.UID != uid:
		return nil, fmt.Errorf("expected response.uid=%q, got %q", uid, r.UID)
	case r.Result.Status != metav1.StatusSuccess && r.Result.Message != "":
		return nil, errors.New(r.Result.Message)
	case r.Result.Status != metav1.StatusSuccess:
		return nil, fmt.Errorf("response.result.status was '%s', not 'Success'", r.Result.Status)
	}
	return r.ConvertedObjects, nil
}

// checkConverted refuses another object.
func checkConverted(in, out *unstructured.Unstructured) error {
	for _, identity := range []struct{ what, before, after string }{
		{"kind", in.GetKind(), out.GetKind()},
		{"name", in.GetName(), out.GetName()},
		{"namespace", in.GetNamespace(), out.GetNamespace()},
		{"UID", string(in.GetUID()), string(out.GetUID())},
	} {
		if identity.before != identity.after {
			return fmt.Errorf("must have the same %s: %v != %v", identity.what, identity.before, identity.after)
		}
	}
	return nil
}

// restoreMetadata takes of what a webhook made of the metadata only labels and
// annotations.
func restoreMetadata(in, out *unstructured.Unstructured) error {
	given, found := out.Object["metadata"]
	if !found {
		return errors.New("missing metadata in converted object")
	}
	made, ok := given.(map[string]any)
	if !ok {
		return fmt.Errorf("invalid metadata of type %T in converted object", given)
	}
	metadata, _ := runtime.DeepCopyJSONValue(in.Object["metadata"]).(map[string]any)
	out.Object["metadata"] = metadata
	path := field.NewPath("metadata")
	if err := restoreStrings(metadata, made, "labels", func(m map[string]string) field.ErrorList {
		return metav1validation.ValidateLabels(m, path.Child("labels"))
	}); err != nil {
		return err
	}
	return restoreStrings(metadata, made, "annotations", func(m map[string]string) field.ErrorList {
		return apivalidation.ValidateAnnotations(m, path.Child("annotation"))
	})
}

// restoreStrings puts a field of strings in the place of what there was.
func restoreStrings(metadata, made map[string]any, name string, check func(map[string]string) field.ErrorList) error {
	value, found := made[name]
	if !found || value == nil {
		delete(metadata, name)
		return nil
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("invalid metadata.%s of type %T in converted object", name, value)
	}
	texts := make(map[string]string, len(fields))
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		v := fields[k]
		text, ok := v.(string)
		if !ok {
			return fmt.Errorf("metadata.%s[%s] must be a string, but is %T in converted object", name, k, v)
		}
		texts[k] = text
	}
	if errs := check(texts); len(errs) > 0 {
		return errs.ToAggregate()
	}
	metadata[name] = fields
	return nil
}
