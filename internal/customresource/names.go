package customresource

import (
	"fmt"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Definition is what the functions about a definition's status are about.
type Definition = apiextensionsv1.CustomResourceDefinition

// AcceptNames decides which of the names that a definition asks for it gets:
// those that no definition of its group has got before. all are the
// definitions of the cluster, the one in question among them. It returns crd
// itself if nothing changes, and a copy with the new status otherwise.
func AcceptNames(crd *Definition, all []*Definition, now metav1.Time) *Definition {
	if equality.Semantic.DeepEqual(crd.Spec.Names, crd.Status.AcceptedNames) {
		return crd
	}
	names, conflict := settleNames(crd, takenNames(crd.Spec.Group, all))
	accepted := conditionOf(apiextensionsv1.NamesAccepted, apiextensionsv1.ConditionTrue, "NoConflicts", "no conflicts found")
	if conflict != nil {
		accepted = conditionOf(apiextensionsv1.NamesAccepted, apiextensionsv1.ConditionFalse, conflict.reason, conflict.message)
	}
	if equality.Semantic.DeepEqual(crd.Status.AcceptedNames, names) && hasCondition(crd, accepted) {
		return crd
	}
	next := crd.DeepCopy()
	next.Status.AcceptedNames = names
	setCondition(next, accepted, now)
	setCondition(next, establishedAfter(crd, accepted), now)
	return next
}

// establishedAfter is whether the kind is served once names have been settled:
// what it was, or not yet.
func establishedAfter(crd *Definition, accepted apiextensionsv1.CustomResourceDefinitionCondition) apiextensionsv1.CustomResourceDefinitionCondition {
	before := findCondition(crd, apiextensionsv1.Established)
	switch {
	case before != nil && before.Status == apiextensionsv1.ConditionTrue:
		return *before
	case accepted.Status == apiextensionsv1.ConditionTrue:
		return conditionOf(apiextensionsv1.Established, apiextensionsv1.ConditionFalse, "Installing", "the initial names have been accepted")
	case before != nil:
		return *before
	}
	return conditionOf(apiextensionsv1.Established, apiextensionsv1.ConditionFalse, "NotAccepted", "not all names are accepted")
}

// taken are the names that definitions of a group have got.
type taken struct{ resources, kinds map[string]bool }

func takenNames(group string, all []*Definition) taken {
	t := taken{map[string]bool{}, map[string]bool{}}
	for _, crd := range all {
		if crd.Spec.Group != group {
			continue
		}
		names := crd.Status.AcceptedNames
		for _, name := range append([]string{names.Plural, names.Singular}, names.ShortNames...) {
			t.resources[name] = true
		}
		t.kinds[names.Kind], t.kinds[names.ListKind] = true, true
	}
	return t
}

type nameConflict struct{ reason, message string }

// settleNames gives each name that is free. Of several conflicts the last one
// is told.
func settleNames(crd *Definition, t taken) (apiextensionsv1.CustomResourceDefinitionNames, *nameConflict) {
	wanted, names := crd.Spec.Names, *crd.Status.AcceptedNames.DeepCopy()
	var conflict *nameConflict
	settle := func(wanted string, has *string, used map[string]bool, reason string) {
		if wanted != *has && used[wanted] {
			conflict = &nameConflict{reason, inUse(wanted)}
			return
		}
		*has = wanted
	}
	settle(wanted.Plural, &names.Plural, t.resources, "PluralConflict")
	settle(wanted.Singular, &names.Singular, t.resources, "SingularConflict")
	if messages := shortNameConflicts(wanted.ShortNames, names.ShortNames, t.resources); len(messages) > 0 {
		conflict = &nameConflict{"ShortNamesConflict", aggregate(messages)}
	} else {
		names.ShortNames = wanted.ShortNames
	}
	settle(wanted.Kind, &names.Kind, t.kinds, "KindConflict")
	settle(wanted.ListKind, &names.ListKind, t.kinds, "ListKindConflict")
	names.Categories = wanted.Categories
	return names, conflict
}

func shortNameConflicts(wanted, has []string, used map[string]bool) []string {
	var messages []string
	for _, name := range wanted {
		if used[name] && !slices.Contains(has, name) {
			messages = append(messages, inUse(name))
		}
	}
	return messages
}

func inUse(name string) string { return fmt.Sprintf("%q is already in use", name) }

// aggregate joins messages as Kubernetes joins errors.
func aggregate(messages []string) string {
	messages = slices.Compact(messages)
	if len(messages) == 1 {
		return messages[0]
	}
	return "[" + strings.Join(messages, ", ") + "]"
}
