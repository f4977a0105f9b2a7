package factory

import (
	"encoding/json"
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/cli-runtime/pkg/resource"
	"sigs.k8s.io/yaml"
)

// Validator is what manifests must pass before they are sent. They must say
// what they are; their fields are checked by the server, as fieldValidation
// asks it to. Where that is Ignore, nothing is checked.
func Validator(fieldValidation string) resource.ContentValidator {
	if fieldValidation == metav1.FieldValidationIgnore {
		return nil
	}
	return kindValidator{}
}

type kindValidator struct{}

// ValidateBytes checks one manifest.
func (kindValidator) ValidateBytes(data []byte) error {
	data, err := yaml.YAMLToJSON(data)
	if err != nil {
		return err
	}
	var manifest any
	if err := json.Unmarshal(data, &manifest); err != nil {
		return err
	}
	fields, ok := manifest.(map[string]any)
	if !ok {
		return utilerrors.NewAggregate([]error{errors.New("invalid object to validate")})
	}
	var errs []error
	switch apiVersion := fields["apiVersion"].(type) {
	case nil:
		errs = append(errs, errors.New("apiVersion not set"))
	case string:
		if _, err := schema.ParseGroupVersion(apiVersion); err != nil {
			errs = append(errs, err)
		}
	default:
		errs = append(errs, errors.New("apiVersion isn't string type"))
	}
	switch fields["kind"].(type) {
	case nil:
		errs = append(errs, errors.New("kind not set"))
	case string:
	default:
		errs = append(errs, errors.New("kind isn't string type"))
	}
	return utilerrors.NewAggregate(errs)
}
