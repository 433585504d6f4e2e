package directory

import (
	"context"
	"testing"
	"time"
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
