package describe

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/reader"
	"github.com/kubejig/kubejig/cli/resource"
)

// readAll reads a collection page by page and adds each page's items.
func readAll[T any, L any, PL interface {
	*L
	runtime.Object
}](ctx context.Context, r reader.Reader, c collection[T, L], namespace string, options metav1.ListOptions) ([]*T, error) {
	var all []*T
	err := resource.FollowContinue(&options, func(options metav1.ListOptions) (runtime.Object, error) {
		page := PL(new(L))
		if err := r.List(ctx, c.resource, namespace, options, page); err != nil {
			return nil, resource.EnhanceListError(err, options, c.resource.Resource)
		}
		items := c.items((*L)(page))
		for i := range items {
			all = append(all, &items[i])
		}
		return page, nil
	})
	return all, err
}
