package resources

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/yaml"
)

func TestEventValidation(t *testing.T) {
	runValidation(t, builtin(t, "Event"), []validationCase{
		{name: "old form", manifest: "metadata: {name: x, namespace: ns}\ninvolvedObject: {namespace: ns}"},
		{name: "about a node", manifest: "metadata: {name: x, namespace: default}\ninvolvedObject: {kind: Node}"},
		{name: "elsewhere", manifest: "metadata: {name: x, namespace: ns}\ninvolvedObject: {namespace: other}", want: []string{
			`involvedObject.namespace: Invalid value: "other": does not match event.namespace`}},
		{name: "new form", manifest: "metadata: {name: x, namespace: ns}\neventTime: \"1970-01-01T00:00:00.000000Z\"\ninvolvedObject: {namespace: ns}\nreportingComponent: a.b/c", want: []string{
			"reportingInstance: Required value", "action: Required value", "reason: Required value"}},
	})
}

func TestEventsV1AreStricter(t *testing.T) {
	version := builtin(t, "Event").Version(eventsv1.SchemeGroupVersion)
	e := &eventsv1.Event{}
	require.NoError(t, yaml.UnmarshalStrict([]byte("metadata: {name: x, namespace: ns}\nregarding: {namespace: ns, kind: Pod, name: p}\ndeprecatedCount: 2"), e))
	stored, err := version.ToStorage(e)
	require.NoError(t, err)
	require.Equal(t, "p", stored.(*corev1.Event).InvolvedObject.Name)
	require.Equal(t, []string{"eventTime: Required value", `type: Invalid value: "": has invalid value: `, `count: Invalid value: "": needs to be unset`},
		messagesOf(version.Validate(stored, nil)))

	stored.SetFinalizers([]string{"mine"})
	stored.SetName("Not_A_Name")
	require.Contains(t, messagesOf(version.Validate(stored, nil)), `metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified`)
	require.Contains(t, messagesOf(version.Validate(stored, nil))[1], `metadata.name: Invalid value: "Not_A_Name"`)

	stored.SetFinalizers(nil)
	changed := stored.(*corev1.Event).DeepCopy()
	changed.Reason = "Other"
	require.Equal(t, []string{`reason: Invalid value: "Other": field is immutable`}, messagesOf(version.Validate(changed, stored)))
}

func TestEventRow(t *testing.T) {
	kind := builtin(t, "Event")
	require.Equal(t, []any{"10s", "Normal", "Pulled", "pod/p", "spec.containers{c}", "kubelet, n1", "hello", "20s", int64(3), "x"},
		cellsOf(t, kind, `metadata: {name: x}
type: Normal
reason: Pulled
message: "hello\n"
count: 3
firstTimestamp: "1970-01-01T00:01:40Z"
lastTimestamp: "1970-01-01T00:01:50Z"
source: {component: kubelet, host: n1}
involvedObject: {kind: Pod, name: p, fieldPath: "spec.containers{c}"}`))

	once := fromManifest(t, kind, `eventTime: "1970-01-01T00:01:50.000000Z"`)
	row := kind.Row(once, time.Unix(120, 0))
	require.Equal(t, []any{"10s", "10s", int64(1)}, []any{row[0], row[7], row[8]})
}
