package ownership

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/resources"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func configMapKind() *resources.Kind {
	return resources.Builtin().ByResource(schema.GroupResource{Resource: "configmaps"})
}

func configMap(data ...string) *corev1.ConfigMap {
	c := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c", UID: "u"}, Data: map[string]string{}}
	for i := 0; i < len(data); i += 2 {
		c.Data[data[i]] = data[i+1]
	}
	return c
}

func by(manager string, after time.Duration) Write {
	return Write{Manager: manager, Operation: "Update", APIVersion: "v1", Time: noon.Add(after)}
}

// show is a record's entries, one "manager operation subresource time fields" a line.
func show(r *Record) []string {
	var lines []string
	for _, e := range r.Entries() {
		lines = append(lines, e.Manager+" "+string(e.Operation)+" "+e.Time.UTC().Format("15:04:05")+" "+string(e.FieldsV1.Raw))
	}
	return lines
}

func TestUpdatesTakeWhatTheyChange(t *testing.T) {
	k := configMapKind()
	a := configMap("x", "1", "y", "1")
	r := Created(k, a, by("alice", 0))
	require.Equal(t, []string{`alice Update 12:00:00 {"f:data":{".":{},"f:x":{},"f:y":{}}}`}, show(r))

	b := configMap("x", "1", "y", "2")
	r = r.Updated(k, a, b, by("bob", time.Second))
	require.Equal(t, []string{
		`alice Update 12:00:00 {"f:data":{".":{},"f:x":{}}}`,
		`bob Update 12:00:01 {"f:data":{"f:y":{}}}`,
	}, show(r))

	c := configMap("y", "2")
	r = r.Updated(k, b, c, by("carol", 2*time.Second))
	require.Equal(t, []string{
		`alice Update 12:00:00 {"f:data":{}}`,
		`bob Update 12:00:01 {"f:data":{"f:y":{}}}`,
	}, show(r), "who only removes owns nothing")
}

func TestHeartbeatsCountAsOne(t *testing.T) {
	k := resources.Builtin().ByResource(schema.GroupResource{Resource: "nodes"})
	beat := func(i int) *corev1.Node {
		return &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: "n", ResourceVersion: strconv.Itoa(i)},
			Spec:       corev1.NodeSpec{ProviderID: "x"},
			Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
				{Type: "Ready", LastHeartbeatTime: metav1.NewTime(noon.Add(time.Duration(i) * time.Second))},
			}},
		}
	}
	last := beat(0)
	r := Created(k, last, by("alice", 0))
	for i := range 1000 {
		next := beat(i + 1)
		w := by("kubelet", time.Duration(i)*time.Second)
		w.Subresource = "status"
		r = r.Renewed(k, last, next, w)
		last = next
	}
	require.Equal(t, 1, r.depth)
	require.Contains(t, show(r)[1], "kubelet Update 12:16:39")
}

func TestWhatIsChangedBackIsOwned(t *testing.T) {
	k := configMapKind()
	a := configMap("x", "0")
	b := configMap("x", "1")
	c := configMap("x", "0")
	r := Created(k, a, by("alice", 0))
	r = r.Updated(k, a, b, by("bob", time.Second)).Updated(k, b, c, by("bob", 2*time.Second))
	require.Equal(t, []string{
		`alice Update 12:00:00 {"f:data":{}}`,
		`bob Update 12:00:02 {"f:data":{"f:x":{}}}`,
	}, show(r))
}

func TestManyWritersAreWorkedOutInTime(t *testing.T) {
	k := configMapKind()
	last := configMap("x", "0")
	r := Created(k, last, by("alice", 0))
	for i := range 100 {
		next := configMap("x", string(rune('a'+i%26)))
		r = r.Updated(k, last, next, by([]string{"bob", "carol"}[i%2], time.Duration(i)*time.Second))
		last = next
	}
	require.LessOrEqual(t, r.depth, maxDepth)
	require.Equal(t, `carol Update 12:01:39 {"f:data":{"f:x":{}}}`, show(r)[1])
}

func TestOldManagersAreForgotten(t *testing.T) {
	k := configMapKind()
	last := configMap("a", "0")
	r := Created(k, last, by("a", 0))
	for i := range 12 {
		next := last.DeepCopy()
		next.Data[string(rune('b'+i))] = "1"
		r = r.Updated(k, last, next, by(string(rune('b'+i)), time.Duration(i+1)*time.Second))
		last = next
	}
	require.Len(t, r.Entries(), maxUpdateManagers)
	require.Equal(t, `ancient-changes Update 12:00:03 {"f:data":{".":{},"f:a":{},"f:b":{},"f:c":{},"f:d":{}}}`, show(r)[0])
}

func config(data map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "c"}, "data": data,
	}}
}

func applied(manager string, after time.Duration) Write {
	w := by(manager, after)
	w.Operation = "Apply"
	return w
}

func TestApply(t *testing.T) {
	k := configMapKind()
	obj, r, err := Apply(k, nil, nil, config(map[string]any{"x": "1", "y": "1"}), applied("alice", 0), false)
	require.NoError(t, err)
	require.Equal(t, []string{`alice Apply 12:00:00 {"f:data":{"f:x":{},"f:y":{}}}`}, show(r))
	require.Equal(t, map[string]string{"x": "1", "y": "1"}, obj.(*corev1.ConfigMap).Data)
	obj.SetUID("u")

	_, _, err = Apply(k, obj, r, config(map[string]any{"x": "2"}), applied("bob", time.Second), false)
	require.EqualError(t, err, `Apply failed with 1 conflict: conflict with "alice": .data.x`)
	_, _, err = Apply(k, obj, r, config(map[string]any{"x": "2", "y": "2"}), applied("bob", time.Second), false)
	require.EqualError(t, err, "Apply failed with 2 conflicts: conflicts with \"alice\":\n- .data.x\n- .data.y")

	obj, r, err = Apply(k, obj, r, config(map[string]any{"x": "2"}), applied("bob", time.Second), true)
	require.NoError(t, err)
	require.Equal(t, []string{
		`alice Apply 12:00:00 {"f:data":{"f:y":{}}}`,
		`bob Apply 12:00:01 {"f:data":{"f:x":{}}}`,
	}, show(r))

	obj, r, err = Apply(k, obj, r, config(map[string]any{}), applied("alice", 2*time.Second), false)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"x": "2"}, obj.(*corev1.ConfigMap).Data, "what an applier leaves out is removed")
	require.Len(t, show(r), 2)
}

func TestApplyOfNothing(t *testing.T) {
	empty := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap"}}
	obj, r, err := Apply(configMapKind(), nil, nil, empty, applied("alice", 0), false)
	require.NoError(t, err)
	require.Empty(t, obj.GetName())
	require.Empty(t, show(r))
}

func TestApplyRefusesUnknownFields(t *testing.T) {
	c := config(nil)
	c.Object["foo"] = "bar"
	_, _, err := Apply(configMapKind(), nil, nil, c, applied("alice", 0), false)
	require.EqualError(t, err, `failed to create typed patch object (/c; /v1, Kind=ConfigMap): .foo: field not declared in schema`)
	c.Object["bar"] = "foo"
	c.Object["aaa"] = "bar"
	for range 20 { // the same one every time, whatever the order of a map
		_, _, err := Apply(configMapKind(), nil, nil, c, applied("alice", 0), false)
		require.EqualError(t, err, `failed to create typed patch object (/c; /v1, Kind=ConfigMap): .aaa: field not declared in schema`)
	}
}
