package flowcontrol_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/flowcontrol"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

func TestClustersStartWithFlowSchemasThatAreComplete(t *testing.T) {
	r := registry.New(loop.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 1), store.New(), resources.Builtin())
	controllers.Run(r, flowcontrol.New(r))
	require.NoError(t, flowcontrol.Bootstrap(r))
	c := client.ForUser(r, "test", "admin", "system:masters")
	flows, levels := client.List[*flowcontrolv1.FlowSchema](c, "", nil), client.List[*flowcontrolv1.PriorityLevelConfiguration](c, "", nil)
	require.Len(t, flows, 11)
	require.Len(t, levels, 8)
	for _, f := range flows {
		require.Empty(t, client.KindOf[*flowcontrolv1.FlowSchema](c).Validate(f), f.Name)
	}
	for _, l := range levels {
		require.Empty(t, client.KindOf[*flowcontrolv1.PriorityLevelConfiguration](c).Validate(l), l.Name)
	}
	before := r.Store.Revision()
	r.Loop.Settle()
	require.Equal(t, before, r.Store.Revision(), "their conditions are right from the start")
}

func TestAFlowSchemaDanglesUntilItsPriorityLevelIsThere(t *testing.T) {
	r := registry.New(loop.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 1), store.New(), resources.Builtin())
	controllers.Run(r, flowcontrol.New(r))
	c := client.ForUser(r, "test", "admin", "system:masters")
	_, err := client.Create(c, &flowcontrolv1.FlowSchema{
		ObjectMeta: metav1.ObjectMeta{Name: "mine"},
		Spec:       flowcontrolv1.FlowSchemaSpec{PriorityLevelConfiguration: flowcontrolv1.PriorityLevelConfigurationReference{Name: "fast"}},
	})
	require.NoError(t, err)
	dangles := func() string {
		r.Loop.Settle()
		f, _ := client.Get[*flowcontrolv1.FlowSchema](c, "", "mine")
		require.Len(t, f.Status.Conditions, 1)
		return string(f.Status.Conditions[0].Status) + " " + f.Status.Conditions[0].Reason
	}
	require.Equal(t, "True NotFound", dangles())

	level, err := client.Create(c, &flowcontrolv1.PriorityLevelConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "fast"},
		Spec: flowcontrolv1.PriorityLevelConfigurationSpec{Type: flowcontrolv1.PriorityLevelEnablementLimited, Limited: &flowcontrolv1.LimitedPriorityLevelConfiguration{
			NominalConcurrencyShares: ptr.To[int32](5), LimitResponse: flowcontrolv1.LimitResponse{Type: flowcontrolv1.LimitResponseTypeReject},
		}},
	})
	require.NoError(t, err)
	require.Equal(t, "False Found", dangles())

	require.NoError(t, c.Delete(level, metav1.DeleteOptions{}))
	require.Equal(t, "True NotFound", dangles())
}
