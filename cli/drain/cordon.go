package drain

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

// cordon marks nodes, or takes the mark away. A node for which that fails is
// told of and passed over.
func (o *options) cordon(ctx context.Context, nodes []*resource.Info, unschedulable bool) error {
	verb, done := "uncordon", "uncordoned"
	if unschedulable {
		verb, done = "cordon", "cordoned"
	}
	for _, info := range nodes {
		node, ok := info.Object.(*corev1.Node)
		if !ok {
			return fmt.Errorf("unexpected type %T", info.Object)
		}
		outcome := done
		if node.Spec.Unschedulable == unschedulable {
			outcome = "already " + done
		} else if o.dryRun != flags.DryRunClient {
			if err := o.mark(ctx, node, unschedulable); err != nil {
				fmt.Fprintf(o.f.ErrOut, "error: unable to %s node %q: %v\n", verb, info.Name, err)
				continue
			}
		}
		if err := o.say(info.Object, outcome); err != nil {
			return err
		}
	}
	return nil
}

func (o *options) mark(ctx context.Context, node *corev1.Node, unschedulable bool) error {
	var value any // null takes the field away.
	if unschedulable {
		value = true
	}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"unschedulable": value}})
	if err != nil {
		return err
	}
	return o.client.Patch(types.StrategicMergePatchType).Resource("nodes").Name(node.Name).
		VersionedParams(&metav1.PatchOptions{DryRun: o.dryRun.Options()}, scheme.ParameterCodec()).
		Body(patch).Do(ctx).Error()
}
