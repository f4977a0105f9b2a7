package apiserver

import (
	"errors"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metascheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/store"
)

// deleteOptions are the options of a delete: the body, else the query.
func (c *call) deleteOptions() (*metav1.DeleteOptions, error) {
	options := &metav1.DeleteOptions{}
	data, err := c.body()
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		if err := metav1.Convert_url_Values_To_v1_DeleteOptions(&c.query, options, nil); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
	} else if err := c.decodeDeleteOptions(data, options); err != nil {
		return nil, err
	}
	if errs := metavalidation.ValidateDeleteOptions(options); len(errs) > 0 {
		return nil, errInvalidOptions("DeleteOptions", errs)
	}
	return options, nil
}

// warnOfOrphans warns who leaves it to the kind what becomes of dependents.
func (c *call) warnOfOrphans(options *metav1.DeleteOptions) {
	if w := c.kind.OrphanWarning; w != "" && options.PropagationPolicy == nil && options.OrphanDependents == nil { //nolint:staticcheck // old clients send it
		c.warn(w)
	}
}

func (c *call) decodeDeleteOptions(data []byte, options *metav1.DeleteOptions) error {
	mediaType, err := c.bodyFormat(allFormats)
	if err != nil {
		return err
	}
	d, err := decode(mediaType, data, options, metav1.SchemeGroupVersion.WithKind("DeleteOptions"))
	var bad *badBody
	switch {
	case errors.As(err, &bad):
		return apierrors.NewBadRequest(bad.cause.Error())
	case err != nil:
		return err
	case d.gvk.Kind == "DeleteOptions":
		return nil
	case isUnversioned(d.gvk):
		return apierrors.NewBadRequest(fmt.Sprintf("converting (%s.%s) to (v1.DeleteOptions): unknown conversion", d.gvk.Version, d.gvk.Kind))
	case metascheme.Scheme.Recognizes(d.gvk):
		return apierrors.NewBadRequest("decoded object cannot be converted to DeleteOptions")
	}
	return apierrors.NewBadRequest(errNotRegistered(d.gvk).Error())
}

// isUnversioned reports whether a kind is the same in all versions, such as
// Status.
func isUnversioned(gvk schema.GroupVersionKind) bool {
	obj, err := metascheme.Scheme.New(gvk)
	if err != nil {
		return false
	}
	unversioned, known := metascheme.Scheme.IsUnversioned(obj)
	return known && unversioned
}

func (c *call) delete() error {
	f, err := c.negotiate(c.formats())
	if err != nil {
		return err
	}
	options, err := c.deleteOptions()
	if err != nil {
		return err
	}
	if ptr.Deref(options.IgnoreStoreReadErrorWithClusterBreakingPotential, false) {
		return c.deleteUnreadable()
	}
	c.warnOfOrphans(options)
	var item *store.Item
	gone := false
	c.Do(func() { item, gone, err = c.Registry.Delete(c.request(), *options) })
	if err != nil {
		return err
	}
	if gone && !c.kind.ReturnDeleted {
		c.respond(f, http.StatusOK, c.deleted(item), metav1.Unversioned.WithKind("Status"))
		return nil
	}
	code := http.StatusOK
	if orphan := options.OrphanDependents; !gone && orphan != nil && !*orphan { //nolint:staticcheck // old clients send it
		code = http.StatusAccepted
	}
	return c.answerItem(f, code, item)
}

// deleteUnreadable is the deletion of an object that can't be read from the
// store. Here all can be.
func (c *call) deleteUnreadable() error {
	a := c.attributes()
	a.Verb = "unsafe-delete-ignore-read-errors"
	if err := c.authorize(a); err != nil {
		return err
	}
	if _, err := c.item(); err != nil {
		return err
	}
	q := c.request()
	return q.Readable()
}

// deleted is the answer to a deletion that is done.
func (c *call) deleted(item *store.Item) runtime.Object {
	return &metav1.Status{
		Status: metav1.StatusSuccess,
		Details: &metav1.StatusDetails{
			Name: item.Object.GetName(), Group: c.group, Kind: c.resource, UID: item.Object.GetUID(),
		},
	}
}

// deleteCollection deletes what a list would show, and shows it.
func (c *call) deleteCollection() error {
	f, err := c.negotiate(c.formats())
	if err != nil {
		return err
	}
	listed, err := c.listOptions()
	if err != nil {
		return err
	}
	options, err := c.deleteOptions()
	if err != nil {
		return err
	}
	if ptr.Deref(options.IgnoreStoreReadErrorWithClusterBreakingPotential, false) {
		return errInvalidOptions("DeleteOptions", field.ErrorList{field.Invalid(
			field.NewPath("ignoreStoreReadErrorWithClusterBreakingPotential"), true,
			"is not allowed with DELETECOLLECTION, try again after removing the option")})
	}
	p, err := c.predicate(listed)
	if err != nil {
		return err
	}
	c.warnOfOrphans(options)
	view, start, err := c.view(listed)
	if err != nil {
		return err
	}
	page := c.scan(view, p, start, int(listed.Limit))
	c.Do(func() { err = c.deleteAll(page.items, *options) })
	if err != nil {
		return err
	}
	body, err := c.encodeList(f, page)
	if err != nil {
		return err
	}
	c.writeBody(f.contentType(false), http.StatusOK, body...)
	return nil
}

// deleteAll deletes those objects that are still there.
func (c *call) deleteAll(items []*store.Item, options metav1.DeleteOptions) error {
	for _, item := range items {
		q := c.request()
		q.Namespace, q.Name, q.Collection = item.Object.GetNamespace(), item.Object.GetName(), true
		if _, _, err := c.Registry.Delete(q, options); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}
