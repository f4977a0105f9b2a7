package compat

// Commands and flags that are not generated: they wait for time to pass, which
// it does not, or for their user, change what is outside the twins, or list
// what is in a map as it comes.
var (
	leftOut = []string{
		"wait", "drain", "edit", "apply edit-last-applied", "proxy", "port-forward", "attach", "debug", "cluster-info dump", "rollout status",
		"completion bash", "completion zsh", "completion fish", "completion powershell", "kuberc set", "kuberc view", "plugin list",
		"create token", "cp",
	}
	leftOutFlags = []string{
		"watch", "watch-only", "follow", "stdin", "tty", "attach", "rm", "leave-stdin-open", "wait", "force", "raw", "windows-line-endings",
		"interactive", "list", "now", "grace-period", "helm-command", "enable-helm", "network", "mount", "env", "prune", "applyset", "output-directory",
	}
	leftOutGlobals = []string{
		"v", "vmodule", "log-flush-frequency", "profile", "profile-output", "kuberc", "cache-dir", "server", "help", "proxy-url", "request-timeout",
		"username", "password", "certificate-authority", "client-certificate", "client-key", "insecure-skip-tls-verify", "tls-server-name",
	}
)

// musts are flags without which a command would wait,
// or leave the others without their kubeconfig.
var musts = map[string]string{
	"delete": "--wait=false", "run": "--restart=Never",
	"config delete-cluster": ownConfig, "config delete-context": ownConfig, "config delete-user": ownConfig, "config rename-context": ownConfig,
	"config set": ownConfig, "config set-cluster": ownConfig, "config set-context": ownConfig, "config set-credentials": ownConfig,
	"config unset": ownConfig, "config use-context": ownConfig,
}

const ownConfig = "--kubeconfig=own.kubeconfig"

// Words that have a meaning in the cluster in which random command lines run.
var (
	kinds = []string{
		"pods", "po", "pod", "deploy", "deployments.apps", "svc", "cm", "nodes", "ns", "rs", "secrets", "events", "all", "nonsense", "pods,svc",
		"sts", "job", "widgets", "crd", "role", "pvc", "ing", "deployments.v1.apps", "hpa",
	}
	names     = []string{"", "", "web", "web", "api", "map", "nothing", "web api", "one", "key"}
	objects   = []string{"pod web", "deploy api", "deploy/api", "pod/web", "svc/web", "cm map", "widget one", "deploy/nothing", "nodes", "secret key", "deploy", ""}
	workloads = []string{"deploy api", "deploy/api", "pod web", "deploy/nothing", "deploy", "", "sts/db", "rs", "cm map", "ds/agent", "job/once", "cj/tick"}
	pairs     = []string{"a=b", "a-", "app=web", "bad", "=x", "a=b c=d", "k!=v", "example.com/x=1", "app-", ""}
	newNames  = []string{"n1", "n2", "Bad", "", "n1 n2", "web", "map"}
	nodeNames = []string{"node-1", "node-2", "nothing", "", "node-1 node-2"}
)

// arguments are those of commands whose are not a kind and a name: one of each.
var arguments = map[string][][]string{
	"annotate": {objects, pairs}, "label": {objects, pairs},
	"api-resources": {}, "api-versions": {}, "version": {}, "options": {}, "cluster-info": {}, "auth whoami": {}, "config view": {},
	"config current-context": {}, "config get-clusters": {}, "config get-users": {},
	"apply": {}, "create": {}, "replace": {}, "diff": {}, "auth reconcile": {}, "apply set-last-applied": {},
	"auth can-i":            {{"get", "list", "delete", "nonsense", "*", ""}, kinds, names},
	"autoscale":             {workloads},
	"certificate approve":   {{"csr", "nothing", ""}},
	"certificate deny":      {{"csr", "nothing", ""}},
	"config delete-cluster": {{"twin", "x", ""}}, "config delete-context": {{"x", "nothing", ""}}, "config delete-user": {{"x", "nothing"}},
	"config get-contexts": {{"", "twin", "x"}}, "config rename-context": {{"x y", "y x", "nothing x", "x"}},
	"config set":         {{"clusters.x.server https://x", "contexts.x.namespace n", "users.x.token t", "nonsense x", "a"}},
	"config set-cluster": {{"x", "y", ""}}, "config set-context": {{"x", "y", ""}}, "config set-credentials": {{"x", "y", ""}},
	"config unset":              {{"users.x", "contexts.x.namespace", "nonsense", ""}},
	"config use-context":        {{"twin", "nothing", ""}},
	"cordon":                    {nodeNames},
	"uncordon":                  {nodeNames},
	"create clusterrole":        {newNames},
	"create clusterrolebinding": {newNames}, "create configmap": {newNames}, "create cronjob": {newNames}, "create deployment": {newNames},
	"create ingress": {newNames}, "create job": {newNames}, "create namespace": {newNames}, "create poddisruptionbudget": {newNames},
	"create priorityclass": {newNames}, "create quota": {newNames}, "create role": {newNames}, "create rolebinding": {newNames},
	"create secret docker-registry": {newNames}, "create secret generic": {newNames}, "create secret tls": {newNames},
	"create service clusterip": {newNames}, "create service externalname": {newNames}, "create service loadbalancer": {newNames},
	"create service nodeport": {newNames}, "create serviceaccount": {newNames},
	"events":    {},
	"exec":      {{"web", "pod/web", "deploy/api", "nothing", ""}, {"-- echo a", "-- false", "ls", "-- nonsense", ""}},
	"explain":   {{"pods", "deploy.spec", "svc.spec.ports", "widgets.spec", "nonsense", "pods.spec.nonsense", "cm", "hpa.spec", ""}},
	"expose":    {{"pod web", "deploy api", "deploy/api", "svc web", "cm map", "deploy/nothing", ""}},
	"kustomize": {{"kust", "folder", "nothing", ""}},
	"logs":      {{"web", "deploy/api", "nothing", "", "pod/web web", "svc/web", "job/once"}},
	"patch":     {objects}, "scale": {workloads}, "rollout history": {workloads}, "rollout pause": {workloads}, "rollout restart": {workloads},
	"rollout resume": {workloads}, "rollout undo": {workloads},
	"run":          {newNames, {"", "", "-- sleep 1d", "sleep 1d"}},
	"set env":      {workloads, {"A=1", "A-", "", "bad", "A=1 B=2"}},
	"set image":    {workloads, {"api=nginx:2", "*=nginx:3", "web=busybox", "x=y", "bad", ""}},
	"set selector": {{"svc web", "svc/web", "deploy api", ""}, {"a=b", "a in (b)", "bad", ""}}, "set resources": {workloads},
	"set serviceaccount": {workloads, {"robot", ""}}, "set subject": {{"rolebinding rb", "rolebinding/rb", "clusterrolebinding nothing", "role r", ""}},
	"taint":    {{"node", "nodes", "pods"}, nodeNames, {"a=b:NoSchedule", "a-", "a:NoExecute", "bad", "a=b:Nonsense", "a=b:NoSchedule-", ""}},
	"top node": {nodeNames}, "top pod": {{"", "web", "nothing"}},
	"apply view-last-applied": {objects},
}

// values are what flags may be given, by their names.
var values = map[string][]string{
	"output": {
		"json", "yaml", "kyaml", "name", "wide", "jsonpath={.metadata.name}", "jsonpath={.items[*].metadata.name}", "jsonpath={..image}",
		"jsonpath-as-json={.metadata}", "go-template={{.kind}}", "go-template={{range .items}}{{.metadata.name}} {{end}}", "nonsense", "",
		"custom-columns=A:.metadata.name,B:.kind", "custom-columns=A", "jsonpath", "go-template", "jsonpath={", "go-template={{", "JSON",
		"custom-columns-file=columns.txt", "jsonpath-file=path.txt", "go-template-file=template.txt", "template", "plaintext", "plaintext-openapiv2",
	},
	"template":       {"{{.kind}}", "{{", "{.kind}", "template.txt", ""},
	"selector":       {"app=web", "app!=web", "app", "!app", "app in (web,api)", "bad=a=b", "a in", "app=nothing", ""},
	"field-selector": {"metadata.name=web", "status.phase=Running", "nonsense=1", "metadata.name!=web", "bad", ""},
	"namespace":      {"default", "kube-system", "nothing", ""},
	"as":             {"jane", "system:serviceaccount:default:default", ""}, "as-group": {"devs", "system:masters"}, "as-uid": {"1"}, "as-user-extra": {"a=b", "bad"},
	"context": {"twin", "nothing"}, "cluster": {"twin", "nothing"}, "user": {"admin", "nothing"}, "kubeconfig": {".kube/config", "nothing.kubeconfig", "objects.yaml"},
	"token":     {"abc"},
	"filename":  {"objects.yaml", "objects.yaml", "new.yaml", "new.yaml", "map.yaml", "map.yaml", "folder", "broken.yaml", "nothing.yaml", "-", "invalid.yaml", "*.yaml", "deployment.yaml"},
	"kustomize": {"kust", "folder", "nothing"},
	"dry-run":   {"client", "client", "server", "server", "none", "nonsense", ""},
	"validate":  {"strict", "warn", "ignore", "true", "false", "nonsense"}, "field-manager": {"me", ""},
	"sort-by": {".metadata.name", "{.metadata.name}", ".nothing", ".spec.replicas", "cpu", "name", "kind", "{", ""}, "label-columns": {"app", "app,tier", ""},
	"subresource": {"status", "scale", "nonsense", "log"}, "container": {"web", "api", "nothing"}, "containers": {"*", "api", "nothing"},
	"chunk-size": {"0", "1", "-1", "x"}, "resource-version": {"1", "x", ""}, "current-replicas": {"1", "2", "-1", "x"}, "replicas": {"0", "1", "2", "-1", "x"},
	"patch": {`{"metadata":{"labels":{"p":"1"}}}`, `{"spec":{"replicas":1}}`, `metadata: {labels: {y: "1"}}`, "{", "[]", `[{"op":"add","path":"/metadata/labels/x","value":"y"}]`, ""},
	"type":  {"merge", "json", "strategic", "NodePort", "ClusterIP", "LoadBalancer", "ExternalName", "Opaque", "kubernetes.io/tls", "x"}, "patch-file": {"patch.yaml", "nothing.yaml"},
	"image": {"nginx", "busybox:1", "bad image", "", "nginx,redis"}, "port": {"80", "0", "99999", "x", "80,443"}, "target-port": {"80", "http", "x y", "0"},
	"protocol": {"TCP", "UDP", "x"}, "cluster-ip": {"None", "1.2.3.4", "x", ""}, "clusterip": {"None", "1.2.3.4", "x"}, "external-ip": {"1.2.3.4", "x"},
	"session-affinity": {"ClientIP", "None", "x"}, "load-balancer-ip": {"1.2.3.4", "x"}, "name": {"e1", "Bad", "web"}, "overrides": {`{"metadata":{"labels":{"o":"1"}}}`, "{", "{}", `{"spec":{"x":1}}`},
	"override-type": {"merge", "json", "strategic", "x"}, "labels": {"a=b", "a=b,c=d", "bad", ""}, "annotations": {"a=b", "bad"},
	"limits": {"cpu=1", "cpu=1,memory=1Gi", "cpu=x", "bad", "cpu=0"}, "requests": {"cpu=1", "memory=1Mi", "cpu=5"}, "from": {"configmap/map", "secret/key", "cm/nothing", "cronjob/tick", "bad"},
	"keys": {"b-c", "nothing"}, "prefix": {"P_", "true", ""}, "max": {"3", "0", "-1", "x"}, "min": {"1", "5", "x"}, "cpu": {"50%", "100m", "x"}, "memory": {"1Gi", "50%", "x"}, "cpu-percent": {"50", "-1", "x"},
	"verb": {"get", "list,watch", "*", "nonsense"}, "resource": {"pods", "deployments.apps", "pods/log", "nonsense", "*", "nodes"}, "resource-name": {"a", "b"},
	"non-resource-url": {"/logs", "/x/*", "bad"}, "aggregation-rule": {"a=b", "bad"}, "group": {"devs"}, "serviceaccount": {"default:x", "bad", "a:b:c"},
	"role": {"r", "nothing"}, "clusterrole": {"view", "nothing"}, "hard": {"pods=1", "cpu=1,memory=1Gi", "x", "pods=x"}, "scopes": {"BestEffort", "Nonsense"},
	"from-literal": {"a=b", "a", "=b", "c=d"}, "from-file": {"map.yaml", "k=map.yaml", "folder", "nothing", "a=b=c"}, "from-env-file": {"env.txt", "map.yaml", "nothing"},
	"cert": {"map.yaml", "nothing"}, "key": {"map.yaml", "nothing"}, "docker-username": {"me"}, "docker-password": {"pass"}, "docker-server": {"r.example"}, "docker-email": {"me@example.com"},
	"tcp": {"80", "80:8080", "x", "0", "80:http", "443:444:445"}, "node-port": {"0", "30100", "80", "-1"}, "external-name": {"example.com", "bad name"},
	"rule": {"a.com/=s:80", "a.com/*=s:http,tls", "bad", "/=s:80"}, "annotation": {"a=b", "bad"}, "class": {"nginx"}, "default-backend": {"s:80", "bad"},
	"min-available": {"1", "50%", "x"}, "max-unavailable": {"1", "50%", "x"}, "schedule": {"* * * * *", "bad"}, "restart": {"Never", "OnFailure", "Always", "x"}, "value": {"5", "x", "2000000000"},
	"preemption-policy": {"Never", "x"}, "description": {"text"}, "revision": {"0", "1", "9", "x"}, "to-revision": {"0", "1", "9"}, "since": {"1s", "1h", "x", "0"}, "since-time": {"2001-01-01T00:00:00Z", "x"},
	"tail": {"0", "1", "-1", "x"}, "limit-bytes": {"0", "5", "-1"}, "max-log-requests": {"0", "1"}, "api-version": {"v1", "apps/v1", "nonsense", "a/b/c"}, "api-group": {"apps", "", "nonsense"}, "verbs": {"list", "get,watch", "nonsense"},
	"categories": {"all", "nonsense"}, "for": {"pod/web", "deploy/api", "web", "nonsense/x"}, "types": {"Normal", "Warning", "Nonsense", "Normal,Warning"}, "cascade": {"background", "orphan", "foreground", "x", "true"},
	"timeout": {"0s", "1s", "x"}, "pod-running-timeout": {"1s", "0s", "x"}, "image-pull-policy": {"Always", "x"}, "prune-allowlist": {"core/v1/ConfigMap", "x"},
	"load-restrictor": {"LoadRestrictionsNone", "x"}, "reorder": {"none", "legacy"}, "max-depth": {"0", "1"}, "concurrency": {"1", "0"},
	"exec-command": {"x"}, "exec-api-version": {"client.authentication.k8s.io/v1", "x"}, "exec-interactive-mode": {"Never", "x"}, "auth-provider": {"oidc", "x"}, "auth-provider-arg": {"a=b", "bad", "a-"}, "exec-env": {"A=1", "A-", "bad"},
	"client-certificate": {"map.yaml", "nothing"}, "client-key": {"map.yaml", "nothing"}, "certificate-authority": {"map.yaml", "nothing"}, "server": {"https://x.example"}, "proxy-url": {"http://p.example", "x"},
	"username": {"me"}, "password": {"pass"}, "minify": {"true", "false"},
}
