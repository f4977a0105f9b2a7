package openapi

import "strings"

// addSubresource adds the path of a part of the objects of a resource.
func (d *document) addSubresource(resource Resource, sub Subresource, object, scope, item string) {
	path, gv := item+"/"+sub.Name, resource.Kind.GroupVersion()
	suffix := scope + resource.Kind.Kind + title(sub.Name)
	if strings.HasSuffix(sub.Kind.Kind, "Options") {
		d.addConnection(resource, sub, suffix, path)
		return
	}
	model := object
	if sub.Kind != resource.Kind {
		model = d.model(sub.Kind)
	}
	for _, verb := range verbsOf(sub.Verbs) {
		operation := d.operation(resource, verb, sub.Kind, model, "")
		operation.id = operationID(verb.word, gv, suffix)
		operation.description = partOf(verb, sub.Name, resource.Kind.Kind)
		if sub.Options != "" {
			operation.parameters = mergeParameters(operation.parameters, d.kindParameters(gv.WithKind(sub.Options)))
		}
		if sub.Name == "log" {
			operation.returns, operation.produces = "", append([]string{"text/plain"}, objectTypes...)
		}
		d.add(path, operation)
	}
}

// partOf describes a verb on a subresource: "read status of the specified Pod".
func partOf(verb verb, part, kind string) string {
	if verb.name == "create" {
		return "create " + part + " of " + withArticle(kind)
	}
	does, _, _ := strings.Cut(verb.says, " the specified")
	return does + " " + part + " of the specified " + kind
}

// addConnection adds the paths of a subresource that clients connect to.
func (d *document) addConnection(resource Resource, sub Subresource, suffix, path string) {
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
			parameters:  d.kindParameters(sub.Kind),
			consumes:    []string{anyType},
			produces:    []string{anyType},
		}
		d.add(path, operation)
		if sub.Name == "proxy" {
			operation.id += "WithPath"
			d.add(path+"/{path}", operation)
		}
	}
}
