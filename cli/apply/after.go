package apply

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/resource"
)

// printAll prints the applied objects together, if -o asks for objects.
func (o *options) printAll(f *factory.Factory, infos []*resource.Info) error {
	if !o.printsObjects() || len(infos) == 0 {
		return nil
	}
	printer, err := o.printer("")
	if err != nil {
		return err
	}
	if len(infos) == 1 {
		return printer.PrintObj(infos[0].Object, f.Out)
	}
	objects := make([]runtime.Object, len(infos))
	for i, info := range infos {
		objects[i] = info.Object
	}
	list := &corev1.List{TypeMeta: metav1.TypeMeta{Kind: "List", APIVersion: "v1"}}
	if err := meta.SetList(list, objects); err != nil {
		return err
	}
	return printer.PrintObj(list, f.Out)
}
