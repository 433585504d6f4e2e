package trust_test

import (
	"context"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

// What has been good once is judged anew in everything that can change.
func TestARememberedPathDoesNotOutliveItsTime(t *testing.T) {
	t.Parallel()
	w := made()
	at, told := clock, answers{}
	judge := trust.NewJudge(trust.Deps{Profiles: w.profiles(), Revocation: told, Now: func() time.Time { return at }})
	short := w.de(t, ca.Request{Address: bo, NotAfter: clock.Add(day)})
	long := w.de(t, ca.Request{Address: bo, NotAfter: clock.AddDate(15, 0, 0)})
	want := func(code trust.Code, when string) {
		t.Helper()
		certificate := short
		if code == trust.IssuerExpired || code == trust.OK && at.After(short.NotAfter) {
			certificate = long
		}
		if got := judge.Judge(context.Background(), trust.Subject{Certificate: certificate, Address: bo}); got.Code != code {
			t.Errorf("%s: %s, want %s", when, got.Code, code)
		}
	}
	want(trust.OK, "at first")
	want(trust.OK, "again")
	told[short] = trust.StatusRevoked
	want(trust.Revoked, "after it was revoked")
	delete(told, short)
	at = clock.Add(2 * day)
	want(trust.Expired, "after its end")
	want(trust.OK, "the other one")
	at = clock.AddDate(11, 0, 0)
	want(trust.IssuerExpired, "after its authority's end")
	at = clock
	if got := judge.Judge(context.Background(), trust.Subject{Certificate: short, Address: "ida@partner.example"}); got.Code != trust.WrongAddress {
		t.Errorf("for somebody else: %s", got.Code)
	}
}
