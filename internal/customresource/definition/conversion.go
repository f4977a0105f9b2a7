package definition

import (
	"slices"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/webhookclient"
)

// reviewVersions are the versions of ConversionReview that Kubernetes sends.
var reviewVersions = []string{"v1", "v1beta1"}

// validateConversion checks how objects get from one version to another.
func validateConversion(c *apiextensions.CustomResourceConversion, path *field.Path, l leniency) field.ErrorList {
	if c == nil {
		return nil
	}
	errs := validateOneOf(path.Child("strategy"), string(c.Strategy), string(apiextensions.NoneConverter), string(apiextensions.WebhookConverter))
	if c.Strategy == apiextensions.WebhookConverter {
		errs = append(errs, validateConverter(c.WebhookClientConfig, path.Child("webhookClientConfig"), l)...)
		return append(errs, validateReviewVersions(c.ConversionReviewVersions, path.Child("conversionReviewVersions"), l)...)
	}
	const onlyWebhooks = "should not be set when strategy is not set to Webhook"
	if c.WebhookClientConfig != nil {
		errs = append(errs, field.Forbidden(path.Child("webhookClientConfig"), onlyWebhooks))
	}
	if len(c.ConversionReviewVersions) > 0 {
		errs = append(errs, field.Forbidden(path.Child("conversionReviewVersions"), onlyWebhooks))
	}
	return errs
}

func validateConverter(c *apiextensions.WebhookClientConfig, path *field.Path, l leniency) field.ErrorList {
	if c == nil {
		return field.ErrorList{field.Required(path, "required when strategy is set to Webhook")}
	}
	reference := webhookclient.Reference{URL: c.URL}
	if s := c.Service; s != nil {
		reference.Service = &webhookclient.Service{Namespace: s.Namespace, Name: s.Name, Path: s.Path, Port: s.Port}
	}
	errs := reference.Validate(path)
	if len(c.CABundle) > 0 && !l.invalidCABundle {
		errs = append(errs, webhookclient.ValidateCABundle(c.CABundle, path.Child("caBundle"))...)
	}
	return errs
}

func validateReviewVersions(versions []string, path *field.Path, l leniency) field.ErrorList {
	if len(versions) == 0 {
		return field.ErrorList{field.Required(path, "")}
	}
	var errs field.ErrorList
	for i, v := range versions {
		if slices.Contains(versions[:i], v) {
			errs = append(errs, field.Invalid(path.Index(i), v, "duplicate version"))
			continue
		}
		for _, problem := range validation.IsDNS1035Label(v) {
			errs = append(errs, field.Invalid(path.Index(i), v, problem))
		}
	}
	if !l.unknownReviews && !understandsReviews(versions) {
		errs = append(errs, field.Invalid(path, versions, "must include at least one of "+strings.Join(reviewVersions, ", ")))
	}
	return errs
}

// understandsReviews reports whether a webhook understands what is sent.
func understandsReviews(versions []string) bool {
	return slices.ContainsFunc(versions, func(v string) bool { return slices.Contains(reviewVersions, v) })
}
