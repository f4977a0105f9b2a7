package testkit_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/testkit"
)

const siteDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: sites.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: sites, singular: site, kind: Site}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, default: {}, properties: {replicas: {type: integer, default: 2}}}
          status: {type: object, properties: {ready: {type: integer}, visits: {type: integer}}}
`

var siteKind = schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Site"}

const siteFinalizer = "example.com/cleanup"

// newSite returns an empty Site.
func newSite(name string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(siteKind)
	u.SetNamespace("default")
	u.SetName(name)
	return u
}

// siteReconciler runs a Deployment for each Site, and looks after it every
// hour.
type siteReconciler struct {
	client.Client
	reconciles atomic.Int64
	cleaned    atomic.Int64
}

func (r *siteReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	site := newSite(req.Name)
	if err := r.Get(ctx, req.NamespacedName, site); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	r.reconciles.Add(1)
	if site.GetDeletionTimestamp() != nil {
		r.cleaned.Add(1)
		controllerutil.RemoveFinalizer(site, siteFinalizer)
		return ctrl.Result{}, r.Update(ctx, site)
	}
	if controllerutil.AddFinalizer(site, siteFinalizer) {
		if err := r.Update(ctx, site); err != nil {
			return ctrl.Result{}, err
		}
	}
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: site.GetNamespace(), Name: site.GetName()}}
	if _, err := controllerutil.CreateOrUpdate(ctx, r.Client, d, func() error { return r.shape(site, d) }); err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: time.Hour}, r.report(ctx, site, d)
}

// shape makes the Deployment what the Site asks for.
func (r *siteReconciler) shape(site *unstructured.Unstructured, d *appsv1.Deployment) error {
	replicas, _, err := unstructured.NestedInt64(site.Object, "spec", "replicas")
	if err != nil {
		return err
	}
	labels := map[string]string{"site": site.GetName()}
	n := int32(replicas)
	d.Spec.Replicas = &n
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	d.Spec.Template.Labels = labels
	if len(d.Spec.Template.Spec.Containers) == 0 {
		d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "web", Image: "nginx:1.27"}}
	}
	return controllerutil.SetControllerReference(site, d, r.Scheme())
}

// report writes the Site's status, if it has changed.
func (r *siteReconciler) report(ctx context.Context, site *unstructured.Unstructured, d *appsv1.Deployment) error {
	ready, found, _ := unstructured.NestedInt64(site.Object, "status", "ready")
	if found && ready == int64(d.Status.ReadyReplicas) {
		return nil
	}
	if err := unstructured.SetNestedField(site.Object, int64(d.Status.ReadyReplicas), "status", "ready"); err != nil {
		return err
	}
	return r.Status().Update(ctx, site)
}

// newSiteManager returns a manager that runs a siteReconciler.
func newSiteManager(t testing.TB, config *rest.Config) (manager.Manager, *siteReconciler) {
	t.Helper()
	never := 10 * 365 * 24 * time.Hour
	m, err := ctrl.NewManager(config, ctrl.Options{
		Metrics: server.Options{BindAddress: "0"},
		Cache:   cache.Options{SyncPeriod: &never}, // else informers resync every ten hours or so
		Logger:  logr.Discard(),
	})
	require.NoError(t, err)
	r := &siteReconciler{Client: m.GetClient()}
	skip := true
	err = ctrl.NewControllerManagedBy(m).Named("site").For(newSite("")).Owns(&appsv1.Deployment{}).
		WithOptions(controllerOptions{SkipNameValidation: &skip}).Complete(r)
	require.NoError(t, err)
	return m, r
}

// define creates the kind Site.
func define(t testing.TB, c client.Client) {
	t.Helper()
	crd := &unstructured.Unstructured{}
	require.NoError(t, yaml.Unmarshal([]byte(siteDefinition), &crd.Object))
	require.NoError(t, c.Create(t.Context(), crd))
}

func newClient(t testing.TB, config *rest.Config) client.Client {
	t.Helper()
	c, err := client.New(config, client.Options{})
	require.NoError(t, err)
	return c
}

func readyOf(t testing.TB, c client.Client, name string) int64 {
	t.Helper()
	site := newSite(name)
	require.NoError(t, c.Get(t.Context(), client.ObjectKeyFromObject(site), site))
	ready, _, _ := unstructured.NestedInt64(site.Object, "status", "ready")
	return ready
}

// TestManager has a manager in real time beside a cluster whose own time
// stands still.
func TestManager(t *testing.T) {
	cluster := testkit.NewCluster(t)
	c := newClient(t, cluster.RESTConfig())
	define(t, c)
	m, r := newSiteManager(t, cluster.RESTConfig())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- m.Start(ctx) }()
	defer func() { stop(); require.NoError(t, <-ended) }()

	require.NoError(t, c.Create(ctx, newSite("blog")))
	require.Eventually(t, func() bool {
		cluster.Advance(time.Second)
		return readyOf(t, c, "blog") == 2
	}, 10*time.Second, time.Millisecond)

	require.NoError(t, c.Delete(ctx, newSite("blog")))
	require.Eventually(t, func() bool {
		return apierrors.IsNotFound(c.Get(ctx, client.ObjectKeyFromObject(newSite("blog")), newSite("blog")))
	}, 10*time.Second, time.Millisecond)
	require.EqualValues(t, 1, r.cleaned.Load())
	require.Eventually(t, func() bool {
		cluster.Advance(time.Minute)
		pods := &corev1.PodList{}
		return c.List(ctx, pods, client.InNamespace("default")) == nil && len(pods.Items) == 0
	}, 10*time.Second, time.Millisecond, "the garbage collector takes the Deployment and its pods")
}

// TestManagerOverTwoDays has the same manager reconcile every hour for 48
// hours, which pass in moments.
func TestManagerOverTwoDays(t *testing.T) {
	testkit.InBubble(t, func(t *testing.T, b *testkit.Bubble) {
		c := newClient(t, b.Cluster.RESTConfig())
		define(t, c)
		b.Settle()
		m, r := newSiteManager(t, b.RESTConfig())
		b.Run(m)
		require.NoError(t, c.Create(t.Context(), newSite("blog")))
		b.Advance(time.Minute)
		require.EqualValues(t, 2, readyOf(t, c, "blog"))

		before := r.reconciles.Load()
		b.Advance(48 * time.Hour)
		require.EqualValues(t, 48, r.reconciles.Load()-before)

		require.NoError(t, c.Delete(t.Context(), newSite("blog")))
		b.Advance(time.Minute)
		require.EqualValues(t, 1, r.cleaned.Load())
	})
}

// TestRequestsComeInTheSameOrder has two managers work on ten sites, several
// times; all runs send the same requests in the same order, with the same
// results.
func TestRequestsComeInTheSameOrder(t *testing.T) {
	run := func() (log []string) {
		testkit.InBubble(t, func(t *testing.T, b *testkit.Bubble) {
			testkit.SeedRandom(t, 1)
			c := newClient(t, b.Cluster.RESTConfig())
			define(t, c)
			b.Settle()
			config := b.RESTConfig()
			config.Wrap(recorded(&log))
			for range 2 {
				m, _ := newSiteManager(t, config)
				b.Run(m)
			}
			for i := range 10 {
				require.NoError(t, c.Create(t.Context(), newSite(fmt.Sprint("site-", i))))
			}
			b.Advance(3 * time.Hour)
		})
		return log
	}
	want := run()
	require.NotEmpty(t, want)
	for range 5 {
		require.Equal(t, want, run())
	}
}
