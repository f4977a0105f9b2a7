package apiserver

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/registry"
)

// apply carries out a server-side apply.
func (c *call) apply(p patchRequest) (result registry.Result, err error) {
	config := &unstructured.Unstructured{Object: map[string]any{}}
	if err := yaml.Unmarshal(p.data, &config.Object); err != nil {
		return result, apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
	}
	if err := c.judgeConfig(p); err != nil {
		return result, err
	}
	c.Do(func() {
		if err = c.mayCreate(); err == nil {
			result, err = c.Registry.Apply(c.writeRequest(p.options), config, p.force)
		}
	})
	return result, err
}

// judgeConfig deals with duplicate fields; unknown ones are always refused,
// since nobody could own them.
func (c *call) judgeConfig(p patchRequest) error {
	if p.options.validation == metav1.FieldValidationIgnore {
		return nil
	}
	err := yaml.UnmarshalStrict(p.data, &map[string]any{})
	if err == nil {
		return nil
	}
	if p.options.validation == metav1.FieldValidationStrict {
		return apierrors.NewBadRequest(fmt.Sprintf("error strict decoding patch: %v", err))
	}
	c.warnStrict(yamlErrors(err))
	return nil
}
