package registry

import (
	"cmp"
	"fmt"
	"path"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/storageform"
	"github.com/kubejig/kubejig/internal/store"
)

// etcdPrefixes are where Kubernetes keeps those of its resources that are not
// kept under their own name.
var etcdPrefixes = map[schema.GroupResource]string{
	{Resource: "endpoints"}:                             "services/endpoints",
	{Resource: "nodes"}:                                 "minions",
	{Resource: "replicationcontrollers"}:                "controllers",
	{Resource: "services"}:                              "services/specs",
	{Group: "networking.k8s.io", Resource: "ingresses"}: "ingress",
}

// setDefaults fills in the defaults of an object that is to be stored in the
// version it was written in. One of another version has that one's, which count
// as written; the stored one's come when it is stored, and nobody owns them.
func (q *Request) setDefaults(obj store.Object) {
	if stored := q.Kind.Storage(); stored.Default != nil && q.inStorageVersion() {
		stored.Default(obj)
	}
}

func (q *Request) inStorageVersion() bool {
	return q.APIVersion == "" || q.APIVersion == q.Kind.Storage().String()
}

// storedAs is an object as it is once it has been stored.
func (q *Request) storedAs(obj store.Object) store.Object {
	if stored := q.Kind.Storage(); stored.Default != nil && !q.inStorageVersion() {
		obj = obj.DeepCopyObject().(store.Object)
		stored.Default(obj)
	}
	return q.form().Of(obj).(store.Object)
}

// form is how objects of the request's kind are stored. Extensions are stored as
// JSON, which loses nothing.
func (q *Request) form() storageform.Form {
	return q.Kind.Memo(formKey{}, func() any {
		if isExtension(*q) {
			return storageform.Form{}
		}
		return storageform.For(q.Kind.Storage().New())
	}).(storageform.Form)
}

// formKey is where a kind keeps its form.
type formKey struct{}

// etcdKey is the key of the request's object in the etcd of a Kubernetes, which
// messages show; those of dry runs without the prefix that all keys have.
func (q *Request) etcdKey() string {
	gr := q.resource()
	prefix := cmp.Or(etcdPrefixes[gr], gr.Resource)
	if q.Kind.Custom != nil || gr.Group == apiextensionsv1.GroupName || gr.Group == "apiregistration.k8s.io" {
		prefix = path.Join(gr.Group, gr.Resource)
	}
	root := "/registry"
	if q.DryRun {
		root = "/"
	}
	return path.Join(root, prefix, q.Namespace, q.Name)
}

// otherUID answers an update that was meant for another object than the one of
// its name, whose UID is "" if there is none.
func (q *Request) otherUID(uid types.UID) error {
	return apierrors.NewConflict(q.asked(), q.Name, fmt.Errorf(
		"StorageError: invalid object, Code: 4, Key: %s, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: %v, UID in object meta: %v",
		q.etcdKey(), q.UID, uid))
}

// Readable refuses an unsafe deletion, which is for objects that can't be read
// from the store. Here all can be.
func (q *Request) Readable() error {
	return apierrors.NewConflict(q.asked(), q.Name, fmt.Errorf(
		"StorageError: invalid object, Code: 4, Key: %s, ResourceVersion: 0, AdditionalErrorMsg: unsafe deletion is not allowed because the object is decodable from storage",
		q.etcdKey()))
}
