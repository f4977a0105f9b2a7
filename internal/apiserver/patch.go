package apiserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	evanphx "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"github.com/kubejig/kubejig/internal/jsonpatch"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/scheme"
	"github.com/kubejig/kubejig/internal/store"
)

// maxPatchOperations is how many operations a JSON patch may have.
const maxPatchOperations = 10000

// patchTypes are the media types of patches, as messages list them.
func (c *call) patchTypes() []string {
	all := []string{
		string(types.JSONPatchType), string(types.MergePatchType),
		string(types.StrategicMergePatchType), string(types.ApplyYAMLPatchType),
	}
	if c.kind.Custom != nil {
		return slices.Delete(all, 2, 3)
	}
	return all
}

// patchRequest is a patch that has been read.
type patchRequest struct {
	kind    types.PatchType
	data    []byte
	force   bool
	options writeOptions
}

func (c *call) patch() error {
	p, err := c.readPatch()
	if err != nil {
		return err
	}
	f, err := c.negotiate(c.formats())
	if err != nil {
		return err
	}
	var result registry.Result
	if p.kind == types.ApplyYAMLPatchType {
		result, err = c.apply(p)
	} else {
		c.Do(func() {
			result, err = c.Registry.Update(c.writeRequest(p.options), func(current store.Object) (store.Object, error) {
				return c.patched(p, current)
			})
		})
	}
	if err != nil {
		return err
	}
	return c.answerResult(f, result)
}

func (c *call) readPatch() (p patchRequest, err error) {
	contentType, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";")
	p.kind = types.PatchType(contentType)
	switch known := slices.Contains(c.patchTypes(), contentType); {
	case !known && c.kind.Custom == nil:
		return p, apierrors.NewGenericServerResponse(http.StatusUnsupportedMediaType, "", schema.GroupResource{}, "", "415: Unsupported Media Type", 0, false)
	case !known:
		return p, errUnsupportedMediaType(c.patchTypes())
	}
	if p.data, err = c.body(); err != nil {
		return p, err
	}
	var o metav1.PatchOptions
	if err := metav1.Convert_url_Values_To_v1_PatchOptions(&c.query, &o, nil); err != nil {
		return p, apierrors.NewBadRequest(err.Error())
	}
	if errs := metavalidation.ValidatePatchOptions(&o, p.kind); len(errs) > 0 {
		return p, errInvalidOptions("PatchOptions", errs)
	}
	if p.kind != types.ApplyYAMLPatchType && !json.Valid(p.data) {
		return p, apierrors.NewBadRequest("invalid JSON patch")
	}
	p.force = o.Force != nil && *o.Force
	p.options = c.writeOptions(o.DryRun, o.FieldManager, o.FieldValidation)
	return p, nil
}

// patched is the next version of an object.
func (c *call) patched(p patchRequest, current store.Object) (store.Object, error) {
	if current == nil {
		return nil, apierrors.NewNotFound(c.groupResource(), c.name)
	}
	// Managed fields are worked out only for a patch that speaks of them, or for
	// what is wrong with one, which quotes the object.
	if !bytes.Contains(p.data, []byte("managedFields")) {
		if obj, err := c.patchedFrom(p, store.Unstored(current, nil)); err == nil {
			return obj, nil
		}
	}
	item := c.Registry.Store.Get(c.kind.GroupResource(), current.GetNamespace(), current.GetName())
	return c.patchedFrom(p, item)
}

func (c *call) patchedFrom(p patchRequest, item *store.Item) (store.Object, error) {
	external, err := c.external(c.kind, c.version, item)
	if err != nil {
		return nil, err
	}
	obj := c.version.New()
	strict, shown, err := p.patchInto(obj, external)
	if err != nil {
		return nil, err
	}
	return c.accept(p, obj, strict, shown)
}

// patchInto applies the patch to an object that says its kind, and reads the
// outcome. strict are the unknown and duplicate fields, and shown is what errors
// quote.
func (p patchRequest) patchInto(obj, before store.Object) (strict []error, shown func() string, err error) {
	if p.kind == types.StrategicMergePatchType {
		return p.mergeInto(obj, before)
	}
	document, err := json.Marshal(before)
	if err != nil {
		return nil, nil, err
	}
	document, strict, err = p.applyTo(document)
	if err != nil {
		return nil, nil, err
	}
	if err := checkSaid(document, before.GetObjectKind().GroupVersionKind()); err != nil {
		return nil, nil, errPatched(string(document), err)
	}
	more, err := kjson.UnmarshalStrict(document, obj)
	if err != nil {
		return nil, nil, errPatched(string(document), err)
	}
	return append(strict, more...), func() string { return string(document) }, nil
}

// checkSaid refuses a document that says it is of another kind and is not.
func checkSaid(document []byte, expected schema.GroupVersionKind) error {
	said, err := serializer.DefaultMetaFactory.Interpret(document)
	if err != nil {
		return err
	}
	gvk := withDefaults(*said, expected)
	if gvk == expected || !scheme.Scheme().Recognizes(gvk) {
		return nil
	}
	other, err := scheme.Scheme().New(gvk)
	if err != nil {
		return err
	}
	return kjson.UnmarshalCaseSensitivePreserveInts(document, other)
}

// applyTo applies a JSON patch or a merge patch to a document.
func (p patchRequest) applyTo(document []byte) (patched []byte, strict []error, err error) {
	if p.kind == types.JSONPatchType {
		return p.applyJSONPatch(document)
	}
	var fields map[string]any
	strict, err = kjson.UnmarshalStrict(p.data, &fields)
	if err != nil {
		return nil, nil, apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
	}
	patched, err = evanphx.MergePatch(document, p.data)
	if err != nil {
		return nil, nil, apierrors.NewBadRequest(err.Error())
	}
	return patched, strict, nil
}

// jsonPatchOp is one operation of a JSON patch.
type jsonPatchOp struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	From  string `json:"from"`
	Value any    `json:"value"`
}

// The type's name is in messages, with that of its package in Kubernetes.
const (
	ourPatchOp   = "apiserver.jsonPatchOp"
	theirPatchOp = "handlers.jsonPatchOp"
)

func (p patchRequest) applyJSONPatch(document []byte) (patched []byte, strict []error, err error) {
	var operations []jsonPatchOp
	if strict, err = kjson.UnmarshalStrict(p.data, &operations); err != nil {
		message := strings.ReplaceAll(err.Error(), ourPatchOp, theirPatchOp)
		return nil, nil, apierrors.NewBadRequest("error decoding patch: " + message)
	}
	for i := range strict {
		strict[i] = fmt.Errorf("json patch %w", strict[i])
	}
	patch, err := evanphx.DecodePatch(p.data)
	if err != nil {
		return nil, nil, apierrors.NewBadRequest(err.Error())
	}
	if len(patch) > maxPatchOperations {
		return nil, nil, apierrors.NewRequestEntityTooLargeError(fmt.Sprintf(
			"The allowed maximum operations in a JSON patch is %d, got %d", maxPatchOperations, len(patch)))
	}
	if patched, err = jsonpatch.Apply(patch, document); err != nil {
		return nil, nil, errUnprocessable(err)
	}
	return patched, strict, nil
}

// errUnprocessable answers a patch that doesn't fit the object.
func errUnprocessable(err error) error {
	return apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", schema.GroupResource{}, "", err.Error(), 0, false)
}

// errPatched answers a patch whose outcome is no object of the kind.
func errPatched(shown string, err error) error {
	return apierrors.NewInvalid(schema.GroupKind{}, "", field.ErrorList{field.Invalid(field.NewPath("patch"), shown, err.Error())})
}

// accept deals with unknown and duplicate fields and turns a patched object
// into the storage version. shown is what errors quote.
func (c *call) accept(p patchRequest, obj store.Object, strict []error, shown func() string) (store.Object, error) {
	if c.version.Prune != nil {
		unknown, err := c.version.Prune(obj)
		if err != nil {
			return nil, errPatched(shown(), err)
		}
		for _, path := range unknown {
			strict = append(strict, fmt.Errorf("unknown field %q", path))
		}
	}
	if err := c.judgeStrict(p, strict, shown); err != nil {
		return nil, err
	}
	gvk := c.gvk()
	if got := withDefaults(obj.GetObjectKind().GroupVersionKind(), gvk); got != gvk {
		return nil, errOtherKind(got, gvk, shown())
	}
	return toStorage(c.version, obj, gvk)
}

// errOtherKind answers a patch that makes another kind of an object.
func errOtherKind(got, gvk schema.GroupVersionKind, shown string) error {
	switch {
	case !scheme.Scheme().Recognizes(gvk):
		return checkKind(got, gvk)
	case !scheme.Scheme().Recognizes(got):
		return errPatched(shown, errNotRegistered(got))
	}
	return errPatched(shown, errUnknownConversion(got, gvk))
}

// judgeStrict refuses unknown and duplicate fields, or warns of them.
func (c *call) judgeStrict(p patchRequest, strict []error, shown func() string) error {
	if len(strict) == 0 {
		return nil
	}
	switch p.options.validation {
	case metav1.FieldValidationStrict:
		return errPatched(shown(), runtime.NewStrictDecodingError(strict))
	case metav1.FieldValidationWarn:
		c.warnStrict(strict)
	}
	return nil
}

// mergeInto applies a strategic merge patch, which knows the keys of the lists of
// built-in kinds.
func (p patchRequest) mergeInto(obj, before store.Object) (strict []error, shown func() string, err error) {
	patch := map[string]any{}
	strict, err = kjson.UnmarshalStrict(p.data, &patch)
	if err != nil {
		return nil, nil, apierrors.NewBadRequest(err.Error())
	}
	aside := setAside(before, patch)
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(before)
	if err != nil {
		return nil, nil, err
	}
	fields, err = strategicpatch.StrategicMergeMapPatch(fields, patch, obj)
	if err != nil {
		return nil, nil, errStrategic(err)
	}
	shown = func() string { return fmt.Sprintf("%+v", patch) }
	err = runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(fields, obj, true)
	if complaints, ok := runtime.AsStrictDecodingError(err); ok {
		strict = append(strict, complaints.Errors()...)
	} else if err != nil {
		return nil, nil, errPatched(shown(), err)
	}
	aside.putBack(obj)
	return strict, shown, nil
}

// errStrategic tells what is wrong with a strategic merge patch from what does
// not fit the object.
func errStrategic(err error) error {
	switch err {
	case mergepatch.ErrBadJSONDoc, mergepatch.ErrBadPatchFormatForPrimitiveList,
		mergepatch.ErrBadPatchFormatForRetainKeys, mergepatch.ErrBadPatchFormatForSetElementOrderList,
		mergepatch.ErrUnsupportedStrategicMergePatchFormat:
		return apierrors.NewBadRequest(err.Error())
	case mergepatch.ErrNoListOfLists, mergepatch.ErrPatchContentNotMatchRetainKeys:
		return errUnprocessable(err)
	}
	return err
}
