package testkit_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/kubejig/kubejig/testkit"
)

// deploymentWebhook is a defaulter and a validator as an operator has them.
type deploymentWebhook struct{}

func (deploymentWebhook) Default(_ context.Context, d *appsv1.Deployment) error {
	if d.Labels["team"] == "" {
		d.Labels["team"] = "nobody"
	}
	return nil
}

func (deploymentWebhook) ValidateCreate(_ context.Context, d *appsv1.Deployment) (admission.Warnings, error) {
	if *d.Spec.Replicas > 5 {
		return nil, errors.New("that is a lot")
	}
	return admission.Warnings{"mind the team"}, nil
}

func (w deploymentWebhook) ValidateUpdate(ctx context.Context, _, d *appsv1.Deployment) (admission.Warnings, error) {
	return w.ValidateCreate(ctx, d)
}

func (deploymentWebhook) ValidateDelete(context.Context, *appsv1.Deployment) (admission.Warnings, error) {
	return nil, nil
}

const webhookManifests = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: teams}
webhooks:
- name: default.teams.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {service: {namespace: teams, name: webhooks, path: /default}}
  rules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: teams}
webhooks:
- name: validate.teams.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {service: {namespace: teams, name: webhooks, path: /validate}}
  rules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]
`

// Webhooks of controller-runtime answer in the process, under the name of their
// Service.
func TestControllerRuntimeWebhooks(t *testing.T) {
	cluster := testkit.NewCluster(t)
	mux := http.NewServeMux()
	mux.Handle("/default", admission.WithDefaulter(scheme.Scheme, deploymentWebhook{}))
	mux.Handle("/validate", admission.WithValidator(scheme.Scheme, deploymentWebhook{}))
	cluster.HandleWebhook("webhooks.teams.svc", mux)
	manifests := filepath.Join(t.TempDir(), "webhooks.yaml")
	require.NoError(t, os.WriteFile(manifests, []byte(strings.TrimSpace(webhookManifests)), 0o600))
	testkit.Kubectl(t, cluster, "apply", "-f", manifests)

	created := testkit.Run(t.Context(), cluster, nil, "create", "deployment", "web", "--image=nginx")
	require.NoError(t, created.Err)
	require.Equal(t, "Warning: mind the team\n", created.Stderr)
	require.Equal(t, "nobody", testkit.Kubectl(t, cluster, "get", "deployment", "web", "-o", "jsonpath={.metadata.labels.team}"))
	scaled := testkit.Run(t.Context(), cluster, nil, "patch", "deployment", "web", "-p", `{"spec":{"replicas":6}}`)
	require.Contains(t, scaled.Stderr, `admission webhook "validate.teams.example.com" denied the request: that is a lot`)

	fork, err := cluster.Fork()
	require.NoError(t, err)
	t.Cleanup(fork.Close)
	testkit.Kubectl(t, fork, "create", "deployment", "other", "--image=nginx")
	require.Equal(t, "nobody", testkit.Kubectl(t, fork, "get", "deployment", "other", "-o", "jsonpath={.metadata.labels.team}"))
}
