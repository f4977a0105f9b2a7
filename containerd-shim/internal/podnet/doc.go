// Package podnet is the network of one node and its pods.
//
// The node is a network namespace of its own, so that nothing it does (routes,
// forwarding, packet filters, listeners on cluster addresses) is seen by the
// machine or by another node. A pod has a veth pair; its addresses are routed
// one by one, so that there is no bridge, and packets between pods pass through
// the node's forwarding, where services are translated.
//
// It must not know of containerd.
package podnet
