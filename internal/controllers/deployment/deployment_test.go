package deployment_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

// newDeployment has pods that never become ready.
func newDeployment(deadline *int32) *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels}, ProgressDeadlineSeconds: deadline,
			Template: clustertest.Template("nginx", labels),
		},
	}
}

func TestProgressDeadline(t *testing.T) {
	unavailable := "Available=False MinimumReplicasUnavailable"
	for _, tt := range []struct {
		name        string
		deadline    *int32
		soon, later []string
	}{
		{
			"ten minutes by default", nil,
			[]string{unavailable, "Progressing=True ReplicaSetUpdated"},
			[]string{unavailable, "Progressing=False ProgressDeadlineExceeded"},
		}, {
			"of its own", ptr.To[int32](5),
			[]string{unavailable, "Progressing=False ProgressDeadlineExceeded"},
			[]string{unavailable, "Progressing=False ProgressDeadlineExceeded"},
		}, {
			"none", ptr.To[int32](math.MaxInt32),
			[]string{unavailable},
			[]string{unavailable},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := clustertest.New(t)
			clustertest.Create(c, newDeployment(tt.deadline))
			c.After(10 * time.Second)
			require.Equal(t, tt.soon, conditions(c))
			c.After(11 * time.Minute)
			require.Equal(t, tt.later, conditions(c))
		})
	}
}

func conditions(c *clustertest.Cluster) []string {
	var said []string
	for _, condition := range clustertest.Get[*appsv1.Deployment](c, "web").Status.Conditions {
		said = append(said, fmt.Sprintf("%s=%s %s", condition.Type, condition.Status, condition.Reason))
	}
	return said
}
