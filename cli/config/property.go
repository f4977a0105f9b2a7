package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/kubeconfig"
)

func newSet(f *factory.Factory) *cobra.Command {
	raw := false
	cmd := &cobra.Command{
		Use:                   "set PROPERTY_NAME PROPERTY_VALUE",
		DisableFlagsInUseLine: true,
		Short:                 "Set an individual value in a kubeconfig file",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return helpError(cmd, "Unexpected args: %v", args)
			}
			if args[1] == "" {
				return errors.New("you cannot use set to unset a property")
			}
			return changeProperty(f, args[0], &assignment{value: args[1], rawBytes: raw}, "Property %q set.\n")
		},
	}
	cmd.Flags().BoolVar(&raw, "set-raw-bytes", false, "Write the value of a []byte property as it is, instead of decoding it from base64.")
	return cmd
}

func newUnset(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:                   "unset PROPERTY_NAME",
		DisableFlagsInUseLine: true,
		Short:                 "Unset an individual value in a kubeconfig file",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return helpError(cmd, "Unexpected args: %v", args)
			}
			return changeProperty(f, args[0], &assignment{unset: true}, "Property %q unset.\n")
		},
	}
}

func changeProperty(f *factory.Factory, name string, change *assignment, done string) error {
	if name == "" {
		return errors.New("you must specify a property")
	}
	err := kubeconfig.Update(f, rules(f), false, func(config *clientcmdapi.Config) error {
		path, err := parsePath(name)
		if err != nil {
			return err
		}
		return change.apply(reflect.ValueOf(config), path)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(f.Out, done, name)
	return nil
}

// step is one name on a path into the kubeconfig, and what it leads to.
type step struct {
	stepValue string
	stepType  reflect.Type
}

// parsePath reads a dotted path. Names of clusters, users and contexts may have
// dots themselves: such a name ends where a known field begins.
func parsePath(path string) ([]step, error) {
	parts := strings.Split(path, ".")
	steps := []step{}
	at := reflect.TypeFor[clientcmdapi.Config]()
	for i := 0; i < len(parts); {
		switch at.Kind() {
		case reflect.Map:
			entry := at.Elem().Elem()
			fields, err := fieldTypes(entry)
			if err != nil {
				return nil, err
			}
			length := 1
			for i+length < len(parts) && fields[parts[i+length]] == nil {
				length++
			}
			steps = append(steps, step{strings.Join(parts[i:i+length], "."), entry})
			i, at = i+length, entry
		case reflect.Struct:
			fields, err := fieldTypes(at)
			if err != nil {
				return nil, err
			}
			field, ok := fields[parts[i]]
			if !ok {
				return nil, fmt.Errorf("unable to parse %v after %v at %v", path, steps, at)
			}
			steps = append(steps, step{parts[i], field})
			i, at = i+1, field
		default:
			return nil, fmt.Errorf("unable to parse one or more field values of %v", path)
		}
	}
	return steps, nil
}

// fieldTypes are the fields of a struct by the names they have in files.
func fieldTypes(t reflect.Type) (map[string]reflect.Type, error) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%v is not of type struct", t)
	}
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		fields[fileName(t.Field(i))] = t.Field(i).Type
	}
	return fields, nil
}

func fileName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

// assignment gives a property a value, or takes it away.
type assignment struct {
	value    string
	unset    bool
	rawBytes bool
}

// apply follows path from at and changes what it ends at.
func (a *assignment) apply(at reflect.Value, path []step) error {
	value := at
	if at.Kind() == reflect.Pointer {
		value = at.Elem()
	}
	switch value.Kind() {
	case reflect.Map:
		return a.applyToMap(at, value, path)
	case reflect.Struct:
		return a.applyToStruct(value, path)
	case reflect.String:
		if len(path) > 0 {
			return fmt.Errorf("can't have more steps after a string. %v", path)
		}
		value.SetString(a.value)
		return nil
	case reflect.Slice:
		if len(path) > 0 {
			return fmt.Errorf("can't have more steps after bytes. %v", path)
		}
		return a.applyToBytes(value)
	case reflect.Bool:
		if len(path) > 0 {
			return fmt.Errorf("can't have more steps after a bool. %v", path)
		}
		on, err := strconv.ParseBool(a.value)
		if err != nil {
			return err
		}
		value.SetBool(on)
		return nil
	}
	return fmt.Errorf("unrecognized type: %v", value)
}

func (a *assignment) applyToMap(at, value reflect.Value, path []step) error {
	if len(path) == 0 {
		return fmt.Errorf("can't set a map to a value: %v", value)
	}
	key := reflect.ValueOf(path[0].stepValue)
	if len(path) == 1 {
		if !a.unset {
			return fmt.Errorf("can't set a map to a value: %v", value)
		}
		value.SetMapIndex(key, reflect.Value{})
		return nil
	}
	entry := value.MapIndex(key)
	if !entry.IsValid() {
		if a.unset {
			return fmt.Errorf("current map key `%v` is invalid", path[0].stepValue)
		}
		entry = reflect.New(at.Type().Elem().Elem().Elem())
		value.SetMapIndex(key, entry)
	}
	return a.apply(entry, path[1:])
}

func (a *assignment) applyToStruct(value reflect.Value, path []step) error {
	if len(path) == 0 {
		return fmt.Errorf("unable to locate path %#v under %v", step{}, value)
	}
	for i := range value.NumField() {
		if fileName(value.Type().Field(i)) != path[0].stepValue {
			continue
		}
		field := value.Field(i)
		if field.Kind() == reflect.Map && field.IsNil() {
			field.Set(reflect.MakeMap(field.Type()))
		}
		if a.unset && len(path) == 1 {
			field.SetZero()
			return nil
		}
		return a.apply(field.Addr(), path[1:])
	}
	return fmt.Errorf("unable to locate path %#v under %v", path[0], value)
}

func (a *assignment) applyToBytes(value reflect.Value) error {
	switch {
	case value.Type().Elem().Kind() != reflect.Uint8:
		return fmt.Errorf("unrecognized slice type. %v", value.Type().Elem().Kind())
	case a.unset:
		value.SetZero()
	case a.rawBytes:
		value.SetBytes([]byte(a.value))
	default:
		decoded, err := base64.StdEncoding.DecodeString(a.value)
		if err != nil {
			return fmt.Errorf("error decoding input value: %v", err)
		}
		value.SetBytes(decoded)
	}
	return nil
}
