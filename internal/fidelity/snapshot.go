package fidelity

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strings"

	"sigs.k8s.io/yaml"
)

// collections are what is compared of a namespace.
var collections = []string{
	"/api/v1/namespaces/%s/configmaps",
	"/api/v1/namespaces/%s/endpoints",
	"/api/v1/namespaces/%s/events",
	"/api/v1/namespaces/%s/persistentvolumeclaims",
	"/api/v1/namespaces/%s/pods",
	"/api/v1/namespaces/%s/replicationcontrollers",
	"/api/v1/namespaces/%s/resourcequotas",
	"/api/v1/namespaces/%s/secrets",
	"/api/v1/namespaces/%s/serviceaccounts",
	"/api/v1/namespaces/%s/services",
	"/apis/apps/v1/namespaces/%s/controllerrevisions",
	"/apis/apps/v1/namespaces/%s/daemonsets",
	"/apis/apps/v1/namespaces/%s/deployments",
	"/apis/apps/v1/namespaces/%s/replicasets",
	"/apis/apps/v1/namespaces/%s/statefulsets",
	"/apis/autoscaling/v2/namespaces/%s/horizontalpodautoscalers",
	"/apis/batch/v1/namespaces/%s/cronjobs",
	"/apis/batch/v1/namespaces/%s/jobs",
	"/apis/discovery.k8s.io/v1/namespaces/%s/endpointslices",
	"/apis/policy/v1/namespaces/%s/poddisruptionbudgets",
}

// Snapshot is all that a scenario has made, as texts to compare: by what they
// are called, and several where chance has named them.
type Snapshot map[string][]string

// snapshot reads everything. Objects that are alike but for their generated
// names are told apart by nothing but their content.
func (p *player) snapshot(ctx context.Context) (Snapshot, error) {
	objects := map[string][]map[string]any{}
	for _, c := range collections {
		path := fmt.Sprintf(c, p.scenario.Name)
		answer := p.server.Do(ctx, Request{Method: http.MethodGet, Path: path})
		var list struct{ Items []map[string]any }
		if err := json.Unmarshal(answer.Body, &list); err != nil || answer.Code != http.StatusOK {
			return nil, fmt.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
		resource := path[strings.LastIndexByte(path, '/')+1:]
		for _, item := range list.Items {
			title := resource + "/" + titleOf(resource, item)
			objects[title] = append(objects[title], item)
		}
	}
	for _, path := range append(p.made, "/api/v1/namespaces/"+p.scenario.Name) {
		answer := p.server.Do(ctx, Request{Method: http.MethodGet, Path: path})
		var item map[string]any
		if err := json.Unmarshal(answer.Body, &item); err != nil {
			return nil, fmt.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
		objects[path] = append(objects[path], item)
	}
	return p.normal(objects), nil
}

// titleOf is what an object is found by in a snapshot.
func titleOf(resource string, object map[string]any) string {
	if resource == "events" {
		about, _ := object["involvedObject"].(map[string]any)
		return generated.ReplaceAllString(fmt.Sprintf("%v/%v %v", about["kind"], about["name"], object["reason"]), "-XXXXX")
	}
	return generated.ReplaceAllString(nameOf(object), "-XXXXX")
}

// normal makes texts of objects, without what chance or the clock has had a
// part in.
func (p *player) normal(objects map[string][]map[string]any) Snapshot {
	identities := map[string]string{}
	for _, title := range slices.Sorted(maps.Keys(objects)) {
		for _, o := range objects[title] {
			if uid, ok := metadataOf(o)["uid"].(string); ok {
				identities[uid] = "UID of " + title
			}
		}
	}
	snapshot := Snapshot{}
	for title, group := range objects {
		var texts []string
		for _, o := range group {
			if !fleeting[reasonOf(o)] {
				texts = append(texts, text(o, identities))
			}
		}
		sort.Strings(texts)
		if recurring[reasonOf(group[0])] {
			texts = slices.Compact(texts)
		}
		snapshot[title] = texts
	}
	return snapshot
}

// generated is the end of a name that the server has made up: five of those
// letters and figures that make no words, or the minute of a CronJob's time.
var generated = regexp.MustCompile(`-([bcdfghjklmnpqrstvwxz2456789]{5}|[0-9]{8})\b`)

// fickle is what differs from run to run, and what stands for it.
var fickle = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{generated, "-XXXXX"},
	{regexp.MustCompile(`(?s)-----BEGIN CERTIFICATE-----.*-----END CERTIFICATE-----`), "CERTIFICATES"},
	{regexp.MustCompile(`\b(ca\.crt|certificate): LS0tLS1CRUdJTi[A-Za-z0-9+/=]*`), "${1}: CERTIFICATES"},
	{regexp.MustCompile(`token: ZXlK[A-Za-z0-9+/=]*`), "token: JWT"},
	{regexp.MustCompile(`\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]*Z`), "TIME"},
	{regexp.MustCompile(`\b10\.(?:9[6-9]|10[0-9]|11[01])\.[0-9]{1,3}\.[0-9]{1,3}\b`), "SERVICE-IP"},
	{regexp.MustCompile(`\b10\.244\.[0-9]{1,3}\.[0-9]{1,3}\b`), "POD-IP"},
	{regexp.MustCompile(`\bshared-[1-3]\b`), "shared-N"},
	{regexp.MustCompile(`(controlled by more than one HPA \(e\.g\. \[)[^]]*`), "${1}TWO"},
	{regexp.MustCompile(`reportingInstance: default-scheduler.*`), "reportingInstance: default-scheduler-HOST"},
	{regexp.MustCompile(`nodePort: 3[0-2][0-9]{3}\b`), "nodePort: N"},
	{regexp.MustCompile(`resourceVersion: "[1-9][0-9]*"`), `resourceVersion: "N"`},
}

var uid = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)

// text is an object as YAML for comparing.
func text(object map[string]any, identities map[string]string) string {
	object = asOurs(object)
	if object["involvedObject"] != nil {
		withoutName(object)
		withoutCount(object)
	}
	withoutInstants(object)
	orderOwners(object)
	orderEndpoints(object)
	out, err := yaml.Marshal(object)
	if err != nil {
		panic(err) // it has been JSON a moment ago
	}
	s := string(out)
	for _, f := range fickle {
		s = f.pattern.ReplaceAllString(s, f.with)
	}
	return uid.ReplaceAllStringFunc(s, func(id string) string {
		return cmp.Or(identities[id], "UID")
	})
}

// withoutName takes from an event its name, which is an instant.
func withoutName(event map[string]any) {
	metadata := metadataOf(event)
	delete(metadata, "name")
	delete(metadata, "uid")
}

// orderOwners puts field owners, which are in order of time, in that of their
// names, with the fields of each on one line.
func orderOwners(object map[string]any) {
	owners, _ := metadataOf(object)["managedFields"].([]any)
	for _, o := range owners {
		owner := o.(map[string]any)
		if fields, err := json.Marshal(owner["fieldsV1"]); err == nil {
			owner["fieldsV1"] = string(fields)
		}
	}
	sortByText(owners)
}

// orderEndpoints puts the endpoints of a slice, or the addresses of Endpoints,
// in the order of their texts: a server has them in none.
func orderEndpoints(object map[string]any) {
	endpoints, _ := object["endpoints"].([]any)
	sortByText(endpoints)
	subsets, _ := object["subsets"].([]any)
	for _, s := range subsets {
		for _, addresses := range []string{"addresses", "notReadyAddresses"} {
			list, _ := s.(map[string]any)[addresses].([]any)
			sortByText(list)
		}
	}
	sortByText(subsets)
}

func sortByText(list []any) {
	texts := map[int][]byte{}
	order := make([]int, len(list))
	for i, item := range list {
		texts[i], _ = json.Marshal(item) // it has been JSON a moment ago
		for _, f := range fickle {
			texts[i] = f.pattern.ReplaceAll(texts[i], []byte(f.with))
		}
		texts[i] = uid.ReplaceAll(texts[i], []byte("UID"))
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return bytes.Compare(texts[order[i]], texts[order[j]]) < 0 })
	sorted := make([]any, len(list))
	for i, at := range order {
		sorted[i] = list[at]
	}
	copy(list, sorted)
}

// Differences are what differs between two snapshots, by title, in order.
func (s Snapshot) Differences(ours Snapshot) []string {
	titles := map[string]bool{}
	for title := range s {
		titles[title] = true
	}
	for title := range ours {
		titles[title] = true
	}
	var found []string
	for _, title := range slices.Sorted(maps.Keys(titles)) {
		theirs, own := document(s[title]), document(ours[title])
		if theirs != own {
			found = append(found, title+"\n"+Diff(theirs, own))
		}
	}
	return found
}

// document is a group of texts; what is repeated is counted.
func document(texts []string) string {
	var b strings.Builder
	for len(texts) > 0 {
		n := 1
		for n < len(texts) && texts[n] == texts[0] {
			n++
		}
		fmt.Fprintf(&b, "--- # %d\n%s", n, texts[0])
		texts = texts[n:]
	}
	return b.String()
}
