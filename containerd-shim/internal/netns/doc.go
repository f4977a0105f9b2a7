// Package netns makes Linux namespaces that need no process to live, and lets
// code run in them. It must not know of pods or of containerd.
package netns
