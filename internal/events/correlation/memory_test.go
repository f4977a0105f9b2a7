package correlation

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// told is an event of a source about a pod.
func told(kind, reason, message string, at time.Time) *corev1.Event {
	now := metav1.NewTime(at)
	return &corev1.Event{
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: "default", Name: "web"},
		Source:         corev1.EventSource{Component: "kubelet", Host: "node-1"},
		Type:           kind, Reason: reason, Message: message,
		FirstTimestamp: now, LastTimestamp: now, Count: 1, ReportingController: "kubelet",
	}
}

func TestWhatRepeatsIsCounted(t *testing.T) {
	m := &Memory{}
	first := told("Warning", "BackOff", "again", start)
	require.True(t, m.Observe(first))
	other := told("Warning", "BackOff", "elsewhere", start)
	require.True(t, m.Observe(other))
	require.NotEqual(t, first.Name, other.Name)

	second := told("Warning", "BackOff", "again", start.Add(time.Minute))
	require.True(t, m.Observe(second))
	require.Equal(t, first.Name, second.Name)
	require.EqualValues(t, 2, second.Count)
	require.Equal(t, start, second.FirstTimestamp.UTC())
}

func TestASourceThatGoesOnIsHeardEveryFiveMinutes(t *testing.T) {
	m := &Memory{}
	at := func(minute int) *corev1.Event {
		return told("Warning", "Unhealthy", "Readiness probe failed", start.Add(time.Duration(minute)*time.Minute))
	}
	var heard []int
	var counts []int32
	for minute := range 45 {
		e := at(minute)
		if m.Observe(e) {
			heard, counts = append(heard, minute), append(counts, e.Count)
		}
	}
	require.Equal(t, []int{0, 1, 2, 3, 4}, heard[:5])
	require.Equal(t, []int{29, 30, 35, 40}, heard[len(heard)-4:], "25 at once, and those that came back meanwhile")
	require.EqualValues(t, 41, counts[len(counts)-1], "those that were not written count")

	require.True(t, m.Observe(told("Normal", "Pulled", "other", start.Add(44*time.Minute))), "each type has its own 25")
}

func TestManyThatAreAlikeBecomeOne(t *testing.T) {
	m := &Memory{}
	var last *corev1.Event
	for i := range 12 {
		last = told("Normal", "SuccessfulCreate", fmt.Sprintf("Created pod: web-%d", i), start)
		require.True(t, m.Observe(last))
		if i < 9 {
			require.Equal(t, fmt.Sprintf("Created pod: web-%d", i), last.Message)
		}
	}
	require.Equal(t, "(combined from similar events): Created pod: web-11", last.Message)
	require.EqualValues(t, 3, last.Count)
	require.Empty(t, last.ReportingController)

	known := told("Normal", "SuccessfulCreate", "Created pod: web-3", start.Add(time.Minute))
	require.True(t, m.Observe(known))
	require.Equal(t, "Created pod: web-3", known.Message)
	require.EqualValues(t, 2, known.Count)

	later := told("Normal", "SuccessfulCreate", "Created pod: web-99", start.Add(12*time.Minute))
	require.True(t, m.Observe(later))
	require.Equal(t, "Created pod: web-99", later.Message, "after ten minutes of silence it begins anew")
}

func TestForkRemembersTheSame(t *testing.T) {
	m := &Memory{}
	for range 20 {
		m.Observe(told("Warning", "BackOff", "again", start))
	}
	fork := m.Fork()
	for range 4 {
		m.Observe(told("Warning", "BackOff", "again", start))
	}
	for _, memory := range []*Memory{m, fork} {
		e := told("Warning", "BackOff", "again", start)
		require.True(t, memory.Observe(e))
		if memory == m {
			require.EqualValues(t, 25, e.Count)
			require.False(t, memory.Observe(told("Warning", "BackOff", "again", start)))
		} else {
			require.EqualValues(t, 21, e.Count)
		}
	}
}

func TestWhatIsLongPastIsForgotten(t *testing.T) {
	m := &Memory{}
	for i := range 4000 {
		e := told("Normal", "Pulled", "image", start.Add(time.Duration(i)*time.Hour))
		e.InvolvedObject.Name = fmt.Sprintf("web-%d", i)
		m.Observe(e)
	}
	require.Less(t, m.subjects.Len(), 1100)
	again := told("Normal", "Pulled", "image", start.Add(4003*time.Hour))
	again.InvolvedObject.Name = "web-3999"
	require.True(t, m.Observe(again))
	require.EqualValues(t, 1, again.Count)
}
