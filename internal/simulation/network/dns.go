package network

import (
	"net/netip"

	"github.com/kubejig/kubejig/internal/clusterdns"
)

// What the cluster's DNS says is the same in simulated and real networks; see
// package clusterdns.
type (
	RecordType   = clusterdns.RecordType
	Record       = clusterdns.Record
	ResponseCode = clusterdns.ResponseCode
	Answer       = clusterdns.Answer
)

// The record types and response codes.
const (
	A     = clusterdns.A
	AAAA  = clusterdns.AAAA
	CNAME = clusterdns.CNAME
	SRV   = clusterdns.SRV
	PTR   = clusterdns.PTR

	NoError  = clusterdns.NoError
	NXDomain = clusterdns.NXDomain
	ServFail = clusterdns.ServFail
)

// ArpaName is the name under which the name of an address is found.
func ArpaName(addr netip.Addr) string { return clusterdns.ArpaName(addr) }

// Query answers as the cluster's DNS does.
func (f *Fabric) Query(name string, kind RecordType) Answer {
	return clusterdns.Zone{Domain: f.Domain, Services: f.directory}.Query(name, kind)
}
