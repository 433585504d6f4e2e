package smimea_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"aau.dk/sendsikker/internal/certs/smimea"
	"aau.dk/sendsikker/internal/fault"
)

// A program on this machine that guesses when a question is under way can send to its port. It has not seen the question.
func TestAnAnswerToAnotherQuestionIsPassedOver(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(m *dns.Msg)
	}{
		{"another number", func(m *dns.Msg) { m.Id++ }},
		{"another name", func(m *dns.Msg) { m.Question[0].Name = at("ida@signed.example") }},
		{"another kind of record", func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeTLSA }},
		{"another class", func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }},
		{"no question", func(m *dns.Msg) { m.Question = nil }},
		{"two questions", func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }},
		{"a question itself", func(m *dns.Msg) { m.Response = false }},
		{"an answer of another kind", func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			forged := func(query *dns.Msg) *dns.Msg { return with(secure(query), c.change) }
			resolver := fake(t, func(query *dns.Msg, _ bool) []*dns.Msg { return []*dns.Msg{forged(query), forged(query), reply(query)} })
			if found := find(t, source(t, smimea.Config{Resolver: resolver}), "bo@signed.example"); len(found) != 0 {
				t.Error("the forged answer is believed")
			}
			alone := fake(t, func(query *dns.Msg, _ bool) []*dns.Msg { return []*dns.Msg{forged(query)} })
			found, err := source(t, smimea.Config{Resolver: alone, Timeout: 100 * time.Millisecond}).Find(context.Background(), []string{"bo@signed.example"})
			if len(found) != 0 || code(err) != "dns_silent" {
				t.Errorf("alone: %d found, %v", len(found), err)
			}
			overTCP := fake(t, func(query *dns.Msg, tcp bool) []*dns.Msg {
				if !tcp {
					return []*dns.Msg{with(reply(query), func(m *dns.Msg) { m.Truncated = true })}
				}
				return []*dns.Msg{forged(query)}
			})
			found, err = source(t, smimea.Config{Resolver: overTCP}).Find(context.Background(), []string{"bo@signed.example"})
			if len(found) != 0 || code(err) != "dns_malformed" {
				t.Errorf("over TCP: %d found, %v", len(found), err)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestWhatIsMadeOfEachKindOfAnswer(t *testing.T) {
	t.Parallel()
	extended := func(code uint16) func(m *dns.Msg) {
		return func(m *dns.Msg) {
			m.Rcode, m.Answer = dns.RcodeServerFailure, nil
			m.SetEdns0(1232, true)
			m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: code, ExtraText: "secret.example"}}
		}
	}
	rcode := func(code int) func(m *dns.Msg) { return func(m *dns.Msg) { m.Rcode = code } }
	chain := func(links int) func(m *dns.Msg) {
		return func(m *dns.Msg) {
			name := m.Question[0].Name
			var records []dns.RR
			for i := range links {
				next := fmt.Sprintf("Link%d.example.", i)
				records = append(records, rr(strings.ToUpper(name)+" 1 IN CNAME "+next))
				name = next
			}
			m.Answer = append([]dns.RR{record(name, 3, 0, 0, bo().Raw)}, records...)
		}
	}
	cases := []struct {
		name   string
		change func(m *dns.Msg)
		found  bool
		code   string
	}{
		{"secure", func(*dns.Msg) {}, true, ""},
		{"the name in another case", func(m *dns.Msg) { m.Answer[0].Header().Name = strings.ToUpper(m.Answer[0].Header().Name) }, true, ""},
		{"as many aliases as are followed", chain(8), true, ""},
		{"one alias more", chain(9), false, ""},
		{"not secure", func(m *dns.Msg) { m.AuthenticatedData = false }, false, ""},
		{"said not to be checked", func(m *dns.Msg) { m.CheckingDisabled = true }, false, ""},
		{"from a server that is no resolver", func(m *dns.Msg) { m.RecursionAvailable = false }, false, "dns_refused"},
		{"no such name, and yet records", rcode(dns.RcodeNameError), false, ""},
		{"the resolver failing", rcode(dns.RcodeServerFailure), false, "dns_failed"},
		{"bad signatures, by the resolver's word", extended(dns.ExtendedErrorCodeDNSBogus), false, "dns_bogus"},
		{"signatures that have run out, by the resolver's word", extended(dns.ExtendedErrorCodeSignatureExpired), false, "dns_bogus"},
		{"nobody to ask, by the resolver's word", extended(dns.ExtendedErrorCodeNoReachableAuthority), false, "dns_failed"},
		{"refused", rcode(dns.RcodeRefused), false, "dns_refused"},
		{"not known how", rcode(dns.RcodeNotImplemented), false, "dns_refused"},
		{"not understood", rcode(dns.RcodeFormatError), false, "dns_refused"},
		{"the record of another name", func(m *dns.Msg) { m.Answer[0].Header().Name = at("ida@signed.example") }, false, ""},
		{"the record in another class", func(m *dns.Msg) { m.Answer[0].Header().Class = dns.ClassCHAOS }, false, ""},
		{"the record beside the answer", func(m *dns.Msg) { m.Extra, m.Answer = m.Answer, nil }, false, ""},
		{"the record under the authority", func(m *dns.Msg) { m.Ns, m.Answer = m.Answer, nil }, false, ""},
		{"an alias to itself", func(m *dns.Msg) { m.Answer = []dns.RR{rr(m.Question[0].Name + " 1 IN CNAME " + m.Question[0].Name)} }, false, ""},
		{"cut, over TCP too", func(m *dns.Msg) { m.Truncated = true }, false, "dns_malformed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			resolver := fake(t, func(query *dns.Msg, _ bool) []*dns.Msg { return []*dns.Msg{with(secure(query), c.change)} })
			found, err := source(t, smimea.Config{Resolver: resolver}).Find(context.Background(), []string{"bo@signed.example"})
			if got := len(found) == 1; got != c.found || code(err) != c.code {
				t.Errorf("found is %v, want %v; error %v, want %q", got, c.found, err, c.code)
			}
			if err != nil && strings.Contains(err.Error(), "example") {
				t.Errorf("the error names the domain: %v", err)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestNotMoreCertificatesAreReadThanCanBeLookedAt(t *testing.T) {
	t.Parallel()
	var many []dns.RR
	for range 20 {
		many = append(many, record(at("bo@signed.example"), 3, 0, 0, issue("bo@signed.example").Raw))
	}
	big := record(at("big@signed.example"), 3, 0, 0, make([]byte, 17<<10))
	resolver := fake(t, func(query *dns.Msg, tcp bool) []*dns.Msg {
		return []*dns.Msg{with(reply(query), func(m *dns.Msg) {
			m.Answer = many
			if query.Question[0].Name == at("big@signed.example") {
				m.Answer = []dns.RR{big}
			}
			m.Truncated = !tcp
			if !tcp {
				m.Answer = nil
			}
		})}
	})
	found := find(t, source(t, smimea.Config{Resolver: resolver}), "bo@signed.example", "big@signed.example")
	if len(found["bo@signed.example"]) != 16 || len(found["big@signed.example"]) != 0 {
		t.Errorf("%d and %d found", len(found["bo@signed.example"]), len(found["big@signed.example"]))
	}
}

func TestAResolverThatDoesNotAnswerIsLeftInTime(t *testing.T) {
	t.Parallel()
	gone, port := bothPorts(t)
	gone.Close()
	port.Close()
	mute := fake(t, func(*dns.Msg, bool) []*dns.Msg { return nil })
	hanging := make(chan struct{})
	stuck := fake(t, func(query *dns.Msg, tcp bool) []*dns.Msg {
		if tcp {
			<-hanging
		}
		return []*dns.Msg{with(reply(query), func(m *dns.Msg) { m.Truncated = true })}
	})
	t.Cleanup(func() { close(hanging) })
	hangsUp := fake(t, func(query *dns.Msg, tcp bool) []*dns.Msg {
		if tcp {
			return nil
		}
		return []*dns.Msg{with(reply(query), func(m *dns.Msg) { m.Truncated = true })}
	})
	const short, slack = 300 * time.Millisecond, 2 * time.Second // the machine may be busy; what would be wrong is a minute
	cases := []struct {
		name, resolver string
		timeout, ctx   time.Duration
		code           string
		within         time.Duration
	}{
		{"nobody listens", gone.LocalAddr().String(), time.Minute, time.Minute, "dns_away", 0},
		{"nothing comes", mute, short, time.Minute, "dns_silent", short},
		{"nothing comes, and who asks waits shorter", mute, time.Minute, short, "dns_silent", short * 9 / 10},
		{"nothing comes over TCP", stuck, short, time.Minute, "dns_silent", short},
		{"it hangs up", hangsUp, time.Minute, time.Minute, "dns_away", 0},
		{"who asks has gone before", mute, time.Minute, -1, "dns_silent", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), c.ctx)
			defer cancel()
			began := time.Now()
			found, err := source(t, smimea.Config{Resolver: c.resolver, Timeout: c.timeout}).Find(ctx, []string{"bo@signed.example", "ida@signed.example"})
			took := time.Since(began)
			if len(found) != 0 || code(err) != c.code {
				t.Errorf("found %d, error %v, want %q", len(found), err, c.code)
			}
			if took > c.within+slack {
				t.Errorf("took %s, want %s", took, c.within)
			}
			t.Logf("took %s", took.Round(time.Millisecond))
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestADomainThatDoesNotAnswerKeepsNobodyElseWaiting(t *testing.T) {
	t.Parallel()
	var underWay, most atomic.Int64
	resolver := fake(t, func(query *dns.Msg, _ bool) []*dns.Msg {
		if strings.HasSuffix(query.Question[0].Name, ".dead.example.") {
			return nil
		}
		for now := underWay.Add(1); ; {
			if seen := most.Load(); now <= seen || most.CompareAndSwap(seen, now) {
				break
			}
		}
		time.Sleep(10 * time.Millisecond)
		underWay.Add(-1)
		return []*dns.Msg{secure(query)}
	})
	addresses := []string{"one@dead.example", "two@dead.example"}
	for i := range 200 {
		addresses = append(addresses, fmt.Sprintf("person%d@signed.example", i))
	}
	found, err := source(t, smimea.Config{Resolver: resolver, Timeout: 2 * time.Second}).Find(context.Background(), addresses)
	if len(found) != 200 || code(err) != "dns_silent" || !strings.Contains(err.Error(), "of 202 questions, dns_silent 2") {
		t.Errorf("%d found, %v", len(found), err)
	}
	if most.Load() > 64 || most.Load() < 2 {
		t.Errorf("%d questions at a time", most.Load())
	}
}

// The question asks for what it must: recursion, signatures, no unchecked data; from another port each time.
func TestTheQuestionIsAskedAsAValidatingResolverNeedsIt(t *testing.T) {
	t.Parallel()
	udp, _ := bothPorts(t)
	s := source(t, smimea.Config{Resolver: udp.LocalAddr().String(), Timeout: 100 * time.Millisecond})
	ports, numbers := map[int]bool{}, map[uint16]bool{}
	for range 3 {
		s.Find(context.Background(), []string{"bo@signed.example"})
		buffer := make([]byte, 4096)
		n, from, err := udp.ReadFrom(buffer)
		if err != nil {
			t.Fatal(err)
		}
		query := new(dns.Msg)
		if err := query.Unpack(buffer[:n]); err != nil {
			t.Fatal(err)
		}
		options := query.IsEdns0()
		if options == nil || !options.Do() || options.UDPSize() != smimea.Datagram || !query.AuthenticatedData || query.CheckingDisabled || !query.RecursionDesired {
			t.Errorf("asked for %s", query)
		}
		ports[from.(*net.UDPAddr).Port], numbers[query.Id] = true, true
	}
	if len(ports) < 2 || len(numbers) < 2 {
		t.Errorf("%d ports and %d numbers in 3 questions", len(ports), len(numbers))
	}
}

func TestAnAnswerThatIsChokedOnIsAFailureAndTheProgramGoesOn(t *testing.T) {
	t.Parallel()
	resolver := fake(t, func(query *dns.Msg, _ bool) []*dns.Msg { return []*dns.Msg{secure(query)} })
	s := must(smimea.New(smimea.Config{Resolver: resolver, Timeout: 10 * time.Second}, smimea.Deps{Now: func() time.Time { panic("bo@signed.example") }}))
	found, err := s.Find(t.Context(), []string{"bo@signed.example"})
	if len(found) != 0 || fault.From(err).Code != "dns_malformed" {
		t.Errorf("%d found, %v", len(found), err)
	}
}
