package shelf_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// The night's job has a quarter of an hour. Hundreds of certificates whose servers do not answer must not end it half way,
// every night at the same place.
func TestServersThatDoNotAnswerDoNotEndTheNightsCheck(t *testing.T) {
	t.Parallel()
	const many = 300
	one := issued(t, made().foreign, bo)
	now := time.Now()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer func() { _ = r.store.Close() }()
		r.now, r.dead = now, true
		for i := range many {
			row := store.Certificate{
				ID: fmt.Sprintf("%04d", i), Subject: fmt.Sprintf("%d@partner.example", i), Fingerprint: trust.Fingerprint(one.Certificate), DER: one.Certificate.Raw,
			}
			if err := r.store.PutPinned(t.Context(), row, audit.Entry{At: now, Actor: operator, Action: audit.CertificatePut}); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		got, err := r.Recheck(t.Context())
		if err != nil || got.Certificates != many || got.Broken != many {
			t.Errorf("%+v, %v", got, err)
		}
		if took := time.Since(began); took > 11*time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}
