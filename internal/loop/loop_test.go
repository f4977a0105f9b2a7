package loop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// recorder notes what it handled and when, as "offset key".
type recorder struct {
	loop *Loop
	seen []string
}

func (r *recorder) Handle(key Key) {
	r.seen = append(r.seen, r.loop.Now().Sub(start).String()+" "+key.String())
}

func newRecorder(l *Loop) (*recorder, ID) {
	r := &recorder{loop: l}
	return r, l.Register(r)
}

func TestWorkRunsInOrderAndOnce(t *testing.T) {
	l := New(start, 1)
	r, id := newRecorder(l)
	l.Enqueue(id, Key{"ns", "a"})
	l.Enqueue(id, Key{"", "b"})
	l.Enqueue(id, Key{"ns", "a"})
	l.Settle()
	require.Equal(t, []string{"0s ns/a", "0s b"}, r.seen)
	require.True(t, l.AtRest())
}

func TestTimersFireInOrderOfInstantThenOfSetting(t *testing.T) {
	l := New(start, 1)
	r, id := newRecorder(l)
	l.ArmAfter(id, Key{Name: "late"}, 2*time.Second)
	l.ArmAfter(id, Key{Name: "b"}, time.Second)
	l.ArmAfter(id, Key{Name: "a"}, time.Second)
	l.ArmAfter(id, Key{Name: "never"}, time.Second)
	l.Disarm(id, Key{Name: "never"})
	l.AdvanceTo(start.Add(time.Minute))
	require.Equal(t, []string{"1s b", "1s a", "2s late"}, r.seen)
	require.Equal(t, start.Add(time.Minute), l.Now())
}

func TestArmReplacesAndArmEarlierKeepsTheEarlier(t *testing.T) {
	l := New(start, 1)
	r, id := newRecorder(l)
	key := Key{Name: "k"}
	l.ArmAfter(id, key, time.Second)
	l.ArmAfter(id, key, 3*time.Second)
	l.ArmEarlier(id, key, start.Add(5*time.Second))
	l.AdvanceTo(start.Add(time.Minute))
	require.Equal(t, []string{"3s k"}, r.seen)
}

func TestForkGoesItsOwnWay(t *testing.T) {
	l := New(start, 7)
	r, id := newRecorder(l)
	l.ArmAfter(id, Key{Name: "k"}, time.Second)
	l.Rand().Uint64()

	f := l.Fork()
	fr, _ := newRecorder(f)
	f.AdvanceTo(start.Add(2 * time.Second))
	require.Equal(t, []string{"1s k"}, fr.seen)
	require.Empty(t, r.seen)
	require.Equal(t, start, l.Now())
	require.Equal(t, l.Rand().Uint64(), f.Rand().Uint64())
}

func TestShuffleIsDeterminedByTheSeed(t *testing.T) {
	run := func(seed uint64) []string {
		l := New(start, seed)
		l.Shuffle(true)
		r, id := newRecorder(l)
		for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			l.Enqueue(id, Key{Name: name})
		}
		l.Settle()
		return r.seen
	}
	require.Equal(t, run(1), run(1))
	require.NotEqual(t, run(1), run(2))
	require.ElementsMatch(t, run(1), run(2))
}

func TestBackgroundTimersAreNotPending(t *testing.T) {
	l := New(start, 1)
	heartbeat := l.RegisterBackground(HandlerFunc(func(Key) {}))
	_, id := newRecorder(l)
	l.ArmAfter(heartbeat, Key{Name: "lease"}, time.Second)
	require.Zero(t, l.Pending())
	l.ArmAfter(id, Key{Name: "k"}, 2*time.Second)
	require.Equal(t, 1, l.Pending())
	require.Equal(t, 1, l.Fork().Pending())
	l.AdvanceTo(start.Add(time.Minute))
	require.Zero(t, l.Pending())
}

func TestForksRememberFailures(t *testing.T) {
	l := New(start, 1)
	id, key := l.Register(HandlerFunc(func(Key) {})), Key{Name: "a"}
	require.Equal(t, 0, l.Failed(id, key))
	require.Equal(t, 1, l.Failed(id, key))
	f := l.Fork()
	l.Succeeded(id, key)
	require.Equal(t, 0, l.Failed(id, key))
	require.Equal(t, 2, f.Failed(id, key), "what the original does afterwards is its own")
}
