//go:build !client

// Package kustomization builds kustomizations for -k, as kustomize does without
// flags. It is a package of its own so that only what reads them links
// kustomize. It must not import commands.
package kustomization

import (
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Build is the manifests of the kustomization in a folder, or in that of a
// repository: namespaces first, webhooks last.
func Build(folder string) ([]byte, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionLegacy
	built, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, err
	}
	return built.AsYaml()
}
