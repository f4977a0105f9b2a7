// Package volume makes the volumes of pods on a node's disk, and finds out
// which path of them a container is to see.
//
// It must not know of containerd.
package volume
