package completion

import "github.com/kubejig/kubejig/cli/output"

// arguments says, by the path of a command, what its arguments can be. Commands
// that are not here take files, or words of the user's own.
func arguments() map[string]answer {
	return map[string]answer{
		"annotate":                typesAndNames(true),
		"apply edit-last-applied": typesAndNames(true),
		"apply view-last-applied": typesAndNames(true),
		"attach":                  first(podOrOwner),
		"autoscale":               typesAndNames(true, "deployment", "replicaset", "replicationcontroller", "statefulset"),
		"certificate approve":     named("certificatesigningrequest"),
		"certificate deny":        named("certificatesigningrequest"),
		"config delete-cluster":   first(listed(clusters)),
		"config delete-context":   first(listed(contexts)),
		"config delete-user":      first(listed(users)),
		"config get-contexts":     listed(contexts),
		"config rename-context":   first(listed(contexts)),
		"config set-cluster":      first(listed(clusters)),
		"config set-context":      first(listed(contexts)),
		"config set-credentials":  first(listed(users)),
		"config use-context":      first(listed(contexts)),
		"cordon":                  first(named("node")),
		"cp":                      fileOrPod,
		"create token":            first(named("serviceaccount")),
		"debug":                   typesAndNames(true),
		"delete":                  typesAndNames(true),
		"describe":                typesAndNames(true),
		"drain":                   first(named("node")),
		"edit":                    typesAndNames(true),
		"exec":                    first(podOrOwner),
		"explain":                 first(listed(types)),
		"expose":                  typesAndNames(true, "pod", "service", "replicationcontroller", "deployment", "replicaset"),
		"get":                     typesAndNames(true),
		"label":                   typesAndNames(true),
		"logs":                    podAnd(containers),
		"patch":                   typesAndNames(true),
		"port-forward":            podAnd(ports),
		"rollout history":         typesAndNames(true, rollable()...),
		"rollout pause":           typesAndNames(true, "deployment"),
		"rollout restart":         typesAndNames(true, rollable()...),
		"rollout resume":          typesAndNames(true, "deployment"),
		"rollout status":          typesAndNames(false, rollable()...),
		"rollout undo":            typesAndNames(true, rollable()...),
		"scale":                   typesAndNames(true, "deployment", "replicaset", "replicationcontroller", "statefulset"),
		"set env":                 typesAndNames(true, templated()...),
		"set image":               typesAndNames(false, templated()...),
		"set resources":           typesAndNames(true, templated()...),
		"set selector":            typesAndNames(true, "services"),
		"set serviceaccount":      typesAndNames(false, templated()...),
		"set subject":             typesAndNames(true, "clusterrolebindings", "rolebindings"),
		"taint":                   typesAndNames(true, "node"),
		"top node":                first(named("node")),
		"top pod":                 first(named("pod")),
		"uncordon":                first(named("node")),
		"wait":                    typesAndNames(true),
	}
}

// rollable are the types that roll out.
func rollable() []string { return []string{"deployment", "daemonset", "statefulset"} }

// templated are the types that have a pod, or a template of one.
func templated() []string {
	return []string{"daemonsets", "deployments", "pods", "cronjobs", "replicasets", "replicationcontrollers", "statefulsets"}
}

// globalFlags says what the values of flags can be that all commands have.
func globalFlags() map[string]answer {
	return map[string]answer{
		"namespace": named("namespace"),
		"context":   listed(contexts),
		"cluster":   listed(clusters),
		"user":      listed(users),
	}
}

// flagsOfAny says it for flags that many commands have.
func flagsOfAny() map[string]answer {
	return map[string]answer{
		"cascade":     anyOf("background", "orphan", "foreground"),
		"container":   listed(containers),
		"dry-run":     anyOf("none", "client", "server"),
		"output":      anyOf(output.New("").Formats()...),
		"subresource": always("status", "scale", "resize"),
		"validate":    anyOf("strict", "warn", "ignore"),
	}
}

// flagsOf says it for flags of one command, by its path.
func flagsOf() map[string]map[string]answer {
	rules := output.New("").Formats()
	return map[string]map[string]answer{
		"api-resources":             {"output": anyOf("json", "yaml", "kyaml", "name", "wide"), "sort-by": anyOf("name", "kind")},
		"config get-contexts":       {"output": anyOf("name")},
		"config set-context":        {"namespace": named("namespace"), "cluster": listed(clusters), "user": listed(users)},
		"create clusterrolebinding": {"clusterrole": named("clusterrole")},
		"create rolebinding":        {"clusterrole": named("clusterrole"), "role": named("role")},
		"explain":                   {"output": anyOf("plaintext", "plaintext-openapiv2")},
		"expose":                    {"protocol": anyOf("TCP", "UDP", "SCTP"), "type": anyOf("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")},
		"get":                       {"output": anyOf(append(rules, "custom-columns", "custom-columns-file", "wide")...)},
		"patch":                     {"type": anyOf("json", "merge", "strategic")},
		"run":                       {"restart": anyOf("Always", "OnFailure", "Never"), "image-pull-policy": anyOf("Always", "IfNotPresent", "Never")},
		"top node":                  {"sort-by": anyOf("cpu", "memory")},
		"top pod":                   {"sort-by": anyOf("cpu", "memory")},
		"version":                   {"output": anyOf("json", "yaml")},
		"wait":                      {"for": anyOf("condition=", "create", "delete", "jsonpath=")},
	}
}
