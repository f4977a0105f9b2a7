package fidelity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// player carries out the steps of a scenario on one server.
type player struct {
	server   Server
	mapper   meta.RESTMapper
	now      func() time.Time
	pass     func(time.Duration)
	scenario Scenario

	// made are the paths of what the scenario has made outside its namespace.
	made []string
	// pods counts those that have been given an address.
	pods int
}

// do carries out a step and tells what came of it, a line a request.
func (p *player) do(ctx context.Context, s Action) ([]string, error) {
	switch s.Verb {
	case "create":
		return p.create(ctx, p.scenario.files[s.Args[0]])
	case "patch":
		return p.patch(ctx, s.Args[0], "", s.Args[1])
	case "status":
		return p.patch(ctx, s.Args[0], "/status", s.Args[1])
	case "scale":
		return p.patch(ctx, s.Args[0], "/scale", `{"spec":{"replicas":`+s.Args[1]+`}}`)
	case "finalize":
		return p.patch(ctx, s.Args[0], "", `{"metadata":{"finalizers":null}}`)
	case "approve", "deny":
		return p.decide(ctx, s.Args[0], s.Verb)
	case "delete":
		return p.delete(ctx, s.Args)
	case "pods":
		return p.report(ctx, s.Args)
	case "label":
		return p.eachPod(ctx, s.Args[0], s.Args[1], staying, func(path string, _ map[string]any) []string {
			return p.mergePatch(ctx, path, s.Args[2])
		})
	case "evict":
		return p.evict(ctx, s.Args[0], s.Args[1])
	case "reap":
		return p.reap(ctx, s.Args)
	case "pass":
		long, err := time.ParseDuration(s.Args[0])
		p.pass(long)
		return nil, err
	}
	return nil, fmt.Errorf("unknown step %q", s.Verb)
}

// send is a request, and the line that tells of its answer.
func (p *player) send(ctx context.Context, method, path string, body []byte, header ...string) []string {
	answer := p.server.Do(ctx, Request{Method: method, Path: path, Body: body, Header: header})
	var status struct{ Kind, Message string }
	_ = json.Unmarshal(answer.Body, &status) // what is no JSON has no message
	line := fmt.Sprintf("%s %s: %d", method, path, answer.Code)
	if status.Kind == "Status" && status.Message != "" {
		line += " " + status.Message
	}
	return append([]string{line}, answer.Named("Content-Type", "Warning", "Retry-After")...)
}

// collection is the path of a kind's objects.
func collection(m *meta.RESTMapping, namespace string) string {
	path := "/apis/" + m.Resource.Group + "/" + m.Resource.Version
	if m.Resource.Group == "" {
		path = "/api/" + m.Resource.Version
	}
	if m.Scope.Name() == meta.RESTScopeNameNamespace {
		path += "/namespaces/" + namespace
	}
	return path + "/" + m.Resource.Resource
}

// path is where RESOURCE/NAME is.
func (p *player) path(reference string) (string, error) {
	resource, name, _ := strings.Cut(reference, "/")
	kind, err := p.mapper.KindFor(schema.GroupVersionResource{Resource: resource})
	if err != nil {
		return "", err
	}
	m, err := p.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return "", err
	}
	return collection(m, p.scenario.Name) + "/" + name, nil
}

func (p *player) create(ctx context.Context, text []byte) ([]string, error) {
	var said []string
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		var object map[string]any
		if err := yaml.Unmarshal(p.expand(ctx, document), &object); err != nil {
			return nil, err
		}
		gvk := schema.FromAPIVersionAndKind(object["apiVersion"].(string), object["kind"].(string))
		m, err := p.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		if err != nil {
			return nil, err
		}
		body, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		metadata := object["metadata"].(map[string]any)
		namespace, given := metadata["namespace"].(string)
		if !given {
			namespace = p.scenario.Name
		}
		path := collection(m, namespace)
		if m.Scope.Name() != meta.RESTScopeNameNamespace {
			p.made = append(p.made, fmt.Sprintf("%s/%v", path, metadata["name"]))
		}
		said = append(said, p.send(ctx, http.MethodPost, path, body)...)
	}
	return said, nil
}

// expand puts the namespace, the server's time, and the UIDs of objects at paths
// in their places.
func (p *player) expand(ctx context.Context, text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("$NAMESPACE"), []byte(p.scenario.Name))
	text = bytes.ReplaceAll(text, []byte("$NOW"), []byte(p.now().UTC().Format(time.RFC3339)))
	return identity.ReplaceAllFunc(text, func(place []byte) []byte {
		answer := p.server.Do(ctx, Request{Method: http.MethodGet, Path: string(identity.FindSubmatch(place)[1])})
		var object map[string]any
		_ = json.Unmarshal(answer.Body, &object) // what is no object has no UID
		return fmt.Append(nil, metadataOf(object)["uid"])
	})
}

var identity = regexp.MustCompile(`\$UID\(([^)]*)\)`)

func (p *player) patch(ctx context.Context, reference, subresource, patch string) ([]string, error) {
	path, err := p.path(reference)
	if err != nil {
		return nil, err
	}
	return p.mergePatch(ctx, path+subresource, patch), nil
}

func (p *player) mergePatch(ctx context.Context, path, patch string) []string {
	body, err := yaml.YAMLToJSON(p.expand(ctx, []byte(patch)))
	if err != nil {
		return []string{err.Error()}
	}
	return p.send(ctx, http.MethodPatch, path, body, "Content-Type: application/merge-patch+json")
}

func (p *player) decide(ctx context.Context, name, verb string) ([]string, error) {
	kind := map[string]string{"approve": "Approved", "deny": "Denied"}[verb]
	return p.patch(ctx, "certificatesigningrequests/"+name, "/approval", fmt.Sprintf(
		`{"status":{"conditions":[{"type":%q,"status":"True","reason":"Test","message":"as the scenario says","lastUpdateTime":"$NOW"}]}}`, kind))
}

func (p *player) delete(ctx context.Context, args []string) ([]string, error) {
	path, err := p.path(args[0])
	if err != nil {
		return nil, err
	}
	var body []byte
	if len(args) > 1 {
		body = fmt.Appendf(nil, `{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":%q}`, args[1])
	}
	return p.send(ctx, http.MethodDelete, path, body), nil
}

// podsOf lists pods by name.
func (p *player) podsOf(ctx context.Context, selector string) ([]map[string]any, error) {
	answer := p.server.Do(ctx, Request{
		Method: http.MethodGet, Path: p.podPath("") + "?labelSelector=" + selector,
	})
	var list struct{ Items []map[string]any }
	if err := json.Unmarshal(answer.Body, &list); err != nil {
		return nil, fmt.Errorf("%w: %s", err, answer.Body)
	}
	sort.Slice(list.Items, func(i, j int) bool { return nameOf(list.Items[i]) < nameOf(list.Items[j]) })
	return list.Items, nil
}

func (p *player) podPath(name string) string {
	return strings.TrimSuffix("/api/v1/namespaces/"+p.scenario.Name+"/pods/"+name, "/")
}

func staying(object map[string]any) bool { return !terminating(object) }

// eachPod does something to those of the selected pods that are meant.
func (p *player) eachPod(ctx context.Context, selector, which string, meant func(map[string]any) bool, do func(path string, pod map[string]any) []string) ([]string, error) {
	pods, err := p.podsOf(ctx, selector)
	if err != nil {
		return nil, err
	}
	most := len(pods)
	if which != "all" {
		if most, err = strconv.Atoi(which); err != nil {
			return nil, err
		}
	}
	var said []string
	done := 0
	for _, pod := range pods {
		if done < most && meant(pod) {
			done++
			said = append(said, do(p.podPath(nameOf(pod)), pod)...)
		}
	}
	return append(said, fmt.Sprintf("%d pods", done)), nil
}

func (p *player) evict(ctx context.Context, selector, which string) ([]string, error) {
	return p.eachPod(ctx, selector, which, staying, func(path string, pod map[string]any) []string {
		body := fmt.Appendf(nil, `{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":%q}}`, nameOf(pod))
		return p.send(ctx, http.MethodPost, path+"/eviction", body)
	})
}

func (p *player) reap(ctx context.Context, args []string) ([]string, error) {
	args = append(args, []string{"", "all"}[len(args):]...)
	return p.eachPod(ctx, args[0], args[1], terminating, func(path string, _ map[string]any) []string {
		return p.send(ctx, http.MethodDelete, path+"?gracePeriodSeconds=0", nil)
	})
}

func metadataOf(object map[string]any) map[string]any {
	metadata, _ := object["metadata"].(map[string]any)
	return metadata
}

func nameOf(object map[string]any) string {
	name, _ := metadataOf(object)["name"].(string)
	return name
}

func terminating(object map[string]any) bool { return metadataOf(object)["deletionTimestamp"] != nil }
