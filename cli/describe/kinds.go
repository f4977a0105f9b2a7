package describe

import (
	"context"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	networkingv1beta1 "k8s.io/api/networking/v1beta1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/document"
)

// form is how to describe the objects of a kind in one version.
type form struct {
	version  schema.GroupVersion
	describe func(ctx context.Context, w *writer, r *related, at object, live *document.Value) error
}

// describers are the forms of each kind with a description of its own, the
// best version first. All other kinds are described by their fields.
var describers = sync.OnceValue(func() map[schema.GroupKind][]form {
	apps, core := appsv1.SchemeGroupVersion, corev1.SchemeGroupVersion
	networking, storage := networkingv1.SchemeGroupVersion, storagev1.SchemeGroupVersion
	v1beta1 := networkingv1beta1.SchemeGroupVersion
	return map[schema.GroupKind][]form{
		{Kind: "ConfigMap"}:             {of(core, describeConfigMap)},
		{Kind: "Endpoints"}:             {of(core, describeEndpoints)},
		{Kind: "LimitRange"}:            {of(core, describeLimitRange)},
		{Kind: "Namespace"}:             {of(core, describeNamespace)},
		{Kind: "Node"}:                  {of(core, describeNode)},
		{Kind: "PersistentVolume"}:      {of(core, describePersistentVolume)},
		{Kind: "PersistentVolumeClaim"}: {of(core, describePersistentVolumeClaim)},
		{Kind: "Pod"}:                   {of(core, describePod)},
		{Kind: "ReplicationController"}: {of(core, describeReplicationController)},
		{Kind: "ResourceQuota"}:         {of(core, describeResourceQuota)},
		{Kind: "Secret"}:                {of(core, describeSecret)},
		{Kind: "Service"}:               {of(core, describeService)},
		{Kind: "ServiceAccount"}:        {of(core, describeServiceAccount)},

		apps.WithKind("DaemonSet").GroupKind():   {of(apps, describeDaemonSet)},
		apps.WithKind("Deployment").GroupKind():  {of(apps, describeDeployment)},
		apps.WithKind("ReplicaSet").GroupKind():  {of(apps, describeReplicaSet)},
		apps.WithKind("StatefulSet").GroupKind(): {of(apps, describeStatefulSet)},

		{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: {
			of(autoscalingv2.SchemeGroupVersion, describeHorizontalPodAutoscaler),
			of(autoscalingv1.SchemeGroupVersion, describeHorizontalPodAutoscalerV1),
		},
		{Group: "batch", Kind: "CronJob"}:                                    {of(batchv1.SchemeGroupVersion, describeCronJob)},
		{Group: "batch", Kind: "Job"}:                                        {of(batchv1.SchemeGroupVersion, describeJob)},
		{Group: certificatesv1.GroupName, Kind: "CertificateSigningRequest"}: {of(certificatesv1.SchemeGroupVersion, describeCertificateSigningRequest)},
		{Group: discoveryv1.GroupName, Kind: "EndpointSlice"}:                {of(discoveryv1.SchemeGroupVersion, describeEndpointSlice)},
		{Group: policyv1.GroupName, Kind: "PodDisruptionBudget"}:             {of(policyv1.SchemeGroupVersion, describePodDisruptionBudget)},
		{Group: schedulingv1.GroupName, Kind: "PriorityClass"}:               {of(schedulingv1.SchemeGroupVersion, describePriorityClass)},

		networking.WithKind("Ingress").GroupKind():       {of(networking, describeIngress)},
		networking.WithKind("IngressClass").GroupKind():  {of(networking, describeIngressClass)},
		networking.WithKind("IPAddress").GroupKind():     {of(networking, describeIPAddress), of(v1beta1, describeIPAddress)},
		networking.WithKind("NetworkPolicy").GroupKind(): {of(networking, describeNetworkPolicy)},
		networking.WithKind("ServiceCIDR").GroupKind():   {of(networking, describeServiceCIDR), of(v1beta1, describeServiceCIDR)},

		{Group: rbacv1.GroupName, Kind: "ClusterRole"}:        {of(rbacv1.SchemeGroupVersion, describeClusterRole)},
		{Group: rbacv1.GroupName, Kind: "ClusterRoleBinding"}: {of(rbacv1.SchemeGroupVersion, describeClusterRoleBinding)},
		{Group: rbacv1.GroupName, Kind: "Role"}:               {of(rbacv1.SchemeGroupVersion, describeRole)},
		{Group: rbacv1.GroupName, Kind: "RoleBinding"}:        {of(rbacv1.SchemeGroupVersion, describeRoleBinding)},

		storage.WithKind("CSINode").GroupKind():               {of(storage, describeCSINode)},
		storage.WithKind("StorageClass").GroupKind():          {of(storage, describeStorageClass)},
		storage.WithKind("VolumeAttributesClass").GroupKind(): {of(storage, describeVolumeAttributesClass)},
	}
})

// of makes a form of a function that describes a Go type.
func of[T any, PT interface {
	*T
	runtime.Object
}](version schema.GroupVersion, describe func(context.Context, *writer, *T, *related) error) form {
	return form{version, func(ctx context.Context, w *writer, r *related, at object, live *document.Value) error {
		typed := new(T)
		if live.Get("apiVersion").Text() == version.String() {
			if err := live.Decode(typed); err != nil {
				return err
			}
		} else if err := r.reader.Get(ctx, version.WithResource(at.resource.Resource), at.namespace, at.name, PT(typed)); err != nil {
			return err
		}
		return describe(ctx, w, typed, r)
	}}
}

// described says whether a kind has a description of its own.
func described(kind schema.GroupKind) bool { return len(describers()[kind]) > 0 }

// describe returns the description of an object.
func describe(ctx context.Context, now time.Time, r *related, at object) (string, error) {
	live, err := at.read()
	if err != nil {
		return "", err
	}
	live.Get("metadata").Remove("managedFields") // which nothing shows, and take long to decode
	forms := describers()[at.kind]
	if len(forms) == 0 {
		forms = []form{{describe: describeGeneric}}
	}
	var text string
	for _, form := range forms {
		text, err = description(now, func(w *writer) error { return form.describe(ctx, w, r, at, live) })
		if !apierrors.IsNotFound(err) {
			break // Otherwise the server may have it in an older version only.
		}
	}
	return text, err
}
