package resources

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/internal/store"
)

// builtin is a kind by its name.
func builtin(t *testing.T, name string) *Kind {
	t.Helper()
	i := slices.IndexFunc(Builtin().All(), func(k *Kind) bool { return k.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return Builtin().All()[i]
}

func eachKind(t *testing.T, check func(t *testing.T, k *Kind)) {
	for _, k := range Builtin().All() {
		t.Run(k.Name, func(t *testing.T) { check(t, k) })
	}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestEveryKindRoundTripsJSON(t *testing.T) {
	eachKind(t, func(t *testing.T, k *Kind) {
		for i := range k.Versions {
			v := &k.Versions[i]
			obj, decoded := v.New(), v.New()
			obj.SetName("x")
			require.NoError(t, json.Unmarshal([]byte(encode(t, obj)), decoded))
			require.Equal(t, encode(t, obj), encode(t, decoded))
			require.NotNil(t, v.NewList())
		}
	})
}

func TestDefaultingTwiceChangesNothing(t *testing.T) {
	eachKind(t, func(t *testing.T, k *Kind) {
		for i := range k.Versions {
			v := &k.Versions[i]
			if v.Default == nil {
				continue
			}
			obj := v.New()
			obj.SetName("x")
			v.Default(obj)
			once := encode(t, obj)
			v.Default(obj)
			require.Equal(t, once, encode(t, obj))
		}
	})
}

func TestEveryVersionConverts(t *testing.T) {
	eachKind(t, func(t *testing.T, k *Kind) {
		for i := range k.Versions[1:] {
			v := &k.Versions[i+1]
			obj := v.New()
			obj.SetName("x")
			stored, err := v.ToStorage(obj)
			require.NoError(t, err)
			require.IsType(t, k.Storage().New(), stored)
			back, err := v.FromStorage(stored)
			require.NoError(t, err)
			require.IsType(t, obj, back)
			again, err := v.ToStorage(back)
			require.NoError(t, err)
			require.Equal(t, encode(t, stored), encode(t, again))
		}
	})
}

func TestEveryRowFillsItsColumns(t *testing.T) {
	eachKind(t, func(t *testing.T, k *Kind) {
		obj := k.Storage().New()
		if k.Storage().Default != nil {
			k.Storage().Default(obj)
		}
		row := k.Row(obj, time.Unix(0, 0))
		require.Len(t, row, cellsIn(k))
		for i, cell := range row {
			switch cell.(type) {
			case string, int64, float64, bool, nil:
			default:
				t.Errorf("cell %d is of type %T", i, cell)
			}
		}
	})
}

// cellsIn is how many cells a kind's rows have: one more for addresses, whose
// age has no column in Kubernetes either.
func cellsIn(k *Kind) int {
	if k.Name == "IPAddress" {
		return len(k.Columns) + 1
	}
	return len(k.Columns)
}

func TestStrategiesTakeEmptyObjects(t *testing.T) {
	eachKind(t, func(t *testing.T, k *Kind) {
		fresh := func() store.Object {
			obj := k.Storage().New()
			obj.SetName("x")
			if k.Storage().Default != nil {
				k.Storage().Default(obj)
			}
			return obj
		}
		obj, old := fresh(), fresh()
		k.PrepareForCreate(obj)
		k.PrepareForUpdate(obj, old)
		if k.Validate != nil {
			k.Validate(obj)
		}
		if k.ValidateUpdate != nil {
			k.ValidateUpdate(obj, old)
		}
		k.FieldSet(obj)
		for _, name := range sortedKeys(k.Subresources) {
			sub := k.Subresources[name]
			require.Equal(t, name, sub.Name)
			if sub.Update != nil && sub.Update.Validate != nil {
				sub.Update.Prepare(obj, old)
				sub.Update.Validate(obj, old)
			}
			if sub.Scale != nil {
				_, err := sub.Scale.Get(obj)
				require.NoError(t, err)
			}
		}
	})
}

func TestVerbsAreKnown(t *testing.T) {
	eachKind(t, func(t *testing.T, k *Kind) {
		require.Subset(t, AllVerbs, k.Verbs)
		require.True(t, slices.IsSorted(k.Verbs))
		for _, sub := range k.Subresources {
			require.Subset(t, AllVerbs, sub.Verbs, sub.Name)
			require.True(t, slices.IsSorted(sub.Verbs), sub.Name)
		}
	})
}

// TestNames is what `kubectl api-resources` shows of these groups: resource,
// short names, group version, whether there are namespaces, kind, categories.
func TestNames(t *testing.T) {
	var lines []string
	for _, k := range Builtin().All() {
		switch k.Versions[0].Group {
		case "", "apps", "batch", "autoscaling":
			scope := "cluster"
			if k.Namespaced {
				scope = "namespaced"
			}
			lines = append(lines, strings.Join([]string{k.Resource, strings.Join(k.ShortNames, ","), k.Versions[0].String(),
				scope, k.Name, strings.Join(k.Categories, ",")}, " "))
		}
	}
	require.Equal(t, strings.TrimSpace(`
configmaps cm v1 namespaced ConfigMap 
endpoints ep v1 namespaced Endpoints 
events ev v1 namespaced Event 
limitranges limits v1 namespaced LimitRange 
namespaces ns v1 cluster Namespace 
nodes no v1 cluster Node 
persistentvolumeclaims pvc v1 namespaced PersistentVolumeClaim 
persistentvolumes pv v1 cluster PersistentVolume 
pods po v1 namespaced Pod all
podtemplates  v1 namespaced PodTemplate 
replicationcontrollers rc v1 namespaced ReplicationController all
resourcequotas quota v1 namespaced ResourceQuota 
secrets  v1 namespaced Secret 
serviceaccounts sa v1 namespaced ServiceAccount 
services svc v1 namespaced Service all
controllerrevisions  apps/v1 namespaced ControllerRevision 
daemonsets ds apps/v1 namespaced DaemonSet all
deployments deploy apps/v1 namespaced Deployment all
replicasets rs apps/v1 namespaced ReplicaSet all
statefulsets sts apps/v1 namespaced StatefulSet all
horizontalpodautoscalers hpa autoscaling/v2 namespaced HorizontalPodAutoscaler all
cronjobs cj batch/v1 namespaced CronJob all
jobs  batch/v1 namespaced Job all`)+"\n", strings.Join(lines, "\n")+"\n")
}

func TestSubresources(t *testing.T) {
	for kind, want := range map[string]string{
		"Pod":                   "attach binding ephemeralcontainers eviction exec log portforward proxy resize status",
		"Service":               "proxy status",
		"ServiceAccount":        "token",
		"Node":                  "proxy status",
		"ReplicationController": "scale status",
		"Deployment":            "scale status",
		"ReplicaSet":            "scale status",
		"StatefulSet":           "scale status",
		"DaemonSet":             "status",
		"Secret":                "",
	} {
		require.Equal(t, want, strings.Join(sortedKeys(builtin(t, kind).Subresources), " "), kind)
	}
}
