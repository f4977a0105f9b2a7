package completion

import (
	"maps"
	"slices"

	"k8s.io/client-go/tools/clientcmd/api"
)

func contexts(q question) []string {
	return fromKubeconfig(q, func(c api.Config) []string { return slices.Sorted(maps.Keys(c.Contexts)) })
}

func clusters(q question) []string {
	return fromKubeconfig(q, func(c api.Config) []string { return slices.Sorted(maps.Keys(c.Clusters)) })
}

func users(q question) []string {
	return fromKubeconfig(q, func(c api.Config) []string { return slices.Sorted(maps.Keys(c.AuthInfos)) })
}

func fromKubeconfig(q question, names func(api.Config) []string) []string {
	config, err := q.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil
	}
	return names(config)
}
