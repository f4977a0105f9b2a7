package fidelity

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMetrics compares the metrics that users rely on, those of
// testdata/metrics.txt, after both servers were sent the requests of
// testdata/metrics.http: types and labels of all, and what was counted of
// podtemplates and of what else no controller asks for.
func TestMetrics(t *testing.T) {
	s := startServers(t, "metrics/", "AlwaysAllow")
	s.namespace(t, "metrics")
	steps, err := ReadSteps("testdata/metrics.http")
	require.NoError(t, err)
	wanted := strings.Fields(read(t, "testdata/metrics.txt"))
	var scraped []map[string]metric
	for _, server := range []Server{s.reference, s.ours} {
		session := NewSession(server, map[string]string{"namespace": "metrics"})
		for _, step := range steps {
			_, err := session.Do(t.Context(), step)
			require.NoError(t, err)
		}
		answer := server.Do(t.Context(), Request{Method: http.MethodGet, Path: "/metrics"})
		require.Equal(t, http.StatusOK, answer.Code)
		scraped = append(scraped, readMetrics(string(answer.Body)))
	}
	theirs, ours := scraped[0], scraped[1]
	for _, name := range wanted {
		require.Contains(t, theirs, name, "it is the reference's")
		s.judge(t, name, theirs[name], ours[name])
	}
	for name := range ours {
		if !slices.Contains(wanted, name) {
			t.Errorf("testdata/metrics.txt does not name %s, which ours has", name)
		}
	}
}

func read(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// judge compares a metric.
func (s servers) judge(t *testing.T, name string, theirs, ours metric) {
	expected, got := theirs.String(), ours.String()
	if s.known.Note("metrics/"+name, expected != got) == nil && expected != got {
		t.Errorf("%s\n%s", name, Diff(expected, got))
	}
}

// metric is what is compared of one.
type metric struct {
	kind   string
	labels []string
	// counted are the samples of what only the test asks for; of histograms how
	// many values there were.
	counted []string
}

func (m metric) String() string {
	return m.kind + "\n" + strings.Join(m.labels, ",") + "\n" + strings.Join(m.counted, "\n") + "\n"
}

var (
	sampleOf = regexp.MustCompile(`^(\w+?)(_bucket|_count|_sum)?(\{.*\})? (\S+)$`)
	labelOf  = regexp.MustCompile(`(\w+)="`)
	// others watch everything across namespaces.
	others    = regexp.MustCompile(`scope="cluster".*verb="WATCH"|^apiserver_watch_events_total`)
	testsOnly = regexp.MustCompile(`resource="podtemplates"|subresource="(exec|log|proxy|eviction|scale)"`)
)

// readMetrics reads Prometheus' text format.
func readMetrics(text string) map[string]metric {
	metrics := map[string]metric{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if fields := strings.Fields(line); len(fields) == 4 && fields[1] == "TYPE" {
			metrics[fields[2]] = metric{kind: fields[3]}
		}
		groups := sampleOf.FindStringSubmatch(line)
		if groups == nil {
			continue
		}
		name, suffix := groups[1], groups[2]
		if _, whole := metrics[name+suffix]; whole {
			name, suffix = name+suffix, ""
		}
		m := metrics[name]
		m.read(suffix, groups[3], line)
		metrics[name] = m
	}
	return metrics
}

// read reads a sample.
func (m *metric) read(suffix, labels, line string) {
	for _, found := range labelOf.FindAllStringSubmatch(labels, -1) {
		m.labels = append(m.labels, found[1])
	}
	slices.Sort(m.labels)
	m.labels = slices.Compact(m.labels)
	if testsOnly.MatchString(labels) && !others.MatchString(line) && (m.kind != "histogram" || suffix == "_count") {
		m.counted = append(m.counted, line)
		slices.Sort(m.counted)
	}
}
