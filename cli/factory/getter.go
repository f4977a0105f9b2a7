package factory

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/restmapper"
)

// getter is the factory as cli-runtime's builder asks for it, and goes with it:
// a genericclioptions.RESTClientGetter.
type getter struct{ *Factory }

// ToDiscoveryClient is what the builder finds categories with.
func (g getter) ToDiscoveryClient() (discovery.CachedDiscoveryInterface, error) {
	client, err := g.Discovery()
	return builderDiscovery{lists: func() ([]*metav1.APIResourceList, error) {
		_, lists, err := client.GroupsAndResources()
		return lists, err
	}}, err
}

func (g getter) categories() (restmapper.CategoryExpander, error) { return g.Discovery() }

// builderDiscovery has of client-go's discovery what the builder asks for.
type builderDiscovery struct {
	discovery.CachedDiscoveryInterface
	lists func() ([]*metav1.APIResourceList, error)
}

func (d builderDiscovery) ServerGroupsAndResources() ([]*metav1.APIGroup, []*metav1.APIResourceList, error) {
	lists, err := d.lists()
	return nil, lists, err
}
