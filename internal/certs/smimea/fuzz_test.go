package smimea_test

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"aau.dk/sendsikker/internal/certs/smimea"
)

// FuzzAnswer: whatever comes from the resolver, nothing panics, and there is no certificate unless the message is a secure
// answer to this question, in which it stands as a whole under the name or under one that it leads to.
//
// The certificate of the seeds lies in testdata, because a fuzzer runs in several processes that must agree on it.
func FuzzAnswer(f *testing.F) {
	der := must(os.ReadFile("testdata/bo.cer"))
	name := at("bo@signed.example")
	query := smimea.Question(name, dns.TypeSMIMEA)
	query.Id = 4711
	plain := func() *dns.Msg {
		return with(reply(query), func(m *dns.Msg) { m.Answer = []dns.RR{record(name, 3, 0, 0, der)} })
	}
	for _, change := range []func(m *dns.Msg){
		func(*dns.Msg) {},
		func(m *dns.Msg) { m.AuthenticatedData = false },
		func(m *dns.Msg) { m.Id++ },
		func(m *dns.Msg) { m.Truncated = true },
		func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure },
		func(m *dns.Msg) { m.Answer[0].Header().Name = "other.example." },
		func(m *dns.Msg) { m.Answer[0].(*dns.SMIMEA).Usage = 1 },
		func(m *dns.Msg) { m.Answer[0].(*dns.SMIMEA).MatchingType = 1 },
		func(m *dns.Msg) { m.Compress = true; m.SetEdns0(1232, true) },
		func(m *dns.Msg) {
			m.Answer = []dns.RR{rr(name + " 1 IN CNAME other.example."), record("other.example.", 1, 0, 0, der)}
		},
		func(m *dns.Msg) { m.Answer = []dns.RR{rr(name + " 1 IN CNAME " + name)} },
	} {
		f.Add(must(with(plain(), change).Pack()))
	}
	whole := must(plain().Pack())
	f.Add(whole[:len(whole)-1])
	f.Add(whole[:12])
	s := source(f, smimea.Config{Resolver: "127.0.0.1:53", TrustUsage3: true})
	f.Fuzz(func(t *testing.T, wire []byte) {
		found, err := s.Read(wire, query)
		if len(found) == 0 {
			return
		}
		const response, recursion, authentic, unchecked, rcode = 0x80, 0x80, 0x20, 0x10, 0x0f // RFC 4035 section 3.2, RFC 1035 section 4.1.1
		if err != nil || wire[0] != 4711>>8 || wire[1] != 4711&0xff || wire[2]&response == 0 ||
			wire[3]&(recursion|authentic|unchecked|rcode) != recursion|authentic {
			t.Fatal("a certificate from a message that is no secure answer to the question")
		}
		message := new(dns.Msg)
		if err := message.Unpack(wire); err != nil {
			t.Fatal(err)
		}
		reached := map[string]bool{name: true}
		for range message.Answer {
			for _, record := range message.Answer {
				if alias, is := record.(*dns.CNAME); is && reached[dns.CanonicalName(alias.Hdr.Name)] {
					reached[dns.CanonicalName(alias.Target)] = true
				}
			}
		}
		for _, candidate := range found {
			var stands, vouched bool
			for _, record := range message.Answer {
				if r, is := record.(*dns.SMIMEA); is && reached[dns.CanonicalName(r.Hdr.Name)] && r.Selector == 0 && r.MatchingType == 0 &&
					(r.Usage == 1 || r.Usage == 3) && strings.EqualFold(r.Certificate, hex.EncodeToString(candidate.Certificate.Raw)) {
					stands, vouched = true, vouched || r.Usage == 3
				}
			}
			if !stands || candidate.Vouched && !vouched || !candidate.Bound {
				t.Fatal("a certificate that does not stand there, or is said to be more than it is")
			}
		}
	})
}
