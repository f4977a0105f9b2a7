package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/policyrule"
)

func resourceVerbs() []string {
	return []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use", "bind", "impersonate", "*", "approve", "sign", "escalate", "attest"}
}

func pathVerbs() []string {
	return []string{"get", "put", "post", "head", "options", "delete", "patch", "*"}
}

type canI struct {
	f        *factory.Factory
	out      io.Writer
	warnings *printers.WarningPrinter

	allNamespaces, quiet, list, noHeaders bool
	subresource                           string

	// The question.
	namespace, verb, path, name string
	resource                    schema.GroupVersionResource
}

func newCanI(f *factory.Factory) *cobra.Command {
	o := &canI{f: f}
	cmd := &cobra.Command{
		Use:                   "can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL]",
		DisableFlagsInUseLine: true,
		Short:                 "Check whether an action is allowed",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args) },
	}
	set := cmd.Flags()
	flags.AddAllNamespaces(cmd, &o.allNamespaces)
	set.BoolVarP(&o.quiet, "quiet", "q", false, "Print nothing; only the exit code answers.")
	set.StringVar(&o.subresource, "subresource", "", "Subresource, such as pod/log or deployment/scale.")
	set.BoolVar(&o.list, "list", false, "List all that is allowed.")
	set.BoolVar(&o.noHeaders, "no-headers", false, "Leave out the line of column names.")
	return cmd
}

func (o *canI) run(ctx context.Context, args []string) error {
	o.out = o.f.Out
	o.warnings = printers.NewWarningPrinter(o.f.ErrOut, printers.WarningPrinterOptions{Color: printers.AllowsColorOutput(o.f.ErrOut)})
	if err := o.complete(args); err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	if o.list {
		return o.listAllowed(ctx)
	}
	return o.check(ctx)
}

func (o *canI) complete(args []string) error {
	switch {
	case o.list && len(args) != 0:
		return errors.New("list option must be specified with no arguments")
	case !o.list && len(args) != 2:
		return errors.New("you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.")
	case !o.list:
		if err := o.question(args[0], args[1]); err != nil {
			return err
		}
	}
	if o.allNamespaces {
		return nil
	}
	var err error
	o.namespace, _, err = o.f.Namespace()
	return err
}

func (o *canI) question(verb, target string) error {
	if o.quiet {
		o.out = io.Discard
	}
	o.verb = verb
	if strings.HasPrefix(target, "/") {
		o.path = target
		return nil
	}
	mapper, err := o.f.ToRESTMapper()
	if err != nil {
		return err
	}
	resource, name, _ := strings.Cut(target, "/")
	o.resource, o.name = o.lookUp(mapper, resource), name
	return nil
}

// lookUp finds a type; one that the server does not know is asked about as it
// is written.
func (o *canI) lookUp(mapper meta.RESTMapper, typed string) schema.GroupVersionResource {
	if typed == "*" {
		return schema.GroupVersionResource{Resource: typed}
	}
	full, short := schema.ParseResourceArg(strings.ToLower(typed))
	if full != nil {
		if found, err := mapper.ResourceFor(*full); err == nil && !found.Empty() {
			return found
		}
	}
	found, err := mapper.ResourceFor(short.WithVersion(""))
	if err == nil {
		return found
	}
	if name := short.String(); name != "users" && name != "groups" {
		o.warnings.Print(fmt.Sprintf("the server doesn't have a resource type '%s'%s\n", short.Resource, inGroup(short.Group)))
	}
	return schema.GroupVersionResource{Resource: typed}
}

func inGroup(group string) string {
	if group == "" {
		return ""
	}
	return fmt.Sprintf(" in group '%s'", group)
}

func (o *canI) validate() error {
	if o.list {
		if o.quiet || o.allNamespaces || o.subresource != "" {
			return errors.New("list option can't be specified with neither quiet, all-namespaces nor subresource options")
		}
		return nil
	}
	verbs := resourceVerbs()
	switch {
	case o.path != "" && o.subresource != "":
		return fmt.Errorf("--subresource can not be used with NonResourceURL")
	case o.path != "":
		verbs = pathVerbs()
	case !o.resource.Empty() && !o.allNamespaces && o.clusterScoped():
		o.warnings.Print(fmt.Sprintf("resource '%s' is not namespace scoped%s\n", o.resource.Resource, inGroup(o.resource.Group)))
	}
	// Verbs of resources are not checked where the namespace is not either.
	if (o.path != "" || !o.resource.Empty() && !o.allNamespaces) && !slices.Contains(verbs, o.verb) {
		o.warnings.Print(fmt.Sprintf("verb '%s' is not a known verb\n", o.verb))
	}
	if o.noHeaders {
		return fmt.Errorf("--no-headers cannot be set without --list specified")
	}
	return nil
}

// clusterScoped tells a resource of which is known that it has no namespace.
func (o *canI) clusterScoped() bool {
	if o.resource.Resource == "*" {
		return false
	}
	client, err := o.f.UncachedDiscovery()
	if err != nil {
		return false
	}
	list, err := client.Resources(o.resource.GroupVersion().String())
	if err != nil {
		return false
	}
	for _, resource := range list.APIResources {
		if resource.Name == o.resource.Resource {
			return !resource.Namespaced
		}
	}
	return false
}

// check answers yes or no, the latter also as exit code.
func (o *canI) check(ctx context.Context) error {
	review := &authorizationv1.SelfSubjectAccessReview{}
	if o.path != "" {
		review.Spec.NonResourceAttributes = &authorizationv1.NonResourceAttributes{Verb: o.verb, Path: o.path}
	} else {
		review.Spec.ResourceAttributes = &authorizationv1.ResourceAttributes{
			Namespace:   o.namespace,
			Verb:        o.verb,
			Group:       o.resource.Group,
			Resource:    o.resource.Resource,
			Subresource: o.subresource,
			Name:        o.name,
		}
	}
	client, err := o.f.TypedClient(authorizationv1.SchemeGroupVersion)
	if err != nil {
		return err
	}
	err = client.Post().Resource("selfsubjectaccessreviews").Body(review).Do(ctx).Into(review)
	if err != nil {
		return err
	}
	if review.Status.Allowed {
		fmt.Fprintln(o.out, "yes")
		return nil
	}
	answer := "no"
	for _, why := range []string{review.Status.Reason, review.Status.EvaluationError} {
		if why != "" {
			answer += " - " + why
		}
	}
	fmt.Fprintln(o.out, answer)
	return failure.Silent
}

func (o *canI) listAllowed(ctx context.Context) error {
	client, err := o.f.TypedClient(authorizationv1.SchemeGroupVersion)
	if err != nil {
		return err
	}
	review := &authorizationv1.SelfSubjectRulesReview{
		Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: o.namespace},
	}
	err = client.Post().Resource("selfsubjectrulesreviews").Body(review).Do(ctx).Into(review)
	if err != nil {
		return err
	}
	if review.Status.Incomplete {
		o.warnings.Print(fmt.Sprintf("the list may be incomplete: %v", review.Status.EvaluationError))
	}
	w := printers.GetNewTabWriter(o.out)
	defer w.Flush()
	if !o.noHeaders {
		fmt.Fprintln(w, "Resources\tNon-Resource URLs\tResource Names\tVerbs")
	}
	for _, rule := range policyrule.Compact(asRules(review.Status)) {
		fmt.Fprintf(w, "%s\t%v\t%v\t%v\n", policyrule.Resource(rule), rule.NonResourceURLs, rule.ResourceNames, rule.Verbs)
	}
	return nil
}

func asRules(status authorizationv1.SubjectRulesReviewStatus) []rbacv1.PolicyRule {
	var rules []rbacv1.PolicyRule
	for _, rule := range status.ResourceRules {
		rules = append(rules, rbacv1.PolicyRule{
			Verbs: rule.Verbs, APIGroups: rule.APIGroups, Resources: rule.Resources, ResourceNames: rule.ResourceNames,
		})
	}
	for _, rule := range status.NonResourceRules {
		rules = append(rules, rbacv1.PolicyRule{Verbs: rule.Verbs, NonResourceURLs: rule.NonResourceURLs})
	}
	return rules
}
