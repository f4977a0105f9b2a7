// Package jsonpatch carries out JSON patches (RFC 6902) as Kubernetes' library
// for them does, but for one thing: what makes the library panic is an error.
package jsonpatch

import (
	"errors"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
)

// Apply returns a document as a patch makes it.
func Apply(patch jsonpatch.Patch, document []byte) (patched []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("an operation on the whole object needs a value")
		}
	}()
	return patch.Apply(document)
}
