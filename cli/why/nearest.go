package why

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/selectors"
)

// maxNearest is how many objects are named that a selector nearly selects.
const maxNearest = 3

// nearest names the objects that fail the fewest requirements of a selector
// that selects none of them, and how; of those that fail alike, one.
func nearest[T metav1.Object](selector selectors.Selector, objects []T, noun string) []cause {
	type miss struct {
		name    string
		reasons []string
	}
	var misses []miss
	for _, object := range objects {
		if reasons := selector.Explain(object.GetLabels()); len(reasons) > 0 {
			misses = append(misses, miss{object.GetName(), reasons})
		}
	}
	slices.SortStableFunc(misses, func(a, b miss) int { return len(a.reasons) - len(b.reasons) })
	var causes []cause
	told := map[string]bool{}
	for _, m := range misses {
		reasons := strings.Join(m.reasons, "; ")
		if len(causes) < maxNearest && !told[reasons] {
			causes = append(causes, causef("%s %s: %s", noun, m.name, reasons))
		}
		told[reasons] = true
	}
	return causes
}
