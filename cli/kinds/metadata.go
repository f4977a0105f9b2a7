package kinds

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/resource"
)

// Metadata is a client that reads nothing but the metadata of objects.
func Metadata(f *factory.Factory) (metadata.Interface, error) {
	config, err := f.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	config.QPS = -1                           // A handful of requests at a time is the limit here.
	config.WarningHandler = rest.NoWarnings{} // Old kinds are looked at too; the user did not choose them.
	return metadata.NewForConfig(config)
}

// Each visits the metadata of all objects of a resource in a namespace, or in
// all if it is empty.
func Each(ctx context.Context, client metadata.Interface, r Resource, namespace string, visit func(*metav1.PartialObjectMetadata)) error {
	options := metav1.ListOptions{Limit: flags.ChunkSize}
	err := resource.FollowContinue(&options, func(options metav1.ListOptions) (runtime.Object, error) {
		page, err := client.Resource(r.GroupVersionResource).Namespace(namespace).List(ctx, options)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			visit(&page.Items[i])
		}
		return page, nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", r.Arg(), err)
	}
	return nil
}
