// Package daemon finds containerd, or starts one that nobody else uses and
// stops it again. It must not know what is done with it.
package daemon
