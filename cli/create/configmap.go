package create

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubejig/kubejig/cli/factory"
)

type configMap struct{ sources }

func newConfigMap(f *factory.Factory) *cobra.Command {
	o := &configMap{}
	g := &generator{
		resource: corev1.SchemeGroupVersion.WithResource("configmaps"),
		failed:   "failed to create configmap: %v",
		make:     o.make,
	}
	cmd := g.command(f, &cobra.Command{
		Use:     "configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]",
		Aliases: []string{"cm"},
		Short:   "Create a config map from a local file, directory or literal value",
	})
	o.addFlags(cmd, "configmap")
	return cmd
}

func (o *configMap) make(in input) (runtime.Object, error) {
	if err := o.validate(in.name); err != nil {
		return nil, err
	}
	made := &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name, Namespace: in.ownNamespace},
		Data:       map[string]string{},
		BinaryData: map[string][]byte{},
	}
	file := func(key string, data []byte) error { return addToConfigMap(made, key, data, !utf8.Valid(data)) }
	text := func(key string, data []byte) error { return addToConfigMap(made, key, data, false) }
	if err := o.addFiles(file); err != nil {
		return nil, err
	}
	if err := o.addLiterals(text); err != nil {
		return nil, err
	}
	if err := o.addEnvFiles(text, "config", in.f.Getenv); err != nil {
		return nil, err
	}
	if !o.appendHash {
		return made, nil
	}
	content := map[string]any{"kind": "ConfigMap", "name": made.Name, "data": made.Data}
	if len(made.BinaryData) > 0 {
		content["binaryData"] = made.BinaryData
	}
	hash, err := nameHash(content)
	made.Name += "-" + hash
	return made, err
}

func addToConfigMap(made *corev1.ConfigMap, key string, data []byte, binary bool) error {
	if problems := validation.IsConfigMapKey(key); len(problems) > 0 {
		return fmt.Errorf("%q is not a valid key name for a ConfigMap: %s", key, strings.Join(problems, ","))
	}
	if _, exists := made.Data[key]; exists {
		return fmt.Errorf("cannot add key %q, another key by that name already exists in Data for ConfigMap %q", key, made.Name)
	}
	if _, exists := made.BinaryData[key]; exists {
		return fmt.Errorf("cannot add key %q, another key by that name already exists in BinaryData for ConfigMap %q", key, made.Name)
	}
	if binary {
		made.BinaryData[key] = data
	} else {
		made.Data[key] = string(data)
	}
	return nil
}
