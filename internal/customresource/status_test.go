package customresource_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/customresource"
)

var (
	noon = metav1.NewTime(time.Unix(43200, 0))
	one  = metav1.NewTime(time.Unix(46800, 0))
)

func named(name, kind string, shortNames ...string) *customresource.Definition {
	crd := &customresource.Definition{}
	crd.Name = name + ".example.com"
	crd.Spec.Group = "example.com"
	crd.Spec.Names = apiextensionsv1.CustomResourceDefinitionNames{
		Plural: name, Singular: name[:len(name)-1], Kind: kind, ListKind: kind + "List", ShortNames: shortNames,
	}
	return crd
}

// conditions are a definition's conditions as "Type=Status Reason: message".
func conditions(crd *customresource.Definition) []string {
	var all []string
	for _, c := range crd.Status.Conditions {
		all = append(all, string(c.Type)+"="+string(c.Status)+" "+c.Reason+": "+c.Message)
	}
	return all
}

func TestNamesAreAcceptedThenEstablished(t *testing.T) {
	asked := named("widgets", "Widget", "wd")
	accepted := customresource.AcceptNames(asked, []*customresource.Definition{asked}, noon)
	require.Equal(t, asked.Spec.Names, accepted.Status.AcceptedNames)
	require.Equal(t, []string{
		"NamesAccepted=True NoConflicts: no conflicts found",
		"Established=False Installing: the initial names have been accepted",
	}, conditions(accepted))
	require.Empty(t, asked.Status.Conditions, "what was handed in is unchanged")
	require.Same(t, accepted, customresource.AcceptNames(accepted, []*customresource.Definition{accepted}, one))

	established := customresource.Establish(accepted, one)
	require.Equal(t, "Established=True InitialNamesAccepted: the initial names have been accepted", conditions(established)[1])
	require.Equal(t, one, established.Status.Conditions[1].LastTransitionTime)
	require.Equal(t, noon, established.Status.Conditions[0].LastTransitionTime)
	require.True(t, customresource.Established(established))
	require.Same(t, established, customresource.Establish(established, one))
}

func TestTakenNames(t *testing.T) {
	first := named("widgets", "Widget", "wd")
	first.Status.AcceptedNames = first.Spec.Names
	for _, c := range []struct {
		name   string
		crd    *customresource.Definition
		reason string
		says   string
	}{
		{"a kind", named("gadgets", "Widget"), "ListKindConflict", `"WidgetList" is already in use`},
		{"a short name", named("gadgets", "Gadget", "wd"), "ShortNamesConflict", `"wd" is already in use`},
		{"two short names", named("gadgets", "Gadget", "wd", "widget"), "ShortNamesConflict", `["wd" is already in use, "widget" is already in use]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			next := customresource.AcceptNames(c.crd, []*customresource.Definition{first, c.crd}, noon)
			require.Equal(t, []string{
				"NamesAccepted=False " + c.reason + ": " + c.says,
				"Established=False NotAccepted: not all names are accepted",
			}, conditions(next))
			require.Equal(t, "gadgets", next.Status.AcceptedNames.Plural, "the free names are given")
			require.Same(t, next, customresource.Establish(next, one))
		})
	}
}

func TestApprovalOfProtectedGroups(t *testing.T) {
	crd := named("widgets", "Widget")
	require.Same(t, crd, customresource.JudgeApproval(crd, noon), "nobody's business")
	crd.Spec.Group = "widgets.k8s.io"
	crd.Annotations = map[string]string{apiextensionsv1.KubeAPIApprovedAnnotation: "https://github.com/kubernetes/kubernetes/pull/1"}
	require.Equal(t, []string{
		"KubernetesAPIApprovalPolicyConformant=True ApprovedAnnotation: approved in https://github.com/kubernetes/kubernetes/pull/1",
	}, conditions(customresource.JudgeApproval(crd, noon)))
}

func TestCleanup(t *testing.T) {
	crd := named("widgets", "Widget")
	require.False(t, customresource.NeedsCleanup(crd))
	crd.DeletionTimestamp = &noon
	crd.Finalizers = []string{"other", apiextensionsv1.CustomResourceCleanupFinalizer}
	require.True(t, customresource.NeedsCleanup(crd))

	crd.Status.Conditions = []apiextensionsv1.CustomResourceDefinitionCondition{{Type: apiextensionsv1.Established, Status: apiextensionsv1.ConditionTrue}}
	deleting := customresource.BeginCleanup(crd, noon)
	require.Contains(t, conditions(deleting), "Terminating=True InstanceDeletionInProgress: CustomResource deletion is in progress")
	done := customresource.FinishCleanup(deleting, one)
	require.Contains(t, conditions(done), "Terminating=False InstanceDeletionCompleted: removed all instances")
	require.Equal(t, []string{"other"}, done.Finalizers)
}
