package admission_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
	"github.com/kubejig/kubejig/internal/store"
)

func newPod(name string, change ...func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: name},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "nginx"}}},
	}
	for _, f := range change {
		f(pod)
	}
	return pod
}

func requests(cpu string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)}
	}
}

// create returns the error of a creation, "" for none.
func create[T store.Object](c *clustertest.Cluster, obj T) (message string) {
	c.Do(func() {
		if _, err := client.Create(c.Admin(), obj); err != nil {
			message = err.Error()
		}
	})
	return message
}

func TestServiceAccountMountsItsToken(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Update(c, "default", func(a *corev1.ServiceAccount) {
		a.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "registry"}}
	})
	pod := clustertest.Create(c, newPod("web"))
	require.Equal(t, "default", pod.Spec.ServiceAccountName)
	require.Equal(t, "registry", pod.Spec.ImagePullSecrets[0].Name)
	mount := pod.Spec.Containers[0].VolumeMounts[0]
	require.Regexp(t, "^kube-api-access-[a-z0-9]{5}$", mount.Name)
	require.Equal(t, "/var/run/secrets/kubernetes.io/serviceaccount", mount.MountPath)
	sources := pod.Spec.Volumes[0].Projected.Sources
	require.EqualValues(t, 3607, *sources[0].ServiceAccountToken.ExpirationSeconds)
	require.Equal(t, "kube-root-ca.crt", sources[1].ConfigMap.Name)
	require.Equal(t, "metadata.namespace", sources[2].DownwardAPI.Items[0].FieldRef.FieldPath)

	bare := clustertest.Create(c, newPod("bare", func(p *corev1.Pod) { p.Spec.AutomountServiceAccountToken = ptr.To(false) }))
	require.Empty(t, bare.Spec.Volumes)
	require.Equal(t, `pods "robot" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found`,
		create(c, newPod("robot", func(p *corev1.Pod) { p.Spec.ServiceAccountName = "robot" })))
}

func TestLimitRange(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, &corev1.LimitRange{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "limits"},
		Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type:           corev1.LimitTypeContainer,
			Default:        corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("1Gi")},
			DefaultRequest: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("200m")},
			Min:            corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")},
			Max:            corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")},
		}}},
	})
	pod := clustertest.Create(c, newPod("web"))
	require.Equal(t, "200m", pod.Spec.Containers[0].Resources.Requests.Cpu().String())
	require.Equal(t, "500m", pod.Spec.Containers[0].Resources.Limits.Cpu().String())
	require.Equal(t, "LimitRanger plugin set: cpu, memory request for container main; cpu, memory limit for container main",
		pod.Annotations["kubernetes.io/limit-ranger"])

	require.Equal(t, `pods "small" is forbidden: minimum cpu usage per Container is 100m, but request is 50m`, create(c, newPod("small", requests("50m"))))
	require.Equal(t, `pods "large" is forbidden: maximum cpu usage per Container is 1, but limit is 2`, create(c, newPod("large", func(p *corev1.Pod) {
		p.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2")}
	})))
}

func newQuota(name string, hard corev1.ResourceList, scopes ...corev1.ResourceQuotaScope) *corev1.ResourceQuota {
	return &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: name},
		Spec:       corev1.ResourceQuotaSpec{Hard: hard, Scopes: scopes},
	}
}

func used(c *clustertest.Cluster, name corev1.ResourceName) string {
	q := clustertest.Get[*corev1.ResourceQuota](c, "q").Status.Used[name]
	return q.String()
}

func TestQuota(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newPod("first", requests("1")))
	clustertest.Create(c, newQuota("q", corev1.ResourceList{
		corev1.ResourcePods: resource.MustParse("2"), corev1.ResourceRequestsCPU: resource.MustParse("3"), "count/secrets": resource.MustParse("0"),
	}))
	require.Equal(t, "1", used(c, corev1.ResourcePods))
	require.Equal(t, `pods "lazy" is forbidden: failed quota: q: must specify requests.cpu for: main`, create(c, newPod("lazy")))
	require.Equal(t, `pods "greedy" is forbidden: exceeded quota: q, requested: requests.cpu=5, used: requests.cpu=1, limited: requests.cpu=3`,
		create(c, newPod("greedy", requests("5"))))
	require.Empty(t, create(c, newPod("second", requests("1"))))
	require.Equal(t, `pods "third" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2`, create(c, newPod("third", requests("1"))))
	require.Contains(t, create(c, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "s"}}), "exceeded quota: q, requested: count/secrets=1")

	c.End(corev1.PodSucceeded, "first") // uses nothing any more
	require.Equal(t, "1", used(c, corev1.ResourcePods))
	require.Empty(t, create(c, newPod("third", requests("1"))))
	clustertest.Delete[*corev1.Pod](c, "second")
	require.Equal(t, "1", used(c, corev1.ResourceRequestsCPU))
}

// Only of CPU and memory must be said how much is asked for, by each container or by
// the pod as a whole.
func TestQuotaOfWhatPodsLeaveOut(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newQuota("q", corev1.ResourceList{
		corev1.ResourceLimitsCPU: resource.MustParse("3"), corev1.ResourceRequestsEphemeralStorage: resource.MustParse("1Gi"),
	}))
	require.Equal(t, `pods "lazy" is forbidden: failed quota: q: must specify limits.cpu for: main`, create(c, newPod("lazy")))
	whole := newPod("whole", func(pod *corev1.Pod) {
		pod.Spec.Resources = &corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")}}
	})
	require.Empty(t, create(c, whole))
}

// What is not created after all uses nothing up.
func TestQuotaCountsWhatIsCreated(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newQuota("q", corev1.ResourceList{corev1.ResourcePods: resource.MustParse("5"), "count/services": resource.MustParse("5")}))
	require.Empty(t, create(c, newPod("one")))
	require.Equal(t, `pods "one" already exists`, create(c, newPod("one")))
	require.Equal(t, "1", used(c, corev1.ResourcePods))
	service := func(name string) *corev1.Service {
		return &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: name},
			Spec:       corev1.ServiceSpec{ClusterIP: "10.96.0.77", Ports: []corev1.ServicePort{{Port: 80}}},
		}
	}
	require.Empty(t, create(c, service("first")))
	require.Contains(t, create(c, service("second")), "already allocated")
	require.Equal(t, "2", used(c, "count/services"), "with the API server's own")
}

// Names are generated between the plugins that change an object and those that
// only check it.
func TestGeneratedNamesInRefusals(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newQuota("q", corev1.ResourceList{corev1.ResourcePods: resource.MustParse("0")}))
	generated := func(p *corev1.Pod) { p.Name, p.GenerateName = "", "web-" }
	require.Regexp(t, `^pods "web-[a-z0-9]{5}" is forbidden: exceeded quota`, create(c, newPod("", generated)))
	require.Equal(t, `pods "web-" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found`,
		create(c, newPod("", generated, func(p *corev1.Pod) { p.Spec.ServiceAccountName = "robot" })))
	require.Equal(t, `pods "web-" is forbidden: no PriorityClass with name top was found`,
		create(c, newPod("", generated, func(p *corev1.Pod) { p.Spec.PriorityClassName = "top" })))
}

func TestQuotaWithAScope(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newQuota("q", corev1.ResourceList{corev1.ResourcePods: resource.MustParse("0")}, corev1.ResourceQuotaScopeBestEffort))
	require.Contains(t, create(c, newPod("lazy")), "exceeded quota: q")
	require.Empty(t, create(c, newPod("modest", requests("1"))))
}

func TestPodSecurity(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Update(c, clustertest.Namespace, func(ns *corev1.Namespace) { ns.Labels["pod-security.kubernetes.io/enforce"] = "baseline" })
	require.Equal(t, `pods "root" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)`,
		create(c, newPod("root", func(p *corev1.Pod) { p.Spec.HostNetwork = true })))
	require.Empty(t, create(c, newPod("plain")))
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "odd", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "odd"}}}
	require.Contains(t, create(c, ns), `Invalid value: "odd": must be one of privileged, baseline, restricted`)
}

func TestNewObjectsAreCompleted(t *testing.T) {
	c := clustertest.New(t)
	node := clustertest.Create(c, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}})
	require.Equal(t, "node.kubernetes.io/not-ready", node.Spec.Taints[0].Key)

	clustertest.Create(c, &networkingv1.IngressClass{
		ObjectMeta: metav1.ObjectMeta{Name: "edge", Annotations: map[string]string{"ingressclass.kubernetes.io/is-default-class": "true"}},
		Spec:       networkingv1.IngressClassSpec{Controller: "example.com/edge"},
	})
	ingress := clustertest.Create(c, &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "web"},
		Spec: networkingv1.IngressSpec{DefaultBackend: &networkingv1.IngressBackend{
			Service: &networkingv1.IngressServiceBackend{Name: "web", Port: networkingv1.ServiceBackendPort{Number: 80}},
		}},
	})
	require.Equal(t, "edge", *ingress.Spec.IngressClassName)

	claim := clustertest.Create(c, &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "data"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	})
	require.Equal(t, []string{"kubernetes.io/pvc-protection"}, claim.Finalizers)
	require.Equal(t, "standard", *claim.Spec.StorageClassName)
}

func TestRuntimeClass(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, &nodev1.RuntimeClass{
		ObjectMeta: metav1.ObjectMeta{Name: "vm"}, Handler: "vm",
		Overhead:   &nodev1.Overhead{PodFixed: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")}},
		Scheduling: &nodev1.Scheduling{NodeSelector: map[string]string{"vm": "yes"}},
	})
	of := func(class string) func(*corev1.Pod) { return func(p *corev1.Pod) { p.Spec.RuntimeClassName = &class } }
	pod := clustertest.Create(c, newPod("boxed", of("vm")))
	require.Equal(t, "64Mi", pod.Spec.Overhead.Memory().String())
	require.Equal(t, "yes", pod.Spec.NodeSelector["vm"])
	require.Equal(t, `pods "lost" is forbidden: pod rejected: RuntimeClass "none" not found`, create(c, newPod("lost", of("none"))))
}

func TestPodsAreResizedToWhatTheirNodeHas(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "small"},
		Status:     corev1.NodeStatus{Capacity: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}},
	})
	for name, node := range map[string]string{"placed": "small", "lost": "none"} {
		clustertest.Create(c, newPod(name, requests("100m"), func(p *corev1.Pod) { p.Spec.NodeName = node }))
	}
	for _, tc := range []struct{ pod, cpu, want string }{
		{"placed", "1", ""},
		{"placed", "2", `pods "placed" is forbidden: node didn't have enough allocatable resources: cpu, requested: 2000, allocatable: 1000`},
		{"lost", "200m", `pods "lost" is forbidden: node "none" not found`},
	} {
		c.Do(func() {
			pod, _ := client.Get[*corev1.Pod](c.Admin(), clustertest.Namespace, tc.pod)
			next := pod.DeepCopy()
			requests(tc.cpu)(next)
			_, err := client.UpdatePart(c.Admin(), next, "resize")
			require.Equal(t, tc.want, messageOf(err))
		})
	}
}

func messageOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
