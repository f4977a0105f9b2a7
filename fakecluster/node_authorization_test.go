package fakecluster_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/fakecluster"
)

// nodeFixture is what kubelets ask for: each of two nodes has a pod.
var nodeFixture = []struct{ path, body string }{
	{"/api/v1/namespaces/default/serviceaccounts", `metadata: {name: robot}`},
	{"/api/v1/namespaces/default/secrets", `metadata: {name: here}`},
	{"/api/v1/namespaces/default/secrets", `metadata: {name: there}`},
	{"/api/v1/namespaces/default/configmaps", `metadata: {name: here}`},
	{"/api/v1/namespaces/default/pods", `metadata: {name: here}
spec:
  nodeName: node-1
  serviceAccountName: robot
  imagePullSecrets: [{name: here}]
  containers: [{name: c, image: nginx, envFrom: [{configMapRef: {name: here}}]}]`},
	{"/api/v1/namespaces/default/pods", `metadata: {name: there}
spec:
  nodeName: node-2
  containers: [{name: c, image: nginx, env: [{name: A, valueFrom: {secretKeyRef: {name: there, key: a}}}]}]`},
}

// The kubelet of node-1 gets at what its pods use and writes what is its own.
func TestKubeletsAreKeptToTheirNode(t *testing.T) {
	const (
		core      = "/api/v1/namespaces/default/"
		leases    = "/apis/coordination.k8s.io/v1/namespaces/"
		merge     = "application/merge-patch+json"
		kubelet   = `User "system:node:node-1" cannot `
		unrelated = `node: no relationship found between node 'node-1' and this object`
	)
	tests := []struct {
		name, method, path, contentType, body string
		message                               string // "" if it is allowed
	}{
		{name: "secret of a pod", method: "GET", path: core + "secrets/here"},
		{name: "secret of another node's pod", method: "GET", path: core + "secrets/there",
			message: `secrets "there" is forbidden: ` + kubelet + `get resource "secrets" in API group "" in the namespace "default": ` + unrelated},
		{name: "all secrets", method: "GET", path: core + "secrets",
			message: `secrets is forbidden: ` + kubelet + `list resource "secrets" in API group "" in the namespace "default": node: No Object name found`},
		{name: "secrets of all namespaces", method: "GET", path: "/api/v1/secrets",
			message: `secrets is forbidden: ` + kubelet + `list resource "secrets" in API group "" at the cluster scope: node: can only read namespaced object of this type`},
		{name: "new secret", method: "POST", path: core + "secrets", body: `{"metadata":{"name":"new"}}`,
			message: `secrets is forbidden: ` + kubelet + `create resource "secrets" in API group "" in the namespace "default": node: can only read resources of this type`},
		{name: "config map of a pod", method: "GET", path: core + "configmaps/here"},
		{name: "config map that no pod uses", method: "GET", path: core + "configmaps/kube-root-ca.crt"},
		{name: "claim", method: "GET", path: core + "persistentvolumeclaims/x",
			message: `persistentvolumeclaims "x" is forbidden: ` + kubelet + `get resource "persistentvolumeclaims" in API group "" in the namespace "default": ` + unrelated},
		{name: "token of a pod's account", method: "POST", path: core + "serviceaccounts/robot/token", body: `{}`,
			message: `serviceaccounts "robot" is forbidden: node requested token not bound to a pod`},
		{name: "token of another account", method: "POST", path: core + "serviceaccounts/x/token", body: `{}`,
			message: `serviceaccounts "x" is forbidden: ` + kubelet + `create resource "serviceaccounts/token" in API group "" in the namespace "default": ` + unrelated},

		{name: "own pods", method: "GET", path: "/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1"},
		{name: "another node's pods", method: "GET", path: "/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-2",
			message: `pods is forbidden: ` + kubelet + `list resource "pods" in API group "" at the cluster scope: node: can only list/watch pods with spec.nodeName field selector`},
		{name: "own pod", method: "GET", path: core + "pods/here"},
		{name: "another node's pod", method: "GET", path: core + "pods/there",
			message: `pods "there" is forbidden: ` + kubelet + `get resource "pods" in API group "" in the namespace "default": ` + unrelated},
		{name: "status of its pod", method: "PATCH", path: core + "pods/here/status", contentType: merge, body: `{"status":{"message":"hello"}}`},
		{name: "status of another pod", method: "PATCH", path: core + "pods/there/status", contentType: merge, body: `{"status":{"message":"hello"}}`,
			message: `pods "there" is forbidden: node "node-1" can only update pod status for pods with spec.nodeName set to itself`},
		{name: "deletion of another pod", method: "DELETE", path: core + "pods/there",
			message: `pods "there" is forbidden: node "node-1" can only delete pods with spec.nodeName set to itself`},
		{name: "eviction of another pod", method: "POST", path: core + "pods/there/eviction", body: `{"metadata":{"name":"there"}}`,
			message: `pods "there" is forbidden: node node-1 can only evict pods with spec.nodeName set to itself`},
		{name: "new pod", method: "POST", path: core + "pods", body: `{"metadata":{"name":"new"},"spec":{"nodeName":"node-1","containers":[{"name":"c","image":"nginx"}]}}`,
			message: `pods "new" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "node-1" can only create mirror pods`},
		{name: "mirror pod of nobody", method: "POST", path: core + "pods", body: `{"metadata":{"name":"new","annotations":{"kubernetes.io/config.mirror":"x"}},"spec":{"nodeName":"node-1","containers":[{"name":"c","image":"nginx"}]}}`,
			message: `pods "new" is forbidden: node "node-1" can only create pods with an owner reference set to itself`},

		{name: "own node", method: "GET", path: "/api/v1/nodes/node-1"},
		{name: "another node", method: "GET", path: "/api/v1/nodes/node-2",
			message: `nodes "node-2" is forbidden: ` + kubelet + `get resource "nodes" in API group "" at the cluster scope: node: node 'node-1' cannot read 'node-2', only its own Node object`},
		{name: "all nodes", method: "GET", path: "/api/v1/nodes",
			message: `nodes is forbidden: ` + kubelet + `list resource "nodes" in API group "" at the cluster scope: node: node 'node-1' cannot read all nodes, only its own Node object`},
		{name: "own labels", method: "PATCH", path: "/api/v1/nodes/node-1", contentType: merge, body: `{"metadata":{"labels":{"example.com/a":"b"}}}`},
		{name: "label of the cluster's", method: "PATCH", path: "/api/v1/nodes/node-1", contentType: merge, body: `{"metadata":{"labels":{"node-role.kubernetes.io/master":"","a.node-restriction.kubernetes.io/b":""}}}`,
			message: `nodes "node-1" is forbidden: is not allowed to modify labels: a.node-restriction.kubernetes.io/b, node-role.kubernetes.io/master`},
		{name: "taint", method: "PATCH", path: "/api/v1/nodes/node-1", contentType: merge, body: `{"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]}}`,
			message: `nodes "node-1" is forbidden: node "node-1" is not allowed to modify taints`},
		{name: "labels of another node", method: "PATCH", path: "/api/v1/nodes/node-2", contentType: merge, body: `{"metadata":{"labels":{"a":"b"}}}`,
			message: `nodes "node-2" is forbidden: node "node-1" is not allowed to modify node "node-2"`},
		{name: "deletion of its node", method: "DELETE", path: "/api/v1/nodes/node-1",
			message: `nodes "node-1" is forbidden: ` + kubelet + `delete resource "nodes" in API group "" at the cluster scope`},

		{name: "own lease", method: "GET", path: leases + "kube-node-lease/leases/node-1"},
		{name: "another lease", method: "GET", path: leases + "kube-node-lease/leases/node-2",
			message: `leases.coordination.k8s.io "node-2" is forbidden: ` + kubelet + `get resource "leases" in API group "coordination.k8s.io" in the namespace "kube-node-lease": node: can only access node lease with the same name as the requesting node`},
		{name: "lease elsewhere", method: "GET", path: leases + "default/leases/node-1",
			message: `leases.coordination.k8s.io "node-1" is forbidden: ` + kubelet + `get resource "leases" in API group "coordination.k8s.io" in the namespace "default": node: can only access leases in the "kube-node-lease" system namespace`},
		{name: "new lease of another node", method: "POST", path: leases + "kube-node-lease/leases", body: `{"metadata":{"name":"x"}}`,
			message: `leases.coordination.k8s.io "x" is forbidden: can only access node lease with the same name as the requesting node`},
		{name: "services", method: "GET", path: "/api/v1/services"},
		{name: "deployments", method: "GET", path: "/apis/apps/v1/deployments",
			message: `deployments.apps is forbidden: ` + kubelet + `list resource "deployments" in API group "apps" at the cluster scope`},
	}
	c := newCluster(t, fakecluster.WithAuthorization("RBAC"))
	for _, f := range nodeFixture {
		require.Equal(t, http.StatusCreated, ask(t, c, "POST", f.path, "application/yaml", f.body).code, f.body)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config := fork(t, c).RESTConfig()
			config.Impersonate.UserName, config.Impersonate.Groups = "system:node:node-1", []string{"system:nodes", "system:authenticated"}
			if tt.contentType == "" {
				tt.contentType = "application/json"
			}
			client := newCurl(t, config)
			r := client.do(tt.method, tt.path, tt.body, "Content-Type", tt.contentType)
			answer := client.read(r)
			if tt.message == "" {
				require.Less(t, r.StatusCode, 300, answer)
				return
			}
			var status metav1.Status
			require.NoError(t, json.Unmarshal([]byte(answer), &status))
			require.Equal(t, tt.message, status.Message)
			require.Equal(t, http.StatusForbidden, r.StatusCode)
		})
	}
}
