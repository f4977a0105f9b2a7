package health

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// replicas are the pods of a workload: wanted, there, of the newest template,
// ready.
type replicas struct {
	generation, observed          int64
	wanted, total, updated, ready int32
}

func (r replicas) health() Health {
	switch {
	case r.observed < r.generation:
		return progressing("its controller has not seen the newest change")
	case r.updated < r.wanted && r.updated < r.total:
		return progressing("%d of %d replicas updated", r.updated, r.wanted)
	case r.total > r.wanted:
		return progressing("%d of %d replicas too many", r.total-r.wanted, r.total)
	case r.ready < r.wanted:
		return progressing("%d of %d replicas ready", r.ready, r.wanted)
	}
	return ready("%d of %d replicas ready", r.ready, r.wanted)
}

// orOne is a number of replicas, of which the default is one.
func orOne(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

func ofDeployment(d *appsv1.Deployment) Health {
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentProgressing && c.Reason == "ProgressDeadlineExceeded" && d.Status.ObservedGeneration >= d.Generation {
			return failed("%d of %d replicas ready, made no progress in time", d.Status.ReadyReplicas, orOne(d.Spec.Replicas))
		}
	}
	counts := replicas{d.Generation, d.Status.ObservedGeneration, orOne(d.Spec.Replicas), d.Status.Replicas, d.Status.UpdatedReplicas, d.Status.ReadyReplicas}
	if counts.health().State == Ready && d.Status.AvailableReplicas < counts.wanted {
		return progressing("%d of %d replicas available", d.Status.AvailableReplicas, counts.wanted)
	}
	return counts.health()
}

func ofReplicaSet(s *appsv1.ReplicaSet) Health {
	return replicas{s.Generation, s.Status.ObservedGeneration, orOne(s.Spec.Replicas), s.Status.Replicas, s.Status.Replicas, s.Status.ReadyReplicas}.health()
}

func ofReplicationController(c *corev1.ReplicationController) Health {
	return replicas{c.Generation, c.Status.ObservedGeneration, orOne(c.Spec.Replicas), c.Status.Replicas, c.Status.Replicas, c.Status.ReadyReplicas}.health()
}

func ofStatefulSet(s *appsv1.StatefulSet) Health {
	updated := s.Status.UpdatedReplicas
	if s.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		updated = s.Status.Replicas
	}
	// Pods below the partition are to stay as they are.
	if rolling := s.Spec.UpdateStrategy.RollingUpdate; rolling != nil && rolling.Partition != nil {
		updated += *rolling.Partition
	}
	return replicas{s.Generation, s.Status.ObservedGeneration, orOne(s.Spec.Replicas), s.Status.Replicas, updated, s.Status.ReadyReplicas}.health()
}

func ofDaemonSet(s *appsv1.DaemonSet) Health {
	updated := s.Status.UpdatedNumberScheduled
	if s.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType {
		updated = s.Status.CurrentNumberScheduled
	}
	wanted := s.Status.DesiredNumberScheduled
	return replicas{s.Generation, s.Status.ObservedGeneration, wanted, min(s.Status.CurrentNumberScheduled, wanted), updated, s.Status.NumberReady}.health()
}
