// Package equality compares API objects, and parts of them, by what they mean:
// no list and an empty one are the same, and so are "1" and "1000m" of
// something. It is apimachinery's equality.Semantic for where every write
// passes.
package equality

import (
	"reflect"

	"k8s.io/apimachinery/pkg/api/equality"
)

// Semantic reports whether two values of one type mean the same. Most that do
// are alike to the last field, which reflect finds out in a fraction of the
// time: it doesn't box every string that it compares.
func Semantic(a, b any) bool {
	return reflect.DeepEqual(a, b) || equality.Semantic.DeepEqual(a, b)
}
