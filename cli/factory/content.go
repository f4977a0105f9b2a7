package factory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

// Validator is what manifests must pass before they are sent. They must say
// what they are; their fields are checked by the server, as fieldValidation
// asks it to, which must be there to do so. Where that is Ignore, nothing is
// checked. It fails if it is not clear which server that is.
func (f *Factory) Validator(fieldValidation string) (resource.ContentValidator, error) {
	if fieldValidation == metav1.FieldValidationIgnore {
		return nil, nil
	}
	if _, err := f.ToRESTConfig(); err != nil {
		return nil, err
	}
	return kindValidator{server: sync.OnceValue(f.servesOpenAPI)}, nil
}

// servesOpenAPI fails if the server does not tell its schemas, the newer or the
// older ones: it is not there, or not for us.
func (f *Factory) servesOpenAPI() error {
	config, err := f.restConfig()
	if err != nil {
		return err
	}
	if config.Timeout == 0 {
		config.Timeout = discoveryTimeout
	}
	config.NegotiatedSerializer = scheme.Codecs().WithoutConversion()
	client, err := rest.UnversionedRESTClientFor(config)
	if err != nil {
		return err
	}
	if _, err := client.Get().AbsPath("/openapi/v3").DoRaw(context.Background()); err == nil {
		return nil
	}
	if _, err := client.Get().AbsPath("/openapi/v2").SetHeader("Accept", openAPIV2).DoRaw(context.Background()); err != nil {
		return fmt.Errorf("failed to download openapi: %w", err)
	}
	return nil
}

const (
	// discoveryTimeout is how long the server may take to say what it serves,
	// unless a flag says else.
	discoveryTimeout = 32 * time.Second
	// openAPIV2 is the smallest form of the older schemas.
	openAPIV2 = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
)

type kindValidator struct {
	// server fails if the server cannot check fields.
	server func() error
}

// ValidateBytes checks one manifest.
func (v kindValidator) ValidateBytes(data []byte) error {
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
	if len(errs) > 0 {
		return utilerrors.NewAggregate(errs)
	}
	if fields["apiVersion"] == "v1" && fields["kind"] == "List" {
		return nil // Its items are sent, not itself.
	}
	return v.server()
}
