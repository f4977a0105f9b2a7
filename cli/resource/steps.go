package resource

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
)

// RequireNamespace puts objects into a namespace, and refuses those that are in
// another one.
func RequireNamespace(namespace string) VisitorFunc {
	return func(info *Info, err error) error {
		switch {
		case err != nil:
			return err
		case !info.Namespaced() || info.Namespace == namespace:
			return nil
		case info.Namespace == "":
			info.setNamespace(namespace)
			return nil
		}
		return fmt.Errorf("the namespace from the provided object %[1]q does not match the namespace %[2]q. "+
			"You must pass '--namespace=%[1]s' to perform this operation.", info.Namespace, namespace)
	}
}

// defaultNamespace puts objects that name no namespace into one.
func defaultNamespace(namespace string) VisitorFunc {
	return func(info *Info, _ error) error {
		if info.Namespaced() && info.Namespace == "" {
			info.setNamespace(namespace)
		}
		return nil
	}
}

// dropNamespace takes objects that can't be in a namespace out of it.
func dropNamespace(info *Info, _ error) error {
	if !info.Namespaced() {
		info.setNamespace("")
	}
	return nil
}

// read reads the object from the server if it is not known yet.
func read(info *Info, _ error) error {
	if info.Object != nil {
		return nil
	}
	return info.Get()
}

// readLatest reads an object that a file names from the server.
func readLatest(info *Info, _ error) error {
	switch {
	case meta.IsListType(info.Object):
		return errors.New("watch is only supported on individual resources and resource collections, but a list of resources is found")
	case info.Name == "":
		return nil
	case info.Namespaced() && info.Namespace == "":
		return fmt.Errorf("no namespace set on resource %s %q", info.Mapping.Resource, info.Name)
	}
	return info.Get()
}
