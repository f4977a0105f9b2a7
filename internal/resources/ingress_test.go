package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIngressValidation(t *testing.T) {
	runValidation(t, ingress(), []validationCase{
		{name: "a default backend", manifest: `spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}`},
		{name: "nothing", manifest: `spec: {}`, want: []string{
			"spec: Invalid value: null: either `defaultBackend` or `rules` must be specified",
		}},
		{name: "rules", manifest: `
spec:
  rules:
  - host: 10.0.0.1
    http: {paths: []}
  - host: "*.example.com"
    http:
      paths:
      - {path: foo, pathType: Prefix, backend: {}}
      - {path: /a//b/., pathType: Exact, backend: {service: {name: web, port: {}}}}
      - {path: /, pathType: Regex, backend: {service: {port: {name: http, number: 80}}}}
      - {path: /}
`, want: []string{
			`spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address`,
			`spec.rules[0].http.paths: Required value`,
			`spec.rules[1].http.paths[0].path: Invalid value: "foo": must be an absolute path`,
			`spec.rules[1].http.paths[0].backend: Invalid value: "": resource or service backend is required`,
			`spec.rules[1].http.paths[1].path: Invalid value: "/a//b/.": must not contain '//'`,
			`spec.rules[1].http.paths[1].path: Invalid value: "/a//b/.": cannot end with '/.'`,
			`spec.rules[1].http.paths[1].backend: Required value: port name or number is required`,
			`spec.rules[1].http.paths[2].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
			`spec.rules[1].http.paths[2].backend.service.name: Required value`,
			`spec.rules[1].http.paths[2].backend: Invalid value: "": cannot set both port name & port number`,
			`spec.rules[1].http.paths[3].pathType: Required value: pathType must be specified`,
		}},
		{name: "class and annotation differ", manifest: `
metadata: {annotations: {kubernetes.io/ingress.class: a}}
spec: {ingressClassName: b, defaultBackend: {service: {name: web, port: {number: 80}}}}
`, want: []string{
			"annotations.kubernetes.io/ingress.class: Invalid value: \"a\": must match `ingressClassName` when both are specified",
		}},
	})
}

func TestIngressWarnings(t *testing.T) {
	annotated := fromManifest(t, ingress(), `metadata: {annotations: {kubernetes.io/ingress.class: a}}`)
	want := []string{`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`}
	require.Equal(t, want, ingress().Warnings(annotated, nil))
	require.Empty(t, ingress().Warnings(annotated, annotated))
}

func TestIngressRow(t *testing.T) {
	require.Equal(t, []any{"x", "nginx", "a,b,c + 1 more...", "10.0.0.1,lb.example.com", "80, 443", "2m"}, cellsOf(t, ingress(), createdAtEpoch+`
spec: {ingressClassName: nginx, rules: [{host: a}, {host: b}, {host: c}, {host: d}], tls: [{}]}
status: {loadBalancer: {ingress: [{hostname: lb.example.com}, {ip: 10.0.0.1}]}}
`))
	require.Equal(t, []any{"x", "<none>", "*", "", "80", "2m"}, cellsOf(t, ingress(), createdAtEpoch))
}
