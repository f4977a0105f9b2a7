package node

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/tidwall/btree"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/loop"
	simulated "github.com/kubejig/kubejig/internal/simulation/container"
	"github.com/kubejig/kubejig/internal/simulation/network"
)

// check is a probe or a lifecycle hook under way.
type check struct {
	node      string
	pod       types.UID
	container string
	probe     bool // else a hook
	kind      kubelet.ProbeKind
	hook      kubelet.HookKind
	what      kubelet.Check
	limit     time.Duration // 0: none
	until     time.Time
	// conn is the connection of one that speaks HTTP; answer is what has come
	// through it so far. failure is one that shows when until has come.
	conn    *network.Conn
	answer  []byte
	hops    int
	failure error
}

// token identifies a check: a container has at most one of each kind.
func (c *check) token() string {
	if c.probe {
		return c.container + " " + c.kind.String()
	}
	return fmt.Sprintf("%s hook %d", c.container, c.hook)
}

// check begins a probe or hook.
func (w *World) check(c *check) {
	token := c.token()
	w.checks.Set(token, c)
	switch {
	case c.what.Exec != nil:
		w.world.ExecSync(c.container, token, c.what.Exec, c.limit)
		return
	case c.what.HTTP != nil:
		w.get(c, c.what.HTTP.URL)
	case c.what.TCP != "":
		w.connect(c, c.what.TCP)
	default:
		// A simulated container does not speak gRPC: one that listens is
		// taken for serving.
		w.connect(c, c.what.GRPC.Address)
	}
	if _, underWay := w.checks.Get(token); underWay && !c.until.IsZero() {
		w.loop().Arm(w.id, loop.Key{Name: token}, c.until)
	}
}

// repeatChecks begins the checks anew that were under way in the original.
func (w *World) repeatChecks(checks *btree.Map[string, *check]) {
	checks.Scan(func(token string, old *check) bool {
		c := *old
		c.conn, c.answer, c.hops = nil, nil, 0
		if c.what.Exec != nil {
			w.checks.Set(token, &c) // The command runs on in the fork.
			return true
		}
		w.check(&c)
		return true
	})
}

// expire ends a check whose time is over.
func (w *World) expire(token string) {
	c, ok := w.checks.Get(token)
	if !ok {
		return
	}
	failure := c.failure
	if failure == nil {
		failure = c.timeout()
	}
	w.finish(c, kubelet.Failed, failure.Error())
}

// timeout is what a client says that has waited in vain.
func (c *check) timeout() error {
	switch {
	case c.what.HTTP != nil:
		return fmt.Errorf("Get %q: context deadline exceeded (Client.Timeout exceeded while awaiting headers)", c.what.HTTP.URL)
	case c.what.TCP != "":
		return fmt.Errorf("dial tcp %s: i/o timeout", c.what.TCP)
	}
	return fmt.Errorf("timeout: failed to connect service %q within %s: context deadline exceeded", c.what.GRPC.Address, c.limit)
}

// finish tells the kubelet of the outcome.
func (w *World) finish(c *check, outcome kubelet.Outcome, output string) {
	token := c.token()
	if now, ok := w.checks.Get(token); !ok || now != c {
		return
	}
	w.checks.Delete(token)
	w.loop().Disarm(w.id, loop.Key{Name: token})
	if c.conn != nil {
		c.conn.Notify(nil)
		c.conn.Close()
	}
	if c.probe {
		w.tell(c.node, kubelet.ProbeResult{Pod: c.pod, Container: c.container, Kind: c.kind, Outcome: outcome, Output: output})
		return
	}
	failure := ""
	if outcome != kubelet.Succeeded && outcome != kubelet.Warned {
		failure = output
	}
	w.tell(c.node, kubelet.HookResult{Pod: c.pod, Container: c.container, Kind: c.hook, Error: failure})
}

// finishExec ends a check that runs a command.
func (w *World) finishExec(token string, r simulated.ExecResult) {
	c, ok := w.checks.Get(token)
	if !ok {
		return
	}
	command := strings.Join(c.what.Exec, " ")
	switch {
	case r.TimedOut:
		w.finish(c, kubelet.Failed, fmt.Sprintf("command timed out: %q timed out after %s", command, c.limit))
	case r.Err != nil:
		w.finish(c, kubelet.Errored, "rpc error: code = Unknown desc = failed to exec in container: "+r.Err.Error())
	case r.Code != 0 && !c.probe:
		w.finish(c, kubelet.Failed, fmt.Sprintf("command '%s' exited with %d: %s", command, r.Code, r.Output))
	case r.Code != 0:
		w.finish(c, kubelet.Failed, string(r.Output))
	default:
		w.finish(c, kubelet.Succeeded, string(r.Output))
	}
}

// connect finishes a check that only connects.
func (w *World) connect(c *check, address string) {
	conn, failure := w.dial(address)
	if failure != nil {
		w.failDial(c, address, failure, "dial tcp "+address+": ")
		return
	}
	conn.Close()
	w.finish(c, kubelet.Succeeded, "")
}

func (w *World) dial(address string) (*network.Conn, *network.Failure) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		host, _, _ := strings.Cut(address, ":")
		return nil, &network.Failure{Err: fmt.Errorf("lookup %s: no such host", host)}
	}
	return w.world.Dial(to)
}

// failDial ends a check that got no connection: at once, or when the client
// knows or gives up.
func (w *World) failDial(c *check, address string, f *network.Failure, before string) {
	text := f.Err.Error()
	if !strings.HasPrefix(text, "lookup ") {
		text = "connect: " + strings.ToLower(text)
	}
	failure := fmt.Errorf("%s%s", before, text)
	if f.After == 0 {
		w.finish(c, kubelet.Failed, failure.Error())
		return
	}
	if known := w.loop().Now().Add(f.After); c.until.IsZero() || known.Before(c.until) {
		c.until, c.failure = known, failure
	}
}
