package apiserver

import (
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// decodeQuery reads query parameters into the fields of a struct with the same
// JSON names: options of paths to which clients connect. Unknown parameters
// are ignored.
func decodeQuery(query url.Values, into any) error {
	v := reflect.ValueOf(into).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		values, ok := query[name]
		if name == "" || !ok || len(values) == 0 {
			continue
		}
		if err := setParameter(v.Field(i), values); err != nil {
			return err
		}
	}
	return nil
}

func setParameter(field reflect.Value, values []string) error {
	if t, ok := field.Addr().Interface().(**metav1.Time); ok {
		at, err := time.Parse(time.RFC3339, values[0])
		*t = &metav1.Time{Time: at}
		return err
	}
	if ports, ok := field.Addr().Interface().(*[]int32); ok {
		return metav1.Convert_Slice_string_To_Slice_int32(&values, ports, nil)
	}
	switch field.Kind() {
	case reflect.Pointer:
		field.Set(reflect.New(field.Type().Elem()))
		return setParameter(field.Elem(), values)
	case reflect.Slice:
		field.Set(reflect.MakeSlice(field.Type(), len(values), len(values)))
		for i := range values {
			if err := setParameter(field.Index(i), values[i:]); err != nil {
				return err
			}
		}
	case reflect.String:
		field.SetString(values[0])
	case reflect.Bool:
		field.SetBool(isYes(values[0]))
	case reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(values[0], 10, field.Type().Bits())
		field.SetInt(n)
		return err
	}
	return nil
}
