package apply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/waiting"
)

// establishing is how long a definition may take until it is served.
const establishing = time.Minute

// middle is the rank of kinds that have none of their own.
const middle = 2

// ranks are the places of kinds in an ordered apply: what others are made of
// or stand in comes first, what meddles with others' creation last. Kinds that
// are not named are in the middle.
func ranks() map[string]int {
	places := map[string]int{"Namespace": 0, "CustomResourceDefinition": 0}
	for _, kind := range []string{
		"PriorityClass", "StorageClass", "RuntimeClass", "IngressClass", "ResourceQuota", "LimitRange",
		"ServiceAccount", "Secret", "ConfigMap", "PersistentVolume", "PersistentVolumeClaim",
		"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "NetworkPolicy", "Service",
	} {
		places[kind] = middle - 1
	}
	for _, kind := range []string{
		"APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
		"MutatingAdmissionPolicyBinding", "ValidatingAdmissionPolicyBinding",
	} {
		places[kind] = middle + 1
	}
	return places
}

func rank(info *resource.Info) int {
	if place, ok := ranks()[info.Mapping.GroupVersionKind.Kind]; ok {
		return place
	}
	return middle
}

// applyInOrder applies namespaces and definitions first, waits until the
// definitions are served, and leaves what else there is, in order. Configurations
// whose kind is only defined by them are read again then.
func (o *options) applyInOrder(ctx context.Context, f *factory.Factory) ([]*resource.Info, error) {
	again, err := rereadable(f, o.files.Filenames)
	if err != nil {
		return nil, err
	}
	again()
	infos, readErr := o.read(f)
	var first, rest []*resource.Info
	for _, info := range infos {
		if rank(info) == 0 {
			first = append(first, info)
		} else {
			rest = append(rest, info)
		}
	}
	for _, info := range first {
		if err := o.applyOne(ctx, f, info); err != nil {
			return nil, err
		}
		if o.dryRun == flags.DryRunNone && info.Mapping.GroupVersionKind.Kind == "CustomResourceDefinition" {
			if err := o.untilEstablished(ctx, f, info); err != nil {
				return nil, err
			}
		}
	}
	if readErr != nil { // Some kinds may be known only now.
		if err := forgetKinds(f); err != nil {
			return nil, err
		}
		again()
		if infos, readErr = o.read(f); readErr != nil {
			return nil, readErr
		}
		rest = slices.DeleteFunc(infos, func(info *resource.Info) bool { return rank(info) == 0 })
	}
	slices.SortStableFunc(rest, func(a, b *resource.Info) int { return rank(a) - rank(b) })
	for _, info := range rest {
		if err := o.applyOne(ctx, f, info); err != nil {
			return nil, err
		}
	}
	if infos = append(first, rest...); len(infos) == 0 {
		return nil, errors.New("no objects passed to apply")
	}
	return infos, nil
}

// rereadable makes the standard input one that can be read again, if it is
// among the files; the function goes back to its start.
func rereadable(f *factory.Factory, files []string) (again func(), err error) {
	if !slices.Contains(files, "-") {
		return func() {}, nil
	}
	input, err := io.ReadAll(f.In)
	return func() { f.In = bytes.NewReader(input) }, err
}

// forgetKinds has the server asked again which kinds it has.
func forgetKinds(f *factory.Factory) error {
	client, err := f.Discovery()
	if err != nil {
		return err
	}
	client.Invalidate()
	mapper, err := f.ToRESTMapper()
	if err != nil {
		return err
	}
	meta.MaybeResetRESTMapper(mapper)
	return nil
}

func (o *options) untilEstablished(ctx context.Context, f *factory.Factory, info *resource.Info) error {
	client, err := f.Dynamic()
	if err != nil {
		return err
	}
	err = waiting.For(ctx, f, client.Resource(info.Mapping.Resource), info.Name, establishing, func(object *unstructured.Unstructured) (bool, error) {
		return object != nil && health.Of(object).State == health.Ready && isEstablished(object), nil
	})
	if err != nil {
		return fmt.Errorf("waiting until %s is served: %w", info.ObjectName(), err)
	}
	return nil
}

func isEstablished(object *unstructured.Unstructured) bool {
	return slices.ContainsFunc(health.Conditions(object), func(c health.Condition) bool {
		return c.Type == "Established" && c.Status == "True"
	})
}
