package definition

import (
	"reflect"

	celgo "github.com/google/cel-go/cel"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	structuraldefaulting "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/kubejig/kubejig/internal/webhookclient"
)

// leniency are the rules that a definition need not keep: those that the
// stored definition breaks, too. The zero value is that of a new definition.
type leniency struct {
	noSchema        bool
	notStructural   bool
	unprunedDefault bool
	unknownTypes    bool
	compositeSets   bool
	looseMapKeys    bool
	unknownReviews  bool // versions of conversion reviews
	invalidCABundle bool

	unchanged      map[string]bool // versions whose schemas have not changed
	manySelectable map[string]bool // versions; "" are all
	stored         storedExpressions

	costly bool // rules of the schema at hand may cost anything
}

// leniencyFor is that with which a definition may replace another.
func leniencyFor(d, old definition) leniency {
	found := findingsOf(&old.Spec)
	return leniency{
		noSchema:        lacksSchema(&old.Spec),
		notStructural:   anyRoot(&old.Spec, func(s schema) bool { return structural(s) == nil }),
		unprunedDefault: found.defaults && anyRoot(&old.Spec, hasUnprunedDefaults),
		unknownTypes:    found.unknownTypes,
		compositeSets:   found.compositeSets,
		looseMapKeys:    found.looseMapKeys,
		unknownReviews:  hasUnknownReviews(old.Spec.Conversion),
		invalidCABundle: mayHaveInvalidCABundle(old),
		unchanged:       unchangedVersions(d, old),
		manySelectable:  unchangedSelectable(&d.Spec, &old.Spec),
		stored:          storedExpressions{found.rules, found.messages},
	}
}

func lacksSchema(s spec) bool {
	if schemaOf(s.Validation) != nil {
		return false
	}
	for _, v := range s.Versions {
		if schemaOf(v.Schema) == nil {
			return true
		}
	}
	return false
}

func anyRoot(s spec, is func(schema) bool) bool {
	for root := range roots(s) {
		if is(root) {
			return true
		}
	}
	return false
}

// structural is a schema in its structural form; nil if it has none.
func structural(s schema) *structuralschema.Structural {
	form, err := structuralschema.NewStructural(s)
	if err != nil || len(structuralschema.ValidateStructural(nil, form)) > 0 {
		return nil
	}
	return form
}

func hasUnprunedDefaults(s schema) bool {
	form := structural(s)
	if form == nil {
		return false
	}
	pruned := form.DeepCopy()
	return structuraldefaulting.PruneDefaults(pruned) == nil && !reflect.DeepEqual(form, pruned)
}

func hasUnknownReviews(c *apiextensions.CustomResourceConversion) bool {
	return c != nil && len(c.ConversionReviewVersions) > 0 && !understandsReviews(c.ConversionReviewVersions)
}

// mayHaveInvalidCABundle reports whether certificates are not looked at:
// nothing is converted before a definition is established.
func mayHaveInvalidCABundle(old definition) bool {
	if !apiextensions.IsCRDConditionTrue(old, apiextensions.Established) {
		return true
	}
	c := old.Spec.Conversion
	return c != nil && c.WebhookClientConfig != nil && len(c.WebhookClientConfig.CABundle) > 0 &&
		len(webhookclient.ValidateCABundle(c.WebhookClientConfig.CABundle, nil)) > 0
}

func unchangedVersions(d, old definition) map[string]bool {
	unchanged := map[string]bool{}
	for _, v := range d.Spec.Versions {
		now, err := apiextensions.GetSchemaForVersion(d, v.Name)
		if err != nil {
			continue
		}
		if before, err := apiextensions.GetSchemaForVersion(old, v.Name); err == nil && apiequality.Semantic.DeepEqual(now, before) {
			unchanged[v.Name] = true
		}
	}
	return unchanged
}

// unchangedSelectable are the versions that had too many selectable fields,
// and still have the same.
func unchangedSelectable(s, old spec) map[string]bool {
	type fields = []apiextensions.SelectableField
	before := map[string]fields{}
	for _, v := range old.Versions {
		before[v.Name] = v.SelectableFields
	}
	unchanged := map[string]bool{}
	note := func(version string, now, then fields) {
		if len(then) > maxSelectableFields && apiequality.Semantic.DeepEqual(now, then) {
			unchanged[version] = true
		}
	}
	note("", s.SelectableFields, old.SelectableFields)
	for _, v := range s.Versions {
		note(v.Name, v.SelectableFields, before[v.Name])
	}
	return unchanged
}

// storedExpressions may use what stored expressions may, which is more than
// new ones: all that some other version of Kubernetes knows.
type storedExpressions struct {
	rules, messages map[string]bool
}

// RuleEnv returns what a rule may use.
func (s storedExpressions) RuleEnv(set *environment.EnvSet, rule string) *celgo.Env {
	return environmentFor(set, s.rules[rule])
}

// MessageExpressionEnv returns what the expression of a message may use.
func (s storedExpressions) MessageExpressionEnv(set *environment.EnvSet, expression string) *celgo.Env {
	return environmentFor(set, s.messages[expression])
}

func environmentFor(set *environment.EnvSet, stored bool) *celgo.Env {
	if stored {
		return set.StoredExpressionsEnv()
	}
	return set.NewExpressionsEnv()
}
