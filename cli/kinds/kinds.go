// Package kinds knows which kinds of objects a server has, for commands that
// look at all of them.
//
// It must not import commands.
package kinds

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/factory"
)

// parallel is how many requests are made at a time.
const parallel = 8

// Resource is a resource of objects that are kept.
type Resource struct {
	schema.GroupVersionResource
	Kind       string
	Namespaced bool
	Verbs      metav1.Verbs
}

// Arg is how the resource is named on a command line, in full.
func (r Resource) Arg() string {
	if r.Group == "" {
		return r.Resource
	}
	return r.Resource + "." + r.Version + "." + r.Group
}

// Listable are the resources whose objects the server keeps and lists, each in
// its preferred version, sorted by group and name. What is only worked out when
// it is asked for, such as metrics, can not be watched and is not among them.
// The two names of events count once. An error is about groups that did not
// answer; the others come nevertheless.
func Listable(f *factory.Factory) ([]Resource, error) {
	client, err := f.Discovery()
	if err != nil {
		return nil, err
	}
	client.Invalidate() // A kind that came a minute ago must not be missing.
	lists, err := client.Preferred()
	var found []Resource
	for _, list := range lists {
		version, parseErr := schema.ParseGroupVersion(list.GroupVersion)
		if parseErr != nil {
			continue
		}
		for _, r := range list.APIResources {
			if !slices.Contains(r.Verbs, "list") || !slices.Contains(r.Verbs, "watch") || version.Group == "events.k8s.io" || strings.Contains(r.Name, "/") {
				continue
			}
			found = append(found, Resource{version.WithResource(r.Name), r.Kind, r.Namespaced, r.Verbs})
		}
	}
	slices.SortFunc(found, func(a, b Resource) int {
		return strings.Compare(a.Group+"/"+a.Resource, b.Group+"/"+b.Resource)
	})
	return found, err
}

// ForEach calls do for all resources, some at a time, and returns the errors
// in the order of the resources.
func ForEach(ctx context.Context, resources []Resource, do func(context.Context, Resource) error) []error {
	errs := make([]error, len(resources))
	slots := make(chan struct{}, parallel)
	var group sync.WaitGroup
	for i, resource := range resources {
		slots <- struct{}{}
		group.Go(func() {
			errs[i] = do(ctx, resource)
			<-slots
		})
	}
	group.Wait()
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

// Args is the argument that stands for all kinds: those with a namespace or, if
// cluster is set, all. Events, which come and go, are not among them.
func Args(f *factory.Factory, cluster bool) (string, error) {
	resources, err := Listable(f)
	if len(resources) == 0 {
		return "", err
	}
	if err != nil {
		fmt.Fprintf(f.ErrOut, "Warning: some kinds are missing: %v\n", err)
	}
	var args []string
	for _, r := range resources {
		if r.Kind != "Event" && (r.Namespaced || cluster) {
			args = append(args, r.Arg())
		}
	}
	return strings.Join(args, ","), nil
}
