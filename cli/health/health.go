// Package health says of an object whether it is as it should be, and if not,
// why, by what the object itself says: its status, its conditions, whether it
// is being deleted. It works on objects of any kind, custom resources too.
//
// It asks no server and must not import commands.
package health

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// State is how an object stands.
type State string

// The states.
const (
	Ready       State = "Ready"       // As it should be, or finished.
	Progressing State = "Progressing" // Not yet; it may still become ready by itself.
	Failed      State = "Failed"      // It has given up.
	Terminating State = "Terminating" // Being deleted.
)

// Health is the state of an object, and in a few words what it stands on, such
// as "1 of 3 replicas ready" or "CrashLoopBackOff".
type Health struct {
	State  State
	Reason string
}

// String is "Progressing: 1 of 3 replicas ready", or the state alone.
func (h Health) String() string {
	if h.Reason == "" {
		return string(h.State)
	}
	return string(h.State) + ": " + h.Reason
}

func ready(format string, args ...any) Health {
	return Health{Ready, fmt.Sprintf(format, args...)}
}

func progressing(format string, args ...any) Health {
	return Health{Progressing, fmt.Sprintf(format, args...)}
}

func failed(format string, args ...any) Health {
	return Health{Failed, fmt.Sprintf(format, args...)}
}

// Of is the health of an object as the server has it.
func Of(object *unstructured.Unstructured) Health {
	if object.GetDeletionTimestamp() != nil {
		return terminating(object)
	}
	switch object.GroupVersionKind().GroupKind() {
	case schema.GroupKind{Kind: "Pod"}:
		return of(object, ofPod)
	case schema.GroupKind{Kind: "ReplicationController"}:
		return of(object, ofReplicationController)
	case schema.GroupKind{Kind: "PersistentVolumeClaim"}:
		return of(object, ofClaim)
	case schema.GroupKind{Kind: "PersistentVolume"}:
		return of(object, ofVolume)
	case schema.GroupKind{Kind: "Service"}:
		return of(object, ofService)
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "Deployment"}:
		return of(object, ofDeployment)
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "ReplicaSet"}:
		return of(object, ofReplicaSet)
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "StatefulSet"}:
		return of(object, ofStatefulSet)
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "DaemonSet"}:
		return of(object, ofDaemonSet)
	case schema.GroupKind{Group: batchv1.GroupName, Kind: "Job"}:
		return of(object, ofJob)
	}
	return ofConditions(object)
}

// of reads an object as the Go type of its kind. One that can not be read so
// is judged by its conditions.
func of[T any](object *unstructured.Unstructured, judge func(*T) Health) Health {
	typed := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, typed); err != nil {
		return ofConditions(object)
	}
	return judge(typed)
}

func terminating(object metav1.Object) Health {
	switch finalizers := object.GetFinalizers(); len(finalizers) {
	case 0:
		return Health{Terminating, "being deleted"}
	case 1:
		return Health{Terminating, "being deleted, waits for the finalizer " + finalizers[0]}
	default:
		return Health{Terminating, fmt.Sprintf("being deleted, waits for %d finalizers, first %s", len(finalizers), finalizers[0])}
	}
}

func ofClaim(claim *corev1.PersistentVolumeClaim) Health {
	switch claim.Status.Phase {
	case corev1.ClaimBound:
		return ready("Bound")
	case corev1.ClaimLost:
		return failed("Lost: its volume %s is gone", claim.Spec.VolumeName)
	}
	return progressing("Pending: not bound to a volume")
}

func ofVolume(volume *corev1.PersistentVolume) Health {
	switch volume.Status.Phase {
	case corev1.VolumeFailed:
		return failed("Failed: %s", volume.Status.Message)
	case corev1.VolumePending:
		return progressing("Pending")
	}
	return ready("%s", volume.Status.Phase)
}

func ofService(service *corev1.Service) Health {
	if service.Spec.Type == corev1.ServiceTypeLoadBalancer && len(service.Status.LoadBalancer.Ingress) == 0 {
		return progressing("no load balancer yet")
	}
	return ready("%s", service.Spec.Type)
}
