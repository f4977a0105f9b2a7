package backends

import (
	"bytes"
	"fmt"
	"hash/fnv"

	"k8s.io/apimachinery/pkg/util/dump"
)

// ByHash orders ports and subsets as Kubernetes does: in a way that has no
// meaning, but is always the same.
func ByHash[T any](a, b T) int { return bytes.Compare(hash(a), hash(b)) }

func hash(object any) []byte {
	h := fnv.New128a()
	fmt.Fprint(h, dump.ForHash(object))
	return h.Sum(nil)
}
