package podspec_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/podspec"
)

// parse reads an object as a user would write it, strictly.
func parse[T any](t *testing.T, manifest string) *T {
	t.Helper()
	object := new(T)
	require.NoError(t, yaml.UnmarshalStrict([]byte(manifest), object))
	return object
}

// written returns a pod with the given spec as the server has it before
// validation.
func written(t *testing.T, spec string) *corev1.Pod {
	t.Helper()
	pod := parse[corev1.Pod](t, "metadata: {name: web, namespace: default}")
	pod.Spec = *parse[corev1.PodSpec](t, spec)
	podspec.SetPodDefaults(pod)
	podspec.PrepareForCreate(pod)
	return pod
}

// texts are the lines a user sees.
func texts(errs field.ErrorList) []string {
	lines := []string{}
	for _, err := range errs {
		lines = append(lines, err.Error())
	}
	return lines
}

// specCase is a pod spec and what the server says of it.
type specCase struct {
	name, spec string
	want       []string
}

func runSpecCases(t *testing.T, cases []specCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, texts(podspec.ValidatePodCreate(written(t, c.spec))))
		})
	}
}

func TestValidPods(t *testing.T) {
	for _, spec := range []string{
		`containers: [{name: web, image: nginx}]`,
		`{hostNetwork: true, containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}`,
		`
initContainers:
- {name: proxy, image: envoy, restartPolicy: Always, readinessProbe: {tcpSocket: {port: 80}}, lifecycle: {preStop: {sleep: {seconds: 5}}}}
- {name: setup, image: busybox, command: [sh, -c, "true"]}
containers:
- name: web
  image: nginx:1.27
  ports: [{containerPort: 80, name: http}, {containerPort: 53, protocol: UDP}]
  env:
  - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
  - {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
  - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
  - {name: KEY, valueFrom: {configMapKeyRef: {name: settings, key: a.b}}}
  envFrom: [{prefix: P_, configMapRef: {name: settings}}, {secretRef: {name: passwords}}]
  resources: {requests: {cpu: 100m, example.com/gpu: 1}, limits: {memory: 64Mi, example.com/gpu: 1}}
  volumeMounts: [{name: data, mountPath: /data}, {name: all, mountPath: /all, readOnly: true}]
volumes:
- {name: data, emptyDir: {sizeLimit: 1Gi}}
- name: all
  projected:
    sources:
    - {configMap: {name: settings, items: [{key: a, path: a}]}}
    - {downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
- name: claim
  ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}
tolerations: [{operator: Exists}, {key: a, operator: Equal, value: b, effect: NoExecute, tolerationSeconds: 3}]
topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]
affinity:
  nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: [b]}]}]}}
  podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {}}}]}
securityContext: {runAsUser: 1000, fsGroup: 1000, seccompProfile: {type: RuntimeDefault}, sysctls: [{name: net.core.somaxconn, value: "1"}]}
`,
	} {
		require.Empty(t, texts(podspec.ValidatePodCreate(written(t, spec))))
	}
}
