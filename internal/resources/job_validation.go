package resources

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

// Limits of jobs, which keep the lists of indexes in their status small.
const (
	maxIndexedParallelism               = 100_000
	maxFailedIndexes                    = 100_000
	completionsSoftLimit                = 100_000
	parallelismLimitForHighCompletions  = 10_000
	failedIndexesLimitHighCompletions   = 10_000
	maxManagedByLength                  = 63
	maxJobPolicyRules                   = 20
	maxExitCodes                        = 255
	maxSucceededIndexesLength           = 64 * 1024
	maxPodFailurePolicyConditionMatches = 20
)

func validateJob(j *batchv1.Job) field.ErrorList {
	errs := validateGeneratedSelector(j)
	errs = append(errs, validateSelectingJobSpec(&j.Spec, field.NewPath("spec"))...)
	return append(errs, validateNameOfIndexed(j)...)
}

// validateNameOfIndexed checks that the pods of an indexed job can be named
// after it and their index.
func validateNameOfIndexed(j *batchv1.Job) field.ErrorList {
	if completions := ptr.Deref(j.Spec.Completions, 0); isIndexed(&j.Spec) && completions > 0 {
		// The names of the last pod is the longest.
		hostname := fmt.Sprintf("%s-%d", j.Name, completions-1)
		if len(validation.IsDNS1123Label(hostname)) > 0 {
			return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), j.Name,
				"will not able to create pod with invalid DNS label: "+hostname)}
		}
	}
	return nil
}

// validateGeneratedSelector checks that the author did not interfere with what
// prepareJob makes.
func validateGeneratedSelector(j *batchv1.Job) field.ErrorList {
	if ptr.Deref(j.Spec.ManualSelector, false) || j.Spec.Selector == nil {
		return nil
	}
	var errs field.ErrorList
	want, metadata := jobPodLabels(j), field.NewPath("spec", "template", "metadata")
	for _, key := range []string{legacyControllerUID, legacyJobName, batchv1.ControllerUidLabel, batchv1.JobNameLabel} {
		errs = append(errs, validateHasLabel(&j.Spec.Template, key, want[key], metadata)...)
	}
	selector, err := metav1.LabelSelectorAsSelector(j.Spec.Selector)
	if err == nil && !selector.Matches(labels.Set(want)) {
		errs = append(errs, field.Invalid(field.NewPath("spec", "selector"), j.Spec.Selector, "`selector` not auto-generated"))
	}
	return errs
}

func validateHasLabel(t *corev1.PodTemplateSpec, key, want string, metadata *field.Path) field.ErrorList {
	path := metadata.Child("labels")
	actual, ok := t.Labels[key]
	switch {
	case !ok:
		return field.ErrorList{field.Required(path.Key(key), fmt.Sprintf("must be '%s'", want))}
	case actual != want:
		return field.ErrorList{field.Invalid(path.Key(key), t.Labels, fmt.Sprintf("must be '%s'", want))}
	}
	return nil
}

func validateSelectingJobSpec(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	errs := validateJobSpec(spec, path)
	if spec.Selector == nil {
		errs = append(errs, field.Required(path.Child("selector"), ""))
	} else {
		errs = append(errs, validateSelector(spec.Selector, path.Child("selector"))...)
	}
	if selector, err := metav1.LabelSelectorAsSelector(spec.Selector); err == nil && !selector.Matches(labels.Set(spec.Template.Labels)) {
		errs = append(errs, field.Invalid(path.Child("template", "metadata", "labels"), spec.Template.Labels, "`selector` does not match template `labels`"))
	}
	return errs
}

// validateJobSpec checks a job's spec apart from its selector.
func validateJobSpec(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	errs := validateCounts(path,
		optionalCount("parallelism", spec.Parallelism),
		optionalCount("completions", spec.Completions),
		optionalCount("activeDeadlineSeconds", spec.ActiveDeadlineSeconds),
		optionalCount("backoffLimit", spec.BackoffLimit),
		optionalCount("ttlSecondsAfterFinished", spec.TTLSecondsAfterFinished),
		optionalCount("backoffLimitPerIndex", spec.BackoffLimitPerIndex),
		optionalCount("maxFailedIndexes", spec.MaxFailedIndexes))
	if spec.MaxFailedIndexes != nil && spec.BackoffLimitPerIndex == nil {
		errs = append(errs, field.Required(path.Child("backoffLimitPerIndex"), "when maxFailedIndexes is specified"))
	}
	if spec.ManagedBy != nil {
		managedBy := path.Child("managedBy")
		errs = append(errs, validation.IsDomainPrefixedPath(managedBy, *spec.ManagedBy)...)
		if len(*spec.ManagedBy) > maxManagedByLength {
			errs = append(errs, field.TooLong(managedBy, *spec.ManagedBy, maxManagedByLength))
		}
	}
	errs = append(errs, validateCompletionMode(spec, path)...)
	if spec.PodFailurePolicy != nil {
		errs = append(errs, validatePodFailurePolicy(spec, path.Child("podFailurePolicy"))...)
	}
	if spec.SuccessPolicy != nil {
		errs = append(errs, validateSuccessPolicy(spec, path.Child("successPolicy"))...)
	}
	errs = append(errs, validatePodReplacementPolicy(spec, path.Child("podReplacementPolicy"))...)
	errs = append(errs, podspec.ValidateTemplate(&spec.Template, path.Child("template"))...)
	return append(errs, validateJobRestartPolicy(spec, path.Child("template", "spec", "restartPolicy"))...)
}

func validateCompletionMode(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if spec.CompletionMode != nil {
		errs = append(errs, validateOneOf(path.Child("completionMode"), *spec.CompletionMode,
			batchv1.NonIndexedCompletion, batchv1.IndexedCompletion)...)
	}
	if isIndexed(spec) {
		return append(errs, validateIndexedJob(spec, path)...)
	}
	if ptr.Deref(spec.CompletionMode, batchv1.NonIndexedCompletion) != batchv1.NonIndexedCompletion {
		return errs
	}
	const message = "requires indexed completion mode"
	if spec.BackoffLimitPerIndex != nil {
		errs = append(errs, field.Invalid(path.Child("backoffLimitPerIndex"), *spec.BackoffLimitPerIndex, message))
	}
	if spec.MaxFailedIndexes != nil {
		errs = append(errs, field.Invalid(path.Child("maxFailedIndexes"), *spec.MaxFailedIndexes, message))
	}
	return errs
}

func validateIndexedJob(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	completions, parallelism, failed := spec.Completions, optionalCount("parallelism", spec.Parallelism), optionalCount("maxFailedIndexes", spec.MaxFailedIndexes)
	if completions == nil {
		errs = append(errs, field.Required(path.Child("completions"), "when completion mode is Indexed"))
	}
	errs = append(errs, validateAtMost(path, maxIndexedParallelism,
		fmt.Sprintf("must be less than or equal to %d when completion mode is Indexed", maxIndexedParallelism), parallelism)...)
	if completions != nil {
		errs = append(errs, validateAtMost(path, int64(*completions), "must be less than or equal to completions", failed)...)
	}
	errs = append(errs, validateAtMost(path, maxFailedIndexes, fmt.Sprintf("must be less than or equal to %d", maxFailedIndexes), failed)...)
	if completions == nil || *completions <= completionsSoftLimit || spec.BackoffLimitPerIndex == nil {
		return errs
	}
	if spec.MaxFailedIndexes == nil {
		errs = append(errs, field.Required(path.Child("maxFailedIndexes"), fmt.Sprintf("must be specified when completions is above %d", completionsSoftLimit)))
	}
	const message = "must be less than or equal to %d when completions are above %d and used with backoff limit per index"
	errs = append(errs, validateAtMost(path, parallelismLimitForHighCompletions,
		fmt.Sprintf(message, parallelismLimitForHighCompletions, completionsSoftLimit), parallelism)...)
	return append(errs, validateAtMost(path, failedIndexesLimitHighCompletions,
		fmt.Sprintf(message, failedIndexesLimitHighCompletions, completionsSoftLimit), failed)...)
}

func validateJobRestartPolicy(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	policy := spec.Template.Spec.RestartPolicy
	switch {
	case policy == corev1.RestartPolicyAlways || policy == "":
		// Always is what it defaults to, so the author may have given none.
		return field.ErrorList{field.Required(path, `valid values: "OnFailure", "Never"`)}
	case policy != corev1.RestartPolicyOnFailure && policy != corev1.RestartPolicyNever:
		return validateOneOf(path, policy, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever)
	case spec.PodFailurePolicy != nil && policy != corev1.RestartPolicyNever:
		return field.ErrorList{field.Invalid(path, policy, `only "Never" is supported when podFailurePolicy is specified`)}
	}
	return nil
}

func validateJobUpdate(j, old *batchv1.Job) field.ErrorList {
	path := field.NewPath("spec")
	errs := validateSelectingJobSpec(&j.Spec, path)
	errs = append(errs, validateCompletionsUpdate(&j.Spec, &old.Spec, path.Child("completions"))...)
	errs = append(errs, apivalidation.ValidateImmutableField(j.Spec.Selector, old.Spec.Selector, path.Child("selector"))...)
	errs = append(errs, validateJobTemplateUpdate(j, old, path.Child("template"))...)
	for _, f := range []struct {
		name        string
		now, before any
	}{
		{"completionMode", j.Spec.CompletionMode, old.Spec.CompletionMode},
		{"podFailurePolicy", j.Spec.PodFailurePolicy, old.Spec.PodFailurePolicy},
		{"backoffLimitPerIndex", j.Spec.BackoffLimitPerIndex, old.Spec.BackoffLimitPerIndex},
		{"managedBy", j.Spec.ManagedBy, old.Spec.ManagedBy},
		{"successPolicy", j.Spec.SuccessPolicy, old.Spec.SuccessPolicy},
	} {
		if !equality.Semantic.DeepEqual(f.now, f.before) {
			errs = append(errs, field.Invalid(path.Child(f.name), internalform.Of(f.now), apivalidation.FieldImmutableErrorMsg))
		}
	}
	return append(errs, validateNameOfIndexed(j)...)
}

// validateCompletionsUpdate lets indexed jobs grow and shrink with their
// parallelism.
func validateCompletionsUpdate(spec, old *batchv1.JobSpec, path *field.Path) field.ErrorList {
	if !isIndexed(spec) {
		return apivalidation.ValidateImmutableField(spec.Completions, old.Completions, path)
	}
	if spec.Completions == nil || ptr.Equal(spec.Completions, old.Completions) || ptr.Equal(spec.Completions, spec.Parallelism) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, *spec.Completions, "can only be modified in tandem with spec.parallelism")}
}

// validateJobTemplateUpdate lets what decides where pods run, and what they
// request, change as long as the job is suspended and has no pods.
func validateJobTemplateUpdate(j, old *batchv1.Job, path *field.Path) field.ErrorList {
	template, before := &j.Spec.Template, &old.Spec.Template
	if !isJobAtRest(old) {
		if equality.Semantic.DeepEqual(template, before) {
			return nil
		}
		return field.ErrorList{field.Invalid(path, internalform.Of(template), apivalidation.FieldImmutableErrorMsg)}
	}
	allowed := before.Spec.DeepCopy()
	allowed.NodeSelector = template.Spec.NodeSelector
	allowed.Tolerations = template.Spec.Tolerations
	allowed.SchedulingGates = template.Spec.SchedulingGates
	allowed.Affinity = withNodeAffinity(allowed.Affinity, template.Spec.Affinity)
	takeResources(allowed.Containers, template.Spec.Containers)
	takeResources(allowed.InitContainers, template.Spec.InitContainers)
	if equality.Semantic.DeepEqual(&template.Spec, allowed) {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("spec"), internalform.Of(template.Spec), apivalidation.FieldImmutableErrorMsg)}
}

func isJobAtRest(j *batchv1.Job) bool {
	suspended := ptr.Deref(j.Spec.Suspend, false) && (j.Status.StartTime == nil || hasJobCondition(j, batchv1.JobSuspended))
	return suspended && j.Status.Active == 0
}

// withNodeAffinity is an affinity with the part about nodes of another one.
func withNodeAffinity(a, from *corev1.Affinity) *corev1.Affinity {
	var merged corev1.Affinity
	if a != nil {
		merged = *a
	}
	merged.NodeAffinity = nil
	if from != nil {
		merged.NodeAffinity = from.NodeAffinity
	} else if merged == (corev1.Affinity{}) {
		return nil
	}
	return &merged
}

func takeResources(to, from []corev1.Container) {
	if len(to) != len(from) {
		return
	}
	for i := range to {
		if to[i].Name == from[i].Name {
			to[i].Resources = from[i].Resources
		}
	}
}
