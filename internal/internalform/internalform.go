// Package internalform prints API objects the way the API server does in its
// messages. The server validates its internal types, which have no JSON names:
// all fields appear, under their Go names, and embedded structs are flattened.
//
// The package only prints; what to say about a value is the caller's business.
package internalform

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/diff"
)

// sharedTypes is where the types live that internal and versioned types have in
// common, so that they keep their JSON names.
const sharedTypes = "k8s.io/apimachinery/"

// Value is an API value to be quoted by a field error.
type Value struct{ value any }

// Of returns the internal form of a versioned API value.
func Of(value any) Value { return Value{value} }

// Diff is the unified diff from one value to another as messages show it.
func Diff(older, newer any) string {
	return diff.Diff(Of(older), Of(newer))
}

// MarshalJSON implements [json.Marshaler], which field errors print with.
func (v Value) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	err := write(&out, reflect.ValueOf(v.value))
	return out.Bytes(), err
}

func write(out *bytes.Buffer, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Invalid:
		out.WriteString("null")
		return nil
	case reflect.Pointer:
		if !v.IsNil() {
			return write(out, v.Elem())
		}
	case reflect.Slice:
		if !v.IsNil() && v.Type().Elem().Kind() != reflect.Uint8 {
			return writeSlice(out, v)
		}
	case reflect.Struct:
		if !strings.HasPrefix(v.Type().PkgPath(), sharedTypes) {
			return writeStruct(out, v)
		}
	}
	encoded, err := json.Marshal(v.Interface())
	out.Write(encoded)
	return err
}

func writeSlice(out *bytes.Buffer, v reflect.Value) error {
	out.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := write(out, v.Index(i)); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return nil
}

func writeStruct(out *bytes.Buffer, v reflect.Value) error {
	members, err := membersOf(v)
	out.WriteByte('{')
	out.Write(bytes.Join(members, []byte(",")))
	out.WriteByte('}')
	return err
}

// membersOf are the fields of a struct as they stand in JSON, those of embedded
// structs among them.
func membersOf(v reflect.Value) ([][]byte, error) {
	var members [][]byte
	for i := range v.NumField() {
		found, err := membersOfField(v.Type().Field(i), v.Field(i))
		if err != nil {
			return nil, err
		}
		members = append(members, found...)
	}
	return members, nil
}

func membersOfField(f reflect.StructField, v reflect.Value) ([][]byte, error) {
	var out bytes.Buffer
	switch {
	case !f.Anonymous || f.Type.Kind() != reflect.Struct:
		out.WriteString(`"` + f.Name + `":`)
		err := write(&out, v)
		return [][]byte{out.Bytes()}, err
	case !strings.HasPrefix(f.Type.PkgPath(), sharedTypes):
		return membersOf(v)
	case f.Type == reflect.TypeFor[metav1.TypeMeta](): // internal objects do not say what they are
		return nil, nil
	}
	// Metadata: embedded, but of a shared type, which leaves out what is empty.
	if err := write(&out, v); err != nil || out.Len() == len("{}") {
		return nil, err
	}
	return [][]byte{out.Bytes()[1 : out.Len()-1]}, nil
}
