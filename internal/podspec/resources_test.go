package podspec_test

import "testing"

func TestResourceErrors(t *testing.T) {
	runSpecCases(t, []specCase{
		{"more requested than allowed", `containers: [{name: web, image: nginx, resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}]`, []string{
			`spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi`}},
		{"negative", `containers: [{name: web, image: nginx, resources: {requests: {cpu: "-1"}}}]`, []string{
			`spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0`}},
		{"unknown resource", `containers: [{name: web, image: nginx, resources: {limits: {gpu: 1}}}]`, []string{
			`spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
			`spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
			`spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
			`spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`}},
		{"extended resource without a limit", `containers: [{name: web, image: nginx, resources: {requests: {example.com/gpu: 1}}}]`, []string{
			`spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources`}},
		{"part of an extended resource", `containers: [{name: web, image: nginx, resources: {limits: {example.com/gpu: 500m}}}]`, []string{
			`spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer`,
			`spec.containers[0].resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer`}},
		{"huge pages alone", `containers: [{name: web, image: nginx, resources: {limits: {hugepages-2Mi: 4Mi}}}]`, []string{
			`spec.containers[0].resources: Forbidden: HugePages require cpu or memory`}},
		{"part of a huge page", `containers: [{name: web, image: nginx, resources: {limits: {cpu: 1, hugepages-2Mi: 3Mi}}}]`, []string{
			`spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
			`spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`}},
		{"containers request more than the pod", `{resources: {requests: {cpu: 1}}, containers: [{name: web, image: nginx, resources: {requests: {cpu: 2}}}]}`, []string{
			`spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2`}},
		{"resource not for pods", `{resources: {limits: {ephemeral-storage: 1Gi}}, containers: [{name: web, image: nginx}]}`, []string{
			`spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"`}},
		{"claim that is none", `containers: [{name: web, image: nginx, resources: {claims: [{name: gpu}]}}]`, []string{
			`spec.containers[0].resources.claims[0]: Not found: "gpu": must be one of the names in pod.spec.resourceClaims which is empty`}},
		{"claim of nothing", `{resourceClaims: [{name: gpu}], containers: [{name: web, image: nginx}]}`, []string{
			"spec.resourceClaims[0]: Invalid value: {\"Name\":\"gpu\",\"ResourceClaimName\":null,\"ResourceClaimTemplateName\":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"}},
		{"restart on resize of a pod that never restarts", `{restartPolicy: Never, containers: [{name: web, image: nginx, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}]}`, []string{
			"spec.containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when pod `restartPolicy` is 'Never'"}},
	})
}
