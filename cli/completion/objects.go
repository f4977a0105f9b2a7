package completion

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/apiresources"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/resource"
)

// metadataOnly asks for the names of objects, not the objects, of servers that
// can tell them apart.
const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

// namesOf lists the objects of a type in a namespace. Whatever goes wrong, what
// was found is listed: shells have no place for errors.
func (q question) namesOf(types, namespace string) []string {
	var names []string
	_ = q.NewBuilder().Unstructured().ContinueOnError().NamespaceParam(namespace).DefaultNamespace().
		RequestChunksOf(flags.ChunkSize).ResourceTypeOrNameArgs(true, types).Latest().
		TransformRequests(func(request *rest.Request) { request.SetHeader("Accept", metadataOnly) }).
		Do().Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		return meta.EachListItem(info.Object, func(object runtime.Object) error {
			accessor, err := meta.Accessor(object)
			if err == nil {
				names = append(names, accessor.GetName())
			}
			return err
		})
	})
	return names
}

// objects lists the objects of a type in the namespace of the command line.
func (q question) objects(types string) []string {
	namespace, _, err := q.Namespace()
	if err != nil {
		return nil
	}
	return q.namesOf(types, namespace)
}

// named answers with the names of a type's objects.
func named(types string) answer {
	return listed(func(q question) []string { return q.objects(types) })
}

// types lists what the server has to get. Types can be several, with commas
// between; the last one is completed.
func types(q question) []string {
	client, err := q.Discovery()
	if err != nil {
		return nil
	}
	before := q.typed[:strings.LastIndex(q.typed, ",")+1]
	names := apiresources.Names(client, "get")
	for i, name := range names {
		names[i] = before + name
	}
	return names
}

// typesAndNames answers with types and then names, or TYPE/NAME: of the given
// types, or all of them. repeated says that there can be several objects.
func typesAndNames(repeated bool, allowed ...string) answer {
	choices := types
	if len(allowed) > 0 {
		choices = func(question) []string { return slices.Clone(allowed) }
	}
	return func(q question) ([]string, cobra.ShellCompDirective) {
		kind, _, slashed := strings.Cut(q.typed, "/")
		switch {
		case len(q.args) > 0 && !strings.Contains(q.args[0], "/"):
			if !repeated && len(q.args) > 1 {
				return nil, noFiles
			}
			return without(fitting(q.objects(q.args[0]), q.typed), q.args[1:]), noFiles
		case len(q.args) > 0 && !repeated:
			return nil, noFiles
		case slashed:
			return without(fitting(prefixed(kind+"/", q.objects(kind)), q.typed), q.args), noFiles
		case len(q.args) == 0:
			return fitting(choices(q), q.typed), noFiles
		}
		return suffixed(fitting(choices(q), q.typed), "/"), noFiles | cobra.ShellCompDirectiveNoSpace
	}
}

// without are the words that are not among those that stand there already.
func without(words, there []string) []string {
	return slices.DeleteFunc(words, func(word string) bool { return slices.Contains(there, word) })
}

func prefixed(prefix string, words []string) []string {
	for i := range words {
		words[i] = prefix + words[i]
	}
	return words
}

func suffixed(words []string, suffix string) []string {
	for i := range words {
		words[i] += suffix
	}
	return words
}
