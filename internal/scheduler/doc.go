// Package scheduler assigns pods to nodes as kube-scheduler 1.37 does with its
// default profile: the same filters and scores with the same weights, the same
// queue with its back-off, preemption, and the same words when a pod does not
// fit.
//
// It is a handler of the loop: it notes what the store's events change about
// nodes and pods, and schedules the next few each time it is run. What it knows of
// the cluster it can rebuild from the store; a Fork shares it until one side
// changes it. It writes nothing but bindings, events, and the statuses of pods
// that do not fit.
//
// queue.go has the pods that wait, nodes.go the snapshot of the nodes, cycle.go
// one scheduling attempt, preempt.go what happens when it fails. Each plugin of
// kube-scheduler is a file: what it filters and how it scores.
package scheduler
