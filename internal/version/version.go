// Package version says which release of Kubernetes this is: whose API is
// served, whose kubectl the command line is, whose kubelet nodes run. It holds
// constants only.
package version

// The release.
const (
	Major = "1"
	Minor = "37"
	Git   = "v1.37.2"
)
