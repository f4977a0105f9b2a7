package create

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/factory"
)

// rules are the flags from which policy rules are made.
type rules struct {
	verbs, resources, resourceNames []string
}

// ruleResource is one value of --resource: NAME.GROUP/SUBRESOURCE.
type ruleResource struct{ name, group, subresource string }

func (o *rules) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&o.verbs, "verb", nil, "Verbs that are allowed.")
	cmd.Flags().StringSliceVar(&o.resources, "resource", nil, "Resources on which they are allowed, as NAME.GROUP/SUBRESOURCE.")
	cmd.Flags().StringArrayVar(&o.resourceNames, "resource-name", nil, "Names of the only objects on which they are allowed; may be given several times.")
}

type role struct{ rules }

func newRole(f *factory.Factory) *cobra.Command {
	o := &role{}
	g := &generator{resource: rbacv1.SchemeGroupVersion.WithResource("roles"), make: o.make}
	cmd := g.command(f, &cobra.Command{
		Use:   "role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]",
		Short: "Create a role with single rule",
	})
	o.addFlags(cmd)
	return cmd
}

func (o *role) make(in input) (runtime.Object, error) {
	verbs, resources := o.parse()
	mapper, err := in.f.ToRESTMapper()
	if err != nil {
		return nil, err
	}
	switch {
	case in.name == "":
		return nil, requireName(in.name)
	case len(verbs) == 0:
		return nil, fmt.Errorf("at least one verb must be specified")
	}
	warnOfVerbs(in.f, verbs)
	if len(resources) == 0 {
		return nil, fmt.Errorf("at least one resource must be specified")
	}
	if err := checkResources(mapper, verbs, resources); err != nil {
		return nil, err
	}
	return &rbacv1.Role{
		TypeMeta:   metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "Role"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name, Namespace: in.ownNamespace},
		Rules:      policyRules(mapper, verbs, resources, distinct(o.resourceNames)),
	}, nil
}

type clusterRole struct {
	rules
	nonResourceURLs []string
	aggregation     labelMap
}

func newClusterRole(f *factory.Factory) *cobra.Command {
	o := &clusterRole{}
	g := &generator{resource: rbacv1.SchemeGroupVersion.WithResource("clusterroles"), clusterScoped: true, make: o.make}
	cmd := g.command(f, &cobra.Command{
		Use:   "clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]",
		Short: "Create a cluster role",
	})
	o.addFlags(cmd)
	cmd.Flags().StringSliceVar(&o.nonResourceURLs, "non-resource-url", nil, "Paths of the server, other than resources, on which the verbs are allowed.")
	cmd.Flags().Var(&o.aggregation, "aggregation-rule", "Labels of the cluster roles of which this one is made up.")
	return cmd
}

func (o *clusterRole) make(in input) (runtime.Object, error) {
	verbs, resources := o.parse()
	urls := distinct(o.nonResourceURLs)
	mapper, err := in.f.ToRESTMapper()
	if err != nil {
		return nil, err
	}
	if err := requireName(in.name); err != nil {
		return nil, err
	}
	made := &rbacv1.ClusterRole{
		TypeMeta:   metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRole"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name},
	}
	if len(o.aggregation) > 0 {
		if len(urls) > 0 || len(verbs) > 0 || len(resources) > 0 || len(o.resourceNames) > 0 {
			return nil, fmt.Errorf("aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames")
		}
		made.AggregationRule = &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{{MatchLabels: o.aggregation}}}
		return made, nil
	}
	switch {
	case len(verbs) == 0:
		return nil, fmt.Errorf("at least one verb must be specified")
	case len(resources) == 0 && len(urls) == 0:
		return nil, fmt.Errorf("one of resource or nonResourceURL must be specified")
	}
	if len(resources) > 0 {
		warnOfVerbs(in.f, verbs)
		if err := checkResources(mapper, verbs, resources); err != nil {
			return nil, err
		}
	}
	if err := checkURLs(urls, verbs); err != nil {
		return nil, err
	}
	made.Rules = policyRules(mapper, verbs, resources, distinct(o.resourceNames))
	if len(urls) > 0 {
		made.Rules = append(made.Rules, rbacv1.PolicyRule{Verbs: verbs, NonResourceURLs: urls})
	}
	return made, nil
}

// parse reads the flags: "*" stands for all verbs, or all resources, alone.
func (o *rules) parse() (verbs []string, resources []ruleResource) {
	verbs = distinct(o.verbs)
	if slices.Contains(verbs, "*") {
		verbs = []string{"*"}
	}
	for _, spec := range o.resources {
		path, subresource, hasSubresource := strings.Cut(spec, "/")
		name, group, hasGroup := strings.Cut(path, ".")
		parsed := ruleResource{name, group, subresource}
		if name == "*" && !hasGroup && !hasSubresource {
			return verbs, []ruleResource{parsed}
		}
		resources = append(resources, parsed)
	}
	return verbs, resources
}

// distinct drops repetitions; it is never nil.
func distinct(values []string) []string {
	kept := []string{}
	for _, value := range values {
		if !slices.Contains(kept, value) {
			kept = append(kept, value)
		}
	}
	return kept
}

func warnOfVerbs(f *factory.Factory, verbs []string) {
	known := []string{"*", "get", "delete", "list", "create", "update", "patch", "watch", "proxy", "deletecollection", "use", "bind", "escalate", "impersonate"}
	for _, verb := range verbs {
		if !slices.Contains(known, verb) {
			fmt.Fprintf(f.ErrOut, "Warning: '%s' is not a standard resource verb\n", verb)
		}
	}
}

// specialVerbs can only be done to some resources.
func specialVerbs() map[string][]schema.GroupResource {
	roles := []schema.GroupResource{{Group: rbacv1.GroupName, Resource: "roles"}, {Group: rbacv1.GroupName, Resource: "clusterroles"}}
	return map[string][]schema.GroupResource{
		"use":         {{Group: "policy", Resource: "podsecuritypolicies"}, {Group: "extensions", Resource: "podsecuritypolicies"}},
		"bind":        roles,
		"escalate":    roles,
		"impersonate": {{Resource: "users"}, {Resource: "serviceaccounts"}, {Resource: "groups"}, {Group: "authentication.k8s.io", Resource: "userextras"}},
	}
}

func checkResources(mapper meta.RESTMapper, verbs []string, resources []ruleResource) error {
	special := specialVerbs()
	for _, r := range resources {
		if r.name == "" {
			return fmt.Errorf("resource must be specified if apiGroup/subresource specified")
		}
		if r.name == "*" {
			return nil
		}
		found, err := lookUp(mapper, r)
		for _, verb := range verbs {
			allowed, ok := special[verb]
			if !ok {
				continue
			}
			if !slices.Contains(allowed, found) {
				return fmt.Errorf("can not perform '%s' on '%s' in group '%s'", verb, found.Resource, found.Group)
			}
			err = nil // What verbs like impersonate are for need not be served.
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkURLs(urls, verbs []string) error {
	if len(urls) == 0 {
		return nil
	}
	known := []string{"*", "get", "post", "put", "delete", "patch", "head", "options"}
	for _, verb := range verbs {
		if !slices.Contains(known, verb) {
			return fmt.Errorf("invalid verb: '%s' for nonResourceURL", verb)
		}
	}
	for _, url := range urls {
		if url == "*" {
			continue
		}
		if !strings.HasPrefix(url, "/") {
			return fmt.Errorf("nonResourceURL should start with /")
		}
		if strings.Contains(url[:len(url)-1], "*") {
			return fmt.Errorf("nonResourceURL only supports wildcard matches when '*' is at the end")
		}
	}
	return nil
}

// lookUp is the resource by the name that the server has for it, or, with an
// error, as it is.
func lookUp(mapper meta.RESTMapper, r ruleResource) (schema.GroupResource, error) {
	found, err := mapper.ResourceFor(schema.GroupVersionResource{Group: r.group, Resource: r.name})
	if err != nil {
		return schema.GroupResource{Group: r.group, Resource: r.name}, err
	}
	return found.GroupResource(), nil
}

// policyRules makes one rule for each group, in the order of their names.
func policyRules(mapper meta.RESTMapper, verbs []string, resources []ruleResource, names []string) []rbacv1.PolicyRule {
	byGroup := map[string][]string{}
	var groups []string
	for _, r := range resources {
		found, _ := lookUp(mapper, r)
		name := found.Resource
		if r.subresource != "" {
			name += "/" + r.subresource
		}
		if _, ok := byGroup[found.Group]; !ok {
			groups = append(groups, found.Group)
		}
		if !slices.Contains(byGroup[found.Group], name) {
			byGroup[found.Group] = append(byGroup[found.Group], name)
		}
	}
	slices.Sort(groups)
	made := []rbacv1.PolicyRule{}
	for _, group := range groups {
		made = append(made, rbacv1.PolicyRule{Verbs: verbs, Resources: byGroup[group], APIGroups: []string{group}, ResourceNames: names})
	}
	return made
}

// subjects are the flags that say to whom a role is given.
type subjects struct{ users, groups, serviceAccounts []string }

func (o *subjects) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&o.users, "user", nil, "User that gets the role; may be given several times.")
	cmd.Flags().StringArrayVar(&o.groups, "group", nil, "Group that gets the role; may be given several times.")
	cmd.Flags().StringArrayVar(&o.serviceAccounts, "serviceaccount", nil, "Service account that gets the role, as NAMESPACE:NAME; may be given several times.")
}

func (o *subjects) make() ([]rbacv1.Subject, error) {
	var made []rbacv1.Subject
	for _, name := range o.users {
		made = append(made, rbacv1.Subject{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: name})
	}
	for _, name := range o.groups {
		made = append(made, rbacv1.Subject{Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: name})
	}
	for _, account := range o.serviceAccounts {
		namespace, name, ok := strings.Cut(account, ":")
		if !ok || namespace == "" || name == "" || strings.Contains(name, ":") {
			return nil, fmt.Errorf("serviceaccount must be <namespace>:<name>")
		}
		made = append(made, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name})
	}
	return made, nil
}

type roleBinding struct {
	subjects
	clusterRole, role string
}

func newRoleBinding(f *factory.Factory) *cobra.Command {
	o := &roleBinding{}
	g := &generator{
		resource: rbacv1.SchemeGroupVersion.WithResource("rolebindings"),
		failed:   "failed to create rolebinding: %v",
		make:     o.make,
	}
	cmd := g.command(f, &cobra.Command{
		Use:   "rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
		Short: "Create a role binding for a particular role or cluster role",
	})
	cmd.Flags().StringVar(&o.clusterRole, "clusterrole", "", "Cluster role to give.")
	cmd.Flags().StringVar(&o.role, "role", "", "Role to give.")
	o.addFlags(cmd)
	return cmd
}

func (o *roleBinding) make(in input) (runtime.Object, error) {
	if err := requireName(in.name); err != nil {
		return nil, err
	}
	if (o.clusterRole == "") == (o.role == "") {
		return nil, fmt.Errorf("exactly one of clusterrole or role must be specified")
	}
	made, err := o.subjects.make()
	if err != nil {
		return nil, err
	}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: o.role}
	if o.role == "" {
		ref.Kind, ref.Name = "ClusterRole", o.clusterRole
	}
	return &rbacv1.RoleBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "RoleBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name, Namespace: in.ownNamespace},
		Subjects:   made,
		RoleRef:    ref,
	}, nil
}

type clusterRoleBinding struct {
	subjects
	clusterRole string
}

func newClusterRoleBinding(f *factory.Factory) *cobra.Command {
	o := &clusterRoleBinding{}
	g := &generator{
		resource:      rbacv1.SchemeGroupVersion.WithResource("clusterrolebindings"),
		clusterScoped: true,
		failed:        "failed to create clusterrolebinding: %v",
		make:          o.make,
	}
	cmd := g.command(f, &cobra.Command{
		Use:   "clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
		Short: "Create a cluster role binding for a particular cluster role",
	})
	cmd.Flags().StringVar(&o.clusterRole, "clusterrole", "", "Cluster role to give.")
	_ = cmd.MarkFlagRequired("clusterrole")
	o.addFlags(cmd)
	return cmd
}

func (o *clusterRoleBinding) make(in input) (runtime.Object, error) {
	made, err := o.subjects.make()
	if err != nil {
		return nil, err
	}
	return &rbacv1.ClusterRoleBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRoleBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name},
		Subjects:   made,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: o.clusterRole},
	}, nil
}
