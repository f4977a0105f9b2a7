package scheduler

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Sizes between which having an image counts, per container.
const (
	smallImage = 23 * 1024 * 1024
	bigImage   = 1000 * 1024 * 1024
)

// imagesOf are the images that a node has, by name.
func imagesOf(api *corev1.Node) map[string]int64 {
	if len(api.Status.Images) == 0 {
		return nil
	}
	images := map[string]int64{}
	for i := range api.Status.Images {
		for _, name := range api.Status.Images[i].Names {
			images[name] = api.Status.Images[i].SizeBytes
		}
	}
	return images
}

func skipImages(c *cycle, _ *pod) bool { return !c.scheduler.haveImages }

// scoreImages is ImageLocality: it prefers nodes that have the pod's images,
// the more the bigger they are and the more nodes have them.
func scoreImages(c *cycle, p *pod, n *node) int64 {
	if n.images == nil {
		return 0
	}
	sum := int64(0)
	containers := int64(0)
	for _, list := range [][]corev1.Container{p.api.Spec.InitContainers, p.api.Spec.Containers} {
		for i := range list {
			containers++
			name := normalImage(list[i].Image)
			if size, ok := n.images[name]; ok {
				sum += size * c.nodesWith(name) / int64(len(c.scheduler.nodes.list))
			}
		}
	}
	most := bigImage * containers
	sum = min(max(sum, smallImage), most)
	return maxScore * (sum - smallImage) / (most - smallImage)
}

// nodesWith is the number of nodes that have an image.
func (c *cycle) nodesWith(image string) int64 {
	count, ok := c.imageSpread[image]
	if ok {
		return count
	}
	for _, n := range c.scheduler.nodes.list {
		if _, has := n.images[image]; has {
			count++
		}
	}
	if c.imageSpread == nil {
		c.imageSpread = map[string]int64{}
	}
	c.imageSpread[image] = count
	return count
}

// normalImage is an image's name with a tag. As in kube-scheduler, a name
// without a registry stays so, although nodes list full names.
func normalImage(name string) string {
	if strings.LastIndex(name, ":") <= strings.LastIndex(name, "/") {
		return name + ":latest"
	}
	return name
}
