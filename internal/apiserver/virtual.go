package apiserver

import (
	"net/http"
	"slices"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/kubejig/kubejig/internal/store"
)

// virtual is a resource that is not stored: what it answers is worked out.
type virtual struct {
	version    schema.GroupVersion
	resource   string
	singular   string
	kind       string
	namespaced bool
	shortNames []string
	verbs      map[string]handler
}

// virtuals are the resources that are not stored, in every cluster.
func virtuals() []virtual {
	creates := func(h handler) map[string]handler { return map[string]handler{"create": h} }
	authn, authz := authenticationv1.SchemeGroupVersion, authorizationv1.SchemeGroupVersion
	return []virtual{
		{corev1.SchemeGroupVersion, "bindings", "binding", "Binding", true, nil, creates((*call).createBinding)},
		{corev1.SchemeGroupVersion, "componentstatuses", "componentstatus", "ComponentStatus", false, []string{"cs"},
			map[string]handler{"get": (*call).getComponentStatus, "list": (*call).listComponentStatuses}},
		{authn, "selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview", false, nil, creates((*call).reviewSelf)},
		{authn, "tokenreviews", "tokenreview", "TokenReview", false, nil, creates((*call).reviewToken)},
		{authz, "localsubjectaccessreviews", "localsubjectaccessreview", "LocalSubjectAccessReview", true, nil, creates((*call).reviewLocalAccess)},
		{authz, "selfsubjectaccessreviews", "selfsubjectaccessreview", "SelfSubjectAccessReview", false, nil, creates((*call).reviewOwnAccess)},
		{authz, "selfsubjectrulesreviews", "selfsubjectrulesreview", "SelfSubjectRulesReview", false, nil, creates((*call).reviewOwnRules)},
		{authz, "subjectaccessreviews", "subjectaccessreview", "SubjectAccessReview", false, nil, creates((*call).reviewAccess)},
	}
}

// metricsVirtuals are those of a cluster that knows what is used.
func metricsVirtuals() []virtual {
	version := metricsv1beta1.SchemeGroupVersion
	return []virtual{
		{version, "nodes", "", "NodeMetrics", false, nil, map[string]handler{"get": (*call).getNodeMetrics, "list": (*call).listNodeMetrics}},
		{version, "pods", "", "PodMetrics", true, nil, map[string]handler{"get": (*call).getPodMetrics, "list": (*call).listPodMetrics}},
	}
}

// virtualResource is the virtual resource that the call is for, or nil.
func (c *call) virtualResource() *virtual {
	for _, v := range c.virtual {
		if v.version == c.groupVersion() && v.resource == c.resource {
			return &v
		}
	}
	return nil
}

// serveVirtual answers a request for what is not stored.
func (c *call) serveVirtual(v *virtual) error {
	h := v.verbs[c.verb]
	fits := c.namespace != "" == v.namespaced || c.verb == "list"
	if h == nil || !fits || c.subresource != "" || c.verb == "create" && c.name != "" {
		return errMethodNotAllowed()
	}
	return h(c)
}

// sortedVerbs are a virtual resource's verbs as discovery lists them.
func (v *virtual) sortedVerbs() []string {
	var verbs []string
	for verb := range v.verbs {
		verbs = append(verbs, verb)
	}
	slices.Sort(verbs)
	return verbs
}

func (v *virtual) apiResource() metav1.APIResource {
	return metav1.APIResource{
		Name: v.resource, SingularName: v.singular, Namespaced: v.namespaced, Kind: v.kind,
		Verbs: v.sortedVerbs(), ShortNames: v.shortNames,
	}
}

// answerVirtual writes an object that was worked out, as a table where the
// client wants one.
func (c *call) answerVirtual(code int, obj runtime.Object, kind string, table func() *metav1.Table) error {
	f, err := c.negotiate(allFormats)
	if err != nil {
		return err
	}
	switch {
	case f.as == "Table" && table != nil:
		c.respond(f, code, table(), f.asKind())
	case f.as != "":
		return errNotAcceptable(allFormats)
	default:
		c.respond(f, code, obj, c.groupVersion().WithKind(kind))
	}
	return nil
}

// answerAs writes an object that is not stored and says its kind, in the form
// that the client wants. The table has a row for it.
func (c *call) answerAs(f format, code int, obj store.Object, table func() *metav1.Table) error {
	switch f.as {
	case "":
		c.respond(f, code, obj, obj.GetObjectKind().GroupVersionKind())
	case "Table":
		include, err := c.includeObject()
		if err != nil {
			return err
		}
		t := table()
		switch include {
		case metav1.IncludeObject:
			t.Rows[0].Object.Object = obj
		case metav1.IncludeMetadata:
			t.Rows[0].Object.Object = partialOf(obj, f)
		}
		c.respond(f, code, t, f.asKind())
	case "PartialObjectMetadata":
		c.respond(f, code, partialOf(obj, f), f.asKind())
	default:
		return errNotAcceptable(allFormats)
	}
	return nil
}

// createBinding assigns a pod to a node through the collection of bindings.
func (c *call) createBinding() error {
	o, err := c.createOptions()
	if err != nil {
		return err
	}
	binding := &corev1.Binding{}
	if err := c.read(binding, corev1.SchemeGroupVersion.WithKind("Binding"), o); err != nil {
		return err
	}
	c.kind = c.kinds.ByResource(corev1.Resource("pods"))
	if binding.Name == "" {
		return apierrors.NewBadRequest("Name parameter required.")
	}
	binding.UID = "" // which only the path of the pod heeds
	c.version, c.subresource, c.name = c.kind.Storage(), "binding", binding.Name
	return c.assign(binding, o)
}

// components are what a cluster's control plane is made of.
var components = []string{"controller-manager", "etcd-0", "scheduler"}

func componentStatus(name string) corev1.ComponentStatus { //nolint:staticcheck // deprecated, still served
	return corev1.ComponentStatus{ //nolint:staticcheck // as above
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Conditions: []corev1.ComponentCondition{{Type: corev1.ComponentHealthy, Status: corev1.ConditionTrue, Message: "ok"}},
	}
}

const componentStatusDeprecated = "v1 ComponentStatus is deprecated in v1.19+"

func (c *call) getComponentStatus() error {
	c.warn(componentStatusDeprecated)
	if !slices.Contains(components, c.name) {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "componentstatus"}, c.name)
	}
	status := componentStatus(c.name)
	return c.answerVirtual(http.StatusOK, &status, "ComponentStatus", func() *metav1.Table { return componentTable(c.name) })
}

func (c *call) listComponentStatuses() error {
	c.warn(componentStatusDeprecated)
	list := &corev1.ComponentStatusList{} //nolint:staticcheck // deprecated, still served
	for _, name := range components {
		status := componentStatus(name)
		status.Kind, status.APIVersion = "", ""
		list.Items = append(list.Items, status)
	}
	return c.answerVirtual(http.StatusOK, list, "ComponentStatusList", func() *metav1.Table { return componentTable(components...) })
}

func componentTable(names ...string) *metav1.Table {
	table := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{
		{Name: "Name", Type: "string", Format: "name", Description: metav1.ObjectMeta{}.SwaggerDoc()["name"]},
		{Name: "Status", Type: "string", Description: "Status of the component conditions"},
		{Name: "Message", Type: "string", Description: "Message of the component conditions"},
		{Name: "Error", Type: "string", Description: "Error of the component conditions"},
	}}
	for _, name := range names {
		table.Rows = append(table.Rows, metav1.TableRow{Cells: []any{name, "Healthy", "ok", ""}})
	}
	return table
}
