package apiserver_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// next is the next event as "TYPE name@resourceVersion".
func next(t *testing.T, w watch.Interface) string {
	t.Helper()
	select {
	case ev, ok := <-w.ResultChan():
		if !ok {
			return "CLOSED"
		}
		if status, ok := ev.Object.(*metav1.Status); ok {
			return string(ev.Type) + " " + status.Message
		}
		object := ev.Object.(metav1.Object)
		return string(ev.Type) + " " + object.GetName() + "@" + object.GetResourceVersion()
	case <-time.After(5 * time.Second):
		require.Fail(t, "no event")
		return ""
	}
}

func TestWatch(t *testing.T) {
	for _, contentType := range []string{"application/json", "application/vnd.kubernetes.protobuf"} {
		c := newCluster(t)
		c.config.ContentType = contentType
		c.create(configMaps, cmA)
		client := c.client().CoreV1().ConfigMaps("default")
		w, err := client.Watch(ctx(t), metav1.ListOptions{LabelSelector: "app=x", AllowWatchBookmarks: true})
		require.NoError(t, err)
		require.Equal(t, "ADDED a@2", next(t, w))
		require.Equal(t, "BOOKMARK @2", next(t, w), "that was the state")

		c.create(configMaps, `{"metadata":{"name":"other"}}`)
		a, err := client.Get(ctx(t), "a", metav1.GetOptions{})
		require.NoError(t, err)
		a.Data["k"] = "w"
		a, err = client.Update(ctx(t), a, metav1.UpdateOptions{})
		require.NoError(t, err)
		require.Equal(t, "MODIFIED a@4", next(t, w))

		a.Labels = nil
		_, err = client.Update(ctx(t), a, metav1.UpdateOptions{})
		require.NoError(t, err)
		require.Equal(t, "DELETED a@5", next(t, w), "leaving the selection is a deletion")

		c.advance(2 * time.Minute)
		require.Equal(t, "BOOKMARK @5", next(t, w))
		w.Stop()
		require.Equal(t, "CLOSED", next(t, w))
	}
}

func TestWatchTellsAtOnceWhatHasHappenedSince(t *testing.T) {
	c := newCluster(t)
	c.create(configMaps, cmA)
	w, err := c.client().CoreV1().ConfigMaps("default").Watch(ctx(t), metav1.ListOptions{ResourceVersion: "1"})
	require.NoError(t, err)
	require.Equal(t, "ADDED a@2", next(t, w), "nobody writes anything more")
}

func TestWatchFromForgottenRevision(t *testing.T) {
	c := newCluster(t)
	c.create(configMaps, cmA)
	c.do(func() { c.registry.Store.Compact(2) })
	w, err := c.client().CoreV1().ConfigMaps("default").Watch(ctx(t), metav1.ListOptions{ResourceVersion: "1"})
	require.NoError(t, err)
	require.Equal(t, "ERROR too old resource version: 1 (2)", next(t, w))
	require.Equal(t, "CLOSED", next(t, w))
}

func TestWatchEndsAfterItsTime(t *testing.T) {
	seconds := int64(30)
	for want, asked := range map[time.Duration]*int64{30 * time.Second: &seconds, time.Hour: nil} {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t)
			began := time.Now()
			w, err := c.client().CoreV1().ConfigMaps("").Watch(ctx(t), metav1.ListOptions{TimeoutSeconds: asked})
			require.NoError(t, err)
			_, open := <-w.ResultChan()
			require.False(t, open)
			require.Equal(t, want, time.Since(began))
		})
	}
}

// Watches of custom resources end with their definition, and when it becomes
// another; a definition that is being deleted still tells of its objects.
func TestWatchesEndWithTheirDefinition(t *testing.T) {
	c := withCronTabs(t)
	cronTabs := c.dynamic().Resource(schema.GroupVersionResource{Group: "stable.example.com", Version: "v1", Resource: "crontabs"}).Namespace("default")
	c.create(crontabs, `{"apiVersion":"stable.example.com/v1","kind":"CronTab","metadata":{"name":"a"},"spec":{}}`)
	const definition = definitions + "/crontabs.stable.example.com"

	w, err := cronTabs.Watch(ctx(t), metav1.ListOptions{})
	require.NoError(t, err)
	require.Contains(t, next(t, w), "ADDED a")
	code, answer, _ := c.ask("PATCH", definition, `{"metadata":{"labels":{"a":"b"}}}`, mergePatch)
	require.Equal(t, 200, code, answer)
	code, answer, _ = c.ask("PATCH", definition, `{"spec":{"names":{"categories":["other"]}}}`, mergePatch)
	require.Equal(t, 200, code, answer)
	require.Equal(t, "CLOSED", next(t, w), "at the change of the spec, not before")

	w, err = cronTabs.Watch(ctx(t), metav1.ListOptions{})
	require.NoError(t, err)
	require.Contains(t, next(t, w), "ADDED a")
	code, answer, _ = c.ask("DELETE", definition, "")
	require.Equal(t, 200, code, answer)
	require.Contains(t, next(t, w), "DELETED a")
	require.Equal(t, "CLOSED", next(t, w))
}

// An informer lists by watching (sendInitialEvents).
func TestInformer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.create(configMaps, cmA)
		stop := make(chan struct{})
		factory := informers.NewSharedInformerFactory(c.client(), 0)
		informer := factory.Core().V1().ConfigMaps().Informer()
		var seen []string
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { seen = append(seen, "add "+o.(*corev1.ConfigMap).Name) },
			DeleteFunc: func(o any) { seen = append(seen, "delete "+o.(*corev1.ConfigMap).Name) },
		})
		require.NoError(t, err)
		factory.Start(stop)
		require.True(t, cache.WaitForCacheSync(stop, informer.HasSynced))
		c.ask("DELETE", configMaps+"/a", "")
		synctest.Wait()
		require.Equal(t, []string{"add a", "delete a"}, seen)
		close(stop)
		factory.Shutdown()
	})
}
