package scheduler

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/equality"
	"github.com/kubejig/kubejig/internal/store"
)

// nodeChanged takes note of a node, and of the pods that may fit now.
func (s *Scheduler) nodeChanged(ev store.Event) {
	api := ev.Item.Object.(*corev1.Node)
	switch ev.Type {
	case store.Deleted:
		s.dropNode(api.Name)
	case store.Added:
		s.setNode(api)
		s.reconsider(anyPlugin)
	default:
		if why := changesOf(ev.Old.Object.(*corev1.Node), api); why != 0 {
			s.setNode(api)
			s.reconsider(why)
			return
		}
		s.nodes.edit(api.Name, s.owner).api = api
	}
}

// changesOf are the plugins that may decide otherwise about a changed node;
// 0 for a heartbeat.
func changesOf(old, api *corev1.Node) plugin {
	var why plugin
	if old.Spec.Unschedulable != api.Spec.Unschedulable {
		why |= nodeUnschedulable
	}
	if !slices.EqualFunc(old.Spec.Taints, api.Spec.Taints, func(a, b corev1.Taint) bool { return a.MatchTaint(&b) && a.Value == b.Value }) {
		why |= taintToleration | nodeUnschedulable
	}
	if !maps.Equal(old.Labels, api.Labels) {
		why |= nodeAffinity | topologySpread | interPodAffinity | volumeBinding | volumeZone
	}
	if !equality.Semantic(old.Status.Allocatable, api.Status.Allocatable) {
		why |= resourcesFit
	}
	if len(old.Status.Images) != len(api.Status.Images) {
		why |= nodeName // nothing waits for an image; the snapshot has to know
	}
	return why
}

func (s *Scheduler) setNode(api *corev1.Node) {
	s.nodes.edit(api.Name, s.owner).set(api)
	s.haveImages = s.haveImages || len(api.Status.Images) > 0
	for i := range api.Spec.Taints {
		s.preferTaints = s.preferTaints || api.Spec.Taints[i].Effect == corev1.TaintEffectPreferNoSchedule
	}
}

// dropNode forgets a node; while pods are bound to it, these are kept.
func (s *Scheduler) dropNode(name string) {
	n := s.nodes.edit(name, s.owner)
	n.api = nil
	if len(n.pods) == 0 {
		s.nodes.remove(name)
	}
}

// podChanged takes note of a pod.
func (s *Scheduler) podChanged(ev store.Event) {
	api := ev.Item.Object.(*corev1.Pod)
	switch ev.Type {
	case store.Added:
		s.podAdded(api)
	case store.Deleted:
		s.podDeleted(api)
	default:
		s.podModified(ev.Old.Object.(*corev1.Pod), api)
	}
	if s.queue.ready.Len() > 0 {
		s.registry.Loop.Enqueue(s.id, cycleKey)
	}
}

func (s *Scheduler) podAdded(api *corev1.Pod) {
	switch {
	case api.Spec.NodeName != "":
		if !ended(api) {
			s.assign(newPod(api))
		}
	case mine(api):
		if nominee := api.Status.NominatedNodeName; nominee != "" {
			s.nominated[api.UID] = nominee
		}
		s.queue.add(api, s.registry.Loop.Now())
	}
}

func (s *Scheduler) podDeleted(api *corev1.Pod) {
	if _, ok := s.assigned[api.UID]; ok {
		s.unassign(api)
		return
	}
	s.queue.remove(api.UID)
	s.dropNomination(api)
}

// podModified is called for every status that a kubelet writes, so it looks
// first at what could matter.
func (s *Scheduler) podModified(old, api *corev1.Pod) {
	_, assigned := s.assigned[api.UID]
	switch {
	case assigned && ended(api):
		s.unassign(api)
	case assigned:
		s.refresh(old, api)
	case ended(api):
	case api.Spec.NodeName != "":
		s.queue.remove(api.UID)
		s.dropNomination(api)
		s.assign(s.bound(api))
	case mine(api):
		s.queue.update(old, api, s.registry.Loop.Now())
	}
}

// bound is a pod that has just got its node.
func (s *Scheduler) bound(api *corev1.Pod) *pod {
	if p := s.binding; p != nil && p.api.UID == api.UID {
		p.api = api
		return p
	}
	return newPod(api)
}

// mine reports whether a pod waits for this scheduler.
func mine(api *corev1.Pod) bool {
	return api.Spec.SchedulerName == Name && api.DeletionTimestamp == nil && !ended(api)
}

// ended reports whether a pod takes up no room any more.
func ended(api *corev1.Pod) bool {
	return api.Status.Phase == corev1.PodSucceeded || api.Status.Phase == corev1.PodFailed
}

// assign counts a pod on its node.
func (s *Scheduler) assign(p *pod) {
	name := p.api.Spec.NodeName
	n := s.nodes.edit(name, s.owner)
	n.add(p)
	n.claims = append(n.claims, s.exclusiveClaims(p)...)
	s.assigned[p.api.UID] = name
	s.counts.changed(p, name, 1)
	s.reconsider(interPodAffinity | topologySpread)
}

// unassign takes a pod off its node, which makes room for others.
func (s *Scheduler) unassign(api *corev1.Pod) {
	name := s.assigned[api.UID]
	delete(s.assigned, api.UID)
	n := s.nodes.edit(name, s.owner)
	if p := n.drop(api.UID); p != nil {
		s.counts.changed(p, name, -1)
		for _, claim := range s.exclusiveClaims(p) {
			if i := slices.Index(n.claims, claim); i >= 0 {
				n.claims = slices.Delete(n.claims, i, i+1)
			}
		}
	}
	if n.api == nil && len(n.pods) == 0 {
		s.nodes.remove(name)
	}
	s.reconsider(resourcesFit | nodePorts | volumeRestrictions | interPodAffinity | topologySpread)
}

// refresh takes over what has changed about a pod on a node.
func (s *Scheduler) refresh(old, api *corev1.Pod) {
	if api.DeletionTimestamp == old.DeletionTimestamp && api.Generation == old.Generation && maps.Equal(api.Labels, old.Labels) {
		return
	}
	name := s.assigned[api.UID]
	n := s.nodes.edit(name, s.owner)
	if p := n.drop(api.UID); p != nil {
		s.counts.changed(p, name, -1)
	}
	p := newPod(api)
	n.add(p)
	s.counts.changed(p, name, 1)
	s.reconsider(changesOfPod(old, api))
}

// changesOfPod are the plugins that may decide otherwise about others because a
// pod on a node has changed. That it is being deleted makes no room yet.
func changesOfPod(old, api *corev1.Pod) plugin {
	var why plugin
	if !equality.Semantic(old.Spec.Containers, api.Spec.Containers) || !equality.Semantic(old.Spec.Resources, api.Spec.Resources) {
		why |= resourcesFit
	}
	if !maps.Equal(old.Labels, api.Labels) || (old.DeletionTimestamp == nil) != (api.DeletionTimestamp == nil) {
		why |= interPodAffinity | topologySpread
	}
	return why
}

func (s *Scheduler) volumesChanged(store.Event) {
	s.reconsider(volumeBinding | volumeZone | volumeRestrictions)
}

// claimChanged lets the pods be tried again that use a claim.
func (s *Scheduler) claimChanged(ev store.Event) {
	claim := ev.Item.Object
	concerned := func(e entry) bool {
		pod, ok := client.Get[*corev1.Pod](s.client, e.namespace, e.name)
		return ok && e.namespace == claim.GetNamespace() && slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
			name, _ := claimName(pod, &v)
			return name == claim.GetName()
		})
	}
	if s.queue.move(volumeBinding|volumeZone|volumeRestrictions, s.registry.Loop.Now(), concerned) {
		s.wake()
	}
}

// reconsider lets the pods be tried again that one of the plugins turned away.
func (s *Scheduler) reconsider(why plugin) {
	if s.queue.move(why, s.registry.Loop.Now(), nil) {
		s.wake()
	}
}

func (s *Scheduler) dropNomination(api *corev1.Pod) {
	if _, ok := s.nominated[api.UID]; ok {
		delete(s.nominated, api.UID)
		s.reconsider(anyPlugin)
	}
}
