package compat

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// Generator makes random command lines out of words that have a meaning: the
// same ones for the same seed. What they say together need not make sense.
type Generator struct{ random *rand.Rand }

// NewGenerator returns a generator for a seed.
func NewGenerator(seed uint64) *Generator {
	return &Generator{rand.New(rand.NewPCG(seed, seed))}
}

// form is a kind of command line: its words, each one of several, and flags
// that it may have.
type form struct {
	words [][]string
	flags []string
}

var (
	kinds = []string{"pods", "po", "pod", "deploy", "deployments.apps", "svc", "cm", "nodes", "ns", "rs", "secrets", "events", "all", "nonsense", "pods,svc", "sts", "job"}
	names = []string{"", "", "web", "api", "map", "nothing", "web api"}

	selections = []string{
		"-l app=web", "-l app!=web", "-l app", "-l '!app'", "-l 'app in (web,api)'", "-l bad=a=b", "-n default", "-n kube-system", "-n nothing",
		"-A", "--field-selector metadata.name=web", "--field-selector status.phase=Running", "--field-selector nonsense=1",
		"--all", "--chunk-size=1", "--ignore-not-found", "--show-kind", "--nonsense", "-z",
	}
	outputs = []string{
		"-o json", "-o yaml", "-o kyaml", "-o name", "-o wide", "-o jsonpath={.metadata.name}", "-o jsonpath='{.items[*].metadata.name}'",
		"-o jsonpath={..image}", "-o go-template='{{.kind}}'", "-o custom-columns=A:.metadata.name,B:.kind", "-o nonsense", "-o", "--no-headers",
		"--show-labels", "-L app", "--sort-by=.metadata.name", "--sort-by=.nothing", "--show-managed-fields", "--server-print=false",
		"--template='{{.kind}}'", "--output=json", "--subresource=status", "--subresource=scale",
	}
	dry  = []string{"--dry-run=client", "--dry-run=server", "--dry-run=nonsense", "-o yaml", "-o name", "-o json", "--field-manager=me"}
	sets = []string{"a=b", "a-", "app=web", "bad", "=x", "a=b c=d", "'k!=v'", "example.com/x=1"}
)

// forms are the command lines that are made. Those that take away what others
// need are not among them.
func forms() []form {
	return []form{
		{[][]string{{"get"}, kinds, names}, slices.Concat(selections, outputs)},
		{[][]string{{"get"}, kinds, names}, slices.Concat(selections, outputs)},
		{[][]string{{"describe"}, kinds, names}, slices.Concat(selections, []string{"--show-events=false", "-o yaml"})},
		{[][]string{{"label", "annotate"}, kinds, names, sets}, slices.Concat(selections, dry, []string{"--overwrite", "--list", "--local", "--resource-version=1"})},
		{[][]string{{"scale"}, kinds, names, {"--replicas=1", "--replicas=2", "--replicas=x", ""}}, slices.Concat(selections, dry, []string{"--current-replicas=1"})},
		{[][]string{{"patch"}, kinds, names, {`-p '{"metadata":{"labels":{"p":"1"}}}'`, `-p '{"spec":{"replicas":1}}'`, "-p '{'", ""}}, slices.Concat(dry, []string{"--type=merge", "--type=json", "--type=x", "--subresource=status"})},
		{[][]string{{"delete"}, kinds, names}, slices.Concat(selections, []string{"--dry-run=client", "--dry-run=server"})},
		{[][]string{{"expose"}, kinds, names, {"--port=80", "--port=x", ""}}, slices.Concat(dry, []string{"--name=e1", "--type=NodePort", "--target-port=http", "--cluster-ip=None"})},
		{[][]string{{"create"}, {"cm", "secret generic", "ns", "sa", "deployment", "job", "quota", "role", "service clusterip", "ingress", "pdb"}, {"n1", "n2", "Bad", ""}}, slices.Concat(dry, []string{
			"--from-literal=a=b", "--image=nginx", "--tcp=80", "--replicas=2", "--verb=get", "--resource=pods", "--hard=pods=1", "--rule=a.com/=s:80", "--selector=a=b", "--min-available=1", "--save-config",
		})},
		{[][]string{{"set image", "set env", "set resources", "set selector", "set serviceaccount"}, kinds, names, {"api=nginx:2", "A=1", "--limits=cpu=1", "a=b", "robot"}}, slices.Concat(dry, selections)},
		{[][]string{{"rollout history", "rollout status --watch=false", "rollout pause", "rollout resume"}, kinds, names}, slices.Concat(selections, []string{"--revision=1"})},
		{[][]string{{"auth can-i"}, {"get", "list", "delete", "nonsense", "'*'"}, kinds, names}, []string{"-A", "-q", "--list", "--subresource=log", "-n default"}},
		{[][]string{{"api-resources"}}, []string{"-o wide", "-o name", "--namespaced=false", "--api-group=apps", "--verbs=list", "--sort-by=kind", "--no-headers", "--nonsense"}},
		{[][]string{{"config view", "config get-contexts", "config current-context", "config set-context x", "config use-context x"}}, []string{"--minify", "--raw", "-o json", "-o name", "--flatten", "--namespace=n", "--current"}},
		{[][]string{{"run"}, {"r1", "r2", "Bad", ""}, {"--image=nginx", "--image=", ""}}, slices.Concat(dry, []string{"--port=80", "--env=A=1", "--labels=a=b", "--restart=Never", "--expose", "-- sleep 1d"})},
		{[][]string{{"cordon", "uncordon", "taint node"}, {"node-1", "nothing", ""}, {"", "a=b:NoSchedule", "a-"}}, dry},
		{[][]string{{"logs", "exec", "attach"}, {"web", "nothing", "deploy/api", ""}}, []string{"--tail=1", "-c nothing", "--previous", "-- true", "--prefix"}},
	}
}

// Next makes a command line, as a step of a script.
func (g *Generator) Next() Step {
	all := forms()
	form := all[g.random.IntN(len(all))]
	words := []string{"kubectl"}
	for _, choice := range form.words {
		words = append(words, choice[g.random.IntN(len(choice))])
	}
	for range g.random.IntN(4) {
		words = append(words, form.flags[g.random.IntN(len(form.flags))])
	}
	text := strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
	return Step{Text: text, Verb: "kubectl", Words: strings.TrimPrefix(text, "kubectl ")}
}

// series is a number of steps.
func (g *Generator) series(n int) []Step {
	steps := make([]Step, n)
	for i := range steps {
		steps[i] = g.Next()
	}
	return steps
}
