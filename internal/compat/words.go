package compat

import (
	"slices"
	"strings"
)

// Commands and flags that are not generated: they wait for time to pass, which
// it does not, or for their user, change what is outside the twins, list what
// is in a map as it comes, or tell of themselves. A flag may be that
// of one command.
var (
	leftOut = []string{
		"apply edit-last-applied", "proxy", "port-forward", "attach", "cluster-info dump",
		"completion bash", "completion zsh", "completion fish", "completion powershell", "plugin list", "create token",
	}
	leftOutFlags = []string{
		"watch", "watch-only", "follow", "stdin", "tty", "attach", "rm", "leave-stdin-open", "wait", "windows-line-endings",
		"apply force", "replace force", "run force", "create force", "wait timeout", "drain dry-run",
		"list", "kustomize env", "helm-command", "enable-helm", "network", "mount", "output-directory", "kuberc set kuberc",
	}
	leftOutGlobals = []string{"v", "vmodule", "log-flush-frequency", "profile", "profile-output", "cache-dir", "help", "match-server-version"}
)

// unordered are the commands whose lines come as it happens: the reference asks
// for several pods at a time.
var unordered = []string{"drain", "logs"}

// plugins are those that are on the PATH of random command lines.
var plugins = []string{"hello", "hello-world"}

// musts are flags without which a command would wait,
// or leave the others without their kubeconfig.
var musts = map[string]string{
	"delete": "--wait=false", "run": "--restart=Never", "wait": "--timeout=0s", "rollout status": "--watch=false", "drain": "--dry-run=server",
	"config delete-cluster": ownConfig, "config delete-context": ownConfig, "config delete-user": ownConfig, "config rename-context": ownConfig,
	"config set": ownConfig, "config set-cluster": ownConfig, "config set-context": ownConfig, "config set-credentials": ownConfig,
	"config unset": ownConfig, "config use-context": ownConfig, "kuberc set": "--kuberc=own.kuberc",
}

const ownConfig = "--kubeconfig=own.kubeconfig"

// anyKind stands in words for one of all kinds that there are.
const anyKind = "KIND"

// wrong says whether a word is one that careful users do not write.
func wrong(word string) bool {
	marked := slices.ContainsFunc([]string{"nonsense", "Nonsense", "nothing", "bad", "Bad", "broken", "invalid"}, func(mark string) bool {
		return strings.Contains(word, mark)
	})
	return marked || slices.Contains(wrongWords, word)
}

// wrongWords are wrong by themselves.
var wrongWords = []string{
	"x", "x=y", "=x", "k!=v", "a in", "-1", "-1s", "2", "maybe", "{", "{{", "{.kind}", "[]", "JSON", "jsonpath", "go-template", "custom-columns=A", "jsonpath={",
	"go-template={{", "template", "a=b=c", "a:b:c", "a/b/c", "99999", "x y", "A B", "cpu=x", "pods=x", "=b", "1.2.3.4.5",
}

// Words that have a meaning in the cluster in which random command lines run.
var (
	kinds = []string{
		"pods", "po", "pod", "deploy", "deployments.apps", "svc", "cm", "nodes", "ns", "rs", "secrets", "events", "all", "nonsense", "pods,svc",
		"sts", "job", "widgets", "crd", "role", "pvc", "ing", "deployments.v1.apps", "hpa", anyKind, anyKind,
	}
	names = []string{"", "", "web", "web", "api", "map", "nothing", "web api", "one", "key"}
	// targets are objects for commands that take many.
	targets = []string{
		"pods", "pod web", "deploy api", "all", "po,svc", "pods,svc,cm", "pod/web svc/web", "cm map", "deploy/api sts/db ds/agent", "widgets", "wd one",
		"widgets.v1.example.com one", "crd widgets.example.com", "nodes", "node node-1", "secret key", "hpa", "ing", "pv,pvc,sc", "netpol", "quota,limits", "pdb",
		"role,rolebinding", "clusterrole view", "sa default", "ep web", "endpointslices", "cj,job", "events", "ns default", "csr", "lease -n kube-node-lease",
		"pc", "ingressclass", "apiservices", anyKind, anyKind, anyKind + "," + anyKind, anyKind + " -A", "-f objects.yaml", "-f many -R", "-f many", "-k kust", "-f -",
		"-f list.json", "pod -l app=web", "all -l app=api", "pods --all-namespaces", "pod/nothing", "nonsense", "pod web nothing", "pods/web/log-nonsense", "pod/", "pods web svc map", "web-nothing", "",
	}
	// sources are files of objects.
	sources = []string{
		"-f new.yaml", "-f map.yaml", "-f objects.yaml", "-f deployment.yaml", "-f folder", "-f many", "-f many -R", "-f new.yaml -f map.yaml", "-f new.yaml,map.yaml", "-f -", "-k kust",
		"-k kust/overlay", "-f http://files.example/new.yaml", "-f many/*.yaml", "-f list.json", "-f *.yaml-nothing", "-f broken.yaml", "-f nothing.yaml", "-f invalid.yaml", "-f text.yaml-nothing",
		"-k nothing", "-f map.yaml -k kust-nothing", "bad -f map.yaml", "",
	}
	objects = []string{
		"pod web", "deploy api", "deploy/api", "pod/web", "svc/web", "cm map", "widget one", "node node-1", "secret key", "pods --all", "pod/web svc/web cm/map", "pods,svc -l app=web",
		"-f objects.yaml", "-f many -R", "-k kust", "ing web", "hpa api", "pvc disk", "cj tick", "deploy/nothing", "nodes", "deploy", "",
	}
	workloads = []string{
		"deploy api", "deploy/api", "sts/db", "ds/agent", "rs", "job/once", "cj/tick", "deploy/api sts/db", "-f deployment.yaml", "deploy --all-nothing", "pod web", "cm map", "deploy/nothing", "deploy", "",
	}
	pairs     = []string{"a=b", "a-", "app=web", "bad", "=x", "a=b c=d", "k!=v", "example.com/x=1", "app-", ""}
	newNames  = []string{"n1", "n2", "n3", "web", "map", "n1 n2", "Bad", ""}
	nodeNames = []string{"node-1", "node-2", "node-1 node-2", "nothing", ""}
)

// arguments are those of commands whose are not a kind and a name: one of each.
var arguments = map[string][][]string{
	"annotate": {objects, pairs}, "label": {objects, pairs},
	"api-resources": {}, "api-versions": {}, "version": {}, "options": {}, "cluster-info": {}, "auth whoami": {}, "config view": {},
	"config current-context": {}, "config get-clusters": {}, "config get-users": {},
	"apply": {sources}, "create": {sources}, "replace": {sources}, "diff": {sources}, "auth reconcile": {{"-f rbac.yaml", "-f many -R", "-k kust", "-f map.yaml", "-f nothing", ""}},
	"apply set-last-applied": {sources}, "get": {targets}, "describe": {targets}, "delete": {targets}, "edit": {objects},
	"wait": {targets, {
		"--for=condition=Ready", "--for=delete", "--for=create", "--for=jsonpath={.status.phase}=Running", "--for=condition=Available", "--for=condition=Ready=false",
		"--for=create --for=condition=Ready", "--for=jsonpath={.metadata.name}", "--for=bad", "",
	}},
	"debug": {{"web", "pod/web", "node/node-1", "pod/db-0", "deploy/api", "nothing", ""}, {
		"--image=busybox", "--image=busybox --copy-to=copy", "--image=busybox --target=web", "--copy-to=copy2 --set-image=*=nginx:2", "--image=busybox -- sleep 1d", "bad", "",
	}},
	"cp": {{
		"map.yaml web:/tmp/x", "folder web:/tmp", "web:/etc/hostname got.txt", "web:/etc got", "default/web:/etc/hostname got2", "map.yaml web:/tmp/x -c web", "nothing web:/tmp", "nothing:/a b", "bad b",
		"web:/x-nothing web:/y", "map.yaml", "",
	}},
	"drain": {nodeNames, {"--ignore-daemonsets --force --delete-emptydir-data", "--ignore-daemonsets --force", ""}}, "rollout status": {workloads},
	"kuberc set": {{
		"--section=defaults --command=get --option=output=wide", "--section=aliases --name=getn --command=get --prependarg=nodes", "--section=credentialplugin --policy=DenyAll",
		"--section=aliases --name=two --command=get --appendarg=pods --option=output=name", "--section=nonsense", "--section=defaults", "",
	}},
	"kuberc view": {}, "hello": {{"", "a b", "--flag=x", "world", "-n default"}}, "hello-world": {{"", "-h"}},
	"auth can-i":            {{"get", "list", "delete", "nonsense", "*", ""}, kinds, names},
	"autoscale":             {workloads, {"--max=3", "--min=2 --max=5 --cpu=50%", ""}},
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
	"create clusterrole":        {newNames, {"--verb=get --resource=pods", "--verb=list,watch --resource=" + anyKind, "--verb=get --non-resource-url=/logs", "--aggregation-rule=a=b", ""}},
	"create clusterrolebinding": {newNames, {"--clusterrole=view --user=jane", "--clusterrole=view --group=devs --serviceaccount=default:x", ""}}, "create configmap": {newNames},
	"create cronjob":    {newNames, {`--image=busybox --schedule=@hourly`, "--image=busybox --schedule=bad", ""}},
	"create deployment": {newNames, {"--image=nginx", "--image=nginx --image=redis", "--image=nginx --replicas=2", ""}},
	"create ingress":    {newNames, {"--rule=a.com/=s:80", "--default-backend=s:80", ""}}, "create job": {newNames, {"--image=busybox", "--from=cronjob/tick", "--image=busybox -- date", ""}},
	"create namespace": {newNames}, "create poddisruptionbudget": {newNames, {"--selector=app=web --min-available=1", "--selector=app=web --max-unavailable=50%", ""}},
	"create priorityclass": {newNames, {"--value=5", ""}}, "create quota": {newNames}, "create role": {newNames, {"--verb=get --resource=pods", "--verb=* --resource=" + anyKind, ""}},
	"create rolebinding":            {newNames, {"--clusterrole=view --user=jane", "--role=r --serviceaccount=default:x", ""}},
	"create secret docker-registry": {newNames, {"--docker-username=me --docker-password=pass", "--from-file=.dockerconfigjson=list.json", ""}}, "create secret generic": {newNames},
	"create secret tls":        {newNames, {"--cert=tls.crt --key=tls.key", "--cert=map.yaml --key=map.yaml", ""}},
	"create service clusterip": {newNames, {"--tcp=80", "--tcp=80:8080", "--clusterip=None", ""}}, "create service externalname": {newNames, {"--external-name=example.com", ""}},
	"create service loadbalancer": {newNames, {"--tcp=80", ""}},
	"create service nodeport":     {newNames, {"--tcp=80", "--tcp=80:http --node-port=30100", ""}}, "create serviceaccount": {newNames},
	"events":    {},
	"exec":      {{"web", "pod/web", "deploy/api", "nothing", ""}, {"-- echo a", "-- false", "ls", "-- nonsense", ""}},
	"explain":   {{"pods", "deploy.spec", "svc.spec.ports", "widgets.spec", anyKind, anyKind + ".spec", anyKind + ".metadata", "nonsense", "pods.spec.nonsense", "cm", "hpa.spec", ""}},
	"expose":    {{"pod web", "deploy api", "deploy/api", "svc web", "-f deployment.yaml", "sts db", "cm map", "deploy/nothing", ""}, {"--port=80 --name=e1", "--name=e2", ""}},
	"kustomize": {{"kust", "kust/overlay", "folder", "nothing", ""}},
	"logs":      {{"web", "deploy/api", "nothing", "", "pod/web web", "svc/web", "job/once"}},
	"patch":     {objects, {`-p {"metadata":{"labels":{"p":"1"}}}`, "--patch-file=patch.yaml", ""}}, "scale": {workloads, {"--replicas=2", "--replicas=0", ""}}, "rollout history": {workloads}, "rollout pause": {workloads}, "rollout restart": {workloads},
	"rollout resume": {workloads}, "rollout undo": {workloads},
	"run":          {newNames, {"--image=nginx", "--image=nginx --port=80", ""}, {"", "", "-- sleep 1d", "sleep 1d"}},
	"set env":      {workloads, {"A=1", "A-", "", "bad", "A=1 B=2"}},
	"set image":    {workloads, {"api=nginx:2", "*=nginx:3", "web=busybox", "x=y", "bad", ""}},
	"set selector": {{"svc web", "svc/web", "deploy api", ""}, {"a=b", "a in (b)", "bad", ""}}, "set resources": {workloads, {"--limits=cpu=1", "--requests=memory=1Mi", ""}},
	"set serviceaccount": {workloads, {"robot", ""}}, "set subject": {{"rolebinding rb", "rolebinding/rb", "clusterrolebinding nothing", "role r-nothing", ""}, {"--user=jane", "--group=devs", ""}},
	"taint":    {{"node", "nodes", "pods"}, nodeNames, {"a=b:NoSchedule", "a-", "a:NoExecute", "bad", "a=b:Nonsense", "a=b:NoSchedule-", ""}},
	"top node": {nodeNames}, "top pod": {{"", "web", "nothing"}},
	"apply view-last-applied": {objects},
}
