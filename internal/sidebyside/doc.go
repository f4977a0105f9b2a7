// Package sidebyside measures kubejig's command line and the reference kubectl
// in turn, against one fake cluster that is served on loopback: time, processor
// time and memory of whole processes. It holds benchmarks only; see
// docs/performance.md.
package sidebyside
