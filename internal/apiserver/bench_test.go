package apiserver_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	benchPod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","labels":{"app":"web","pod-template-hash":"abc"},` +
		`"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"d9607e19-f88f-11e6-a518-42010a800195","controller":true}]},` +
		`"spec":{"containers":[{"name":"c","image":"nginx","ports":[{"containerPort":80}],"env":[{"name":"A","value":"b"}],` +
		`"resources":{"requests":{"cpu":"100m","memory":"64Mi"}},"volumeMounts":[{"name":"v","mountPath":"/v"}]}],"volumes":[{"name":"v","emptyDir":{}}]}}`
	benchStatus = `{"status":{"phase":"Running","podIP":"10.1.0.%d","podIPs":[{"ip":"10.1.0.%d"}],"hostIP":"10.0.0.1",` +
		`"conditions":[{"type":"Ready","status":"True"},{"type":"Initialized","status":"True"},{"type":"PodScheduled","status":"True"}],` +
		`"containerStatuses":[{"name":"c","ready":true,"restartCount":0,"image":"nginx","imageID":"x","containerID":"containerd://abc","state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}},"lastState":{}}]}}`
)

// send is one request, without what a test would check.
func (c *cluster) send(method, path, body, contentType string) {
	r, err := http.NewRequest(method, "http://cluster"+path, strings.NewReader(body))
	require.NoError(c, err)
	r.Header.Set("Content-Type", contentType)
	response, err := c.config.Transport.RoundTrip(r)
	require.NoError(c, err)
	_, _ = io.Copy(io.Discard, response.Body)
	require.Less(c, response.StatusCode, 300)
}

// BenchmarkRequests has the cost of requests without a network: routing,
// decoding, the verb, and the answer with its managed fields.
func BenchmarkRequests(b *testing.B) {
	const json, merge, strategic = "application/json", "application/merge-patch+json", "application/strategic-merge-patch+json"
	c := newCluster(b)
	made, n := 0, 0
	name := func() string { n = n%made + 1; return fmt.Sprintf("/p%06d", n) }
	b.Run("create", func(b *testing.B) {
		for b.Loop() {
			made++
			c.send("POST", podList, fmt.Sprintf(benchPod, fmt.Sprintf("p%06d", made)), json)
		}
	})
	b.Run("status", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			c.send("PATCH", podList+name()+"/status", fmt.Sprintf(benchStatus, i%250+1, i%250+1), strategic)
		}
	})
	b.Run("patch", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			c.send("PATCH", podList+name(), fmt.Sprintf(`{"metadata":{"labels":{"x":"y%d"}}}`, i), merge)
		}
	})
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			c.send("GET", podList+name(), "", json)
		}
	})
	b.Run("list", func(b *testing.B) {
		b.ReportMetric(float64(made), "pods")
		for b.Loop() {
			c.send("GET", podList, "", json)
		}
	})
}

// BenchmarkFirstList lists objects whose owners nobody has asked for yet.
func BenchmarkFirstList(b *testing.B) {
	const pods = 1000
	for b.Loop() {
		b.StopTimer()
		c := newCluster(b)
		c.fill(pods)
		b.StartTimer()
		c.send("GET", podList, "", "application/json")
	}
}

// BenchmarkTable lists a page of pods as `kubectl get pods` asks for it: once
// as they are for the first time, then again and again.
func BenchmarkTable(b *testing.B) {
	const pods, accept = 500, "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
	list := func(c *cluster) {
		r, err := http.NewRequest(http.MethodGet, "http://cluster"+podList, nil)
		require.NoError(b, err)
		r.Header.Set("Accept", accept)
		response, err := c.config.Transport.RoundTrip(r)
		require.NoError(b, err)
		_, _ = io.Copy(io.Discard, response.Body)
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			c := newCluster(b)
			c.fill(pods)
			b.StartTimer()
			list(c)
		}
	})
	b.Run("again", func(b *testing.B) {
		c := newCluster(b)
		c.fill(pods)
		for b.Loop() {
			list(c)
		}
	})
}
