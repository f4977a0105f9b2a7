package resource

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// selection is those objects of a type that selectors choose.
type selection struct {
	client    RESTClient
	mapping   *meta.RESTMapping
	namespace string
	labels    string
	fields    string
	pageSize  int64
}

// Visit visits the objects' lists, page by page.
func (s *selection) Visit(visitor VisitorFunc) error {
	helper := NewHelper(s.client, s.mapping)
	options := metav1.ListOptions{LabelSelector: s.labels, FieldSelector: s.fields, Limit: s.pageSize}
	return FollowContinue(&options, func(options metav1.ListOptions) (runtime.Object, error) {
		list, err := helper.list(s.namespace, options)
		if err != nil {
			return nil, EnhanceListError(err, options, s.mapping.Resource.String())
		}
		version, _ := meta.NewAccessor().ResourceVersion(list)
		info := &Info{Client: s.client, Mapping: s.mapping, Namespace: s.namespace, ResourceVersion: version, Object: list}
		return list, visitor(info, nil)
	})
}

// watch follows the objects.
func (s *selection) watch(version string) (watch.Interface, error) {
	return NewHelper(s.client, s.mapping).watch(s.namespace, metav1.ListOptions{
		ResourceVersion: version, LabelSelector: s.labels, FieldSelector: s.fields,
	})
}
