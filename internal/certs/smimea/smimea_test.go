package smimea_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/certs/smimea"
)

func TestOnlyASignedDomainsCertificateIsTaken(t *testing.T) {
	t.Parallel()
	example, signed, plain, island, broken := newZone("example.", true), newZone("signed.example.", true),
		newZone("plain.example.", false), newZone("island.example.", true), newZone("broken.example.", true)
	example.delegate(signed, true)
	example.delegate(plain, false)
	example.delegate(island, false) // signed, but nobody above it says by whom
	example.delegate(broken, true)
	broken.broken = true
	for _, domain := range []*zone{signed, plain, island, broken} {
		domain.add(smimea3("bo@"+domain.name, bo()))
	}
	signed.add(smimea3("Große.Å@signed.example", ida()), smimea3("kommune@signed.example", large()))
	resolver := unbound(t, example, signed, plain, island, broken)
	s := source(t, smimea.Config{Resolver: resolver, TrustUsage3: true})

	cases := []struct {
		name, address string
		want          *x509.Certificate
		code          string
	}{
		{"a signed record is taken", "bo@signed.example", bo(), ""},
		{"the domain is written in any case", "bo@SIGNED.Example", bo(), ""},
		{"a quoted local part is the same without quotes", `"b\o"@signed.example`, bo(), ""},
		{"a local part beyond ASCII is found in either form", "Große.A\u030a@signed.example", ida(), ""},
		{"another spelling is another mailbox", "Bo@signed.example", nil, ""},
		{"what does not fit into a datagram comes over TCP", "kommune@signed.example", large(), ""},
		{"nothing there, and proven", "nobody@signed.example", nil, ""},
		{"a domain that is not there, and proven", "bo@no-such.example", nil, ""},
		{"the same record without signatures is not taken", "bo@plain.example", nil, ""},
		{"nor one whose signatures nobody above vouches for", "bo@island.example", nil, ""},
		{"a signature that does not hold is an error, and no certificate", "bo@broken.example", nil, "dns_bogus"},
		{"an address that DNS has no name for has nothing there", "bo@[192.0.2.1]", nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found, err := s.Find(context.Background(), []string{c.address})
			if code(err) != c.code {
				t.Fatalf("error %v, want code %q", err, c.code)
			}
			if c.want == nil {
				if len(found) != 0 {
					t.Fatal("something is found")
				}
				return
			}
			if got := found[c.address]; len(got) != 1 || !got[0].Certificate.Equal(c.want) || got[0].Source != certs.SourceSMIMEA ||
				!got[0].Bound || !got[0].Vouched || !got[0].Added.Equal(noon) {
				t.Fatalf("found %d: %+v", len(got), got)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}

	// What the table rests on: that the resolver proves what it denies, that the unsigned records are there to be ignored,
	// and that the large answer is cut.
	if answer := raw(t, resolver, "nobody@signed.example"); !answer.AuthenticatedData || answer.Rcode != dns.RcodeNameError {
		t.Errorf("the denial of a name is not proven: %s", answer)
	}
	if answer := raw(t, resolver, "bo@no-such.example"); !answer.AuthenticatedData || answer.Rcode != dns.RcodeNameError {
		t.Errorf("the denial of a domain is not proven: %s", answer)
	}
	for _, address := range []string{"bo@plain.example", "bo@island.example"} {
		if answer := raw(t, resolver, address); answer.AuthenticatedData || len(answer.Answer) == 0 {
			t.Errorf("%s: there is nothing to ignore: %s", address, answer)
		}
	}
	if answer := raw(t, resolver, "kommune@signed.example"); !answer.Truncated {
		t.Error("the large answer is not cut")
	}

	t.Run("one domain's bad signatures do not take the others' certificates with them", func(t *testing.T) {
		found, err := s.Find(context.Background(), []string{"bo@broken.example", "bo@signed.example", "nobody@signed.example"})
		if code(err) != "dns_bogus" || len(found) != 1 || len(found["bo@signed.example"]) != 1 {
			t.Fatalf("found %d, error %v", len(found), err)
		}
	})
}

// smimea3 is the ordinary record.
func smimea3(address string, certificate *x509.Certificate) dns.RR {
	return record(at(strings.TrimSuffix(address, ".")), 3, 0, 0, certificate.Raw)
}

func TestWhatTheThreeNumbersOfARecordMean(t *testing.T) {
	t.Parallel()
	hash := sha256.Sum256(bo().Raw)
	type row struct {
		usage, selector, matching uint8
		data                      []byte
	}
	whole := func(usage uint8, certificate *x509.Certificate) row { return row{usage, 0, 0, certificate.Raw} }
	type want struct {
		certificate *x509.Certificate
		vouched     bool // where usage 3 is trusted
	}
	cases := []struct {
		name    string
		records []row
		want    []want
	}{
		{"usage 0 names an authority", []row{whole(0, bo())}, nil},
		{"usage 1 is the recipient's, and needs an authority", []row{whole(1, bo())}, []want{{bo(), false}}},
		{"usage 2 names an authority", []row{whole(2, bo())}, nil},
		{"usage 3 is the recipient's, and the domain vouches", []row{whole(3, bo())}, []want{{bo(), true}}},
		{"usage 4 is nobody's", []row{whole(4, bo())}, nil},
		{"usage 255 is for private use", []row{whole(255, bo())}, nil},
		{"a key alone is no certificate", []row{{3, 1, 0, bo().RawSubjectPublicKeyInfo}}, nil},
		{"a certificate said to be a key is none", []row{{3, 1, 0, bo().Raw}}, nil},
		{"a hash confirms only", []row{{3, 0, 1, hash[:]}}, nil},
		{"a certificate said to be a SHA-256 is none", []row{{3, 0, 1, bo().Raw}}, nil},
		{"a certificate said to be a SHA-512 is none", []row{{3, 0, 2, bo().Raw}}, nil},
		{"no data at all", []row{{3, 0, 0, nil}}, nil},
		{"what does not parse is passed over", []row{{3, 0, 0, []byte("no certificate")}, whole(1, ida())}, []want{{ida(), false}}},
		{"something after the certificate makes it none", []row{{3, 0, 0, append(bytes.Clone(bo().Raw), 0)}}, nil},
		{"one certificate under both usages is vouched for", []row{whole(1, bo()), whole(3, bo())}, []want{{bo(), true}}},
		{"two certificates are two", []row{whole(3, bo()), whole(1, ida())}, []want{{bo(), true}, {ida(), false}}},
	}
	example := newZone("example.", true)
	var addresses []string
	for i, c := range cases {
		address := fmt.Sprintf("case%d@example", i)
		addresses = append(addresses, address)
		for _, r := range c.records {
			example.add(record(at(address), r.usage, r.selector, r.matching, r.data))
		}
	}
	resolver := unbound(t, example)
	for _, trusted := range []bool{true, false} {
		found := find(t, source(t, smimea.Config{Resolver: resolver, TrustUsage3: trusted}), addresses...)
		for i, c := range cases {
			t.Run(fmt.Sprintf("%s, usage 3 trusted: %v", c.name, trusted), func(t *testing.T) {
				got := found[addresses[i]]
				if len(got) != len(c.want) {
					t.Fatalf("%d candidates, want %d", len(got), len(c.want))
				}
				for _, w := range c.want {
					var seen bool
					for _, candidate := range got {
						if candidate.Certificate.Equal(w.certificate) {
							seen = candidate.Bound && candidate.Vouched == (w.vouched && trusted)
						}
					}
					if !seen {
						t.Errorf("%+v", got)
					}
				}
			})
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestAliasesAreFollowedWithinASignedAnswer(t *testing.T) {
	t.Parallel()
	example, signed, plain := newZone("example.", true), newZone("signed.example.", true), newZone("plain.example.", false)
	example.delegate(signed, true)
	example.delegate(plain, false)
	alias := func(from, to string) dns.RR { return rr(at(from) + " 300 IN CNAME " + at(to)) }
	signed.add(smimea3("bo@signed.example", bo()))
	plain.add(smimea3("bo@plain.example", ida()), alias("back@plain.example", "bo@signed.example"))
	example.add(
		alias("bo@moved.example", "bo@signed.example"),
		alias("twice@moved.example", "bo@moved.example"),
		alias("nowhere@moved.example", "nobody@signed.example"),
		alias("unsigned@moved.example", "bo@plain.example"),
		alias("round@moved.example", "about@moved.example"), alias("about@moved.example", "round@moved.example"),
		rr("old.example. 300 IN DNAME signed.example."),
	)
	s := source(t, smimea.Config{Resolver: unbound(t, example, signed, plain)})
	cases := map[string]bool{
		"bo@moved.example": true, "twice@moved.example": true, "bo@old.example": true,
		"nowhere@moved.example": false, "nobody@old.example": false,
		"unsigned@moved.example": false, // the alias is signed, and what it leads to is not
		"back@plain.example":     false, // the other way round
	}
	for address, want := range cases {
		found := find(t, s, address)[address]
		if got := len(found) == 1 && found[0].Certificate.Equal(bo()); got != want || !want && len(found) > 0 {
			t.Errorf("%s: %d found, want any: %v", address, len(found), want)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	if found, _ := s.Find(context.Background(), []string{"round@moved.example"}); len(found) > 0 {
		t.Error("something is found in a circle")
	}
}

func TestManyAddressesAreAskedForSideBySide(t *testing.T) {
	t.Parallel()
	example, units := newZone("example.", true), newZone("units.example.", true)
	example.delegate(units, true)
	example.delay = 40 * time.Millisecond // unbound asks again after 50 at the earliest
	var people, mailboxes []string
	for i := range 20 {
		people = append(people, fmt.Sprintf("person%d@example", i))
		example.add(smimea3(people[i], bo()))
	}
	for i := range 40 { // more than the 10 connections that unbound takes at a time unless told otherwise (incoming-num-tcp)
		mailboxes = append(mailboxes, fmt.Sprintf("unit%d@units.example", i))
		units.add(smimea3(mailboxes[i], large()))
	}
	s := source(t, smimea.Config{Resolver: unbound(t, example, units), Timeout: 30 * time.Second})
	for _, c := range []struct {
		name      string
		addresses []string
	}{
		{"each after 40ms", people}, {"known to the resolver", people},
		{"over TCP", mailboxes}, {"over TCP, known to the resolver", mailboxes},
	} {
		began := time.Now()
		if found := find(t, s, c.addresses...); len(found) != len(c.addresses) {
			t.Fatalf("%s: %d found of %d", c.name, len(found), len(c.addresses))
		}
		t.Logf("%d addresses, %s: %s", len(c.addresses), c.name, time.Since(began).Round(time.Millisecond/10))
	}
	if example.most < 10 {
		t.Errorf("%d of 20 names were under way at a time", example.most)
	}
}

func TestNothingOfAnAddressIsInAnErrorOrTheLog(t *testing.T) {
	t.Parallel()
	example := newZone("example.", true)
	example.broken = true
	example.add(smimea3("secret.person@example", bo()))
	fine := newZone("fine.example.", true)
	example.delegate(fine, true)
	fine.add(record(at("secret.person@fine.example"), 3, 0, 0, []byte("no certificate")))
	var log bytes.Buffer
	s := must(smimea.New(smimea.Config{Resolver: unbound(t, example, fine), Timeout: 20 * time.Second}, smimea.Deps{
		Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}))
	_, err := s.Find(context.Background(), []string{"secret.person@example", "secret.person@fine.example"})
	if err == nil || log.Len() == 0 {
		t.Fatal("nothing is said at all")
	}
	hash, _, _ := strings.Cut(at("secret.person@example"), ".")
	for _, secret := range []string{hash, hash[:8], "secret", "person", "example", "fine"} {
		if strings.Contains(strings.ToLower(err.Error()+log.String()), secret) {
			t.Errorf("%q is in %q or %q", secret, err, log.String())
		}
	}
}
