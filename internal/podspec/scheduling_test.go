package podspec_test

import "testing"

const webContainer = `, containers: [{name: web, image: nginx}]}`

func TestSchedulingErrors(t *testing.T) {
	runSpecCases(t, []specCase{
		{"toleration of nothing in particular", `{tolerations: [{value: a}]` + webContainer, []string{
			"spec.tolerations[0].operator: Invalid value: \"\": operator must be Exists when `key` is empty, which means \"match all values and all keys\""}},
		{"toleration with a needless value", `{tolerations: [{key: a, operator: Exists, value: b}]` + webContainer, []string{
			"spec.tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'"}},
		{"toleration for a time without eviction", `{tolerations: [{key: a, operator: Exists, effect: NoSchedule, tolerationSeconds: 1}]` + webContainer, []string{
			"spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set"}},
		{"unknown effect", `{tolerations: [{key: a, operator: Exists, effect: Never}]` + webContainer, []string{
			`spec.tolerations[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`}},
		{"node selector without terms", `{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}` + webContainer, []string{
			`spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term`}},
		{"node selector of no value", `{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}]}]}}}` + webContainer, []string{
			"spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"}},
		{"weight out of range", `{affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 101, preference: {}}]}}` + webContainer, []string{
			`spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100`}},
		{"affinity to pods anywhere", `{affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}, topologyKey: ""}]}}` + webContainer, []string{
			`spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty`,
			`spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty`,
			`spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`}},
		{"spread without skew or action", `{topologySpreadConstraints: [{topologyKey: zone}]` + webContainer, []string{
			`spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero`,
			`spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "": supported values: "DoNotSchedule", "ScheduleAnyway"`}},
		{"spread twice", `{topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 2, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]` + webContainer, []string{
			`spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"`}},
		{"scheduling gate twice", `{schedulingGates: [{name: a.b/c}, {name: a.b/c}]` + webContainer, []string{
			`spec.schedulingGates[1]: Duplicate value: "a.b/c"`}},
		{"gated pod on a node", `{nodeName: n, schedulingGates: [{name: a.b/c}]` + webContainer, []string{
			`spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared`}},
		{"label value in the node selector", `{nodeSelector: {a: "b c"}` + webContainer, []string{
			`spec.nodeSelector: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`}},
	})
}

func TestPodWideErrors(t *testing.T) {
	runSpecCases(t, []specCase{
		{"deadline now", `{activeDeadlineSeconds: 0` + webContainer, []string{
			`spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive`}},
		{"no DNS at all", `{dnsPolicy: None` + webContainer, []string{
			"spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"}},
		{"too many name servers", `{dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}` + webContainer, []string{
			`spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers`}},
		{"alias of no address", `{hostAliases: [{ip: here, hostnames: [a]}]` + webContainer, []string{
			`spec.hostAliases[0].ip: Invalid value: "here": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`}},
		{"override of a qualified hostname", `{hostnameOverride: a, setHostnameAsFQDN: true` + webContainer, []string{
			`spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true`}},
		{"unknown operating system", `{os: {name: plan9}` + webContainer, []string{
			`spec.os: Unsupported value: "plan9": supported values: "linux", "windows"`}},
		{"windows pod of a user", `{os: {name: windows}, securityContext: {runAsUser: 1}` + webContainer, []string{
			`spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod`}},
		{"own users on the host's network", `{hostUsers: false, hostNetwork: true` + webContainer, []string{
			"spec.hostNetwork: Forbidden: when `hostUsers` is false"}},
		{"sysctl of the host", `{hostNetwork: true, securityContext: {sysctls: [{name: net.core.somaxconn, value: "1"}]}` + webContainer, []string{
			`spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when 'hostNetwork' is true`}},
		{"seccomp profile without a type", `{securityContext: {seccompProfile: {}}` + webContainer, []string{
			`spec.securityContext.seccompProfile.type: Required value: type is required when seccompProfile is set`}},
		{"shared processes with the host", `{hostPID: true, shareProcessNamespace: true` + webContainer, []string{
			`spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled`}},
		{"privileged without escalation", `containers: [{name: web, image: nginx, securityContext: {privileged: true, allowPrivilegeEscalation: false}}]`, []string{
			"spec.containers[0].securityContext: Invalid value: {\"Capabilities\":null,\"Privileged\":true,\"SELinuxOptions\":null,\"WindowsOptions\":null,\"RunAsUser\":null,\"RunAsGroup\":null,\"RunAsNonRoot\":null,\"ReadOnlyRootFilesystem\":null,\"AllowPrivilegeEscalation\":false,\"ProcMount\":null,\"SeccompProfile\":null,\"AppArmorProfile\":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true"}},
		{"user that is none", `{securityContext: {runAsUser: -1}` + webContainer, []string{
			`spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`}},
		{"preemption that is none", `{preemptionPolicy: Always` + webContainer, []string{
			`spec.preemptionPolicy: Unsupported value: "Always": supported values: "PreemptLowerPriority", "Never"`}},
	})
}
