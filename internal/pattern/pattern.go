// Package pattern holds regular expressions that are compiled when they are
// first used: a program that starts pays nothing for those it never needs.
//
// It must not import anything of ours.
package pattern

import (
	"regexp"
	"sync"
)

// Lazy is an expression that the first call compiles. It panics there if the
// expression is not valid.
func Lazy(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
