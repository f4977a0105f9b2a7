package openapi

import (
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// path is the operations at one URL, in terms of both versions of OpenAPI.
type path struct {
	path       string
	parameters []parameter
	operations []operation
}

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

// Media types.
const (
	jsonType     = "application/json"
	yamlType     = "application/yaml"
	protobufType = "application/vnd.kubernetes.protobuf"
	anyType      = "*/*"
)

var (
	objectTypes = []string{jsonType, protobufType, yamlType}
	watchTypes  = []string{jsonType, jsonType + ";stream=watch", protobufType, protobufType + ";stream=watch", yamlType}
	// customPatchTypes are those of kinds without a Go type, whose lists have no
	// keys to merge by.
	customPatchTypes = []string{"application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"}
	patchTypes       = []string{"application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"}
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
		{"list", "get", "list", "list or watch objects of kind ", "list", []int{200}, reflect.TypeFor[metav1.ListOptions](), true},
		{"create", "post", "create", "create a ", "post", []int{200, 201, 202}, reflect.TypeFor[metav1.CreateOptions](), true},
		{"deletecollection", "delete", "deleteCollection", "delete collection of ", "deletecollection", []int{200}, reflect.TypeFor[metav1.DeleteOptions](), true},
		{"get", "get", "read", "read the specified ", "get", []int{200}, nil, false},
		{"update", "put", "replace", "replace the specified ", "put", []int{200, 201}, reflect.TypeFor[metav1.UpdateOptions](), false},
		{"patch", "patch", "patch", "partially update the specified ", "patch", []int{200, 201}, reflect.TypeFor[metav1.PatchOptions](), false},
		{"delete", "delete", "delete", "delete a ", "delete", []int{200, 202}, reflect.TypeFor[metav1.DeleteOptions](), false},
	}
}

// addResource adds the paths of a resource and the schemas they speak of.
func (d *document) addResource(resource Resource) {
	object, list := d.addModels(resource)
	namespace, scope := "", ""
	if resource.Namespaced {
		namespace, scope = "/namespaces/{namespace}", "Namespaced"
	}
	root := root(resource.Kind.GroupVersion())
	collection := path{path: root + namespace + "/" + resource.Name, parameters: d.pathParameters(resource, false)}
	item := path{path: collection.path + "/{name}", parameters: d.pathParameters(resource, true)}
	everywhere := path{path: root + "/" + resource.Name, parameters: []parameter{pretty}}

	for _, verb := range verbs() {
		if !slices.Contains(resource.Verbs, verb.name) {
			continue
		}
		operation := d.operation(verb, resource.Kind, object, list)
		if verb.name == "patch" && resource.Schema != nil {
			operation.consumes = customPatchTypes
		}
		operation.id = operationID(verb.word, resource.Kind.GroupVersion(), scope+resource.Kind.Kind)
		if !verb.collects {
			item.operations = append(item.operations, operation)
			continue
		}
		collection.operations = append(collection.operations, operation)
		if verb.name == "list" && resource.Namespaced {
			operation.id = operationID(verb.word, resource.Kind.GroupVersion(), resource.Kind.Kind+"ForAllNamespaces")
			everywhere.operations = append(everywhere.operations, operation)
		}
	}
	d.addPaths(collection, item, everywhere)
	for _, subresource := range resource.Subresources {
		d.addSubresource(resource, subresource, object, scope, item)
	}
}

// addPaths adds those paths that have operations.
func (d *document) addPaths(paths ...path) {
	for _, p := range paths {
		if len(p.operations) > 0 {
			d.paths = append(d.paths, p)
		}
	}
}

// operation is what a verb does to objects of a kind.
func (d *document) operation(verb verb, kind schema.GroupVersionKind, object, list string) operation {
	operation := operation{
		method: verb.method, action: verb.action, kind: kind, codes: verb.codes,
		description: verb.says + kind.Kind,
		tag:         tag(kind.GroupVersion()),
		parameters:  optionParameters(verb.options),
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
		operation.returns = d.require(reflect.TypeFor[metav1.Status]())
	case "deletecollection":
		operation.parameters = mergeParameters(operation.parameters, selectionParameters())
		operation.body = d.require(reflect.TypeFor[metav1.DeleteOptions]())
		operation.returns = d.require(reflect.TypeFor[metav1.Status]())
	}
	return operation
}

// addSubresource adds the paths of a part of the objects of a resource.
func (d *document) addSubresource(resource Resource, sub Subresource, object, scope string, item path) {
	at := path{path: item.path + "/" + sub.Name, parameters: item.parameters}
	suffix := scope + resource.Kind.Kind + title(sub.Name)
	if sub.Options != "" {
		at.parameters = mergeParameters(at.parameters, d.kindParameters(resource.Kind.GroupVersion().WithKind(sub.Options)))
	}
	if strings.HasSuffix(sub.Kind.Kind, "Options") {
		d.addConnection(resource, sub, suffix, at)
		return
	}
	model := object
	if sub.Kind != resource.Kind {
		model = d.model(sub.Kind)
	}
	for _, verb := range verbs() {
		if !slices.Contains(sub.Verbs, verb.name) {
			continue
		}
		operation := d.operation(verb, sub.Kind, model, "")
		if verb.name == "patch" && resource.Schema != nil {
			operation.consumes = customPatchTypes
		}
		operation.tag = tag(resource.Kind.GroupVersion())
		operation.id = operationID(verb.word, resource.Kind.GroupVersion(), suffix)
		operation.description = partOf(verb, sub.Name, resource.Kind.Kind)
		if sub.Name == "log" {
			operation.returns, operation.produces = "", []string{jsonType, protobufType, yamlType, "text/plain"}
		}
		at.operations = append(at.operations, operation)
	}
	d.addPaths(at)
}

// partOf describes a verb on a subresource: "read status of the specified Pod".
func partOf(verb verb, part, kind string) string {
	if verb.name == "create" {
		return "create " + part + " of a " + kind
	}
	does, _, _ := strings.Cut(verb.says, " the specified ")
	return does + " " + part + " of the specified " + kind
}

// addConnection adds the paths of a subresource that clients connect to.
func (d *document) addConnection(resource Resource, sub Subresource, suffix string, at path) {
	at.parameters = mergeParameters(at.parameters, d.kindParameters(sub.Kind))
	beneath := path{path: at.path + "/{path}", parameters: mergeParameters(at.parameters, []parameter{{
		name: "path", in: "path", kind: "string", required: true, description: "path to the resource",
	}})}
	methods := []string{"get", "post"}
	if sub.Name == "proxy" {
		methods = []string{"delete", "get", "head", "options", "patch", "post", "put"}
	}
	gv := resource.Kind.GroupVersion()
	for _, method := range methods {
		operation := operation{
			method: method, action: "connect", kind: sub.Kind, codes: []int{200},
			id:          operationID("connect", gv, title(method)+suffix),
			description: "connect " + strings.ToUpper(method) + " requests to " + sub.Name + " of " + resource.Kind.Kind,
			tag:         tag(gv),
			consumes:    []string{anyType},
			produces:    []string{anyType},
		}
		at.operations = append(at.operations, operation)
		operation.id += "WithPath"
		beneath.operations = append(beneath.operations, operation)
	}
	d.addPaths(at)
	if sub.Name == "proxy" {
		d.addPaths(beneath)
	}
}

// addDiscovery adds the path that lists the resources of a group version.
func (d *document) addDiscovery(gv schema.GroupVersion) {
	d.addPaths(path{path: root(gv) + "/", operations: []operation{{
		method: "get", codes: []int{200},
		id:          operationID("get", gv, "APIResources"),
		description: "get available resources",
		tag:         tag(gv),
		consumes:    objectTypes,
		produces:    objectTypes,
		returns:     d.require(reflect.TypeFor[metav1.APIResourceList]()),
	}}})
}

func root(gv schema.GroupVersion) string {
	if gv.Group == "" {
		return "/api/" + gv.Version
	}
	return "/apis/" + gv.Group + "/" + gv.Version
}

// groupWords is a group as identifiers spell it: Core, Apps,
// RbacAuthorization, StableExampleCom.
func groupWords(group string) string {
	if group == "" {
		return "Core"
	}
	words := ""
	for word := range strings.SplitSeq(strings.TrimSuffix(group, ".k8s.io"), ".") {
		words += title(word)
	}
	return words
}

// operationID is "readCoreV1NamespacedPod".
func operationID(word string, gv schema.GroupVersion, of string) string {
	collection := ""
	if word == "deleteCollection" {
		word, collection = "delete", "Collection"
	}
	return word + groupWords(gv.Group) + title(gv.Version) + collection + of
}

func tag(gv schema.GroupVersion) string {
	words := groupWords(gv.Group)
	return strings.ToLower(words[:1]) + words[1:] + "_" + gv.Version
}

func title(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}
