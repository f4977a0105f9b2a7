package podspec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/podspec"
)

func TestPodDefaults(t *testing.T) {
	for _, c := range []struct{ name, written, want string }{
		{"the least", `containers: [{name: web, image: nginx}]`, `
containers:
- image: nginx
  imagePullPolicy: Always
  name: web
  resources: {}
  terminationMessagePath: /dev/termination-log
  terminationMessagePolicy: File
dnsPolicy: ClusterFirst
enableServiceLinks: true
restartPolicy: Always
schedulerName: default-scheduler
securityContext: {}
terminationGracePeriodSeconds: 30
`},
		{"everything with defaults of its own", `
serviceAccount: builder
hostNetwork: true
containers:
- name: web
  image: nginx:1.27
  ports: [{containerPort: 80}]
  env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
  livenessProbe: {httpGet: {port: 80}}
  readinessProbe: {grpc: {port: 81}}
  lifecycle: {postStart: {httpGet: {port: 80}}}
  resources: {limits: {cpu: 1}}
volumes:
- name: nothing
- {name: config, configMap: {name: c}}
- {name: host, hostPath: {path: /x}}
- name: all
  projected: {sources: [{serviceAccountToken: {path: token}}, {downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}}]}
`, `
containers:
- env:
  - name: A
    valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}
  image: nginx:1.27
  imagePullPolicy: IfNotPresent
  lifecycle: {postStart: {httpGet: {path: /, port: 80, scheme: HTTP}}}
  livenessProbe: {failureThreshold: 3, httpGet: {path: /, port: 80, scheme: HTTP}, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1}
  name: web
  ports: [{containerPort: 80, hostPort: 80, protocol: TCP}]
  readinessProbe: {failureThreshold: 3, grpc: {port: 81, service: ""}, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1}
  resources: {limits: {cpu: "1"}, requests: {cpu: "1"}}
  terminationMessagePath: /dev/termination-log
  terminationMessagePolicy: File
dnsPolicy: ClusterFirst
enableServiceLinks: true
hostNetwork: true
restartPolicy: Always
schedulerName: default-scheduler
securityContext: {}
serviceAccount: builder
serviceAccountName: builder
terminationGracePeriodSeconds: 30
volumes:
- {emptyDir: {}, name: nothing}
- {configMap: {defaultMode: 420, name: c}, name: config}
- {hostPath: {path: /x, type: ""}, name: host}
- name: all
  projected:
    defaultMode: 420
    sources:
    - serviceAccountToken: {expirationSeconds: 3600, path: token}
    - downwardAPI: {items: [{fieldRef: {apiVersion: v1, fieldPath: metadata.name}, path: name}]}
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			pod := &corev1.Pod{Spec: *parse[corev1.PodSpec](t, c.written)}
			podspec.SetPodDefaults(pod)
			got, err := yaml.Marshal(pod.Spec)
			require.NoError(t, err)
			require.YAMLEq(t, c.want, string(got))
		})
	}
}

// What only pods get must not appear in templates, whose owners would see it as
// a change.
func TestTemplateDefaults(t *testing.T) {
	template := &corev1.PodTemplateSpec{Spec: *parse[corev1.PodSpec](t,
		`{hostNetwork: true, containers: [{name: web, image: nginx, ports: [{containerPort: 80}], resources: {limits: {cpu: 1}}}]}`)}
	podspec.SetTemplateDefaults(template)
	c := template.Spec.Containers[0]
	require.Nil(t, template.Spec.EnableServiceLinks)
	require.Zero(t, c.Ports[0].HostPort)
	require.Nil(t, c.Resources.Requests)
	require.Equal(t, corev1.ProtocolTCP, c.Ports[0].Protocol)
}

func TestPodLevelResourceDefaults(t *testing.T) {
	for _, c := range []struct{ name, spec, want string }{
		{"requests from the containers",
			`{resources: {limits: {cpu: 4, memory: 1Gi}}, containers: [{name: a, image: a, resources: {requests: {cpu: 1}}}, {name: b, image: b, resources: {requests: {cpu: 1}}}]}`,
			`{limits: {cpu: "4", memory: 1Gi}, requests: {cpu: "2", memory: 1Gi}}`},
		{"huge pages from the containers",
			`{resources: {requests: {cpu: 1}}, containers: [{name: a, image: a, resources: {limits: {cpu: 1, hugepages-2Mi: 2Mi}}}]}`,
			`{limits: {cpu: "1", hugepages-2Mi: 2Mi}, requests: {cpu: "1", hugepages-2Mi: 2Mi}}`},
		{"limits that all containers have, but at least the requests",
			`{resources: {requests: {cpu: 3, memory: 1Gi}}, containers: [{name: a, image: a, resources: {limits: {cpu: 1, memory: 1Gi}}}, {name: b, image: b, resources: {limits: {cpu: 1}}}]}`,
			`{limits: {cpu: "3"}, requests: {cpu: "3", memory: 1Gi}}`},
		{"nothing without limits",
			`{resources: {requests: {cpu: 1}}, containers: [{name: a, image: a}]}`,
			`{requests: {cpu: "1"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := yaml.Marshal(written(t, c.spec).Spec.Resources)
			require.NoError(t, err)
			require.YAMLEq(t, c.want, string(got))
		})
	}
}

func TestImageTag(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0a", 32)
	for image, want := range map[string]string{
		"nginx":                         "latest",
		"nginx:latest":                  "latest",
		"nginx:1.27":                    "1.27",
		"library/nginx":                 "latest",
		"registry.example.com/a/b:v1":   "v1",
		"registry.example.com:5000/a/b": "latest",
		"localhost/a":                   "latest",
		"nginx@" + digest:               "",
		"nginx:1.27@" + digest:          "1.27",
		"nginx:1.27@sha256:0123":        "",
		strings.Repeat("a", 64):         "", // what an image's ID looks like
		strings.Repeat("a", 247):        "latest",
		strings.Repeat("a", 248):        "", // 255 with library/ before it
		"Nginx":                         "",
		"Registry.example.com/a":        "latest",
		"a b":                           "",
		"":                              "",
	} {
		require.Equal(t, want, podspec.ImageTag(image), image)
	}
}
