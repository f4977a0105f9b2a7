package resources

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// internalForm prints a value in messages the way the API server does. The
// server validates its internal types, which have no JSON names: all their
// fields appear, under their Go names.
type internalForm struct{ value any }

// MarshalJSON implements [json.Marshaler].
func (f internalForm) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	err := writeInternal(&out, reflect.ValueOf(f.value))
	return out.Bytes(), err
}

func writeInternal(out *bytes.Buffer, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return writeInternal(out, v.Elem())
		}
	case reflect.Slice:
		if !v.IsNil() && v.Type().Elem().Kind() != reflect.Uint8 {
			return writeInternalSlice(out, v)
		}
	case reflect.Struct:
		if strings.HasPrefix(v.Type().PkgPath(), "k8s.io/api/") {
			return writeInternalStruct(out, v)
		}
	}
	var value any
	if v.IsValid() {
		value = v.Interface()
	}
	encoded, err := json.Marshal(value)
	out.Write(encoded)
	return err
}

func writeInternalSlice(out *bytes.Buffer, v reflect.Value) error {
	out.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeInternal(out, v.Index(i)); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return nil
}

func writeInternalStruct(out *bytes.Buffer, v reflect.Value) error {
	out.WriteByte('{')
	for i := range v.NumField() {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(`"` + v.Type().Field(i).Name + `":`)
		if err := writeInternal(out, v.Field(i)); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}
