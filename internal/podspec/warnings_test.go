package podspec_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/podspec"
)

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		name, spec string
		want       []string
	}{
		{"none", `containers: [{name: web, image: nginx, ports: [{containerPort: 80}], env: [{name: A, value: a}]}]`, nil},
		{"variable twice", `containers: [{name: web, image: nginx, env: [{name: A, value: a}, {name: A, value: b}]}]`, []string{
			`spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply`}},
		{"variable extended", `containers: [{name: web, image: nginx, env: [{name: A, value: a}, {name: A, value: $(A)b}]}]`, nil},
		{"port twice", `containers: [{name: a, image: a, ports: [{containerPort: 80}]}, {name: b, image: b, ports: [{containerPort: 80}]}]`, []string{
			`spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]`}},
		{"port published once", `containers: [{name: a, image: a, ports: [{containerPort: 80}, {containerPort: 80, hostPort: 80}]}]`, []string{
			`spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]`}},
		{"port name twice", `containers: [{name: a, image: a, ports: [{name: http, containerPort: 80}]}, {name: b, image: b, ports: [{name: http, containerPort: 81}, {containerPort: 82}, {containerPort: 83}]}]`, []string{
			`spec.containers[1].ports[0]: duplicate port name "http" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]`}},
		{"old node label", `{nodeSelector: {beta.kubernetes.io/os: linux}` + webContainer, []string{
			`spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead`}},
		{"part of a byte", `containers: [{name: web, image: nginx, resources: {requests: {memory: 100m}}}]`, []string{
			`spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer`}},
		{"spread of no pods", `{topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]` + webContainer, []string{
			`spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod`}},
		{"pull secrets", `{imagePullSecrets: [{name: a}, {name: a}, {}]` + webContainer, []string{
			`spec.imagePullSecrets[1].name: duplicate name "a"`,
			`spec.imagePullSecrets[2].name: invalid empty name ""`}},
		{"volume type that is gone", `{volumes: [{name: a, rbd: {monitors: [m], image: i}}]` + webContainer, []string{
			`spec.volumes[0].rbd: deprecated in v1.28, non-functional in v1.31+`}},
		{"paths that overlap", `{volumes: [{name: a, configMap: {name: c, items: [{key: a, path: x}, {key: b, path: x/y}]}}]` + webContainer, []string{
			`volume "a" (ConfigMap "c"): overlapping paths: "x/y" with "x"`}},
		{"paths of several sources that overlap", `{serviceAccountName: a, volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: x}}, {configMap: {name: c, items: [{key: a, path: x/y}]}}]}}]` + webContainer, []string{
			`volume "a" (Projected): overlapping paths: "x/y" (ConfigMap "c") with "x" (ServiceAccountToken)`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, podspec.Warnings(written(t, c.spec)))
		})
	}
}

func TestWarningsOfNames(t *testing.T) {
	pod := written(t, `containers: [{name: web, image: nginx}]`)
	pod.Name = "web.shop"
	pod.Annotations = map[string]string{"scheduler.alpha.kubernetes.io/critical-pod": ""}
	warnings := podspec.Warnings(pod)
	require.Len(t, warnings, 2)
	require.Contains(t, warnings[0], "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [")
	require.Equal(t, `metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead`, warnings[1])
}

func TestTemplateWarnings(t *testing.T) {
	template := parse[corev1.PodTemplateSpec](t, `
metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/web: unconfined}}
spec: {containers: [{name: web, image: nginx}], hostAliases: [{ip: 10.0.0.1}, {ip: 10.0.0.1}], terminationGracePeriodSeconds: -1}
`)
	require.Equal(t, []string{
		`spec.template.spec.hostAliases[1].ip: duplicate ip "10.0.0.1"`,
		`spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/web]: deprecated since v1.30; use the "appArmorProfile" field instead`,
		`spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
	}, podspec.TemplateWarnings(template, field.NewPath("spec", "template")))
}
