// Package admission decides whether a write may happen, and completes it:
// Kubernetes' built-in admission plugins, one per subpackage.
//
// A plugin sees one request and reads the cluster through what it was made
// with. It runs within the request, so it must not block; a mutating plugin
// changes only the object of its request.
package admission

import (
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// Operation is what a request does.
type Operation string

// The operations that are admitted.
const (
	Create  Operation = "CREATE"
	Update  Operation = "UPDATE"
	Delete  Operation = "DELETE"
	Connect Operation = "CONNECT"
)

// Attributes is a request that asks for admission.
type Attributes struct {
	Operation   Operation
	Kind        *resources.Kind
	Subresource string
	// APIVersion in which the request speaks; "" for the storage version.
	APIVersion string
	Namespace  string
	// Name of the object. For mutators it is the generateName of an object that
	// has no name yet. It is empty where a collection is deleted.
	Name string
	// Object is what is written (nil for a deletion), of the storage version;
	// Old is what is there (nil for a creation).
	Object store.Object
	Old    store.Object
	// Options of the request: *metav1.CreateOptions and the like, or what a
	// connect was asked with.
	Options runtime.Object
	User    authenticationv1.UserInfo
	DryRun  bool
	// Warnings are added by plugins and sent with the answer.
	Warnings []string
	// Reinvoke is set by a mutator that has changed the object as the cluster's
	// users configured it to: all mutators are then asked a second time, which they
	// know by Reinvoked. Notes are what they want to know then of the first time, by
	// their names.
	Reinvoke, Reinvoked bool
	Notes               map[string]any
}

// Note keeps what a mutator wants to know when it is asked again.
func (a *Attributes) Note(plugin string, what any) {
	if a.Notes == nil {
		a.Notes = map[string]any{}
	}
	a.Notes[plugin] = what
}

// Is reports whether the request is for a resource of a group itself, not for
// a subresource.
func (a *Attributes) Is(group, resource string) bool {
	return a.Subresource == "" && a.Kind.Resource == resource && a.Kind.Versions[0].Group == group
}

// Plugin is an admission plugin. It is a Mutator, a Validator, or both.
type Plugin interface {
	// Name as Kubernetes' --enable-admission-plugins has it.
	Name() string
}

// Mutator may change the object before it is validated.
type Mutator interface {
	Plugin
	Admit(*Attributes) error
}

// Validator may refuse the request, after it has been validated.
type Validator interface {
	Plugin
	Validate(*Attributes) error
}

// Committer is told of a request that it let pass and that has been carried
// out, which a request that all plugins let pass need not be.
type Committer interface {
	Plugin
	Commit(*Attributes)
}

// Chain is the plugins of a cluster, in order.
type Chain []Plugin

// Admit lets each mutator change the object, and once more if one wants that.
func (c Chain) Admit(a *Attributes) error {
	err := c.admit(a)
	if err != nil || !a.Reinvoke {
		return err
	}
	a.Reinvoked = true
	return c.admit(a)
}

func (c Chain) admit(a *Attributes) error {
	for _, p := range c {
		if m, ok := p.(Mutator); ok {
			if err := m.Admit(a); err != nil {
				return err
			}
		}
	}
	return nil
}

// Validate asks each validator.
func (c Chain) Validate(a *Attributes) error {
	for _, p := range c {
		if v, ok := p.(Validator); ok {
			if err := v.Validate(a); err != nil {
				return err
			}
		}
	}
	return nil
}

// Commit tells those who want to know that a request has been carried out.
func (c Chain) Commit(a *Attributes) {
	for _, p := range c {
		if k, ok := p.(Committer); ok {
			k.Commit(a)
		}
	}
}
