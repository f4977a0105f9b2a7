package apiserver

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/scheme"
	"github.com/kubejig/kubejig/internal/store"
)

// writeOptions are what all writes can be asked for.
type writeOptions struct {
	dryRun     bool
	manager    string
	validation string
	// asked is what the client has said.
	asked metav1.CreateOptions
}

// createOptions are the options of a create, and updateOptions those of an
// update; they have the same fields.
func (c *call) createOptions() (writeOptions, error) {
	var o metav1.CreateOptions
	if err := metav1.Convert_url_Values_To_v1_CreateOptions(&c.query, &o, nil); err != nil {
		return writeOptions{}, apierrors.NewBadRequest(err.Error())
	}
	if errs := metavalidation.ValidateCreateOptions(&o); len(errs) > 0 {
		return writeOptions{}, errInvalidOptions("CreateOptions", errs)
	}
	return c.writeOptions(o.DryRun, o.FieldManager, o.FieldValidation), nil
}

func (c *call) updateOptions() (writeOptions, error) {
	var o metav1.UpdateOptions
	if err := metav1.Convert_url_Values_To_v1_UpdateOptions(&c.query, &o, nil); err != nil {
		return writeOptions{}, apierrors.NewBadRequest(err.Error())
	}
	if errs := metavalidation.ValidateUpdateOptions(&o); len(errs) > 0 {
		return writeOptions{}, errInvalidOptions("UpdateOptions", errs)
	}
	return c.writeOptions(o.DryRun, o.FieldManager, o.FieldValidation), nil
}

func (c *call) writeOptions(dryRun []string, manager, validation string) writeOptions {
	asked := metav1.CreateOptions{DryRun: dryRun, FieldManager: manager, FieldValidation: validation}
	if manager == "" {
		manager = managerOf(c.r.UserAgent())
	}
	if validation == "" {
		validation = metav1.FieldValidationWarn
	}
	return writeOptions{dryRun: len(dryRun) > 0, manager: manager, validation: validation, asked: asked}
}

// managerOf is the field manager of a client that names none: the printable
// beginning of its user agent, up to a slash.
func managerOf(userAgent string) string {
	const longest = 128
	name, _, _ := strings.Cut(userAgent, "/")
	var b strings.Builder
	for _, r := range name {
		if !unicode.IsPrint(r) {
			continue
		}
		if b.Len()+len(string(r)) > longest {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// writeRequest is the call as the registry takes it, for a write.
func (c *call) writeRequest(o writeOptions) registry.Request {
	q := c.request()
	q.DryRun, q.Manager, q.Options = o.dryRun, o.manager, o.asked
	return q
}

// input reads the object in the request's body, and turns it into the storage
// version.
func (c *call) input(o writeOptions) (store.Object, error) {
	mediaType, err := c.bodyFormat(c.formats())
	if err != nil {
		return nil, err
	}
	data, err := c.body()
	if err != nil {
		return nil, err
	}
	return c.decodeObject(mediaType, data, o)
}

func (c *call) decodeObject(mediaType string, data []byte, o writeOptions) (store.Object, error) {
	obj := c.version.New()
	expected := c.gvk()
	d, err := decode(mediaType, data, obj, expected)
	if err != nil {
		return nil, err
	}
	if err := checkKind(d.gvk, expected); err != nil {
		return nil, err
	}
	if err := c.judge(o, d, expected, obj); err != nil {
		return nil, err
	}
	return toStorage(c.version, obj, expected)
}

// read reads the body into an object that is no item of the store, such as the
// Scale of one. It may be of other kinds, too, that have the same form.
func (c *call) read(into runtime.Object, expected schema.GroupVersionKind, o writeOptions, others ...schema.GroupVersionKind) error {
	mediaType, err := c.bodyFormat(allFormats)
	if err != nil {
		return err
	}
	data, err := c.body()
	if err != nil {
		return err
	}
	d, err := decode(mediaType, data, into, expected)
	if err != nil {
		return err
	}
	if !slices.Contains(others, d.gvk) {
		if err := checkKind(d.gvk, expected); err != nil {
			return err
		}
	}
	into.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	if len(d.strict) > 0 && o.validation == metav1.FieldValidationStrict {
		return unfit(d.gvk, expected, runtime.NewStrictDecodingError(d.strict))
	}
	if o.validation != metav1.FieldValidationIgnore {
		c.warnStrict(d.strict)
	}
	return nil
}

// checkKind refuses a body that says it is something else.
func checkKind(gvk, expected schema.GroupVersionKind) error {
	if gvk != expected && scheme.Scheme().Recognizes(expected) && !scheme.Scheme().Recognizes(gvk) {
		return unfit(gvk, expected, errNotRegistered(gvk))
	}
	if gvk.Kind != expected.Kind {
		return unfit(gvk, expected, errUnknownConversion(gvk, expected))
	}
	if gvk.GroupVersion() != expected.GroupVersion() {
		return apierrors.NewBadRequest(fmt.Sprintf("the API version in the data (%s) does not match the expected API version (%s)", gvk.GroupVersion(), expected.GroupVersion()))
	}
	return nil
}

func errUnknownConversion(gvk, expected schema.GroupVersionKind) error {
	return fmt.Errorf("converting (%s.%s) to (%s.%s): unknown conversion", gvk.Version, gvk.Kind, groupWord(expected.Group), expected.Kind)
}

// errNotRegistered is about a kind that no version has.
func errNotRegistered(gvk schema.GroupVersionKind) error {
	return fmt.Errorf("no kind %q is registered for version %q in scheme \"pkg/runtime/scheme.go:111\"", gvk.Kind, gvk.GroupVersion())
}

// groupWord is the name of a group's Go package.
func groupWord(group string) string {
	if group == "" {
		return "core"
	}
	word, _, _ := strings.Cut(group, ".")
	return word
}

// judge deals with fields that are unknown or given twice, as the request's
// fieldValidation says.
func (c *call) judge(o writeOptions, d decoded, expected schema.GroupVersionKind, obj store.Object) error {
	strict := d.strict
	if c.version.Prune != nil {
		unknown, err := c.version.Prune(obj)
		if err != nil {
			return unfit(d.gvk, expected, err)
		}
		for _, path := range unknown {
			strict = append(strict, fmt.Errorf("unknown field %q", path))
		}
	}
	if len(strict) == 0 {
		return nil
	}
	switch o.validation {
	case metav1.FieldValidationStrict:
		return unfit(d.gvk, expected, runtime.NewStrictDecodingError(strict))
	case metav1.FieldValidationWarn:
		c.warnStrict(strict)
	}
	return nil
}

func (c *call) warnStrict(strict []error) {
	for _, err := range strict {
		for _, complaint := range yamlErrors(err) {
			c.warn(complaint.Error())
		}
	}
}

// toStorage completes an object of a version and turns it into the storage
// version. Stored typed objects don't say their kind.
func toStorage(v *resources.Version, obj store.Object, gvk schema.GroupVersionKind) (store.Object, error) {
	if v.Default != nil {
		v.Default(obj)
	}
	if v.ToStorage != nil {
		converted, err := v.ToStorage(obj)
		if err != nil {
			return nil, err // a webhook failed: that is the server's fault
		}
		obj = converted
	}
	if _, ok := obj.(*unstructured.Unstructured); ok {
		if v.ToStorage == nil {
			obj.GetObjectKind().SetGroupVersionKind(gvk)
		}
		return obj, nil
	}
	obj.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	return obj, nil
}
