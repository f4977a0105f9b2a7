package scheduler

import (
	"fmt"
	"maps"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"
)

// resources is an amount of each resource: millicores, bytes, bytes, pods, and
// whatever devices offer.
type resources struct {
	cpu, memory, storage, pods int64
	others                     map[corev1.ResourceName]int64
}

// What a container counts for in scores when it does not say: 100 m and 200 MB.
const (
	guessCPU    = 100
	guessMemory = 200 * 1024 * 1024
)

func resourcesOf(list corev1.ResourceList) resources {
	r := resources{
		cpu: list.Cpu().MilliValue(), memory: list.Memory().Value(),
		storage: list.StorageEphemeral().Value(), pods: list.Pods().Value(),
	}
	for name, q := range list {
		if !slices.Contains(ordinary[:], name) {
			if r.others == nil {
				r.others = map[corev1.ResourceName]int64{}
			}
			r.others[name] = q.Value()
		}
	}
	return r
}

// ordinary are the resources that have a field of their own.
var ordinary = [...]corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage, corev1.ResourcePods}

var guesses = corev1.ResourceList{
	corev1.ResourceCPU:    *resource.NewMilliQuantity(guessCPU, resource.DecimalSI),
	corev1.ResourceMemory: *resource.NewQuantity(guessMemory, resource.BinarySI),
}

// requestsOf is what a pod asks for, and the same with a guess where its
// containers do not say.
func requestsOf(api *corev1.Pod) (requests, used resources) {
	if isPlain(api) {
		return plainRequests(api)
	}
	requests = resourcesOf(resourcehelper.PodRequests(api, resourcehelper.PodResourcesOptions{UseStatusResources: true}))
	requests.pods = 1
	with := resourcehelper.PodRequests(api, resourcehelper.PodResourcesOptions{UseStatusResources: true, NonMissingContainerRequests: guesses})
	used = resources{cpu: with.Cpu().MilliValue(), memory: with.Memory().Value()}
	return requests, used
}

// isPlain reports whether a pod's requests are just the sum of its containers'.
func isPlain(api *corev1.Pod) bool {
	return len(api.Spec.InitContainers) == 0 && len(api.Spec.Overhead) == 0 && api.Spec.Resources == nil && len(api.Status.ContainerStatuses) == 0
}

// plainRequests is requestsOf for most pods, in a fraction of the time.
func plainRequests(api *corev1.Pod) (requests, used resources) {
	for i := range api.Spec.Containers {
		list := api.Spec.Containers[i].Resources.Requests
		own := resourcesOf(list)
		requests.add(&own)
		if _, ok := list[corev1.ResourceCPU]; !ok {
			own.cpu = guessCPU
		}
		if _, ok := list[corev1.ResourceMemory]; !ok {
			own.memory = guessMemory
		}
		used.cpu += own.cpu
		used.memory += own.memory
	}
	requests.pods = 1
	return requests, used
}

func (r *resources) add(o *resources) {
	r.cpu += o.cpu
	r.memory += o.memory
	r.storage += o.storage
	r.pods += o.pods
	for name, n := range o.others {
		if r.others == nil {
			r.others = map[corev1.ResourceName]int64{}
		}
		r.others[name] += n
	}
}

func (r *resources) subtract(o *resources) {
	r.cpu -= o.cpu
	r.memory -= o.memory
	r.storage -= o.storage
	r.pods -= o.pods
	for name, n := range o.others {
		r.others[name] -= n
	}
}

func cloneOthers(m map[corev1.ResourceName]int64) map[corev1.ResourceName]int64 { return maps.Clone(m) }

// filterResources is NodeResourcesFit: the node has what the pod asks for.
func filterResources(_ *cycle, p *pod, n *node) *verdict {
	want, have, used := &p.requests, &n.allocatable, &n.requested
	if used.pods+1 <= have.pods && fits(want.cpu, used.cpu, have.cpu) && fits(want.memory, used.memory, have.memory) &&
		fits(want.storage, used.storage, have.storage) && len(want.others) == 0 {
		return nil
	}
	v := &verdict{plugin: resourcesFit}
	if used.pods+1 > have.pods {
		v.reasons = append(v.reasons, "Too many pods")
	}
	v.check("cpu", want.cpu, used.cpu, have.cpu)
	v.check("memory", want.memory, used.memory, have.memory)
	v.check("ephemeral-storage", want.storage, used.storage, have.storage)
	for _, name := range slices.Sorted(maps.Keys(want.others)) {
		v.check(string(name), want.others[name], used.others[name], have.others[name])
	}
	if len(v.reasons) == 0 {
		return nil
	}
	return v
}

func fits(want, used, have int64) bool { return want == 0 || want <= have-used }

func (v *verdict) check(name string, want, used, have int64) {
	if fits(want, used, have) {
		return
	}
	v.reasons = append(v.reasons, fmt.Sprintf("Insufficient %s", name))
	v.hopeless = v.hopeless || want > have
}

// scoreLeastAllocated prefers nodes with much left.
func scoreLeastAllocated(_ *cycle, p *pod, n *node) int64 {
	sum, count := int64(0), int64(0)
	for _, r := range [...][3]int64{
		{p.used.cpu, n.used.cpu, n.allocatable.cpu},
		{p.used.memory, n.used.memory, n.allocatable.memory},
	} {
		if r[2] == 0 {
			continue
		}
		count++
		if total := r[0] + r[1]; total <= r[2] {
			sum += (r[2] - total) * maxScore / r[2]
		}
	}
	if count == 0 {
		return 0
	}
	return sum / count
}

// scoreBalanced prefers nodes whose resources will be used evenly. Pods that
// ask for nothing make no difference to that.
func scoreBalanced(_ *cycle, p *pod, n *node) int64 {
	if n.allocatable.cpu == 0 || n.allocatable.memory == 0 {
		return maxScore
	}
	cpu := min(float64(n.requested.cpu+p.requests.cpu)/float64(n.allocatable.cpu), 1)
	memory := min(float64(n.requested.memory+p.requests.memory)/float64(n.allocatable.memory), 1)
	return int64((1 - math.Abs(cpu-memory)/2) * maxScore)
}

func skipBalanced(_ *cycle, p *pod) bool { return p.requests.cpu == 0 && p.requests.memory == 0 }
