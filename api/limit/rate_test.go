package limit

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

func TestACallerGetsSoManyAtOnceAndThenSoManyAMinute(t *testing.T) {
	t.Parallel()
	r := open(t, Rates{Read: Rate{PerMinute: 60, Burst: 5}, Send: Rate{PerMinute: 6, Burst: 2}})
	ask := func(id string, sends bool, times int) (let int, last error) {
		for range times {
			if last = r.Caller(id, sends); last == nil {
				let++
			}
		}
		return let, last
	}
	let, err := ask("anna", false, 20)
	if f := fault.From(err); let != 5 || f.Code != "too_many_requests" || f.Kind != fault.Throttled || f.RetryAfter <= 0 || f.RetryAfter > time.Second {
		t.Errorf("%d at once, then %v", let, err)
	}
	// Sending and another caller have counts of their own.
	if let, err := ask("anna", true, 20); let != 2 || fault.From(err).RetryAfter != 10*time.Second {
		t.Errorf("%d mails at once, then %v", let, err)
	}
	if let, _ := ask("bo", false, 20); let != 5 {
		t.Errorf("somebody else got %d", let)
	}
	// Who asks ten times a second all the time still gets one a second: to be refused uses nothing up.
	total := 0
	for range 600 {
		r.clock.forward(100 * time.Millisecond)
		n, _ := ask("anna", false, 1)
		total += n
	}
	if total < 59 || total > 61 {
		t.Errorf("%d in a minute", total)
	}
	// What they are told to wait is enough.
	_, err = ask("anna", true, 20)
	r.clock.forward(fault.From(err).RetryAfter)
	if err := r.Caller("anna", true); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestMoreThanMayComeAtOnceComesAsOne(t *testing.T) {
	t.Parallel()
	r := open(t, Rates{Read: Rate{PerMinute: 60, Burst: 5}})
	if err := r.People("anna", 10_000, false); err != nil { // 400, of a burst of 5: refused, it could never be asked
		t.Error(err)
	}
	if err := r.People("anna", 25, false); fault.From(err).RetryAfter != time.Second {
		t.Errorf("one more: %v", err)
	}
	if err := r.People("anna", 24, false); err != nil {
		t.Errorf("a few are no more than their request: %v", err)
	}
}

func TestWithoutALimitNobodyIsCounted(t *testing.T) {
	t.Parallel()
	r := open(t, Rates{})
	for range 10_000 {
		for _, err := range []error{r.Caller("anna", false), r.Caller("anna", true), r.Public(from("192.0.2.1:1")), r.File(from("192.0.2.1:1")), r.SignIn(from("192.0.2.1:1"))} {
			if err != nil {
				t.Fatal(err)
			}
		}
		r.BadSignIn(from("192.0.2.1:1"))
	}
	if r.read.of.Len()+r.public.of.Len()+r.locks.of.Len() != 0 {
		t.Error("something was remembered")
	}
}

func TestEachSortOfRequestOfAnAddressHasACountOfItsOwn(t *testing.T) {
	t.Parallel()
	one := Rate{PerMinute: 1, Burst: 1}
	r := open(t, Rates{Public: one, Files: one, SignIn: one})
	asks := map[string]func(remote string) error{
		"public":    func(remote string) error { return r.Public(from(remote)) },
		"files":     func(remote string) error { return r.File(from(remote)) },
		"a sign-in": func(remote string) error { return r.SignIn(from(remote)) },
	}
	for name, ask := range asks {
		if err := ask("192.0.2.1:1"); err != nil {
			t.Errorf("%s: the first: %v", name, err)
		}
		if err := ask("192.0.2.1:2"); code(err) != "too_many_requests" {
			t.Errorf("%s: the second: %v", name, err)
		}
		if err := ask("192.0.2.2:1"); err != nil {
			t.Errorf("%s: somebody else: %v", name, err)
		}
		if a, b := ask("[2001:db8:1:2::1]:1"), ask("[2001:db8:1:2:ffff::9]:1"); a != nil || b == nil {
			t.Errorf("%s: one IPv6 network: %v, %v", name, a, b)
		}
	}
	if len(asks) == 0 {
		t.Fatal("no cases")
	}
}

func TestTheOneSeenLongestAgoIsForgotten(t *testing.T) {
	t.Parallel()
	b, err := newBuckets[string](Rate{PerMinute: 1, Burst: 1}, 3)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	take := func(key string) bool { return b.take(key, now) == 0 }
	if !take("a") || !take("b") || !take("c") || take("a") || !take("d") { // d takes b's place: a has just been seen
		t.Fatal("the counts are not as they should be")
	}
	if take("a") || take("c") || !take("b") {
		t.Error("another one than the oldest was forgotten")
	}
	if b.of.Len() != 3 {
		t.Errorf("%d are remembered", b.of.Len())
	}
}

// Not in parallel: what others allocate would be counted.
func TestManyNetworksTakeNoMoreMemoryThanThereArePlaces(t *testing.T) {
	r := open(t, Rates{Public: Rate{PerMinute: 60, Burst: 10}, BadSignIns: 5})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, now := heap(), r.clock.now()
	for i := range 300_000 {
		n := netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0x0d, 0xb8, 0, byte(i >> 16), byte(i >> 8), byte(i)}), 64)
		r.public.take(n, now)
		r.locks.bad(n, now)
	}
	if took := int64(heap()) - int64(before); took > 16<<20 || r.public.of.Len() != places || r.locks.of.Len() != places {
		t.Errorf("%d MB for %d and %d", took>>20, r.public.of.Len(), r.locks.of.Len())
	}
	runtime.KeepAlive(r)
}

func BenchmarkACount(b *testing.B) {
	r := open(b, Rates{Read: Rate{PerMinute: 1_000_000, Burst: 1_000_000}})
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	for i := 0; b.Loop(); i++ {
		if r.Caller(ids[i%len(ids)], false) != nil {
			r.clock.forward(time.Minute)
		}
	}
}
