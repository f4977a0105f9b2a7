package fakecluster

import (
	"fmt"

	"github.com/kubejig/kubejig/internal/kubelet"
)

// Node is a node of a cluster as a test can make it fail.
type Node struct {
	cluster *Cluster
	name    string
}

// Node returns a node that the cluster simulates, by name. Nodes that have
// been created through the API only are not among them.
func (c *Cluster) Node(name string) (*Node, error) {
	found := false
	c.plane.WithKubelet(name, func(*kubelet.Kubelet) { found = true })
	if !found {
		return nil, fmt.Errorf("no simulated node %q", name)
	}
	return &Node{cluster: c, name: name}, nil
}

// StopKubelet ends the node's kubelet, as if its process had died: containers
// go on, but nobody looks after them, and heartbeats cease. After 50 seconds
// the node is not ready, after five minutes more its pods are replaced.
func (n *Node) StopKubelet() {
	n.cluster.plane.WithKubelet(n.name, func(k *kubelet.Kubelet) { k.Stop() })
}

// StartKubelet starts the kubelet again where the world then stands.
func (n *Node) StartKubelet() {
	n.cluster.plane.WithKubelet(n.name, func(k *kubelet.Kubelet) { k.Start() })
}

// LoseHeartbeats cuts the node's heartbeats off, or lets them through again,
// while the kubelet goes on.
func (n *Node) LoseHeartbeats(lost bool) {
	n.cluster.plane.WithKubelet(n.name, func(k *kubelet.Kubelet) { k.LoseHeartbeats(lost) })
}
