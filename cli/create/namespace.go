package create

import (
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/factory"
)

func newNamespace(f *factory.Factory) *cobra.Command {
	g := &generator{
		resource:      corev1.SchemeGroupVersion.WithResource("namespaces"),
		clusterScoped: true,
		make: func(in input) (runtime.Object, error) {
			return &corev1.Namespace{
				TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
				ObjectMeta: metav1.ObjectMeta{Name: in.name},
			}, requireName(in.name)
		},
	}
	return g.command(f, &cobra.Command{
		Use:     "namespace NAME [--dry-run=server|client|none]",
		Aliases: []string{"ns"},
		Short:   "Create a namespace with the specified name",
	})
}

func newServiceAccount(f *factory.Factory) *cobra.Command {
	g := &generator{
		resource: corev1.SchemeGroupVersion.WithResource("serviceaccounts"),
		failed:   "failed to create serviceaccount: %v",
		make: func(in input) (runtime.Object, error) {
			return &corev1.ServiceAccount{
				TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
				ObjectMeta: metav1.ObjectMeta{Name: in.name, Namespace: in.ownNamespace},
			}, requireName(in.name)
		},
	}
	return g.command(f, &cobra.Command{
		Use:     "serviceaccount NAME [--dry-run=server|client|none]",
		Aliases: []string{"sa"},
		Short:   "Create a service account with the specified name",
	})
}
