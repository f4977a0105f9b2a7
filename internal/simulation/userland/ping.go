package userland

import (
	"net/netip"
	"slices"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/network"
)

// minInterval keeps "ping -i 0" from going on forever at one instant.
const minInterval = 10 * time.Millisecond

// ping asks a host for answers, one a second, as busybox's does.
func ping(t *tool) int {
	f, ok := t.parse("c:w:W:i:q46s:", nil)
	if !ok || len(f.rest) != 1 {
		return t.usage("[OPTIONS] HOST")
	}
	addrs, err := network.Resolve(t.p, f.rest[0])
	addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return a.Is4() && f.has("6") || a.Is6() && f.has("4") })
	if err != nil || len(addrs) == 0 {
		return t.fail("bad address '%s'", f.rest[0])
	}
	e := &echoes{tool: t, host: addrs[0], size: f.number("s", 56), quiet: f.has("q")}
	t.printf("PING %s (%s): %d data bytes\n", f.rest[0], e.host, e.size)
	t.flush()
	count, interval := f.number("c", 0), max(time.Duration(f.number("i", 1))*time.Second, minInterval)
	left := time.Duration(f.number("w", 0)) * time.Second
	for limited := left > 0; ; left -= interval {
		e.send()
		if e.sent == count || limited && left <= interval {
			break
		}
		t.p.Sleep(interval) //nolint:errcheck // a signal ends it
	}
	if e.received < e.sent {
		t.p.Sleep(time.Duration(f.number("W", 10)) * time.Second) //nolint:errcheck // a signal ends it
	}
	return e.sum(f.rest[0])
}

// echoes are the packets of a ping.
type echoes struct {
	*tool
	host           netip.Addr
	size           int
	quiet          bool
	sent, received int
	times          []time.Duration // of those that came back
}

// send sends a packet and notes whether it comes back.
func (e *echoes) send() {
	seq := e.sent
	e.sent++
	if !network.Echo(e.p, e.host) {
		return
	}
	e.received++
	took := e.roundTrip(seq)
	e.times = append(e.times, took)
	if !e.quiet {
		e.printf("%d bytes from %s: seq=%d ttl=%d time=%.3f ms\n", e.size+8, e.host, seq, e.timeToLive(), milliseconds(took))
		e.flush()
	}
}

// roundTrip is how long a packet takes. Nothing takes time in the simulated
// network, but nobody has seen a ping of 0 ms.
func (e *echoes) roundTrip(seq int) time.Duration {
	last := e.host.As16()[15]
	return time.Duration(52+(int(last)*7+seq*13)%61) * time.Microsecond
}

// timeToLive is what is left of 64 hops: pods are two away from each other.
func (e *echoes) timeToLive() int {
	for _, addr := range network.Addrs(e.p) {
		if addr == e.host {
			return 64
		}
	}
	if e.host.IsLoopback() {
		return 64
	}
	return 62
}

// sum prints the statistics and returns the exit code.
func (e *echoes) sum(name string) int {
	e.printf("\n--- %s ping statistics ---\n%d packets transmitted, %d packets received, %d%% packet loss\n",
		name, e.sent, e.received, 100*(e.sent-e.received)/e.sent)
	if e.received == 0 {
		return 1
	}
	low, high, total := e.times[0], e.times[0], time.Duration(0)
	for _, took := range e.times {
		low, high, total = min(low, took), max(high, took), total+took
	}
	e.printf("round-trip min/avg/max = %.3f/%.3f/%.3f ms\n",
		milliseconds(low), milliseconds((total / time.Duration(e.received)).Truncate(time.Microsecond)), milliseconds(high))
	return 0
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
