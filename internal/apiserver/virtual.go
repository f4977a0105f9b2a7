package apiserver

import (
	"net/http"
	"slices"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/kubejig/kubejig/internal/resources"
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
	// table is how what it answers is shown in one; nil: it is shown in its own
	// form only.
	table *resources.Table
}

// virtuals are the resources that are not stored, in every cluster.
func virtuals() []virtual {
	creates := func(h handler) map[string]handler { return map[string]handler{"create": h} }
	authn, authz := authenticationv1.SchemeGroupVersion, authorizationv1.SchemeGroupVersion
	return []virtual{
		{corev1.SchemeGroupVersion, "bindings", "binding", "Binding", true, nil, creates((*call).createBinding), nil},
		{corev1.SchemeGroupVersion, "componentstatuses", "componentstatus", "ComponentStatus", false, []string{"cs"},
			map[string]handler{"get": (*call).getComponentStatus, "list": (*call).listComponentStatuses}, componentTable()},
		{authn, "selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview", false, nil, creates((*call).reviewSelf), nil},
		{authn, "tokenreviews", "tokenreview", "TokenReview", false, nil, creates((*call).reviewToken), nil},
		{authz, "localsubjectaccessreviews", "localsubjectaccessreview", "LocalSubjectAccessReview", true, nil, creates((*call).reviewLocalAccess), nil},
		{authz, "selfsubjectaccessreviews", "selfsubjectaccessreview", "SelfSubjectAccessReview", false, nil, creates((*call).reviewOwnAccess), nil},
		{authz, "selfsubjectrulesreviews", "selfsubjectrulesreview", "SelfSubjectRulesReview", false, nil, creates((*call).reviewOwnRules), nil},
		{authz, "subjectaccessreviews", "subjectaccessreview", "SubjectAccessReview", false, nil, creates((*call).reviewAccess), nil},
	}
}

// metricsVirtuals are those of a cluster that knows what is used.
func metricsVirtuals() []virtual {
	version := metricsv1beta1.SchemeGroupVersion
	return []virtual{
		{version, "nodes", "", "NodeMetrics", false, nil, map[string]handler{"get": (*call).getNodeMetrics, "list": (*call).listNodeMetrics}, nodeMetricsTable()},
		{version, "pods", "", "PodMetrics", true, nil, map[string]handler{"get": (*call).getPodMetrics, "list": (*call).listPodMetrics}, podMetricsTable()},
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
	creates := v.verbs["get"] == nil
	if c.namespace != "" && !v.namespaced || creates && (c.name != "" || c.namespace == "" && v.namespaced) {
		return errNoResource()
	}
	if h == nil || c.r.Method == http.MethodHead || !fits || c.subresource != "" || c.verb == "create" && c.name != "" {
		return errMethodNotAllowed()
	}
	c.rows = v.table
	if err := c.checkRoute(); err != nil {
		return err
	}
	c.meteredVerb()
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
	return c.show(http.StatusOK, &status, "ComponentStatus")
}

func (c *call) listComponentStatuses() error {
	c.warn(componentStatusDeprecated)
	list := &corev1.ComponentStatusList{} //nolint:staticcheck // deprecated, still served
	for _, name := range components {
		list.Items = append(list.Items, componentStatus(name))
	}
	return c.show(http.StatusOK, list, "ComponentStatusList")
}

func componentTable() *resources.Table {
	return &resources.Table{
		Columns: []metav1.TableColumnDefinition{
			resources.NameColumn(),
			resources.Column("Status", "Status of the component conditions"),
			resources.Column("Message", "Message of the component conditions"),
			resources.Column("Error", "Error of the component conditions"),
		},
		Row: func(o store.Object, _ time.Time) []any { return []any{o.GetName(), "Healthy", "ok", ""} },
	}
}
