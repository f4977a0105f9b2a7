package lint

import (
	"slices"
	"strings"
	"testing"
)

// walls say what a room must not import of ours; see docs/architecture.md.
var walls = map[string][]string{
	"selectors":             {"internal", "cli", "fakecluster", "testkit", "containerd-shim"},
	"fakecluster":           {"cli", "containerd-shim"},
	"containerd-shim":       {"cli", "fakecluster"},
	"cli":                   {"internal/controllers", "internal/store", "internal/registry", "internal/apiserver"},
	"internal/loop":         {"internal"},
	"internal/store":        {"internal"},
	"internal/resources":    {"internal/registry", "internal/controllers", "internal/apiserver", "internal/kubelet"},
	"internal/registry":     {"internal/controllers", "internal/apiserver", "internal/kubelet", "internal/scheduler", "internal/client"},
	"internal/client":       {"internal/controllers", "internal/apiserver", "internal/kubelet", "internal/scheduler"},
	"internal/apiserver":    {"internal/controllers", "internal/kubelet", "internal/scheduler", "internal/simulation"},
	"internal/controllers":  {"internal/apiserver", "internal/kubelet", "internal/scheduler", "internal/simulation"},
	"internal/scheduler":    {"internal/apiserver", "internal/kubelet", "internal/controllers", "internal/simulation"},
	"internal/kubelet":      {"internal/apiserver", "internal/controllers", "internal/scheduler", "internal/simulation"},
	"internal/simulation":   {"internal/apiserver", "internal/controllers", "internal/scheduler", "internal/registry", "internal/store"},
	"internal/controlplane": {"cli", "fakecluster", "containerd-shim"},
}

// doors are the rooms whose very purpose is to join what a wall keeps apart.
var doors = []string{
	"internal/simulation/node", // runs the commands of kubelets in the simulation
}

func TestRoomsKeepTheirWalls(t *testing.T) {
	for _, p := range load(t) {
		for from, forbidden := range walls {
			if !within(room(p), from) || within(room(p), doors...) {
				continue
			}
			for path := range p.Imports {
				to, ours := strings.CutPrefix(path, module+"/")
				if ours && !within(to, from) && within(to, forbidden...) {
					t.Errorf("%s imports %s; docs/architecture.md says which room may use which", room(p), to)
				}
			}
		}
	}
}

// references are what the product is compared with, never linked into it.
var references = []string{"k8s.io/kubectl", "k8s.io/kubernetes", "helm.sh/helm"}

func TestNoReferenceIsLinked(t *testing.T) {
	for _, p := range load(t) {
		for path := range p.Imports {
			if slices.ContainsFunc(references, func(r string) bool { return strings.HasPrefix(path, r) }) {
				t.Errorf("%s imports %s: it is a reference for tests only", room(p), path)
			}
		}
	}
}
