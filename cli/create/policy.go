package create

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubejig/kubejig/cli/factory"
)

type quota struct{ hard, scopes string }

func newQuota(f *factory.Factory) *cobra.Command {
	o := &quota{}
	g := &generator{
		resource: corev1.SchemeGroupVersion.WithResource("resourcequotas"),
		failed:   "failed to create quota: %v",
		make:     o.make,
	}
	cmd := g.command(f, &cobra.Command{
		Use:     "quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]",
		Aliases: []string{"resourcequota"},
		Short:   "Create a quota with the specified name",
	})
	cmd.Flags().StringVar(&o.hard, "hard", "", "Limits, as resource=quantity, comma-separated.")
	cmd.Flags().StringVar(&o.scopes, "scopes", "", "Scopes that an object must all be in to count, comma-separated.")
	return cmd
}

func (o *quota) make(in input) (runtime.Object, error) {
	if err := requireName(in.name); err != nil {
		return nil, err
	}
	hard, err := parseResources(o.hard)
	if err != nil {
		return nil, err
	}
	scopes, err := parseScopes(o.scopes)
	if err != nil {
		return nil, err
	}
	return &corev1.ResourceQuota{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name, Namespace: in.ownNamespace},
		Spec:       corev1.ResourceQuotaSpec{Hard: hard, Scopes: scopes},
	}, nil
}

func parseResources(spec string) (corev1.ResourceList, error) {
	if spec == "" {
		return nil, nil
	}
	list := corev1.ResourceList{}
	for _, part := range strings.Split(spec, ",") {
		name, value, ok := strings.Cut(part, "=")
		if !ok || strings.Contains(value, "=") {
			return nil, fmt.Errorf("Invalid argument syntax %v, expected <resource>=<value>", part)
		}
		quantity, err := resource.ParseQuantity(value)
		if err != nil {
			return nil, err
		}
		list[corev1.ResourceName(name)] = quantity
	}
	return list, nil
}

func parseScopes(spec string) ([]corev1.ResourceQuotaScope, error) {
	if spec == "" {
		return nil, nil
	}
	var scopes []corev1.ResourceQuotaScope
	for _, scope := range strings.Split(spec, ",") {
		if scope == "" {
			return nil, fmt.Errorf("invalid resource quota scope \"\"")
		}
		scopes = append(scopes, corev1.ResourceQuotaScope(scope))
	}
	return scopes, nil
}

type podDisruptionBudget struct{ minAvailable, maxUnavailable, selector string }

func newPodDisruptionBudget(f *factory.Factory) *cobra.Command {
	o := &podDisruptionBudget{}
	g := &generator{
		resource: policyv1.SchemeGroupVersion.WithResource("poddisruptionbudgets"),
		failed:   "failed to create poddisruptionbudgets: %v",
		make:     o.make,
	}
	cmd := g.command(f, &cobra.Command{
		Use:     "poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]",
		Aliases: []string{"pdb"},
		Short:   "Create a pod disruption budget with the specified name",
	})
	cmd.Flags().StringVar(&o.minAvailable, "min-available", "", "How many pods, or which percentage, must stay available.")
	cmd.Flags().StringVar(&o.maxUnavailable, "max-unavailable", "", "How many pods, or which percentage, may be unavailable.")
	cmd.Flags().StringVar(&o.selector, "selector", "", "Labels of the pods that the budget is for.")
	return cmd
}

func (o *podDisruptionBudget) make(in input) (runtime.Object, error) {
	if err := o.validate(in.name); err != nil {
		return nil, err
	}
	selector, err := metav1.ParseToLabelSelector(o.selector)
	if err != nil {
		return nil, err
	}
	made := &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name, Namespace: in.ownNamespace},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: selector},
	}
	if o.minAvailable != "" {
		value := intstr.Parse(o.minAvailable)
		made.Spec.MinAvailable = &value
	} else {
		value := intstr.Parse(o.maxUnavailable)
		made.Spec.MaxUnavailable = &value
	}
	return made, nil
}

func (o *podDisruptionBudget) validate(name string) error {
	number := regexp.MustCompile(`^[0-9]+%?$`)
	switch {
	case name == "":
		return requireName(name)
	case o.selector == "":
		return fmt.Errorf("a selector must be specified")
	case o.maxUnavailable == "" && o.minAvailable == "":
		return fmt.Errorf("one of min-available or max-unavailable must be specified")
	case o.maxUnavailable != "" && o.minAvailable != "":
		return fmt.Errorf("min-available and max-unavailable cannot be both specified")
	case o.minAvailable != "" && !number.MatchString(o.minAvailable):
		return fmt.Errorf("invalid format specified for min-available")
	case o.maxUnavailable != "" && !number.MatchString(o.maxUnavailable):
		return fmt.Errorf("invalid format specified for max-unavailable")
	}
	return nil
}

type priorityClass struct {
	value         int32
	globalDefault bool
	description   string
	preemption    string
}

func newPriorityClass(f *factory.Factory) *cobra.Command {
	o := &priorityClass{}
	g := &generator{
		resource:      schedulingv1.SchemeGroupVersion.WithResource("priorityclasses"),
		clusterScoped: true,
		failed:        "failed to create priorityclass: %v",
		make:          o.make,
	}
	cmd := g.command(f, &cobra.Command{
		Use:     "priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]",
		Aliases: []string{"pc"},
		Short:   "Create a priority class with the specified name",
	})
	cmd.Flags().Int32Var(&o.value, "value", 0, "The priority; higher goes first.")
	cmd.Flags().BoolVar(&o.globalDefault, "global-default", false, "Pods that name no class get this one.")
	cmd.Flags().StringVar(&o.description, "description", "", "What the class is for.")
	cmd.Flags().StringVar(&o.preemption, "preemption-policy", "PreemptLowerPriority", "Whether its pods may take the place of others: PreemptLowerPriority or Never.")
	return cmd
}

func (o *priorityClass) make(in input) (runtime.Object, error) {
	policy := corev1.PreemptionPolicy(o.preemption)
	return &schedulingv1.PriorityClass{
		TypeMeta:         metav1.TypeMeta{APIVersion: "scheduling.k8s.io/v1", Kind: "PriorityClass"},
		ObjectMeta:       metav1.ObjectMeta{Name: in.name},
		Value:            o.value,
		GlobalDefault:    o.globalDefault,
		Description:      o.description,
		PreemptionPolicy: &policy,
	}, nil
}
