package fidelity

import (
	"fmt"

	"github.com/pmezard/go-difflib/difflib"
)

// Diff shows two answers, with the lines that only one of them has.
func Diff(reference, ours string) string {
	diff, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(reference), B: difflib.SplitLines(ours), FromFile: "reference", ToFile: "ours", Context: 2,
	})
	if err != nil {
		return fmt.Sprintf("reference:\n%s\nours:\n%s", reference, ours)
	}
	return diff
}
