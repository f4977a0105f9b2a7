package openapi

import (
	"reflect"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// operation is what can be done at a path, in terms of both versions of OpenAPI.
type operation struct {
	method      string // lower case
	id          string
	description string
	tag         string
	action      string // "" for what is no operation on objects
	kind        schema.GroupVersionKind
	parameters  []parameter
	consumes    []string
	body        string // model name, "" for none
	produces    []string
	// returns is the model name of the answer, "" for a plain string.
	returns string
	// codes are the statuses that come with the answer.
	codes []int
}

// needsBody tells whether a request without a body is refused.
func (o operation) needsBody() bool { return o.action != "delete" && o.action != "deletecollection" }

// Media types.
const (
	jsonType     = "application/json"
	yamlType     = "application/yaml"
	protobufType = "application/vnd.kubernetes.protobuf"
	anyType      = "*/*"
)

var (
	objectTypes = []string{jsonType, yamlType, protobufType}
	watchTypes  = append(slices.Clip(objectTypes), jsonType+";stream=watch", protobufType+";stream=watch")
	patchTypes  = []string{"application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml"}
	// customPatchTypes are those of kinds without a Go type, whose lists have no
	// keys to merge by.
	customPatchTypes = []string{"application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"}
)

// A verb is an operation of REST on objects.
type verb struct {
	name     string // as in discovery
	method   string
	word     string // begins the operation's id
	says     string // begins the operation's description
	action   string
	codes    []int
	options  reflect.Type
	collects bool // acts on the collection, not on one object
}

// verbs in the order of paths: those of collections first.
func verbs() []verb {
	return []verb{
		{"list", "get", "list", "list or watch objects of kind", "list", []int{200}, reflect.TypeFor[metav1.ListOptions](), true},
		{"create", "post", "create", "create", "post", []int{200, 201, 202}, reflect.TypeFor[metav1.CreateOptions](), true},
		{"deletecollection", "delete", "deleteCollection", "delete collection of", "deletecollection", []int{200}, reflect.TypeFor[metav1.DeleteOptions](), true},
		{"get", "get", "read", "read the specified", "get", []int{200}, nil, false},
		{"update", "put", "replace", "replace the specified", "put", []int{200, 201}, reflect.TypeFor[metav1.UpdateOptions](), false},
		{"patch", "patch", "patch", "partially update the specified", "patch", []int{200, 201}, reflect.TypeFor[metav1.PatchOptions](), false},
		{"delete", "delete", "delete", "delete", "delete", []int{200, 202}, reflect.TypeFor[metav1.DeleteOptions](), false},
	}
}

// verbsOf are those that discovery lists by these names.
func verbsOf(names []string) []verb {
	var listed []verb
	for _, v := range verbs() {
		if !slices.Contains(names, v.name) {
			continue
		}
		if v.name == "list" && !slices.Contains(names, "watch") {
			v.says = "list objects of kind"
		}
		listed = append(listed, v)
	}
	return listed
}

// addResource adds the paths of a resource and the schemas they speak of.
func (d *document) addResource(resource Resource) {
	object, list := d.addModels(resource)
	gv := resource.Kind.GroupVersion()
	root, collection, scope := root(gv), "/"+resource.Name, ""
	if resource.Namespaced {
		collection, scope = "/namespaces/{namespace}"+collection, "Namespaced"
	}
	item := collection + "/{name}"
	for _, verb := range verbsOf(resource.Verbs) {
		operation := d.operation(resource, verb, resource.Kind, object, list)
		operation.id = operationID(verb.word, gv, scope+resource.Kind.Kind)
		if !verb.collects {
			d.add(root+item, operation)
			continue
		}
		d.add(root+collection, operation)
		if verb.name == "list" && resource.Namespaced {
			operation.id = operationID(verb.word, gv, resource.Kind.Kind+"ForAllNamespaces")
			d.add(root+"/"+resource.Name, operation)
		}
	}
	for _, subresource := range resource.Subresources {
		d.addSubresource(resource, subresource, object, scope, root+item)
	}
	if slices.Contains(resource.Verbs, "watch") && resource.Schema == nil {
		d.addWatches(resource, scope, root+"/watch", collection, item)
	}
}

// add adds an operation at a path, with the parameters of the path's variables.
func (d *document) add(path string, o operation) {
	o.parameters = mergeParameters(o.parameters, variables(path, o.kind.Kind))
	d.paths[path] = append(d.paths[path], o)
}

// operation is what a verb does to objects of a kind, which are a resource or
// parts of one.
func (d *document) operation(resource Resource, verb verb, kind schema.GroupVersionKind, object, list string) operation {
	operation := operation{
		method: verb.method, action: verb.action, kind: kind, codes: verb.codes,
		description: verb.says + " " + kind.Kind,
		tag:         tag(resource.Kind.GroupVersion()),
		parameters:  mergeParameters(optionParameters(verb.options), []parameter{pretty}),
		consumes:    []string{anyType},
		produces:    objectTypes,
		returns:     object,
	}
	switch verb.name {
	case "list":
		operation.returns, operation.produces = list, watchTypes
	case "create", "update":
		operation.body = object
	case "patch":
		operation.body, operation.consumes = d.require(reflect.TypeFor[metav1.Patch]()), patchTypes
	case "delete":
		operation.body = d.require(reflect.TypeFor[metav1.DeleteOptions]())
		if !resource.ReturnsDeleted {
			operation.returns = d.require(reflect.TypeFor[metav1.Status]())
		}
	case "deletecollection":
		operation.parameters = mergeParameters(operation.parameters, selectionParameters())
		operation.body = d.require(reflect.TypeFor[metav1.DeleteOptions]())
		operation.returns = d.require(reflect.TypeFor[metav1.Status]())
	}
	if verb.name == "create" || verb.name == "delete" {
		operation.description = verb.says + " " + withArticle(kind.Kind)
	}
	if resource.Schema != nil {
		return customized(operation, verb, resource)
	}
	return operation
}

// addWatches adds the old paths of watches.
func (d *document) addWatches(resource Resource, scope, root, collection, item string) {
	gv, kind := resource.Kind.GroupVersion(), resource.Kind.Kind
	watch := operation{
		method: "get", action: "watchlist", kind: resource.Kind, codes: []int{200}, tag: tag(gv),
		id:          operationID("watch", gv, scope+kind+"List"),
		description: "watch individual changes to a list of " + kind + ". deprecated: use the 'watch' parameter with a list operation instead.",
		parameters:  mergeParameters(optionParameters(reflect.TypeFor[metav1.ListOptions]()), []parameter{pretty}),
		consumes:    []string{anyType},
		produces:    watchTypes,
		returns:     d.require(reflect.TypeFor[metav1.WatchEvent]()),
	}
	d.add(root+collection, watch)
	if resource.Namespaced {
		watch.id = operationID("watch", gv, kind+"ListForAllNamespaces")
		d.add(root+"/"+resource.Name, watch)
	}
	if slices.Contains(resource.Verbs, "get") {
		watch.action, watch.id = "watch", operationID("watch", gv, scope+kind)
		watch.description = "watch changes to an object of kind " + kind + ". deprecated: use the 'watch' parameter with a list operation instead, filtered to a single item with the 'fieldSelector' parameter."
		d.add(root+item, watch)
	}
}
