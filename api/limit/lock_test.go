package limit

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
)

const bad = "198.51.100.7:1000"

func TestBadSignInsLockAnAddressOutLongerEachTime(t *testing.T) {
	t.Parallel()
	r := open(t, Rates{BadSignIns: 5})
	for round, minutes := range []int{1, 2, 4, 8, 15, 15} {
		for range 5 {
			r.BadSignIn(from(bad))
		}
		if err := r.SignIn(from(bad)); err != nil {
			t.Fatalf("round %d: as many as are allowed: %v", round, err)
		}
		r.BadSignIn(from(bad))
		err := r.SignIn(from("198.51.100.7:2000"))
		if f := fault.From(err); f.Code != "address_locked_out" || f.Kind != fault.Throttled || f.RetryAfter != time.Duration(minutes)*time.Minute {
			t.Fatalf("round %d: %v, want a lock of %d minutes", round, err, minutes)
		}
		for range 100 {
			r.BadSignIn(from(bad)) // while it lasts, it is not made longer
		}
		r.clock.forward(time.Duration(minutes)*time.Minute - time.Second)
		if code(r.SignIn(from(bad))) != "address_locked_out" {
			t.Errorf("round %d: it ended early", round)
		}
		if err := r.SignIn(from("198.51.100.8:1000")); err != nil {
			t.Errorf("round %d: somebody else: %v", round, err)
		}
		r.clock.forward(time.Second)
		if err := r.SignIn(from(bad)); err != nil {
			t.Errorf("round %d: it does not end: %v", round, err)
		}
	}
	r.clock.forward(calm + time.Second)
	for range 6 {
		r.BadSignIn(from(bad))
	}
	if left := r.locks.left(network(peer(from(bad))), r.clock.now()); left != firstLock {
		t.Errorf("after an hour of calm: %s", left)
	}
}

func TestAFewBadSignInsNowAndThenLockNobodyOut(t *testing.T) {
	t.Parallel()
	r := open(t, Rates{BadSignIns: 30})
	for range 500 { // five in a minute behind one address, for an hour and a half
		r.BadSignIn(from(bad))
		r.clock.forward(12 * time.Second)
	}
	if err := r.SignIn(from(bad)); err != nil {
		t.Error(err)
	}
}

// What a bad client does to those who stand behind the same address.
func TestALockRefusesBadTokensAndNobodyElse(t *testing.T) {
	t.Parallel()
	r := open(t, Rates{BadSignIns: 3})
	for range 10 {
		_ = r.Unproven(from(bad), refusal(entra.CodeBadSignature))
	}
	for _, c := range []struct{ name, with, want string }{
		{"a bad token", entra.CodeBadSignature, "address_locked_out"},
		{"one for another service", entra.CodeWrongAudience, "address_locked_out"},
		{"an expired one, whose owner must hear it to fetch a new one", entra.CodeExpired, entra.CodeExpired},
		{"none", entra.CodeMissing, entra.CodeMissing},
		{"one that is known and may not", entra.CodeScopeMissing, entra.CodeScopeMissing},
	} {
		if got := code(r.Unproven(from(bad), refusal(c.with))); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for name, err := range map[string]error{"a good token": r.Caller("anna", true), "a page": r.Public(from(bad)), "the pane": r.File(from(bad))} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := code(r.Unproven(from("198.51.100.8:1"), refusal(entra.CodeBadSignature))); got != entra.CodeBadSignature {
		t.Errorf("another address: %s", got)
	}
}

func TestOnlyWhatProvesNothingCountsAsABadSignIn(t *testing.T) {
	t.Parallel()
	for with, locks := range map[string]bool{
		entra.CodeExpired: true, entra.CodeWrongAudience: true, entra.CodeMalformed: true, entra.CodeUnknownKey: true,
		entra.CodeMissing: false, entra.CodeScopeMissing: false, entra.CodeKeysUnavailable: false,
	} {
		r := open(t, Rates{BadSignIns: 3})
		err := refusal(with)
		if with == entra.CodeKeysUnavailable {
			err = fault.New(fault.Unavailable, with, fault.Sentence{DA: "Nej.", EN: "No."}, nil)
		}
		for range 10 {
			_ = r.Unproven(from(bad), err)
		}
		if locked := r.SignIn(from(bad)) != nil; locked != locks {
			t.Errorf("%s: locked out is %v", with, locked)
		}
	}
}

func TestAFloodOfBadTokensIsAFloodOfRequests(t *testing.T) {
	t.Parallel()
	r := open(t, Rates{Public: Rate{PerMinute: 60, Burst: 3}})
	got := map[string]int{}
	for range 10 {
		got[code(r.Unproven(from(bad), refusal(entra.CodeMalformed)))]++
	}
	if got[entra.CodeMalformed] != 3 || got["too_many_requests"] != 7 {
		t.Errorf("%v", got)
	}
}

func TestTheLogAndTheMetricsSayThatSomebodyIsLockedOutAndNotWho(t *testing.T) {
	t.Parallel()
	r := open(t, Rates{BadSignIns: 2})
	for range 4 {
		r.BadSignIn(from(bad))
		r.BadSignIn(from("[2001:db8:77::1]:1"))
	}
	_ = r.SignIn(from(bad))
	text := r.log.String()
	if strings.Count(text, "locked out") != 2 || !strings.Contains(text, `"level":"WARN"`) {
		t.Errorf("%s", text)
	}
	for _, trace := range []string{"198.51", "100.7", "2001", "db8"} {
		if strings.Contains(text, trace) {
			t.Errorf("the log has an address: %s", text)
		}
	}
	if n := testutil.ToFloat64(r.lockedOut); n != 2 {
		t.Errorf("%v lock-outs", n)
	}
	if n := testutil.ToFloat64(r.limited.WithLabelValues("locked")); n != 1 {
		t.Errorf("%v refused", n)
	}
	if n := r.locks.locked(r.clock.now()); n != 2 {
		t.Errorf("%d are locked out", n)
	}
	r.clock.forward(time.Hour)
	if n := r.locks.locked(r.clock.now()); n != 0 {
		t.Errorf("an hour later %d are", n)
	}
}
