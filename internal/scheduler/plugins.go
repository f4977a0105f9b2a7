package scheduler

// plugin is a plugin of kube-scheduler, as far as queueing cares which one
// turned a pod away.
type plugin uint32

const (
	nodeUnschedulable plugin = 1 << iota
	nodeName
	taintToleration
	nodeAffinity
	nodePorts
	resourcesFit
	volumeRestrictions
	volumeBinding
	volumeZone
	topologySpread
	interPodAffinity
	anyPlugin plugin = 1<<iota - 1
)

// verdict says why a pod does not fit on a node.
type verdict struct {
	plugin  plugin
	reasons []string
	// hopeless: no eviction of other pods would help.
	hopeless bool
}

func unfit(p plugin, reason string) *verdict { return &verdict{plugin: p, reasons: []string{reason}} }

func hopeless(p plugin, reason string) *verdict {
	return &verdict{plugin: p, reasons: []string{reason}, hopeless: true}
}

// filters in kube-scheduler's order: the first one that objects gives the
// reason.
var filters = [...]func(*cycle, *pod, *node) *verdict{
	filterUnschedulable,
	filterNodeName,
	filterTaints,
	filterNodeAffinity,
	filterPorts,
	filterResources,
	filterVolumeRestrictions,
	filterVolumes,
	filterVolumeZone,
	filterSpread,
	filterPodAffinity,
}

// maxScore is the best score that a plugin gives.
const maxScore = 100

// scorer rates the nodes that a pod fits on.
type scorer struct {
	weight int64
	// skip reports that the scorer makes no difference for a pod.
	skip func(*cycle, *pod) bool
	// score rates a node; normalize, if set, then brings all into 0..maxScore.
	score     func(*cycle, *pod, *node) int64
	normalize func(*cycle, []int64, []*node)
}

var scorers = [...]scorer{
	{weight: 3, skip: skipTaints, score: scoreTaints, normalize: reverse},
	{weight: 2, skip: skipNodeAffinity, score: scoreNodeAffinity, normalize: proportional},
	{weight: 1, score: scoreLeastAllocated},
	{weight: 2, skip: skipSpread, score: scoreSpread, normalize: normalizeSpread},
	{weight: 2, skip: skipPodAffinity, score: scorePodAffinity, normalize: normalizePodAffinity},
	{weight: 1, skip: skipBalanced, score: scoreBalanced},
	{weight: 1, skip: skipImages, score: scoreImages},
}

// proportional gives the highest score maxScore and the others in proportion.
func proportional(_ *cycle, scores []int64, _ []*node) {
	highest := int64(0)
	for _, s := range scores {
		highest = max(highest, s)
	}
	for i := range scores {
		if highest > 0 {
			scores[i] = scores[i] * maxScore / highest
		}
	}
}

// reverse is proportional the other way round: the highest score gets 0.
func reverse(c *cycle, scores []int64, list []*node) {
	proportional(c, scores, list)
	for i := range scores {
		scores[i] = maxScore - scores[i]
	}
}
