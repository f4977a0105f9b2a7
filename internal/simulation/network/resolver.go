package network

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Resolver is the resolver of a process as /etc/resolv.conf sets it up.
type Resolver struct {
	Servers []netip.Addr
	Search  []string
	NDots   int

	p *process.Process
}

// NewResolver reads /etc/resolv.conf.
func NewResolver(p *process.Process) *Resolver {
	r := &Resolver{NDots: 1, p: p}
	data, _ := p.ReadFile("/etc/resolv.conf")
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "nameserver":
			if addr, err := netip.ParseAddr(fields[1]); err == nil {
				r.Servers = append(r.Servers, addr)
			}
		case "search":
			r.Search = fields[1:]
		case "options":
			for _, option := range fields[1:] {
				if n, ok := strings.CutPrefix(option, "ndots:"); ok {
					r.NDots, _ = strconv.Atoi(n)
				}
			}
		}
	}
	return r
}

// Candidates are the names to ask for, in order.
func (r *Resolver) Candidates(name string) []string {
	if absolute, ok := strings.CutSuffix(name, "."); ok {
		return []string{absolute}
	}
	var out []string
	for _, domain := range r.Search {
		out = append(out, name+"."+strings.Trim(domain, "."))
	}
	if strings.Count(name, ".") >= r.NDots {
		return append([]string{name}, out...)
	}
	return append(out, name)
}

// queryTimeout is how long a client waits for DNS servers that do not answer.
const queryTimeout = 10 * time.Second

// Ask asks the first server for one name. ETIMEDOUT says that none answers.
func (r *Resolver) Ask(server netip.Addr, name string, kind RecordType) (Answer, error) {
	type asked struct {
		answer Answer
		ok     bool
	}
	a := process.Do(r.p, func() asked {
		stack := stackOf(r.p)
		if stack == nil || server != stack.fabric.DNS {
			return asked{}
		}
		return asked{stack.fabric.Query(name, kind), true}
	})
	if !a.ok {
		r.p.Sleep(queryTimeout) //nolint:errcheck // it times out in any case
		return Answer{}, filesystem.ETIMEDOUT
	}
	return a.answer, nil
}

// Query asks for a name with the search domains. The answer is the first that
// is not NXDOMAIN.
func (r *Resolver) Query(name string, kind RecordType) (Answer, error) {
	if len(r.Servers) == 0 {
		return Answer{}, filesystem.ECONNREFUSED
	}
	for _, candidate := range r.Candidates(name) {
		answer, err := r.Ask(r.Servers[0], candidate, kind)
		if err != nil || answer.Code == NoError && len(answer.Records) > 0 {
			return answer, err
		}
	}
	return Answer{Code: NXDomain}, nil
}

// Resolve finds the addresses of a host: a literal address, a name in
// /etc/hosts or in DNS. IPv4 addresses come first.
func Resolve(p *process.Process, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []netip.Addr{addr}, nil
	}
	if addr, ok := inHosts(p, host); ok {
		return []netip.Addr{addr}, nil
	}
	r := NewResolver(p)
	var out []netip.Addr
	for _, kind := range []RecordType{A, AAAA} {
		answer, err := r.Query(host, kind)
		if err != nil {
			return nil, err
		}
		for _, record := range answer.Records {
			if record.Type == kind {
				out = append(out, record.Addr)
			}
		}
	}
	if len(out) == 0 {
		return nil, filesystem.ENOENT
	}
	return out, nil
}

func inHosts(p *process.Process, host string) (netip.Addr, bool) {
	data, _ := p.ReadFile("/etc/hosts")
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) > 1 && slices.Contains(fields[1:], host) {
			if addr, err := netip.ParseAddr(fields[0]); err == nil && addr.Is4() {
				return addr, true
			}
		}
	}
	return netip.Addr{}, false
}
