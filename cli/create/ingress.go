package create

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubejig/kubejig/cli/factory"
)

type ingress struct {
	class, defaultBackend string
	rules, annotations    []string
}

func newIngress(f *factory.Factory) *cobra.Command {
	o := &ingress{}
	g := &generator{
		resource: networkingv1.SchemeGroupVersion.WithResource("ingresses"),
		failed:   "failed to create ingress: %v",
		make:     o.make,
	}
	cmd := g.command(f, &cobra.Command{
		Use:     "ingress NAME --rule=host/path=service:port[,tls[=secret]] ",
		Aliases: []string{"ing"},
		Short:   "Create an ingress with the specified name",
	})
	cmd.Flags().StringVar(&o.class, "class", "", "Ingress class.")
	cmd.Flags().StringArrayVar(&o.rules, "rule", nil, "Rule, as HOST/PATH=SERVICE:PORT[,tls[=SECRET]]; a path that ends in * is a prefix. May be given several times.")
	cmd.Flags().StringVar(&o.defaultBackend, "default-backend", "", "Service for what no rule fits, as SERVICE:PORT.")
	cmd.Flags().StringArrayVar(&o.annotations, "annotation", nil, "Annotation of the ingress, as KEY=VALUE; may be given several times.")
	return cmd
}

func (o *ingress) make(in input) (runtime.Object, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	annotations := map[string]string{}
	for _, annotation := range o.annotations {
		key, value, _ := strings.Cut(annotation, "=")
		annotations[key] = value
	}
	made := &networkingv1.Ingress{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "Ingress"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name, Namespace: in.ownNamespace, Annotations: annotations},
		Spec:       networkingv1.IngressSpec{TLS: o.tls(), Rules: o.makeRules()},
	}
	if o.class != "" {
		made.Spec.IngressClassName = &o.class
	}
	if o.defaultBackend != "" {
		backend := ingressBackend(o.defaultBackend)
		made.Spec.DefaultBackend = &backend
	}
	return made, nil
}

func (o *ingress) validate() error {
	if o.defaultBackend == "" && len(o.rules) == 0 {
		return fmt.Errorf("not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)")
	}
	form := regexp.MustCompile(`^[\w*\-.]*/.*=[\w\-]+:[\w\-]+(,tls=?([\w\-]+)?)?`)
	for _, rule := range o.rules {
		if !form.MatchString(rule) {
			return fmt.Errorf("rule %s is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]", rule)
		}
	}
	for _, annotation := range o.annotations {
		if !strings.Contains(annotation, "=") {
			return fmt.Errorf("annotation %s is invalid and should be in format key=[value]", annotation)
		}
	}
	if o.defaultBackend != "" && strings.Count(o.defaultBackend, ":") != 1 {
		return fmt.Errorf("default-backend should be in format servicename:serviceport")
	}
	return nil
}

// makeRules gathers the paths of each host, in the order of the flags.
func (o *ingress) makeRules() []networkingv1.IngressRule {
	made := []networkingv1.IngressRule{}
	for _, rule := range o.rules {
		spec, _, _ := strings.Cut(rule, ",")
		host, rest, _ := strings.Cut(spec, "/")
		path := ingressPath(rest)
		if at := slices.IndexFunc(made, func(r networkingv1.IngressRule) bool { return r.Host == host }); at >= 0 {
			made[at].HTTP.Paths = append(made[at].HTTP.Paths, path)
			continue
		}
		made = append(made, networkingv1.IngressRule{
			Host: host,
			IngressRuleValue: networkingv1.IngressRuleValue{
				HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{path}},
			},
		})
	}
	return made
}

// ingressPath reads PATH=SERVICE:PORT, the path without its first slash.
func ingressPath(spec string) networkingv1.HTTPIngressPath {
	parts := strings.Split(spec, "=")
	path, kind := "/"+parts[0], networkingv1.PathTypeExact
	if strings.HasSuffix(path, "*") {
		path, kind = strings.TrimSuffix(path, "*"), networkingv1.PathTypePrefix
	}
	return networkingv1.HTTPIngressPath{Path: path, PathType: &kind, Backend: ingressBackend(parts[1])}
}

func ingressBackend(spec string) networkingv1.IngressBackend {
	name, rest, _ := strings.Cut(spec, ":")
	rest, _, _ = strings.Cut(rest, ":")
	backend := &networkingv1.IngressServiceBackend{Name: name}
	if port := intstr.Parse(rest); port.Type == intstr.Int {
		backend.Port.Number = port.IntVal
	} else {
		backend.Port.Name = port.StrVal
	}
	return networkingv1.IngressBackend{Service: backend}
}

// tls gathers the hosts of each secret. Only the first secret of a host
// counts.
func (o *ingress) tls() []networkingv1.IngressTLS {
	made := []networkingv1.IngressTLS{}
	seen := map[string]bool{}
	for _, rule := range o.rules {
		parts := strings.Split(rule, ",")
		host, _, _ := strings.Cut(rule, "/")
		if len(parts) != 2 || seen[host] {
			continue
		}
		seen[host] = true
		_, secret, _ := strings.Cut(parts[1], "=")
		if at := slices.IndexFunc(made, func(t networkingv1.IngressTLS) bool { return t.SecretName == secret }); at >= 0 {
			made[at].Hosts = append(made[at].Hosts, host)
			continue
		}
		if host == "" && secret == "" {
			continue
		}
		entry := networkingv1.IngressTLS{SecretName: secret}
		if host != "" {
			entry.Hosts = []string{host}
		}
		made = append(made, entry)
	}
	return made
}
