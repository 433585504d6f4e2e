package directory

import (
	"context"
	"crypto/x509"
	"log/slog"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/trust"
)

// twenty new names each time, out of the ten thousand.
func twenty(round int) []string {
	var addresses []string
	for i := range 20 {
		addresses = append(addresses, person((round*20+i*487)%people))
	}
	return addresses
}

// BenchmarkCold20 is what the first sender of the day waits for: TCP, TLS, log-in and one search for 20 recipients.
func BenchmarkCold20(b *testing.B) {
	s := theWorld(b)
	for round := 0; b.Loop(); round++ {
		d := must(New(s.loggedIn(), Deps{Now: time.Now}))
		lookUp(b, d, round)
		_ = d.Close()
	}
}

// BenchmarkPooled20 is what everybody else waits for.
func BenchmarkPooled20(b *testing.B) {
	d := open(b, theWorld(b).loggedIn())
	for round := 0; b.Loop(); round++ {
		lookUp(b, d, round)
	}
}

func lookUp(b *testing.B, d *Directory, round int) {
	b.Helper()
	if found, err := d.Find(context.Background(), twenty(round)); err != nil || len(found) != 20 {
		b.Fatalf("%d of 20, %v", len(found), err)
	}
}

// BenchmarkPreflightCold20 is all that stands between 20 addresses nobody has asked for and 20 verdicts, but the fetching of
// revocation lists, which are fetched ahead: connecting, TLS, log-in, one search, reading, building and verifying each path.
// The budget is 150 ms.
func BenchmarkPreflightCold20(b *testing.B) {
	s := theWorld(b)
	authority := papers().authority
	profile := trust.Profile{Name: s.loggedIn().Trust[0], Roots: []*x509.Certificate{authority.Root()}, Intermediates: authority.Intermediates(), WhenUnpublished: trust.Warn}
	for round := 0; b.Loop(); round++ {
		d := must(New(s.loggedIn(), Deps{Now: time.Now}))
		finder := certs.NewFinder(certs.Deps{
			Sources: []certs.Source{certs.Remember(d, certs.DefaultMemory(time.Now))}, Deadline: 2 * time.Second, Now: time.Now, Log: slog.New(slog.DiscardHandler),
			Judge: trust.NewJudge(trust.Deps{Profiles: []trust.Profile{profile}, Revocation: trust.InOrder(), Now: time.Now}),
		})
		var addresses []string
		for i := range 20 {
			addresses = append(addresses, person((round*20+i)%distinct)) // the others' entries hold somebody else's certificate
		}
		choices, err := finder.Find(context.Background(), addresses)
		if err != nil || len(choices) != 20 {
			b.Fatal(err)
		}
		for address, choice := range choices {
			if choice.Chosen == nil {
				b.Fatalf("%s: %s", address, choice.Code)
			}
		}
		_ = d.Close()
	}
}
