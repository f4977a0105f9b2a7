package apiserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"google.golang.org/protobuf/encoding/protowire"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	internalvalidation "k8s.io/apimachinery/pkg/apis/meta/internalversion/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// listOptions are the options of a list or watch, checked.
func (c *call) listOptions() (*internalversion.ListOptions, error) {
	var external metav1.ListOptions
	if err := metav1.Convert_url_Values_To_v1_ListOptions(&c.query, &external, nil); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	external.Watch = c.verb == "watch"
	options := &internalversion.ListOptions{}
	if err := internalversion.Convert_v1_ListOptions_To_internalversion_ListOptions(&external, options, nil); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	internalversion.SetListOptionsDefaults(options, true)
	if errs := internalvalidation.ValidateListOptions(options, true); len(errs) > 0 {
		return nil, errInvalidOptions("ListOptions", errs)
	}
	return options, nil
}

// predicate is what a list or watch selects.
func (c *call) predicate(options *internalversion.ListOptions) (registry.Predicate, error) {
	p := registry.Predicate{Namespace: c.namespace, Labels: options.LabelSelector, Fields: options.FieldSelector}
	if err := c.checkFields(p.Fields); err != nil {
		return p, err
	}
	if c.name == "" {
		return p, nil
	}
	if p.Fields == nil || p.Fields.Empty() {
		p.Fields = fields.OneTermEqualSelector(metav1.ObjectNameField, c.name)
	}
	if name, ok := p.Fields.RequiresExactMatch(metav1.ObjectNameField); !ok || name != c.name {
		return p, apierrors.NewBadRequest("fieldSelector metadata.name doesn't match requested name")
	}
	return p, nil
}

func (c *call) list() error {
	f, err := c.negotiate(c.formats())
	if err != nil {
		return err
	}
	options, err := c.listOptions()
	if err != nil {
		return err
	}
	p, err := c.predicate(options)
	if err != nil {
		return err
	}
	view, start, err := c.view(options)
	if err != nil {
		return err
	}
	page := c.scan(view, p, start, c.limitOf(options, p))
	body, err := c.encodeList(f, page)
	if err != nil {
		return err
	}
	c.writeBody(f.contentType(false), http.StatusOK, body...)
	return nil
}

// limitOf is the length of a page, 0 for no limit. As in Kubernetes, lists of
// any version are not cut into pages, nor are those of one object.
func (c *call) limitOf(options *internalversion.ListOptions, p registry.Predicate) int {
	single := false
	if p.Fields != nil {
		_, single = p.Fields.RequiresExactMatch(metav1.ObjectNameField)
	}
	if options.ResourceVersion == "0" || single && (c.namespace != "" || !c.kind.Namespaced) {
		return 0
	}
	return int(options.Limit)
}

// view is the state of the cluster that a list is of, and the key to start
// after.
func (c *call) view(options *internalversion.ListOptions) (view store.View, start string, err error) {
	if options.Continue != "" {
		return c.continued(options)
	}
	asked, problem := parseVersion(options.ResourceVersion)
	if problem != nil {
		return view, "", apierrors.NewBadRequest("invalid resource version: " + problem.Error())
	}
	exact := options.ResourceVersionMatch == metav1.ResourceVersionMatchExact ||
		options.ResourceVersionMatch == "" && (options.Limit > 0 || c.verb == "deletecollection") // which goes page by page
	c.Do(func() {
		s := c.Registry.Store
		switch {
		case asked > s.Revision():
			err = errTooLargeVersion(asked, s.Revision())
		case exact && asked > 0:
			view, err = s.At(c.kind.GroupResource(), asked)
		default:
			view = s.Latest(c.kind.GroupResource())
		}
	})
	if errors.Is(err, store.ErrCompacted) {
		err = apierrors.NewResourceExpired("The resourceVersion for the provided list is too old.")
	}
	return view, "", err
}

// page is one answer to a list.
type page struct {
	items []*store.Item
	meta  metav1.ListMeta
}

// scan collects what a predicate selects, at most limit objects (0 for all).
func (c *call) scan(view store.View, p registry.Predicate, start string, limit int) page {
	var got page
	got.meta.ResourceVersion = store.FormatRevision(view.Revision)
	more := int64(0) // objects after the page, whether they match or not
	view.Scan(p.Namespace, start, func(item *store.Item) bool {
		if limit > 0 && len(got.items) == limit {
			more++
			return p.Everything()
		}
		if p.Matches(c.kind, item.Object) {
			got.items = append(got.items, item)
		}
		return true
	})
	if more > 0 {
		got.meta.Continue = continueAfter(got.items[limit-1].Key(), c.namespace, view.Revision)
		if p.Everything() {
			got.meta.RemainingItemCount = &more
		}
	}
	return got
}

// encodeList writes a page as a body in parts. Nothing is copied of items that
// are encoded already: a long list would be copied for longer than it takes to
// send it.
func (c *call) encodeList(f format, p page) ([][]byte, error) {
	var body []byte
	var err error
	switch {
	case f.as == "Table":
		body, err = c.encodeTable(f, p.items, p.meta)
	case f.as == "PartialObjectMetadataList":
		body, err = c.encodePartialList(f, p.items, p.meta)
	case f.as == "PartialObjectMetadata":
		err = c.errOtherForm(true)
	case f.name == protobufType:
		body, err = c.encodeListProtobuf(p)
	default:
		return c.encodeListJSON(f, p)
	}
	return [][]byte{body}, err
}

// encodeItems encodes the items of a page, each on its own, and adds up their
// sizes.
func (c *call) encodeItems(format string, p page) (items [][]byte, size int, err error) {
	items = make([][]byte, len(p.items))
	for i, item := range p.items {
		if items[i], err = c.encoded(format, c.kind, c.version, item); err != nil {
			return nil, 0, err
		}
		size += len(items[i])
	}
	return items, size, nil
}

// encodeListJSON puts the cached JSON of the items between brackets.
func (c *call) encodeListJSON(f format, p page) ([][]byte, error) {
	head, tail, err := c.aroundItems(p.meta)
	if err != nil {
		return nil, err
	}
	items, _, err := c.encodeItems(jsonType, p)
	if err != nil {
		return nil, err
	}
	parts := append(make([][]byte, 0, len(items)*3+3), head) // of each item a comma, a bracket, its text; and what is around them
	typeMeta, comma, bracket := c.itemTypeMeta(), []byte(","), []byte("{")
	for i, item := range items {
		if i > 0 {
			parts = append(parts, comma)
		}
		if rest, ok := bytes.CutPrefix(item, typeMeta); ok {
			parts = append(parts, bracket)
			item = rest
		}
		parts = append(parts, item)
	}
	return f.finishParts(append(parts, tail))
}

// aroundItems is the JSON of a list before and after its items. That of custom
// resources is a map there, sorted by name.
func (c *call) aroundItems(meta metav1.ListMeta) (head, tail []byte, err error) {
	kind, version := c.listKind().Kind, c.version.GroupVersion.String()
	if c.kind.Custom == nil {
		encoded, err := json.Marshal(meta)
		return fmt.Appendf(nil, `{"kind":%q,"apiVersion":%q,"metadata":%s,"items":[`, kind, version, encoded), []byte("]}"), err
	}
	encoded, err := json.Marshal(struct {
		Continue           string `json:"continue"`
		RemainingItemCount *int64 `json:"remainingItemCount,omitempty"`
		ResourceVersion    string `json:"resourceVersion"`
	}{meta.Continue, meta.RemainingItemCount, meta.ResourceVersion})
	return fmt.Appendf(nil, `{"apiVersion":%q,"items":[`, version), fmt.Appendf(nil, `],"kind":%q,"metadata":%s}`, kind, encoded), err
}

// listKind is the kind of lists of the call's kind.
func (c *call) listKind() schema.GroupVersionKind {
	if kind := c.version.NewList().GetObjectKind().GroupVersionKind(); !kind.Empty() {
		return kind // which the definition of a custom resource names
	}
	return c.version.WithKind(c.kind.Name + "List")
}

// itemTypeMeta is how an item's JSON begins that does not say its kind in a
// list. Only custom resources do.
func (c *call) itemTypeMeta() []byte {
	if c.kind.Custom != nil {
		return []byte("\x00") // begins no JSON
	}
	return []byte(`{"kind":"` + c.kind.Name + `","apiVersion":"` + c.version.GroupVersion.String() + `",`)
}

// Fields of every list message.
const (
	listMetadataField = 1
	listItemsField    = 2
)

// encodeListProtobuf puts the cached messages of the items one after another.
func (c *call) encodeListProtobuf(p page) ([]byte, error) {
	meta, err := p.meta.Marshal()
	if err != nil {
		return nil, err
	}
	items, size, err := c.encodeItems(protobufType, p)
	if err != nil {
		return nil, err
	}
	const around = 8 // for each item's length
	out := appendField(make([]byte, 0, size+around*(len(items)+1)+len(meta)), listMetadataField, meta)
	for _, item := range items {
		out = appendField(out, listItemsField, item)
	}
	return envelope(c.listKind(), out), nil
}

func appendField(out []byte, field protowire.Number, data []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(out, field, protowire.BytesType), data)
}
