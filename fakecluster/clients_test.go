package fakecluster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/util/retry"

	"github.com/kubejig/kubejig/fakecluster"
)

// forEachWay runs a test with every way to reach a cluster: in-process and
// over HTTPS, with JSON and with protobuf.
func forEachWay(t *testing.T, test func(*testing.T, *rest.Config)) {
	for _, way := range []struct {
		name   string
		config func(testing.TB, *fakecluster.Cluster) *rest.Config
	}{
		{"in-process", func(_ testing.TB, c *fakecluster.Cluster) *rest.Config { return c.RESTConfig() }},
		{"HTTPS", overHTTPS},
	} {
		for _, contentType := range []string{"application/json", "application/vnd.kubernetes.protobuf"} {
			t.Run(way.name+" "+contentType, func(t *testing.T) {
				t.Parallel()
				config := way.config(t, newCluster(t))
				config.ContentType = contentType
				config.AcceptContentTypes = contentType + ",application/json"
				test(t, config)
			})
		}
	}
}

func deployment(name string, replicas int32) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "nginx:1.27"}}},
			},
		},
	}
}

func TestTypedClient(t *testing.T) {
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		ctx := t.Context()
		client := kubernetes.NewForConfigOrDie(config)
		deployments := client.AppsV1().Deployments("default")

		created, err := deployments.Create(ctx, deployment("web", 2), metav1.CreateOptions{})
		require.NoError(t, err)
		require.NotEmpty(t, created.UID)
		require.Equal(t, "25%", created.Spec.Strategy.RollingUpdate.MaxSurge.String(), "defaults are filled in")

		got, err := deployments.Get(ctx, "web", metav1.GetOptions{})
		require.NoError(t, err)
		require.Equal(t, created.UID, got.UID)
		pods, err := client.CoreV1().Pods("default").List(ctx, metav1.ListOptions{LabelSelector: "app=web"})
		require.NoError(t, err)
		require.Len(t, pods.Items, 2)

		got.Spec.Paused = true
		updated, err := deployments.Update(ctx, got, metav1.UpdateOptions{})
		require.NoError(t, err)
		require.Greater(t, updated.Generation, got.Generation)
		_, err = deployments.Update(ctx, created, metav1.UpdateOptions{})
		require.True(t, apierrors.IsConflict(err), err)
		require.EqualError(t, err, `Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again`)

		patched, err := deployments.Patch(ctx, "web", types.StrategicMergePatchType, []byte(`{"spec":{"replicas":1}}`), metav1.PatchOptions{})
		require.NoError(t, err)
		require.EqualValues(t, 1, *patched.Spec.Replicas)
		scale, err := deployments.GetScale(ctx, "web", metav1.GetOptions{})
		require.NoError(t, err)
		scale.Spec.Replicas = 3
		_, err = deployments.UpdateScale(ctx, "web", scale, metav1.UpdateOptions{})
		require.NoError(t, err)

		require.NoError(t, deployments.Delete(ctx, "web", metav1.DeleteOptions{}))
		_, err = deployments.Get(ctx, "web", metav1.GetOptions{})
		require.True(t, apierrors.IsNotFound(err), err)
		require.EqualError(t, err, `deployments.apps "web" not found`)
	})
}

// TestUnconditionalUpdates has a client that names no resourceVersion, as helm
// does.
func TestUnconditionalUpdates(t *testing.T) {
	secrets := kubernetes.NewForConfigOrDie(newCluster(t).RESTConfig()).CoreV1().Secrets("default")
	secret := func(value string) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s"}, Data: map[string][]byte{"k": []byte(value)}}
	}
	_, err := secrets.Create(t.Context(), secret("old"), metav1.CreateOptions{})
	require.NoError(t, err)
	updated, err := secrets.Update(t.Context(), secret("new"), metav1.UpdateOptions{})
	require.NoError(t, err)
	require.Equal(t, "new", string(updated.Data["k"]))
}

func TestInvalidObjectsAreRefusedAsKubernetesDoes(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(newCluster(t).RESTConfig())
	d := deployment("web", 1)
	d.Spec.Selector.MatchLabels = map[string]string{"app": "other"}
	_, err := client.AppsV1().Deployments("default").Create(t.Context(), d, metav1.CreateOptions{})
	require.True(t, apierrors.IsInvalid(err))
	require.EqualError(t, err, `Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `+"`selector` does not match template `labels`")

	_, err = client.CoreV1().ConfigMaps("nowhere").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, metav1.CreateOptions{})
	require.True(t, apierrors.IsNotFound(err))
	require.EqualError(t, err, `namespaces "nowhere" not found`)
}

func TestApplyConfigurations(t *testing.T) {
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		ctx := t.Context()
		maps := kubernetes.NewForConfigOrDie(config).CoreV1().ConfigMaps("default")
		apply := func(manager, value string, force bool) (*corev1.ConfigMap, error) {
			return maps.Apply(ctx, corev1ac.ConfigMap("settings", "default").WithData(map[string]string{"colour": value}),
				metav1.ApplyOptions{FieldManager: manager, Force: force})
		}
		applied, err := apply("alice", "red", false)
		require.NoError(t, err)
		require.Len(t, applied.ManagedFields, 1)
		require.Equal(t, "alice", applied.ManagedFields[0].Manager)

		_, err = apply("bob", "blue", false)
		require.True(t, apierrors.IsConflict(err))
		require.EqualError(t, err, `Apply failed with 1 conflict: conflict with "alice": .data.colour`)
		applied, err = apply("bob", "blue", true)
		require.NoError(t, err)
		require.Equal(t, "blue", applied.Data["colour"])

		extracted, err := corev1ac.ExtractConfigMap(applied, "bob")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"colour": "blue"}, extracted.Data)
	})
}

func TestApplyOfADeploymentAndItsStatus(t *testing.T) {
	ctx := t.Context()
	client := kubernetes.NewForConfigOrDie(newCluster(t).RESTConfig())
	labels := map[string]string{"app": "web"}
	config := appsv1ac.Deployment("web", "default").WithSpec(appsv1ac.DeploymentSpec().WithReplicas(1).
		WithSelector(metav1ac.LabelSelector().WithMatchLabels(labels)).
		WithTemplate(corev1ac.PodTemplateSpec().WithLabels(labels).WithSpec(corev1ac.PodSpec().
			WithContainers(corev1ac.Container().WithName("web").WithImage("nginx")))))
	_, err := client.AppsV1().Deployments("default").Apply(ctx, config, metav1.ApplyOptions{FieldManager: "test"})
	require.NoError(t, err)
	condition := appsv1ac.DeploymentCondition().WithType("Tested").WithStatus(corev1.ConditionTrue)
	got, err := client.AppsV1().Deployments("default").ApplyStatus(ctx,
		appsv1ac.Deployment("web", "default").WithStatus(appsv1ac.DeploymentStatus().WithConditions(condition)),
		metav1.ApplyOptions{FieldManager: "test"})
	require.NoError(t, err)
	require.Contains(t, got.Status.Conditions, appsv1.DeploymentCondition{Type: "Tested", Status: corev1.ConditionTrue})
}

func TestDynamicClient(t *testing.T) {
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		ctx := t.Context()
		client := dynamic.NewForConfigOrDie(config).Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}).Namespace("default")
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a"}, "data": map[string]any{"k": "v"},
		}}
		_, err := client.Create(ctx, object, metav1.CreateOptions{})
		require.NoError(t, err)
		list, err := client.List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=a"})
		require.NoError(t, err)
		require.Equal(t, "ConfigMapList", list.GetKind())
		require.Len(t, list.Items, 1)
		require.Equal(t, "ConfigMap", list.Items[0].GetKind())
		_, err = client.Apply(ctx, "a", &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a"}, "data": map[string]any{"l": "w"},
		}}, metav1.ApplyOptions{FieldManager: "test"})
		require.NoError(t, err)
		got, err := client.Get(ctx, "a", metav1.GetOptions{})
		require.NoError(t, err)
		require.Equal(t, map[string]any{"k": "v", "l": "w"}, got.Object["data"])
		require.NoError(t, client.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{FieldSelector: "metadata.name=a"}))
		_, err = client.Get(ctx, "a", metav1.GetOptions{})
		require.True(t, apierrors.IsNotFound(err))
	})
}

func TestMetadataClient(t *testing.T) {
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		ctx := t.Context()
		_, err := kubernetes.NewForConfigOrDie(config).AppsV1().Deployments("default").Create(ctx, deployment("web", 1), metav1.CreateOptions{})
		require.NoError(t, err)
		client := metadata.NewForConfigOrDie(config).Resource(appsv1.SchemeGroupVersion.WithResource("deployments")).Namespace("default")
		list, err := client.List(ctx, metav1.ListOptions{})
		require.NoError(t, err)
		require.Len(t, list.Items, 1)
		got, err := client.Get(ctx, "web", metav1.GetOptions{})
		require.NoError(t, err)
		require.Equal(t, list.Items[0].UID, got.UID)
		got, err = client.Patch(ctx, "web", types.MergePatchType, []byte(`{"metadata":{"labels":{"tested":"yes"}}}`), metav1.PatchOptions{})
		require.NoError(t, err)
		require.Equal(t, "yes", got.Labels["tested"])
	})
}

func TestDiscoveryClient(t *testing.T) {
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		for name, client := range map[string]discovery.DiscoveryInterface{
			"aggregated": discovery.NewDiscoveryClientForConfigOrDie(config),
			"plain":      plainDiscovery(config),
		} {
			version, err := client.ServerVersion()
			require.NoError(t, err, name)
			require.Equal(t, "37", version.Minor)
			groups, err := restmapper.GetAPIGroupResources(client)
			require.NoError(t, err, name)
			mapper := restmapper.NewDiscoveryRESTMapper(groups)
			kind, err := mapper.KindFor(schema.GroupVersionResource{Resource: "deployments"})
			require.NoError(t, err, name)
			require.Equal(t, appsv1.SchemeGroupVersion.WithKind("Deployment"), kind)
			preferred, err := client.ServerPreferredResources()
			require.NoError(t, err, name)
			require.NotEmpty(t, preferred)
		}
	})
}

func plainDiscovery(config *rest.Config) discovery.DiscoveryInterface {
	client := discovery.NewDiscoveryClientForConfigOrDie(config)
	client.UseLegacyDiscovery = true
	return client
}

func TestPagers(t *testing.T) {
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		ctx := t.Context()
		client := kubernetes.NewForConfigOrDie(config)
		createConfigMaps(t, client, 25)
		var asked int
		p := pager.New(func(ctx context.Context, options metav1.ListOptions) (r runtime.Object, err error) {
			asked++
			return client.CoreV1().ConfigMaps("default").List(ctx, options)
		})
		p.PageSize = 10
		var names []string
		require.NoError(t, p.EachListItem(ctx, metav1.ListOptions{LabelSelector: "test"}, func(obj runtime.Object) error {
			names = append(names, obj.(*corev1.ConfigMap).Name)
			return nil
		}))
		require.Len(t, names, 25)
		require.IsIncreasing(t, names)
		require.Equal(t, 3, asked)
	})
}

func TestPagesAreOfOneRevision(t *testing.T) {
	ctx := t.Context()
	client := kubernetes.NewForConfigOrDie(newCluster(t).RESTConfig())
	createConfigMaps(t, client, 4)
	maps := client.CoreV1().ConfigMaps("default")
	first, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "test", Limit: 2})
	require.NoError(t, err)
	require.NotEmpty(t, first.Continue)
	require.NoError(t, maps.Delete(ctx, "map-02", metav1.DeleteOptions{}))
	second, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "test", Limit: 2, Continue: first.Continue})
	require.NoError(t, err)
	require.Equal(t, first.ResourceVersion, second.ResourceVersion)
	require.Equal(t, "map-02", second.Items[0].Name, "what was there when the list began")
	require.Empty(t, second.Continue)
}

// TestNoUpdateIsLost has 8 writers count in one object.
func TestNoUpdateIsLost(t *testing.T) {
	const writers, each = 8, 25
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		ctx := t.Context()
		maps := kubernetes.NewForConfigOrDie(config).CoreV1().ConfigMaps("default")
		_, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "counter"}}, metav1.CreateOptions{})
		require.NoError(t, err)
		backoff := retry.DefaultRetry
		backoff.Steps = writers * each
		count := func() error {
			return retry.RetryOnConflict(backoff, func() error {
				m, err := maps.Get(ctx, "counter", metav1.GetOptions{})
				if err != nil {
					return err
				}
				m.Data = map[string]string{"n": m.Data["n"] + "."}
				_, err = maps.Update(ctx, m, metav1.UpdateOptions{})
				return err
			})
		}
		together(t, writers, func() error {
			for range each {
				if err := count(); err != nil {
					return err
				}
			}
			return nil
		})
		m, err := maps.Get(ctx, "counter", metav1.GetOptions{})
		require.NoError(t, err)
		require.Len(t, m.Data["n"], writers*each)
	})
}
