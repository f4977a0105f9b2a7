package resources

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/store"
)

// validationCase is a manifest, or a change of one, and what the API says.
type validationCase struct {
	name     string
	old      string // set for an update
	manifest string
	want     []string // the messages, none for a valid object
}

func runValidation(t *testing.T, kind *Kind, cases []validationCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			obj := fromManifest(t, kind, c.manifest)
			var errs field.ErrorList
			if c.old == "" {
				kind.PrepareForCreate(obj)
				errs = validate(kind, obj)
			} else {
				old := fromManifest(t, kind, c.old)
				kind.PrepareForUpdate(obj, old)
				errs = kind.ValidateUpdate(obj, old)
			}
			require.Equal(t, c.want, messagesOf(errs))
		})
	}
}

// validate checks a new object as requests in the stored version are.
func validate(kind *Kind, obj store.Object) field.ErrorList {
	var errs field.ErrorList
	if kind.Validate != nil {
		errs = kind.Validate(obj)
	}
	if inVersion := kind.Storage().Validate; inVersion != nil {
		errs = append(errs, inVersion(obj, nil)...)
	}
	return errs
}

// fromManifest decodes an object of the storage version and fills in defaults.
func fromManifest(t *testing.T, kind *Kind, manifest string) store.Object {
	t.Helper()
	obj := kind.Storage().New()
	require.NoError(t, yaml.UnmarshalStrict([]byte(manifest), obj))
	if kind.Storage().Default != nil {
		kind.Storage().Default(obj)
	}
	return obj
}

func messagesOf(errs field.ErrorList) []string {
	var messages []string
	for _, err := range errs {
		messages = append(messages, err.Error())
	}
	return messages
}

// cellsOf is an object's row in a table, seen two minutes after it was made at
// the Unix epoch.
func cellsOf(t *testing.T, kind *Kind, manifest string) []any {
	t.Helper()
	obj := fromManifest(t, kind, manifest)
	row := kind.Row(obj, time.Unix(120, 0))
	require.Len(t, row, cellsIn(kind))
	return row
}

// createdAtEpoch is the metadata that gives an object the age of 2m.
const createdAtEpoch = `metadata: {name: x, creationTimestamp: "1970-01-01T00:00:00Z"}` + "\n"
