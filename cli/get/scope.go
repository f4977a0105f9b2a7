package get

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/kinds"
	"github.com/kubejig/kubejig/cli/resource"
)

// found is what was asked for, with the errors on the way.
type found struct {
	infos  []*resource.Info
	single bool // One object was asked for by its name.
	err    error
}

// everyKindArgs are the arguments for "all", taken at its word.
func (o *options) everyKindArgs(f *factory.Factory, args []string) ([]string, error) {
	if len(args) != 1 || args[0] != "all" {
		return nil, errors.New("--every-kind goes with the type \"all\"")
	}
	types, err := kinds.Args(f, o.allNamespaces)
	return []string{types}, err
}

// find asks for the arguments, in several namespaces if there are several.
func (o *options) find(f *factory.Factory, args []string, chunkSize int64) (*found, error) {
	if len(o.namespaces) == 0 {
		return o.findIn(f, args, chunkSize, o.namespace)
	}
	all := &found{}
	var errs []error
	for _, namespace := range o.namespaces {
		one, err := o.findIn(f, args, chunkSize, namespace)
		if err != nil {
			return nil, err
		}
		all.infos = append(all.infos, one.infos...)
		if one.err != nil {
			errs = append(errs, fmt.Errorf("in namespace %s: %w", namespace, one.err))
		}
	}
	all.err = utilerrors.NewAggregate(errs)
	byResource(all.infos)
	return all, nil
}

func (o *options) findIn(f *factory.Factory, args []string, chunkSize int64, namespace string) (*found, error) {
	result, err := o.ask(f, args, chunkSize, namespace)
	if err != nil {
		return nil, err
	}
	return collect(result), nil
}

// ask is what the arguments mean in a namespace; nothing has been read yet.
func (o *options) ask(f *factory.Factory, args []string, chunkSize int64, namespace string) (*resource.Result, error) {
	result := o.query(f, args, namespace).
		Subresource(o.subresource).
		RequestChunksOf(chunkSize).
		ContinueOnError().
		Flatten().
		Do()
	if o.ignoreNotFound {
		result.IgnoreErrors(apierrors.IsNotFound)
	}
	return result, result.Err()
}

func collect(result *resource.Result) *found {
	all := &found{}
	result.IntoSingleItemImplied(&all.single)
	all.infos, all.err = result.Infos()
	return all
}

// byResource puts the same resources of several namespaces together, in the
// order in which they first come.
func byResource(infos []*resource.Info) {
	place := map[string]int{}
	for _, info := range infos {
		if key := info.Mapping.Resource.String(); place[key] == 0 {
			place[key] = len(place) + 1
		}
	}
	slices.SortStableFunc(infos, func(a, b *resource.Info) int {
		return place[a.Mapping.Resource.String()] - place[b.Mapping.Resource.String()]
	})
}

// checkScope refuses flags that do not go together.
func (o *options) checkScope() error {
	watching := o.watch || o.watchOnly
	switch {
	case watching && (len(o.namespaces) > 0 || o.everyKind || o.since != 0 || len(o.filters) > 0):
		return errors.New("--namespaces, --every-kind, --since and field selectors with in or notin can not be used with --watch")
	case o.since < 0:
		return errors.New("--since must be greater than 0")
	case len(o.namespaces) > 0 && o.allNamespaces:
		return errors.New("only one of --namespaces and --all-namespaces can be given")
	case len(o.namespaces) > 0 && o.explicitNamespace:
		return errors.New("only one of --namespaces and --namespace can be given")
	case slices.ContainsFunc(o.namespaces, func(name string) bool { return strings.TrimSpace(name) == "" }):
		return errors.New("--namespaces has an empty name")
	}
	return nil
}
