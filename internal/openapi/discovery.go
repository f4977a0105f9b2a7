package openapi

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
)

// Names are those of the documents of version 3 on resources: of their group
// versions, as in paths ("api/v1", "apis/apps/v1"), and of roots.
func Names(resources []Resource) []string {
	names := map[string]bool{}
	for _, name := range roots(resources) {
		names[name] = true
	}
	for _, resource := range resources {
		names[root(resource.Kind.GroupVersion())[1:]] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// roots are the names of the documents that say where resources are found, and
// of the one on the server's version: "api", "apis", "apis/apps", "version".
// Groups of custom resources have none.
func roots(resources []Resource) []string {
	names := map[string]bool{"api": true, "apis": true, "version": true}
	for _, resource := range resources {
		if resource.Kind.Group != "" && resource.Schema == nil {
			names["apis/"+resource.Kind.Group] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// addRoot adds the one path of such a document.
func (d *document) addRoot(name string) {
	get := operation{method: "get", codes: []int{200}, consumes: objectTypes, produces: objectTypes}
	group, grouped := strings.CutPrefix(name, "apis/")
	switch {
	case grouped:
		get.id, get.tag = "get"+groupWords(group)+"APIGroup", groupTag(group)
		get.description, get.returns = "get information of a group", d.require(reflect.TypeFor[metav1.APIGroup]())
	case name == "api":
		get.id, get.tag = "getCoreAPIVersions", groupTag("")
		get.description, get.returns = "get available API versions", d.require(reflect.TypeFor[metav1.APIVersions]())
	case name == "apis":
		get.id, get.tag = "getAPIVersions", name
		get.description, get.returns = "get available API versions", d.require(reflect.TypeFor[metav1.APIGroupList]())
	default:
		get.id, get.tag = "getCodeVersion", name
		get.description, get.returns = "get the version information for this server", d.require(reflect.TypeFor[version.Info]())
		get.consumes, get.produces = []string{jsonType}, []string{jsonType}
	}
	d.add("/"+name+"/", get)
}

// addVersion adds the path that lists the resources of a group version.
func (d *document) addVersion(gv schema.GroupVersion) {
	d.add(root(gv)+"/", operation{
		method: "get", codes: []int{200},
		id:          operationID("get", gv, "APIResources"),
		description: "get available resources",
		tag:         tag(gv),
		consumes:    objectTypes,
		produces:    objectTypes,
		returns:     d.require(reflect.TypeFor[metav1.APIResourceList]()),
	})
}
