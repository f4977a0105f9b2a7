package mutatingadmissionpolicy

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"google.golang.org/protobuf/types/known/structpb"
	evanphx "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/cel/mutation"
	"k8s.io/apiserver/pkg/cel/mutation/dynamic"
	kjson "sigs.k8s.io/json"

	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/jsonpatch"
)

// patch changes an object by the JSON patch that an expression made.
func (q *asking) patch(i invocation, obj runtime.Object, made ref.Val) error {
	operations, err := operationsOf(made)
	if err != nil {
		return err
	}
	document, err := json.Marshal(obj)
	if err != nil {
		return fmt.Errorf("failed to create JSON patch: %w", err)
	}
	patched, err := jsonpatch.Apply(operations, document)
	if errors.Is(err, evanphx.ErrTestFailed) {
		return nil // and nothing is changed
	}
	if err != nil {
		return fmt.Errorf("JSON Patch: %w", err)
	}
	next := policy.NewLike(obj)
	strict, err := kjson.UnmarshalStrict(patched, next)
	if err == nil && len(strict) > 0 {
		err = runtime.NewStrictDecodingError(strict)
	}
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	return q.replace(i, next)
}

// operationsOf are the operations of a patch as JSON has them.
func operationsOf(made ref.Val) (evanphx.Patch, error) {
	list, ok := made.(traits.Lister)
	if !ok {
		return nil, errors.New("type mismatch: JSONPatchType.expression should evaluate to array")
	}
	var operations evanphx.Patch
	for it := list.Iterator(); it.HasNext() == types.True; {
		op, ok := it.Next().(*mutation.JSONPatchVal)
		if !ok {
			return nil, errors.New("type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch")
		}
		operation, err := operationOf(op)
		if err != nil {
			return nil, err
		}
		operations = append(operations, operation)
	}
	return operations, nil
}

func operationOf(op *mutation.JSONPatchVal) (evanphx.Operation, error) {
	operation := evanphx.Operation{}
	for _, field := range []struct {
		name, value string
		always      bool
	}{{"op", op.Op, true}, {"path", op.Path, true}, {"from", op.From, false}} {
		if field.always || field.value != "" {
			text, err := json.Marshal(field.value)
			if err != nil {
				return nil, err
			}
			operation[field.name] = (*json.RawMessage)(&text)
		}
	}
	if op.Val == nil {
		return operation, nil
	}
	if object, ok := op.Val.(*dynamic.ObjectVal); ok {
		if err := object.CheckTypeNamesMatchFieldPathNames(); err != nil {
			return nil, fmt.Errorf("type mismatch: %w", err)
		}
	}
	value, err := encode(op.Val)
	if err != nil {
		return nil, fmt.Errorf("JSONPath valueExpression evaluated to a type that could not marshal to JSON: %w", err)
	}
	operation["value"] = (*json.RawMessage)(&value)
	return operation, nil
}

func encode(value ref.Val) ([]byte, error) {
	content, err := value.ConvertToNative(reflect.TypeFor[*structpb.Value]())
	if err != nil {
		return nil, err
	}
	return json.Marshal(content)
}
