//go:build client

package kustomization

import "github.com/kubejig/kubejig/cli/failure"

// Build is not there: -k is the whole program's.
func Build(string) ([]byte, error) { return nil, failure.ErrNeedsWhole }
