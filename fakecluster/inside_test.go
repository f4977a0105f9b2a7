package fakecluster_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/testkit"
)

// inPod asks the API server from within the pod api, as its service account.
func inPod(t *testing.T, cluster *fakecluster.Cluster, args string) string {
	return testkit.Kubectl(t, cluster, "exec", "api", "--", "sh", "-c",
		`cd /var/run/secrets/kubernetes.io/serviceaccount; curl -sS --cacert ca.crt -H "Authorization: Bearer $(cat token)" `+args+` 2>&1 || true`)
}

// TestPodsReachTheAPIServer: through the Service kubernetes, over TLS, as the
// service account of their token.
func TestPodsReachTheAPIServer(t *testing.T) {
	cluster := testkit.NewCluster(t, fakecluster.WithAuthorization("RBAC"))
	for _, args := range [][]string{
		{"create", "serviceaccount", "editor"},
		{"create", "rolebinding", "editor", "--clusterrole=edit", "--serviceaccount=default:editor"},
		{"run", "api", "--image=curlimages/curl", `--overrides={"spec":{"serviceAccountName":"editor"}}`, "--command", "--", "sleep", "3600"},
		{"wait", "--for=condition=Ready", "pod/api"},
	} {
		testkit.Kubectl(t, cluster, args...)
	}
	for _, test := range []struct{ name, args, want string }{
		{"by name", "https://kubernetes.default.svc/api/v1/namespaces/default/pods/api", `"serviceAccountName": "editor"`},
		{"by the Service's address", "https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/version", `"major": "1"`},
		{"forbidden", "https://kubernetes/api/v1/nodes", `nodes is forbidden: User \"system:serviceaccount:default:editor\" cannot list resource \"nodes\"`},
		{"anonymous", "-H Authorization: https://kubernetes/api", `forbidden: User \"system:anonymous\" cannot get path \"/api\"`},
		{"another authority", "--cacert /etc/hostname https://kubernetes/", "curl: (77) error adding trust anchors from file: /etc/hostname"},
		{"another name", "--resolve x:443:10.96.0.1 https://10-96-0-1.kubernetes.default.svc.cluster.local/", "curl: (6) Could not resolve host"},
		{"without TLS", "http://kubernetes:443/", "Client sent an HTTP request to an HTTPS server."},
		{"another port", "https://192.168.255.254:10250/", "curl: (7) Failed to connect to 192.168.255.254 port 10250"},
		{"a watch", "https://kubernetes/api/v1/namespaces/default/pods?watch=1", "not supported from within the cluster"},
	} {
		t.Run(test.name, func(t *testing.T) { require.Contains(t, inPod(t, cluster, test.args), test.want) })
	}
	require.Contains(t, testkit.Kubectl(t, cluster, "exec", "api", "--", "sh", "-c", "curl -sS https://kubernetes/ 2>&1; true"),
		"curl: (60) SSL certificate problem: unable to get local issuer certificate")
}

// TestPodsOfAForkReachItsAPIServer: what they change there, the original does
// not see.
func TestPodsOfAForkReachItsAPIServer(t *testing.T) {
	cluster := testkit.NewCluster(t)
	testkit.Kubectl(t, cluster, "run", "api", "--image=curlimages/curl", "--command", "--", "sleep", "3600")
	testkit.Kubectl(t, cluster, "wait", "--for=condition=Ready", "pod/api")
	fork, err := cluster.Fork()
	require.NoError(t, err)
	defer fork.Close()
	const create = `-X POST -H "Content-Type: application/json" -d '{"metadata":{"name":"made"}}' https://kubernetes/api/v1/namespaces/default/configmaps`
	require.Contains(t, inPod(t, fork, create), `"name": "made"`)
	require.Contains(t, testkit.Kubectl(t, fork, "get", "configmaps", "-o", "name"), "configmap/made")
	require.NotContains(t, testkit.Kubectl(t, cluster, "get", "configmaps", "-o", "name"), "configmap/made")
}
