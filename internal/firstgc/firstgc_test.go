package firstgc

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheFirstCollectionSetsThePercentageBack(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	putOff("")
	require.Equal(t, percent, debug.SetGCPercent(percent))
	runtime.GC()
	require.Eventually(t, func() bool {
		now := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(now)
		return now[0].Value.Uint64() == 100
	}, 10*time.Second, time.Millisecond)
}

func TestTheUsersSettingStands(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	putOff("50")
	require.Equal(t, 100, debug.SetGCPercent(100))
}
