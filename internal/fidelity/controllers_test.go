package fidelity

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/restmapper"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/internal/known"
)

// TestControllers plays scenarios, several at a time, on a reference with three
// nodes, and each on a fake cluster of its own, and compares what the
// controllers make of them.
func TestControllers(t *testing.T) {
	c := newComparison(t, "controllers/")
	shared := readScenario(t, "testdata/shared.txtar")
	c.play(t, shared)
	for _, scenario := range readScenarios(t, "testdata/controllers/*.txtar") {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			c.play(t, shared, scenario)
		})
	}
}

// TestScheduler plays scenarios that bring their own nodes, one after the other.
func TestScheduler(t *testing.T) {
	c := newComparison(t, "scheduler/")
	for _, scenario := range readScenarios(t, "testdata/scheduler/*.txtar") {
		t.Run(scenario.Name, func(t *testing.T) { c.play(t, scenario) })
	}
}

// comparison is a reference to play scenarios on, and the differences that are
// known of them.
type comparison struct {
	reference Server
	prefix    string
	known     known.Differences
	// lock is for known: scenarios run side by side.
	lock *sync.Mutex
}

func newComparison(t *testing.T, prefix string) comparison {
	return comparison{reference: startReference(t, "AlwaysAllow").Server(), prefix: prefix, known: readKnown(t, prefix), lock: &sync.Mutex{}}
}

func readScenario(t *testing.T, path string) Scenario {
	s, err := ReadScenario(path)
	require.NoError(t, err)
	return s
}

func readScenarios(t *testing.T, pattern string) []Scenario {
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var scenarios []Scenario
	for _, file := range files {
		scenarios = append(scenarios, readScenario(t, file))
	}
	return scenarios
}

// duel is a scenario on two servers.
type duel struct {
	t            *testing.T
	cluster      *fakecluster.Cluster
	theirs, ours *player
	// name is what the names of known differences begin with.
	name string
	comparison
	// told are the differences that have been told of: they last.
	told map[string]bool
}

// play plays scenarios one after the other, the last on both servers, those
// before it, which the reference has seen, on a new fake cluster only.
func (c comparison) play(t *testing.T, scenarios ...Scenario) {
	cluster := newBareCluster(t, "AlwaysAllow")
	mapper := mapperOf(t, cluster)
	ours, err := Ours(cluster)
	require.NoError(t, err)
	last := len(scenarios) - 1
	for _, s := range scenarios[:last] {
		p := &player{server: ours, mapper: mapper, now: cluster.Now, pass: cluster.Advance, scenario: s}
		for _, step := range s.Steps {
			if step.Verb != "rest" {
				_, err := p.do(t.Context(), step)
				require.NoError(t, err)
			}
		}
	}
	d := &duel{
		t: t, cluster: cluster, told: map[string]bool{},
		name: c.prefix + scenarios[last].Name, comparison: c,
		theirs: &player{server: c.reference, mapper: mapper, now: time.Now, pass: time.Sleep, scenario: scenarios[last]},
		ours:   &player{server: ours, mapper: mapper, now: cluster.Now, pass: cluster.Advance, scenario: scenarios[last]},
	}
	d.play(scenarios[last])
}

// newBareCluster is a fake cluster that has what the reference has: no storage
// class.
func newBareCluster(t *testing.T, authorization string) *fakecluster.Cluster {
	cluster := newCluster(t, authorization)
	ours, err := Ours(cluster)
	require.NoError(t, err)
	answer := ours.Do(t.Context(), Request{Method: http.MethodDelete, Path: "/apis/storage.k8s.io/v1/storageclasses/standard"})
	require.Equal(t, http.StatusOK, answer.Code, "%s", answer.Body)
	return cluster
}

func mapperOf(t *testing.T, cluster *fakecluster.Cluster) meta.RESTMapper {
	client, err := discovery.NewDiscoveryClientForConfig(cluster.RESTConfig())
	require.NoError(t, err)
	groups, err := restmapper.GetAPIGroupResources(client)
	require.NoError(t, err)
	return restmapper.NewDiscoveryRESTMapper(groups)
}

func (d *duel) play(s Scenario) {
	namespace := fmt.Appendf(nil, `{"metadata":{"name":%q}}`, s.Name)
	for _, p := range []*player{d.theirs, d.ours} {
		answer := p.server.Do(d.t.Context(), Request{Method: http.MethodPost, Path: "/api/v1/namespaces", Body: namespace})
		require.Equal(d.t, http.StatusCreated, answer.Code, "%s", answer.Body)
	}
	d.rest(Action{Verb: "rest"})
	for _, step := range s.Steps {
		if step.Verb == "rest" {
			d.rest(step)
			continue
		}
		theirs, err := d.theirs.do(d.t.Context(), step)
		require.NoError(d.t, err, "%s", step)
		ours, err := d.ours.do(d.t.Context(), step)
		require.NoError(d.t, err, "%s", step)
		d.compare(step, strings.Join(theirs, "\n"), strings.Join(ours, "\n"))
	}
	if s.Name != "shared" {
		d.theirs.tidy(d.t)
	}
}

// compare tells of a step that is answered differently.
func (d *duel) compare(step Action, theirs, ours string) {
	theirs, ours = generated.ReplaceAllString(theirs, "-XXXXX"), generated.ReplaceAllString(ours, "-XXXXX")
	if theirs != ours {
		d.t.Errorf("%s\n%s", step, Diff(theirs+"\n", ours+"\n"))
	}
}

const (
	// usual is how long nothing must happen for a cluster to be at rest, unless
	// the step says otherwise: what controllers put off, they put off for a
	// second.
	usual = 2 * time.Second
	// settled is how long the reference must stay what ours is.
	settled = 400 * time.Millisecond
	// patient is how long the reference must not have changed to be at rest if
	// it is not what ours is: on a busy machine its controllers are slow.
	patient = 5 * time.Second
	// restless is how long it may take to come to rest.
	restless = 40 * time.Second
	// pause is how often the reference is read.
	pause = 200 * time.Millisecond
)

// rest lets time pass, and tells of what differs then: at once if nothing
// does, and when the reference does not change any more otherwise.
func (d *duel) rest(step Action) {
	patience := usual
	if len(step.Args) > 0 {
		var err error
		patience, err = time.ParseDuration(step.Args[0])
		require.NoError(d.t, err, "%s", step)
	}
	d.cluster.Advance(patience)
	ours, err := d.ours.snapshot(d.t.Context())
	require.NoError(d.t, err)
	differences := d.await(ours, patience)
	for _, difference := range differences {
		if !d.told[difference] {
			d.told[difference] = true
			d.t.Errorf("%s\n%s", step, difference)
		}
	}
}

// await returns how the reference differs from ours when it is at rest.
func (d *duel) await(ours Snapshot, patience time.Duration) []string {
	var last []string
	began := time.Now()
	since := began
	for {
		time.Sleep(pause)
		theirs, err := d.theirs.snapshot(d.t.Context())
		require.NoError(d.t, err)
		differences := d.unknown(theirs.Differences(ours))
		if strings.Join(differences, "") != strings.Join(last, "") {
			last, since = differences, time.Now()
		}
		long := max(patience, patient)
		if len(differences) == 0 {
			long = settled
		}
		if time.Since(since) >= long {
			return differences
		}
		if time.Since(began) > restless {
			return append(differences, "no rest")
		}
	}
}

// unknown leaves out the differences that are known.
func (d *duel) unknown(differences []string) []string {
	d.lock.Lock()
	defer d.lock.Unlock()
	return slices.DeleteFunc(differences, func(difference string) bool {
		title, _, _ := strings.Cut(difference, "\n")
		return d.known.Note(d.name+": "+title, true) != nil
	})
}

// tidy removes what a scenario has made, so that it is no other one's business.
func (p *player) tidy(t *testing.T) {
	ctx := context.WithoutCancel(t.Context())
	space := "/api/v1/namespaces/" + p.scenario.Name
	for _, path := range append(p.made, space) {
		p.server.Do(ctx, Request{Method: http.MethodPatch, Path: path, Body: []byte(`{"metadata":{"finalizers":null}}`),
			Header: []string{"Content-Type: application/merge-patch+json"}})
		p.send(ctx, http.MethodDelete, path, nil)
	}
	p.send(ctx, http.MethodDelete, space+"/pods?gracePeriodSeconds=0", nil)
}
