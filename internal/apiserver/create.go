package apiserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/equality"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

func (c *call) create() error {
	if c.name != "" {
		return errMethodNotAllowed()
	}
	f, err := c.negotiate(c.formats())
	if err != nil {
		return err
	}
	o, err := c.createOptions()
	if err != nil {
		return err
	}
	obj, err := c.input(o)
	if err != nil {
		return err
	}
	c.dedupOwners(obj)
	var result registry.Result
	c.Do(func() { result, err = c.Registry.Create(c.writeRequest(o), obj) })
	if err != nil {
		return err
	}
	return c.answerResult(f, result)
}

// answerResult writes what a write has made.
func (c *call) answerResult(f format, result registry.Result) error {
	code := http.StatusOK
	if result.Created {
		code = http.StatusCreated
	}
	return c.answerItem(f, code, result.Item)
}

// dedupOwners drops owner references that are given twice, and warns of them.
func (c *call) dedupOwners(obj store.Object) {
	refs := obj.GetOwnerReferences()
	var kept []metav1.OwnerReference
	var twice []string
	for _, ref := range refs {
		same := func(other metav1.OwnerReference) bool { return equality.Semantic(ref, other) }
		if slices.ContainsFunc(kept, same) {
			twice = append(twice, string(ref.UID))
			continue
		}
		kept = append(kept, ref)
	}
	if len(twice) > 0 {
		c.warn(fmt.Sprintf(".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: %v", strings.Join(twice, ", ")))
		obj.SetOwnerReferences(kept)
	}
}
