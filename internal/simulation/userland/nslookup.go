package userland

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/network"
)

// nslookup asks DNS. Busybox up to 1.28 asks the resolver, which searches
// domains and prints one way; later ones ask for each type by themselves.
func nslookup(t *tool) int {
	f, ok := t.parse("type:query:q:debug", map[string]string{"type": "q", "querytype": "q"})
	kinds := []network.RecordType{network.A, network.AAAA}
	var operands []string
	for _, arg := range t.args {
		if _, value, found := strings.Cut(arg, "="); strings.HasPrefix(arg, "-") && found {
			kinds = []network.RecordType{network.RecordType(strings.ToUpper(value))}
		} else if !strings.HasPrefix(arg, "-") {
			operands = append(operands, arg)
		}
	}
	_, _ = f, ok
	t.code = 0
	if len(operands) == 0 {
		return t.usage("[-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]")
	}
	r := network.NewResolver(t.p)
	if len(operands) > 1 {
		addrs, err := network.Resolve(t.p, operands[1])
		if err != nil {
			return t.fail("can't resolve '%s': %s", operands[1], "Name does not resolve")
		}
		r.Servers = addrs[:1]
	}
	if len(r.Servers) == 0 {
		r.Servers = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	if strings.HasPrefix(t.p.Variant(), "1.28") || strings.HasPrefix(t.p.Variant(), "1.27") || strings.HasPrefix(t.p.Variant(), "1.26") {
		return t.oldNslookup(r, operands[0])
	}
	return t.newNslookup(r, operands[0], kinds)
}

// oldNslookup is that of busybox up to 1.28.
func (t *tool) oldNslookup(r *network.Resolver, name string) int {
	server := r.Servers[0]
	t.printf("Server:    %s\nAddress 1: %s%s\n\n", server, server, t.reverseSuffix(r, server))
	addrs, err := network.Resolve(t.p, name)
	if err != nil {
		t.flush()
		return t.fail("can't resolve '%s'", name)
	}
	t.printf("Name:      %s\n", name)
	for i, addr := range addrs {
		t.printf("Address %d: %s%s\n", i+1, addr, t.reverseSuffix(r, addr))
	}
	return 0
}

func (t *tool) reverseSuffix(r *network.Resolver, addr netip.Addr) string {
	answer, err := r.Ask(r.Servers[0], network.ArpaName(addr), network.PTR)
	if err != nil || len(answer.Records) == 0 {
		return ""
	}
	return " " + answer.Records[0].Target
}

// newNslookup is that of busybox from 1.29 on, which searches domains only for
// names without a dot.
func (t *tool) newNslookup(r *network.Resolver, name string, kinds []network.RecordType) int {
	server := r.Servers[0]
	t.printf("Server:\t\t%s\nAddress:\t%s:53\n\n", server, server)
	names := []string{strings.TrimSuffix(name, ".")}
	if addr, err := netip.ParseAddr(name); err == nil {
		names, kinds = []string{network.ArpaName(addr)}, []network.RecordType{network.PTR}
	} else if !strings.Contains(name, ".") && len(r.Search) > 0 {
		names = nil
		for _, domain := range r.Search {
			names = append(names, name+"."+domain)
		}
	}
	failed := false
	for _, full := range names {
		for _, kind := range kinds {
			answer, err := r.Ask(server, full, kind)
			if err != nil {
				t.printf(";; connection timed out; no servers could be reached\n\n")
				return 1
			}
			failed = t.nslookupAnswer(full, kind, answer) || failed
		}
	}
	if failed {
		return 1
	}
	return 0
}

// nslookupAnswer prints one answer, and reports whether it was a failure.
func (t *tool) nslookupAnswer(name string, kind network.RecordType, answer network.Answer) bool {
	if answer.Code != network.NoError {
		t.printf("** server can't find %s: %s\n\n", name, answer.Code)
		return true
	}
	if len(answer.Records) == 0 {
		if kind != network.AAAA {
			t.printf("*** Can't find %s: No answer\n\n", name)
		} else {
			t.print("\n")
		}
		return false
	}
	for _, record := range answer.Records {
		switch record.Type {
		case network.A, network.AAAA:
			t.printf("Name:\t%s\nAddress: %s\n", record.Name, record.Addr)
		case network.CNAME:
			t.printf("%s\tcanonical name = %s\n", record.Name, record.Target)
		case network.SRV:
			t.printf("%s\tservice = 0 %d %d %s\n", record.Name, record.Weight, record.Port, record.Target)
		case network.PTR:
			t.printf("%s\tname = %s\n", record.Name, record.Target)
		}
	}
	t.print("\n")
	return false
}

func dig(t *tool) int {
	kind, name, short := network.A, "", false
	r := network.NewResolver(t.p)
	for _, arg := range t.args {
		switch upper := network.RecordType(strings.ToUpper(arg)); {
		case arg == "+short":
			short = true
		case strings.HasPrefix(arg, "+"):
		case strings.HasPrefix(arg, "@"):
			if addrs, err := network.Resolve(t.p, arg[1:]); err == nil {
				r.Servers = addrs[:1]
			}
		case upper == network.A, upper == network.AAAA, upper == network.SRV, upper == network.CNAME, upper == network.PTR:
			kind = upper
		default:
			name = strings.TrimSuffix(arg, ".")
		}
	}
	if name == "" || len(r.Servers) == 0 {
		return t.usage("[@server] name [type] [+short]")
	}
	answer, err := r.Ask(r.Servers[0], name, kind)
	if err != nil {
		t.print(";; connection timed out; no servers could be reached\n")
		return 9
	}
	if !short {
		t.printf("\n; <<>> DiG 9.18 <<>> %s\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: %s, id: 1\n;; flags: qr aa rd; QUERY: 1, ANSWER: %d, AUTHORITY: 0, ADDITIONAL: 0\n\n;; QUESTION SECTION:\n;%s.\t\t\tIN\t%s\n\n",
			strings.Join(t.args, " "), answer.Code, len(answer.Records), name, kind)
		if len(answer.Records) > 0 {
			t.print(";; ANSWER SECTION:\n")
		}
	}
	for _, record := range answer.Records {
		if short {
			t.print(recordData(record) + "\n")
		} else {
			t.printf("%s.\t30\tIN\t%s\t%s\n", record.Name, record.Type, recordData(record))
		}
	}
	return 0
}

// recordData is the right-hand side of a record.
func recordData(r network.Record) string {
	switch r.Type {
	case network.SRV:
		return "0 " + strconv.Itoa(r.Weight) + " " + strconv.Itoa(r.Port) + " " + r.Target + "."
	case network.CNAME, network.PTR:
		return r.Target + "."
	}
	return r.Addr.String()
}

func hostCommand(t *tool) int {
	if len(t.args) == 0 {
		return t.usage("name")
	}
	r := network.NewResolver(t.p)
	answer, err := r.Query(t.args[0], network.A)
	switch {
	case err == filesystem.ETIMEDOUT:
		t.print(";; connection timed out; no servers could be reached\n")
		return 1
	case len(answer.Records) == 0:
		t.printf("Host %s not found: 3(NXDOMAIN)\n", t.args[0])
		return 1
	}
	for _, record := range answer.Records {
		if record.Type == network.CNAME {
			t.printf("%s is an alias for %s.\n", record.Name, record.Target)
		} else {
			t.printf("%s has address %s\n", record.Name, record.Addr)
		}
	}
	return 0
}
