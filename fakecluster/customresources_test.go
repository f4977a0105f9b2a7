package fakecluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/yaml"
)

const crontabs = `
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [cronSpec]
            properties:
              cronSpec: {type: string, pattern: '^(\S+ ){4}\S+$'}
              replicas: {type: integer, minimum: 1, maximum: 10, default: 1}
          status:
            type: object
            properties: {replicas: {type: integer}}
`

var cronTab = schema.GroupVersionKind{Group: "stable.example.com", Version: "v1", Kind: "CronTab"}

func newCronTab(name, spec string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"cronSpec": spec}}}
	u.SetGroupVersionKind(cronTab)
	u.SetNamespace("default")
	u.SetName(name)
	return u
}

// defineCronTabs creates the definition and returns it as established.
func defineCronTabs(t testing.TB, config *rest.Config) *apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	definitions := apiextensions.NewForConfigOrDie(config).ApiextensionsV1().CustomResourceDefinitions()
	crd := &apiextensionsv1.CustomResourceDefinition{}
	require.NoError(t, yaml.UnmarshalStrict([]byte(crontabs), crd))
	_, err := definitions.Create(t.Context(), crd, metav1.CreateOptions{})
	require.NoError(t, err)
	crd, err = definitions.Get(t.Context(), crd.Name, metav1.GetOptions{})
	require.NoError(t, err)
	return crd
}

func TestCustomResources(t *testing.T) {
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		ctx := t.Context()
		crd := defineCronTabs(t, config)
		require.Equal(t, "CronTabList", crd.Status.AcceptedNames.ListKind)
		require.True(t, isEstablished(crd))

		list, err := discovery.NewDiscoveryClientForConfigOrDie(config).ServerResourcesForGroupVersion("stable.example.com/v1")
		require.NoError(t, err)
		require.Len(t, list.APIResources, 3)

		tabs := dynamic.NewForConfigOrDie(config).Resource(cronTab.GroupVersion().WithResource("crontabs")).Namespace("default")
		created, err := tabs.Create(ctx, newCronTab("nightly", "0 3 * * *"), metav1.CreateOptions{})
		require.NoError(t, err)
		require.EqualValues(t, 1, created.Object["spec"].(map[string]any)["replicas"])
		_, err = tabs.Create(ctx, newCronTab("bad", "often"), metav1.CreateOptions{})
		require.EqualError(t, err, `CronTab.stable.example.com "bad" is invalid: spec.cronSpec: Invalid value: "often": spec.cronSpec in body should match '^(\S+ ){4}\S+$'`)

		scaled, err := tabs.Patch(ctx, "nightly", types.MergePatchType, []byte(`{"spec":{"replicas":4}}`), metav1.PatchOptions{}, "scale")
		require.NoError(t, err)
		require.Equal(t, "Scale", scaled.GetKind())
		got, err := tabs.Get(ctx, "nightly", metav1.GetOptions{})
		require.NoError(t, err)
		require.EqualValues(t, 4, got.Object["spec"].(map[string]any)["replicas"])
		require.EqualValues(t, 2, got.GetGeneration())

		require.NoError(t, unstructured.SetNestedField(got.Object, int64(4), "status", "replicas"))
		_, err = tabs.UpdateStatus(ctx, got, metav1.UpdateOptions{})
		require.NoError(t, err)
	})
}

func TestScaleClientOfCustomResources(t *testing.T) {
	ctx := t.Context()
	config := newCluster(t).RESTConfig()
	defineCronTabs(t, config)
	resource := cronTab.GroupVersion().WithResource("crontabs")
	_, err := dynamic.NewForConfigOrDie(config).Resource(resource).Namespace("default").Create(ctx, newCronTab("a", "* * * * *"), metav1.CreateOptions{})
	require.NoError(t, err)
	discovered := discovery.NewDiscoveryClientForConfigOrDie(config)
	groups, err := restmapper.GetAPIGroupResources(discovered)
	require.NoError(t, err)
	scales, err := scale.NewForConfig(config, restmapper.NewDiscoveryRESTMapper(groups),
		dynamic.LegacyAPIPathResolverFunc, scale.NewDiscoveryScaleKindResolver(discovered))
	require.NoError(t, err)
	s, err := scales.Scales("default").Get(ctx, resource.GroupResource(), "a", metav1.GetOptions{})
	require.NoError(t, err)
	s.Spec.Replicas = 7
	s, err = scales.Scales("default").Update(ctx, resource.GroupResource(), s, metav1.UpdateOptions{})
	require.NoError(t, err)
	require.EqualValues(t, 7, s.Spec.Replicas)
}

func TestDeletedDefinitionsTakeTheirObjectsAlong(t *testing.T) {
	ctx := t.Context()
	config := newCluster(t).RESTConfig()
	defineCronTabs(t, config)
	tabs := dynamic.NewForConfigOrDie(config).Resource(cronTab.GroupVersion().WithResource("crontabs")).Namespace("default")
	kept := newCronTab("kept", "* * * * *")
	kept.SetFinalizers([]string{"example.com/keep"})
	for _, tab := range []*unstructured.Unstructured{newCronTab("gone", "* * * * *"), kept} {
		_, err := tabs.Create(ctx, tab, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	definitions := apiextensions.NewForConfigOrDie(config).ApiextensionsV1().CustomResourceDefinitions()
	require.NoError(t, definitions.Delete(ctx, "crontabs.stable.example.com", metav1.DeleteOptions{}))

	_, err := tabs.Create(ctx, newCronTab("late", "* * * * *"), metav1.CreateOptions{})
	require.True(t, apierrors.IsMethodNotSupported(err), err)
	require.EqualError(t, err, "create not allowed while custom resource definition is terminating")
	_, err = tabs.Get(ctx, "gone", metav1.GetOptions{})
	require.True(t, apierrors.IsNotFound(err), err)

	_, err = tabs.Patch(ctx, "kept", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	_, err = definitions.Get(ctx, "crontabs.stable.example.com", metav1.GetOptions{})
	require.True(t, apierrors.IsNotFound(err), err)
	_, err = tabs.List(ctx, metav1.ListOptions{})
	require.EqualError(t, err, "the server could not find the requested resource")

	defineCronTabs(t, config)
	list, err := tabs.List(ctx, metav1.ListOptions{})
	require.NoError(t, err)
	require.Empty(t, list.Items)
}

func isEstablished(crd *apiextensionsv1.CustomResourceDefinition) bool {
	for _, c := range crd.Status.Conditions {
		if c.Type == apiextensionsv1.Established {
			return c.Status == apiextensionsv1.ConditionTrue
		}
	}
	return false
}

func TestControllerRuntimeClient(t *testing.T) {
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		ctx := t.Context()
		defineCronTabs(t, config)
		c, err := client.New(config, client.Options{})
		require.NoError(t, err)
		tab := newCronTab("a", "0 3 * * *")
		require.NoError(t, c.Create(ctx, tab))
		tab.SetLabels(map[string]string{"tested": "yes"})
		require.NoError(t, c.Update(ctx, tab))
		before := tab.DeepCopy()
		require.NoError(t, unstructured.SetNestedField(tab.Object, int64(1), "status", "replicas"))
		require.NoError(t, c.Status().Patch(ctx, tab, client.MergeFrom(before)))

		d := deployment("web", 1)
		d.Namespace = "default"
		require.NoError(t, controllerutil.SetControllerReference(tab, d, c.Scheme()))
		require.NoError(t, c.Create(ctx, d))
		result, err := controllerutil.CreateOrUpdate(ctx, c, d, func() error { return nil })
		require.NoError(t, err)
		require.Equal(t, controllerutil.OperationResultNone, result)

		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(cronTab)
		require.NoError(t, c.List(ctx, list, client.MatchingLabels{"tested": "yes"}))
		require.Len(t, list.Items, 1)
		require.NoError(t, c.Delete(ctx, tab))
		require.Eventually(t, func() bool {
			return apierrors.IsNotFound(c.Get(ctx, client.ObjectKeyFromObject(d), d))
		}, time.Second, time.Millisecond, "what a deleted object owned is collected")
	})
}
