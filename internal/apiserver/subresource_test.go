package apiserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	deployments = "/apis/apps/v1/namespaces/default/deployments"
	web         = `{"metadata":{"name":"web"},"spec":{"replicas":3,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"nginx"}]}}}}`
	podList     = "/api/v1/namespaces/default/pods"
	pod         = `{"metadata":{"name":"p","labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"nginx"}]}}`
)

func TestScale(t *testing.T) {
	c := newCluster(t)
	c.create(deployments, web)
	client := c.client().AppsV1().Deployments("default")
	scale, err := client.GetScale(ctx(t), "web", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, autoscalingv1.ScaleSpec{Replicas: 3}, scale.Spec)
	require.Equal(t, "app=web", scale.Status.Selector)

	scale.Spec.Replicas = 5
	_, err = client.UpdateScale(ctx(t), "web", scale, metav1.UpdateOptions{FieldManager: "scaler"})
	require.NoError(t, err)
	_, err = client.UpdateScale(ctx(t), "web", scale, metav1.UpdateOptions{})
	require.True(t, apierrors.IsConflict(err), err)
	scale.Spec.Replicas, scale.ResourceVersion = -1, ""
	_, err = client.UpdateScale(ctx(t), "web", scale, metav1.UpdateOptions{})
	require.EqualError(t, err, `Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0`)

	code, body, _ := c.ask("PATCH", deployments+"/web/scale", `{"spec":{"replicas":2}}`, mergePatch, "User-Agent: tester/v1")
	require.Equal(t, 200, code, body)
	web, err := client.Get(ctx(t), "web", metav1.GetOptions{})
	require.NoError(t, err)
	require.EqualValues(t, 2, *web.Spec.Replicas)
	require.EqualValues(t, 3, web.Generation)
	first := web.ManagedFields[0] // since it has no time
	require.Equal(t, "scale", first.Subresource)
	require.Equal(t, "apps/v1", first.APIVersion)
	require.Equal(t, `{"f:spec":{"f:replicas":{}}}`, string(first.FieldsV1.Raw))

	config := "apiVersion: autoscaling/v1\nkind: Scale\nmetadata:\n  name: web\nspec:\n  replicas: 7\n"
	code, body, _ = c.ask("PATCH", deployments+"/web/scale?fieldManager=hpa", config, applyPatch)
	require.Equal(t, 409, code)
	require.Contains(t, body, `conflict with \"tester\" with subresource \"scale\" using autoscaling/v1: .spec.replicas`)
}

func TestStatusPathOwnsNothingThatItResets(t *testing.T) {
	c := newCluster(t)
	c.create(podList, `{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}`)
	owners := `"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"n","uid":"1"}]`
	code, body, _ := c.ask("PATCH", podList+"/p/status", `{"metadata":{`+owners+`},"status":{"phase":"Running"}}`, mergePatch)
	require.Equal(t, 200, code, body)
	require.Contains(t, body, `"fieldsV1":{"f:status":{"f:phase":{}}},"subresource":"status"`)
	require.NotContains(t, body, "wnerReferences")
}

func TestStatusIsApart(t *testing.T) {
	c := newCluster(t)
	c.create(deployments, web)
	client := c.client().AppsV1().Deployments("default")
	d, err := client.Get(ctx(t), "web", metav1.GetOptions{})
	require.NoError(t, err)
	d.Status.Replicas = 3
	d.Spec.Paused = true
	d, err = client.UpdateStatus(ctx(t), d, metav1.UpdateOptions{FieldManager: "controller"})
	require.NoError(t, err)
	require.False(t, d.Spec.Paused)
	require.Equal(t, appsv1.DeploymentStatus{Replicas: 3}, d.Status)
	require.EqualValues(t, 1, d.Generation)
	first := d.ManagedFields[0]
	require.Equal(t, "controller", first.Manager)
	require.Equal(t, `{"f:status":{"f:replicas":{}}}`, string(first.FieldsV1.Raw))
}

func TestBindingAndEviction(t *testing.T) {
	c := newCluster(t)
	c.create(podList, pod)
	pods := c.client().CoreV1().Pods("default")
	binding := &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Target: corev1.ObjectReference{Kind: "Node", Name: "n1"}}
	require.NoError(t, pods.Bind(ctx(t), binding, metav1.CreateOptions{}))
	require.EqualError(t, pods.Bind(ctx(t), binding, metav1.CreateOptions{}),
		`Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"`)

	p, err := pods.Get(ctx(t), "p", metav1.GetOptions{})
	require.NoError(t, err)
	p.Status.Phase = corev1.PodRunning
	p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue})
	_, err = pods.UpdateStatus(ctx(t), p, metav1.UpdateOptions{})
	require.NoError(t, err)

	budgets := c.client().PolicyV1().PodDisruptionBudgets("default")
	budget, err := budgets.Create(ctx(t), &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "b"},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "p"}}
	code, body, header := c.ask("POST", podList+"/p/eviction", `{"metadata":{"name":"p"}}`)
	require.Equal(t, 429, code)
	require.Equal(t, "10", header.Get("Retry-After"))
	require.Contains(t, body, `"message":"Cannot evict pod as it would violate the pod's disruption budget.","reason":"TooManyRequests","details":{"causes":[{"reason":"DisruptionBudget","message":"The disruption budget b is still being processed by the server."}],"retryAfterSeconds":10},"code":429`)

	budget.Status = policyv1.PodDisruptionBudgetStatus{ObservedGeneration: 1, DesiredHealthy: 1, CurrentHealthy: 1, ExpectedPods: 1}
	budget, err = budgets.UpdateStatus(ctx(t), budget, metav1.UpdateOptions{})
	require.NoError(t, err)
	err = pods.EvictV1(ctx(t), eviction)
	require.True(t, apierrors.IsTooManyRequests(err))
	require.Equal(t, "The disruption budget b needs 1 healthy pods and has 1 currently", err.(apierrors.APIStatus).Status().Details.Causes[0].Message)

	budget.Status.DisruptionsAllowed = 1
	_, err = budgets.UpdateStatus(ctx(t), budget, metav1.UpdateOptions{})
	require.NoError(t, err)
	require.NoError(t, pods.EvictV1(ctx(t), eviction))
	p, err = pods.Get(ctx(t), "p", metav1.GetOptions{})
	require.NoError(t, err)
	require.NotNil(t, p.DeletionTimestamp)
	budget, err = budgets.Get(ctx(t), "b", metav1.GetOptions{})
	require.NoError(t, err)
	require.Contains(t, budget.Status.DisruptedPods, "p")
}
