// Package sidebyside measures kubejig beside Kubernetes: the command line beside
// the reference kubectl, in turn against one fake cluster (time, processor time
// and memory of whole processes), and the server beside kube-apiserver with
// etcd, all on loopback. It holds benchmarks only; see docs/performance.md.
package sidebyside
