package expression

import (
	"fmt"
	"slices"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// ValueOf is what expressions see of an object: what its JSON would have. The
// keys of its maps come in order, where those of Kubernetes come in any. A
// pointer of nil is null.
func ValueOf(obj any) (ref.Val, error) {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		return adapter{}.NativeToValue(u.Object), nil
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
	if err != nil {
		return nil, fmt.Errorf("make a value of %T: %w", obj, err)
	}
	return adapter{}.NativeToValue(content), nil
}

// orNull is a value, or null where there is none.
func orNull(value ref.Val) ref.Val {
	if value == nil {
		return types.NullValue
	}
	return value
}

// adapter makes values of what JSON has.
type adapter struct{}

// NativeToValue implements [types.Adapter].
func (a adapter) NativeToValue(content any) ref.Val {
	switch content := content.(type) {
	case map[string]any:
		return sortedMap{types.NewStringInterfaceMap(a, content)}
	case []any:
		return types.NewDynamicList(a, content)
	}
	return types.DefaultTypeAdapter.NativeToValue(content)
}

// sortedMap is a map whose keys come in order.
type sortedMap struct{ traits.Mapper }

// Iterator implements [traits.Iterable].
func (m sortedMap) Iterator() traits.Iterator {
	keys := make([]string, 0, int(m.Size().(types.Int)))
	for it := m.Mapper.Iterator(); it.HasNext() == types.True; {
		keys = append(keys, string(it.Next().(types.String)))
	}
	slices.Sort(keys)
	return types.NewStringList(types.DefaultTypeAdapter, keys).(traits.Iterable).Iterator()
}
