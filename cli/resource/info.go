package resource

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// Info is one object, or one list of a type: where it is, and what it is as far
// as that is known.
type Info struct {
	// Client and Mapping are nil where no server may be asked.
	Client  RESTClient
	Mapping *meta.RESTMapping

	Namespace, Name string

	// Source is the file, URL or stream that the object was read from.
	Source string
	// Object is the object, or that of the subresource; nil if it is not read yet.
	Object runtime.Object
	// ResourceVersion is the newest known of the object or of the list it was in.
	ResourceVersion string
	Subresource     string
}

// Visit calls visitor with the info itself.
func (i *Info) Visit(visitor VisitorFunc) error { return visitor(i, nil) }

// Get reads the object from the server. Where its namespace is missing, too,
// that is the error.
func (i *Info) Get() error {
	object, err := NewHelper(i.Client, i.Mapping).WithSubresource(i.Subresource).Get(i.Namespace, i.Name)
	if err != nil {
		return i.explain(err)
	}
	i.Object = object
	i.ResourceVersion, _ = meta.NewAccessor().ResourceVersion(object)
	return nil
}

func (i *Info) explain(err error) error {
	if !apierrors.IsNotFound(err) || i.Namespace == metav1.NamespaceAll || i.Namespace == metav1.NamespaceDefault {
		return err
	}
	missing := i.Client.Get().AbsPath("api", "v1", "namespaces", i.Namespace).Do(context.Background()).Error()
	if missing != nil && apierrors.IsNotFound(missing) {
		return missing
	}
	return err
}

// watch follows the object.
func (i *Info) watch(version string) (watch.Interface, error) {
	return NewHelper(i.Client, i.Mapping).watchOne(i.Namespace, i.Name, version)
}

// Refresh makes object the info's. Metadata that it has none of keeps the info
// as it was, which is an error unless that is to be ignored.
func (i *Info) Refresh(object runtime.Object, ignoreError bool) error {
	accessor := meta.NewAccessor()
	for _, field := range []struct {
		read func(runtime.Object) (string, error)
		into *string
	}{
		{accessor.Name, &i.Name},
		{accessor.Namespace, &i.Namespace},
		{accessor.ResourceVersion, &i.ResourceVersion},
	} {
		value, err := field.read(object)
		switch {
		case err == nil:
			*field.into = value
		case !ignoreError:
			return err
		}
	}
	i.Object = object
	return nil
}

// ObjectName is TYPE/NAME for messages. The line break after the name of an
// object of a group, where no server is asked, is kubectl's.
func (i *Info) ObjectName() string {
	if i.Mapping != nil {
		return i.Mapping.Resource.Resource + "/" + i.Name
	}
	kind := i.Object.GetObjectKind().GroupVersionKind()
	name := strings.ToLower(kind.Kind)
	if kind.Group == "" {
		return name + "/" + i.Name
	}
	return name + "." + kind.Group + "/" + i.Name + "\n"
}

// String says what the object is and where, for errors.
func (i *Info) String() string {
	text := fmt.Sprintf("Name: %q, Namespace: %q", i.Name, i.Namespace)
	if i.Mapping == nil {
		return text
	}
	return fmt.Sprintf("Resource: %q, GroupVersionKind: %q\n%s", i.Mapping.Resource.String(), i.Mapping.GroupVersionKind.String(), text)
}

// Namespaced says whether the object is in a namespace: as its type has it or,
// where that is not known, if it names one.
func (i *Info) Namespaced() bool {
	if i.Mapping != nil {
		return isNamespaced(i.Mapping)
	}
	return i.Namespace != ""
}

// setNamespace puts the object into a namespace. What has no metadata stays.
func (i *Info) setNamespace(namespace string) {
	i.Namespace = namespace
	if i.Object != nil {
		_ = meta.NewAccessor().SetNamespace(i.Object, namespace)
	}
}

func isNamespaced(mapping *meta.RESTMapping) bool {
	return mapping.Scope.Name() == meta.RESTScopeNameNamespace
}
