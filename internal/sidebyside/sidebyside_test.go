package sidebyside_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// reference is what `make reference` builds.
const reference = "../../bin/reference/kubectl"

// sizes are the namespaces, by the number of their pods.
var sizes = map[string]int{"small": 1000, "large": 20000}

// commands are the command lines that are compared.
var commands = []string{
	"version --client",
	"get pods -n small",
	"get pods -n small -l app=web",
	"get pods -n small -o json",
	"get pods -n small -o yaml",
	"describe pods -n small",
	"get pods -n large",
	"get pods -n large -l app=web",
	"get pods -n large -o json",
	"get pods -n large -o yaml",
}

// coldDiscovery is a command that has to ask the server what it serves.
const coldDiscovery = "get namespaces"

// BenchmarkCommands runs each command of both programs once per iteration, in
// turn, so that a machine that slows down slows both. It reports the medians
// of the wall-clock time, of the processor time and of the largest resident
// memory of the process, and the ratio of ours to the reference's.
func BenchmarkCommands(b *testing.B) {
	programs := newPrograms(b)
	for _, command := range commands {
		b.Run(strings.ReplaceAll(command, " ", "_"), func(b *testing.B) {
			programs.compare(b, func() []string { return strings.Fields(command) })
		})
	}
	b.Run("cold_discovery", func(b *testing.B) {
		programs.compare(b, func() []string {
			return append(strings.Fields(coldDiscovery), "--cache-dir", b.TempDir())
		})
	})
}

// programs are kubejig and the reference, and the environment of both.
type programs struct {
	ours, theirs string
	runner       string // It runs the other two.
	env          []string
}

func newPrograms(b *testing.B) *programs {
	theirs, err := filepath.Abs(reference)
	require.NoError(b, err)
	if _, err := os.Stat(theirs); err != nil {
		b.Skip("there is no reference kubectl; make reference builds it")
	}
	dir := b.TempDir()
	p := &programs{ours: filepath.Join(dir, "kubejig"), theirs: theirs, runner: filepath.Join(dir, "runner")}
	p.env = append(os.Environ(), "HOME="+dir, "KUBECONFIG="+filepath.Join(dir, "config"))
	build(b, p.ours, "../..", "client") // As releases are built.
	build(b, p.ours+"-full", "../..", "")
	build(b, p.runner, "./runner", "")

	p.must(b, "cluster", "start", "sidebyside", "--nodes", "250", "--clock", "auto")
	b.Cleanup(func() { p.must(b, "cluster", "stop", "sidebyside") })
	for namespace, pods := range sizes {
		p.must(b, "create", "namespace", namespace)
		p.must(b, "create", "deployment", "web", "-n", namespace, "--image", "nginx", "--replicas", fmt.Sprint(pods))
	}
	for namespace := range sizes {
		p.must(b, "rollout", "status", "-n", namespace, "deployment/web")
	}
	return p
}

func build(b *testing.B, program, of, tags string) {
	cmd := exec.Command("go", "build", "-tags", tags, "-o", program, of)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := cmd.CombinedOutput()
	require.NoError(b, err, string(output))
}

func (p *programs) must(b *testing.B, args ...string) {
	cmd := exec.Command(p.ours, args...)
	cmd.Env = p.env
	output, err := cmd.CombinedOutput()
	require.NoError(b, err, "%v: %s", args, output)
}

// compare runs a command of both programs for each iteration, and once before,
// which fills caches.
func (p *programs) compare(b *testing.B, args func() []string) {
	var ours, theirs figures
	ours.run(b, p, p.ours, args())
	theirs.run(b, p, p.theirs, args())
	ours, theirs = figures{}, figures{}
	for b.Loop() {
		ours.run(b, p, p.ours, args())
		theirs.run(b, p, p.theirs, args())
	}
	ours.report(b, "kubejig")
	theirs.report(b, "kubectl")
	b.ReportMetric(median(ours.wall)/median(theirs.wall), "wall-ratio")
	b.ReportMetric(median(ours.cpu)/median(theirs.cpu), "cpu-ratio")
	b.ReportMetric(median(ours.memory)/median(theirs.memory), "MB-ratio")
	b.ReportMetric(0, "ns/op") // Of both together, which says nothing.
}

// figures are those of a program's runs.
type figures struct {
	wall, cpu []float64 // Milliseconds.
	memory    []float64 // MB; 0 where the system does not tell.
}

// run runs a program by the runner.
func (f *figures) run(b *testing.B, p *programs, program string, args []string) {
	cmd := exec.Command(p.runner, append([]string{program}, args...)...)
	cmd.Env = p.env
	output, err := cmd.Output()
	require.NoError(b, err, "%s %v", program, args)
	var took struct {
		Wall, CPU time.Duration
		Memory    float64
	}
	require.NoError(b, json.Unmarshal(output, &took))
	f.wall = append(f.wall, milliseconds(took.Wall))
	f.cpu = append(f.cpu, milliseconds(took.CPU))
	f.memory = append(f.memory, took.Memory)
}

func (f *figures) report(b *testing.B, program string) {
	b.ReportMetric(slices.Min(f.wall), program+"-min-ms")
	b.ReportMetric(median(f.wall), program+"-ms")
	b.ReportMetric(median(f.cpu), program+"-cpu-ms")
	b.ReportMetric(median(f.memory), program+"-MB")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(values []float64) float64 {
	ordered := slices.Sorted(slices.Values(values))
	return ordered[len(ordered)/2]
}
