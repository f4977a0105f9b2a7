package fakecluster_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/fakecluster"
)

// soon is how long a test waits, in real time, for what another goroutine is
// about to do.
const soon = 10 * time.Second

// eventually waits for a condition, on this goroutine.
func eventually(t testing.TB, condition func() bool, about ...any) {
	t.Helper()
	for end := time.Now().Add(soon); !condition(); runtime.Gosched() {
		if time.Now().After(end) {
			require.Fail(t, "it has not happened", about...)
		}
	}
}

func TestInformersAndListers(t *testing.T) {
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		ctx, cancel := context.WithCancel(t.Context())
		client := kubernetes.NewForConfigOrDie(config)
		createConfigMaps(t, client, 3)
		factory := informers.NewSharedInformerFactory(client, 0)
		maps := factory.Core().V1().ConfigMaps().Lister().ConfigMaps("default")
		pods := factory.Core().V1().Pods().Lister()
		factory.Start(ctx.Done())
		defer factory.Shutdown()
		defer cancel()
		for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
			require.True(t, synced, kind)
		}
		selector := labels.SelectorFromSet(labels.Set{"test": "yes"})
		listed, err := maps.List(selector)
		require.NoError(t, err)
		require.Len(t, listed, 3)

		require.NoError(t, client.CoreV1().ConfigMaps("default").Delete(ctx, "map-01", metav1.DeleteOptions{}))
		eventually(t, func() bool {
			_, err := maps.Get("map-01")
			return apierrors.IsNotFound(err)
		})
		_, err = client.AppsV1().Deployments("default").Create(ctx, deployment("web", 5), metav1.CreateOptions{})
		require.NoError(t, err)
		eventually(t, func() bool {
			list, err := pods.List(labels.SelectorFromSet(labels.Set{"app": "web"}))
			return err == nil && len(list) == 5
		})
	})
}

func TestDynamicAndMetadataInformers(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	config := newCluster(t).RESTConfig()
	createConfigMaps(t, kubernetes.NewForConfigOrDie(config), 3)
	resource := corev1.SchemeGroupVersion.WithResource("configmaps")
	for name, informer := range map[string]cache.SharedIndexInformer{
		"dynamic":  dynamicinformer.NewDynamicSharedInformerFactory(dynamic.NewForConfigOrDie(config), 0).ForResource(resource).Informer(),
		"metadata": metadatainformer.NewSharedInformerFactory(metadata.NewForConfigOrDie(config), 0).ForResource(resource).Informer(),
	} {
		go informer.Run(ctx.Done())
		require.True(t, cache.WaitForCacheSync(ctx.Done(), informer.HasSynced), name)
		_, found, err := informer.GetStore().GetByKey("default/map-01")
		require.NoError(t, err)
		require.True(t, found, name)
	}
}

// next is the next event of a watch.
func next(t testing.TB, w watch.Interface) watch.Event {
	t.Helper()
	select {
	case ev, open := <-w.ResultChan():
		require.True(t, open, "the watch has ended")
		return ev
	case <-time.After(soon):
		require.Fail(t, "no event")
		return watch.Event{}
	}
}

func TestWatchesTellOfWhatHappens(t *testing.T) {
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		ctx := t.Context()
		maps := kubernetes.NewForConfigOrDie(config).CoreV1().ConfigMaps("default")
		list, err := maps.List(ctx, metav1.ListOptions{})
		require.NoError(t, err)
		w, err := maps.Watch(ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion, LabelSelector: "test"})
		require.NoError(t, err)
		defer w.Stop()

		m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"test": "yes"}}}
		m, err = maps.Create(ctx, m, metav1.CreateOptions{})
		require.NoError(t, err)
		m.Data = map[string]string{"k": "v"}
		m, err = maps.Update(ctx, m, metav1.UpdateOptions{})
		require.NoError(t, err)
		m.Labels = nil
		_, err = maps.Update(ctx, m, metav1.UpdateOptions{})
		require.NoError(t, err)

		added, modified, gone := next(t, w), next(t, w), next(t, w)
		require.Equal(t, watch.Added, added.Type)
		require.Equal(t, watch.Modified, modified.Type)
		require.Equal(t, "v", modified.Object.(*corev1.ConfigMap).Data["k"])
		require.Equal(t, watch.Deleted, gone.Type, "it is selected no longer")
	})
}

func TestWatchLists(t *testing.T) {
	forEachWay(t, func(t *testing.T, config *rest.Config) {
		client := kubernetes.NewForConfigOrDie(config)
		createConfigMaps(t, client, 2)
		w, err := client.CoreV1().ConfigMaps("default").Watch(t.Context(), metav1.ListOptions{
			LabelSelector: "test", SendInitialEvents: ptr.To(true), AllowWatchBookmarks: true,
			ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
		})
		require.NoError(t, err)
		defer w.Stop()
		require.Equal(t, watch.Added, next(t, w).Type)
		require.Equal(t, watch.Added, next(t, w).Type)
		end := next(t, w)
		require.Equal(t, watch.Bookmark, end.Type)
		require.Equal(t, "true", end.Object.(*corev1.ConfigMap).Annotations[metav1.InitialEventsAnnotationKey])
	})
}

func TestBookmarksComeAsTimePasses(t *testing.T) {
	cluster := newCluster(t)
	client := kubernetes.NewForConfigOrDie(cluster.RESTConfig())
	list, err := client.CoreV1().ConfigMaps("default").List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	w, err := client.CoreV1().ConfigMaps("default").Watch(t.Context(), metav1.ListOptions{
		ResourceVersion: list.ResourceVersion, AllowWatchBookmarks: true,
	})
	require.NoError(t, err)
	defer w.Stop()
	_, err = client.CoreV1().Secrets("default").Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.Advance(2 * time.Minute)
	ev := next(t, w)
	require.Equal(t, watch.Bookmark, ev.Type)
	require.NotEqual(t, list.ResourceVersion, ev.Object.(*corev1.ConfigMap).ResourceVersion)
}

func TestHistoryThatIsForgottenIsGone(t *testing.T) {
	ctx := t.Context()
	cluster := newCluster(t)
	maps := kubernetes.NewForConfigOrDie(cluster.RESTConfig()).CoreV1().ConfigMaps("default")
	old, err := maps.List(ctx, metav1.ListOptions{Limit: 1})
	require.NoError(t, err)
	createConfigMaps(t, kubernetes.NewForConfigOrDie(cluster.RESTConfig()), 3)
	page, err := maps.List(ctx, metav1.ListOptions{Limit: 1})
	require.NoError(t, err)
	require.NotEmpty(t, page.Continue)
	cluster.Advance(11 * time.Minute)

	w, err := maps.Watch(ctx, metav1.ListOptions{ResourceVersion: old.ResourceVersion})
	require.NoError(t, err)
	ev := next(t, w)
	require.Equal(t, watch.Error, ev.Type)
	require.True(t, apierrors.IsResourceExpired(apierrors.FromObject(ev.Object)), ev.Object)

	_, err = maps.List(ctx, metav1.ListOptions{Limit: 1, Continue: page.Continue})
	require.True(t, apierrors.IsResourceExpired(err), err)
	token := err.(apierrors.APIStatus).Status().Continue
	rest, err := maps.List(ctx, metav1.ListOptions{Limit: 10, Continue: token})
	require.NoError(t, err, "the answer tells how to go on with what is there now")
	require.NotEmpty(t, rest.Items)

	_, err = maps.List(ctx, metav1.ListOptions{ResourceVersion: old.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchExact})
	require.True(t, apierrors.IsResourceExpired(err), err)
}

// TestInformersSurviveCompaction has an informer whose watch falls behind: it
// lists anew.
func TestInformersSurviveCompaction(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cluster := newCluster(t)
	client := kubernetes.NewForConfigOrDie(cluster.RESTConfig())
	factory := informers.NewSharedInformerFactory(client, 0)
	maps := factory.Core().V1().ConfigMaps().Lister().ConfigMaps("default")
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	createConfigMaps(t, client, 10)
	cluster.Advance(time.Hour)
	require.NoError(t, client.CoreV1().ConfigMaps("default").Delete(ctx, "map-05", metav1.DeleteOptions{}))
	eventually(t, func() bool {
		_, err := maps.Get("map-05")
		_, other := maps.Get("map-06")
		return apierrors.IsNotFound(err) && other == nil
	})
}

func TestUntilWithSync(t *testing.T) {
	cluster := newCluster(t, fakecluster.WithClock(fakecluster.Auto))
	client := kubernetes.NewForConfigOrDie(cluster.RESTConfig())
	_, err := client.AppsV1().Deployments("default").Create(t.Context(), deployment("web", 2), metav1.CreateOptions{})
	require.NoError(t, err)
	ctx, cancel := watchtools.ContextWithOptionalTimeout(t.Context(), soon)
	defer cancel()
	pods := cache.NewListWatchFromClient(client.CoreV1().RESTClient(), "pods", "default", fields.Everything())
	running := map[string]bool{}
	_, err = watchtools.UntilWithSync(ctx, pods, &corev1.Pod{}, nil, func(ev watch.Event) (bool, error) {
		pod := ev.Object.(*corev1.Pod)
		running[pod.Name] = pod.Status.Phase == corev1.PodRunning
		n := 0
		for _, is := range running {
			if is {
				n++
			}
		}
		return n == 2, nil
	})
	require.NoError(t, err, "an auto clock runs while somebody waits")
}

func TestLeaderElection(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(newCluster(t, fakecluster.WithClock(fakecluster.Wall)).RESTConfig())
	elect := func(ctx context.Context, name string, led chan<- string) {
		leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
			Lock: &resourcelock.LeaseLock{
				LeaseMeta:  metav1.ObjectMeta{Namespace: "default", Name: "leader"},
				Client:     client.CoordinationV1(),
				LockConfig: resourcelock.ResourceLockConfig{Identity: name},
			},
			ReleaseOnCancel: true, LeaseDuration: 2 * time.Second,
			RenewDeadline: time.Second, RetryPeriod: 20 * time.Millisecond,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { led <- name },
				OnStoppedLeading: func() {},
			},
		})
	}
	led := make(chan string, 2)
	first, resign := context.WithCancel(t.Context())
	second, stop := context.WithCancel(t.Context())
	defer stop()
	go elect(first, "first", led)
	require.Equal(t, "first", <-led)
	go elect(second, "second", led)
	resign()
	require.Equal(t, "second", <-led)
}
