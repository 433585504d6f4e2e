package smimea_test

import (
	"crypto"
	"encoding/hex"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// zone is a domain with its records, signed on the way out.
type zone struct {
	name    string
	records map[string][]dns.RR // by owner
	key     *dns.DNSKEY         // nil: not signed
	signer  crypto.Signer
	broken  bool          // the signatures over SMIMEA records do not hold
	delay   time.Duration // before every answer about SMIMEA

	mu      sync.Mutex
	waiting map[string]int // how often each name is being asked for, while delay lasts
	most    int            // names at a time
}

// wait is the delay.
func (z *zone) wait(name string) {
	count := func(n int) {
		z.mu.Lock()
		defer z.mu.Unlock()
		if z.waiting[name] += n; z.waiting[name] == 0 {
			delete(z.waiting, name)
		}
		z.most = max(z.most, len(z.waiting))
	}
	count(1)
	time.Sleep(z.delay)
	count(-1)
}

func newZone(name string, signed bool) *zone {
	z := &zone{name: name, records: map[string][]dns.RR{}, waiting: map[string]int{}}
	z.add(
		rr(name+" 300 IN SOA ns."+name+" hostmaster."+name+" 1 3600 600 86400 300"),
		rr(name+" 300 IN NS ns."+name),
		rr("ns."+name+" 300 IN A 127.0.0.1"),
	)
	if signed {
		z.key = &dns.DNSKEY{
			Hdr:   dns.RR_Header{Name: name, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 300},
			Flags: dns.ZONE | dns.SEP, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
		}
		z.signer = must(z.key.Generate(256)).(crypto.Signer)
		z.add(z.key)
	}
	return z
}

func (z *zone) add(records ...dns.RR) {
	for _, record := range records {
		owner := dns.CanonicalName(record.Header().Name)
		z.records[owner] = append(z.records[owner], record)
	}
}

// delegate makes child a zone below z, vouched for where it is signed.
func (z *zone) delegate(child *zone, vouch bool) {
	z.add(rr(child.name + " 300 IN NS ns." + child.name))
	if vouch {
		z.add(child.key.ToDS(dns.SHA256))
	}
}

// set gives the records of one kind with the signature over them. Delegations are not signed (RFC 4035 section 2.2).
func (z *zone) set(owner string, kind uint16) []dns.RR {
	var set []dns.RR
	for _, record := range z.records[owner] {
		if record.Header().Rrtype == kind {
			set = append(set, record)
		}
	}
	if kind == dns.TypeNSEC {
		set = []dns.RR{z.denial(owner)}
	}
	if len(set) == 0 || z.key == nil || kind == dns.TypeNS && owner != z.name {
		return set
	}
	now := time.Now()
	signature := &dns.RRSIG{
		Hdr:       dns.RR_Header{Name: owner, Rrtype: dns.TypeRRSIG, Class: dns.ClassINET, Ttl: set[0].Header().Ttl},
		Algorithm: z.key.Algorithm, KeyTag: z.key.KeyTag(), SignerName: z.name,
		Inception: uint32(now.Add(-time.Hour).Unix()), Expiration: uint32(now.Add(time.Hour).Unix()),
	}
	if err := signature.Sign(z.signer, set); err != nil {
		panic(err)
	}
	if z.broken && kind == dns.TypeSMIMEA {
		signature.Expiration++ // one of the things that are signed
	}
	return append(set, signature)
}

// owners are the names that exist, in canonical order (RFC 4034 section 6.1).
func (z *zone) owners() []string {
	var owners []string
	for owner := range z.records {
		owners = append(owners, owner)
	}
	slices.SortFunc(owners, canonical)
	return owners
}

func canonical(a, b string) int {
	reversed := func(name string) []string {
		labels := dns.SplitDomainName(name)
		slices.Reverse(labels)
		return labels
	}
	return slices.Compare(reversed(a), reversed(b))
}

// denial is the NSEC record at owner: the next name, and the kinds that owner has.
func (z *zone) denial(owner string) dns.RR {
	owners := z.owners()
	next := owners[(slices.Index(owners, owner)+1)%len(owners)]
	kinds := []uint16{dns.TypeNSEC, dns.TypeRRSIG}
	for _, record := range z.records[owner] {
		kinds = append(kinds, record.Header().Rrtype)
	}
	slices.Sort(kinds)
	return &dns.NSEC{
		Hdr:        dns.RR_Header{Name: owner, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 300},
		NextDomain: next, TypeBitMap: slices.Compact(kinds),
	}
}

// denying is the NSEC record that name falls under, with its signature.
func (z *zone) denying(name string) []dns.RR {
	under := z.name
	for _, owner := range z.owners() {
		if canonical(owner, name) <= 0 {
			under = owner
		}
	}
	return z.set(under, dns.TypeNSEC)
}

// answer fills in what z has to say, as an authoritative server does (RFC 4035 section 3.1).
func (z *zone) answer(reply *dns.Msg, name string, kind uint16) {
	reply.Authoritative = true
	if reply.Answer = z.set(name, kind); len(reply.Answer) > 0 {
		return
	}
	if reply.Answer = z.set(name, dns.TypeCNAME); len(reply.Answer) > 0 {
		return
	}
	exists, closest := len(z.records[name]) > 0, z.name
	for owner := range z.records {
		exists = exists || dns.IsSubDomain(name, owner)
	}
	for at, end := dns.NextLabel(name, 0); !end; at, end = dns.NextLabel(name, at) {
		above := name[at:]
		if moved := z.set(above, dns.TypeDNAME); len(moved) > 0 {
			target := name[:at] + moved[0].(*dns.DNAME).Target
			reply.Answer = append(moved, rr(name+" 300 IN CNAME "+target))
			return
		}
		if slices.ContainsFunc(z.owners(), func(owner string) bool { return dns.IsSubDomain(above, owner) }) {
			closest = above
			break
		}
	}
	reply.Ns = z.set(z.name, dns.TypeSOA)
	if !exists {
		reply.Rcode = dns.RcodeNameError
	}
	if z.key != nil {
		reply.Ns = append(reply.Ns, z.denying(name)...)
		if !exists {
			reply.Ns = append(reply.Ns, z.denying("*."+closest)...)
		}
		reply.Ns = dns.Dedup(reply.Ns, nil)
	}
}

// authority serves the zones on one port of loopback.
type authority struct {
	port  int
	zones []*zone
	mu    sync.Mutex
}

func serve(t *testing.T, zones ...*zone) *authority {
	t.Helper()
	a := &authority{zones: zones}
	udp, tcp := bothPorts(t)
	a.port = udp.LocalAddr().(*net.UDPAddr).Port
	for _, server := range []*dns.Server{{PacketConn: udp, Handler: a}, {Listener: tcp, Handler: a}} {
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go server.ActivateAndServe()
		<-started
		t.Cleanup(func() { server.Shutdown() })
	}
	return a
}

// ServeDNS answers from the longest zone that fits; of a delegation the zone above speaks (RFC 4035 section 3.1.4.1).
func (a *authority) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	name, kind := dns.CanonicalName(query.Question[0].Name), query.Question[0].Qtype
	reply := new(dns.Msg).SetReply(query)
	reply.Rcode = dns.RcodeRefused
	var best *zone
	for _, z := range a.zones {
		if dns.IsSubDomain(z.name, name) && (kind != dns.TypeDS || z.name != name) && (best == nil || len(z.name) > len(best.name)) {
			best = z
		}
	}
	if best != nil {
		if kind == dns.TypeSMIMEA {
			best.wait(name)
		}
		reply.Rcode = dns.RcodeSuccess
		a.mu.Lock()
		best.answer(reply, name, kind)
		a.mu.Unlock()
	}
	if options := query.IsEdns0(); options != nil {
		reply.SetEdns0(1232, options.Do())
		if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
			reply.Truncate(int(options.UDPSize()))
		}
	}
	w.WriteMsg(reply)
}

// record is one with data of any kind.
func record(owner string, usage, selector, matching uint8, data []byte) dns.RR {
	return &dns.SMIMEA{
		Hdr:   dns.RR_Header{Name: owner, Rrtype: dns.TypeSMIMEA, Class: dns.ClassINET, Ttl: 300},
		Usage: usage, Selector: selector, MatchingType: matching, Certificate: strings.ToUpper(hex.EncodeToString(data)),
	}
}

func rr(text string) dns.RR { return must(dns.NewRR(text)) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
