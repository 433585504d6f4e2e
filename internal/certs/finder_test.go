package certs_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/trust"
)

func TestEachSourceIsAskedOnceForAllRecipients(t *testing.T) {
	t.Parallel()
	w := made()
	var calls atomic.Int64
	var asked []string
	s := with("ldap", bo, false, w.certificate(t, bo, 1, 300))
	s.calls, s.asked = &calls, &asked
	choices, err := finder(w, s).Find(context.Background(), []string{bo, ida, bo, "Åse.Å@MØLLE.example"})
	if err != nil {
		t.Fatal(err)
	}
	if calls.Load() != 1 || len(choices) != 3 {
		t.Errorf("%d calls, %d choices, want 1 and 3", calls.Load(), len(choices))
	}
	want := []string{bo, ida, "Åse.Å@xn--mlle-gra.example", "åse.å@xn--mlle-gra.example"}
	slices.Sort(want)
	if !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	if choices[bo].Chosen == nil || choices[ida].Chosen != nil || choices[ida].Code != certs.NoCertificate {
		t.Error("one recipient's certificate is another's")
	}
}

func TestAnAddressIsFoundHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	w := made()
	s := with("ldap", bo, false, w.certificate(t, bo, 1, 300))
	for _, typed := range []string{bo, "bo@PARTNER.example", "Bo@partner.example", "BO@Partner.Example"} {
		got := find(t, finder(w, s), typed)
		if got.Chosen == nil || got.Address != typed {
			t.Errorf("%s: %s", typed, got.Code)
		}
	}
	for _, typed := range []string{"bo+x@partner.example", "bo@partner.example.", "bo", "", "@", "bo@"} {
		if got := find(t, finder(w, s), typed); got.Chosen != nil && typed != "bo@partner.example." {
			t.Errorf("%q found somebody else's certificate", typed)
		}
	}
}

// Nothing can be sent while it is away, and no recipient is to blame.
func TestOurOwnStoreThatIsAwayIsNoSilentDirectory(t *testing.T) {
	t.Parallel()
	w := made()
	away := fault.New(fault.Unavailable, "storage_unavailable", fault.Sentence{DA: "x", EN: "x"}, errors.Join(certs.ErrStore, errAway))
	f := finder(w, with("ldap", bo, false, w.certificate(t, bo, 1, 300)), source{name: certs.SourceHarvested, err: away})
	if found, err := f.Find(t.Context(), []string{bo}); found != nil || fault.KindOf(err) != fault.Unavailable || !errors.Is(err, errAway) {
		t.Errorf("%v, %v", found, err)
	}
	explained, err := f.Explain(t.Context(), bo)
	if err != nil || !slices.Equal(explained.Silent, []string{certs.SourceHarvested}) {
		t.Errorf("who asks what is known of an address: %v, silent %v", err, explained.Silent)
	}
}

func TestADeadSourceDelaysNoLongerThanTheDeadline(t *testing.T) {
	t.Parallel()
	w := made()
	certificate := w.certificate(t, bo, 1, 300)
	for name, dead := range map[string]source{
		"it waits for ever": {name: "dead", hang: true},
		"it fails":          {name: "dead", err: errAway},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := certs.NewFinder(certs.Deps{
					Sources: []certs.Source{dead, with("ldap", bo, false, certificate)},
					Judge:   yes{}, Deadline: 2 * time.Second, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
				})
				began := time.Now()
				choices, err := f.Find(context.Background(), []string{bo, ida})
				if took := time.Since(began); err != nil || took > 2*time.Second {
					t.Fatalf("error %v after %v", err, took)
				}
				if choices[bo].Chosen == nil || !slices.Equal(choices[bo].Silent, []string{"dead"}) {
					t.Errorf("the living source's answer is lost, or the dead one is not named: %+v", choices[bo])
				}
				if choices[ida].Code != certs.DirectorySilent {
					t.Errorf("a silent source is taken for an empty one: %s", choices[ida].Code)
				}
			})
		})
	}
}

func TestADeafSourceIsLeftBehind(t *testing.T) {
	t.Parallel()
	w := made()
	f := certs.NewFinder(certs.Deps{
		Sources: []certs.Source{source{name: "deaf", deaf: true}, with("ldap", bo, false, w.certificate(t, bo, 1, 300))},
		Judge:   w.judge, Deadline: 500 * time.Millisecond, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	began := time.Now()
	got := find(t, f, bo)
	if time.Since(began) > 5*time.Second || !slices.Equal(got.Silent, []string{"deaf"}) || got.Chosen == nil {
		t.Errorf("%v, silent %v", time.Since(began), got.Silent)
	}
}

func TestWhatASourceFoundBeforeItFailedIsUsed(t *testing.T) {
	t.Parallel()
	w := made()
	s := with("ldap", bo, false, w.certificate(t, bo, 1, 300))
	s.err = errAway
	got := find(t, finder(w, s), bo)
	if got.Chosen == nil || !slices.Equal(got.Silent, []string{"ldap"}) {
		t.Errorf("%s, silent %v", got.Code, got.Silent)
	}
}

func TestTheLogNamesTheSourceAndNoAddress(t *testing.T) {
	t.Parallel()
	w := made()
	var log bytes.Buffer
	f := certs.NewFinder(certs.Deps{
		Sources: []certs.Source{source{name: "dead", err: errAway}}, Judge: w.judge, Deadline: time.Second, Now: time.Now,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	find(t, f, ida)
	if text := log.String(); !strings.Contains(text, "source=dead") || strings.Contains(text, "@") {
		t.Errorf("the log says %q", text)
	}
}

func TestAFloodOfCandidatesIsCut(t *testing.T) {
	t.Parallel()
	w := made()
	var many []*x509.Certificate
	for i := range 40 {
		many = append(many, w.certificate(t, ida, i, 300)) // all somebody else's
	}
	judge := &counting{Judger: w.judge}
	f := certs.NewFinder(certs.Deps{Sources: []certs.Source{with("ldap", bo, false, many...)}, Judge: judge, Deadline: time.Second, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	got := find(t, f, bo)
	if got.Omitted != 24 || len(got.Rejected) != 16 || judge.calls.Load() != 16 {
		t.Errorf("%d omitted, %d rejected, %d judged", got.Omitted, len(got.Rejected), judge.calls.Load())
	}
	// What an administrator pinned is never among those cut.
	pinned := w.certificate(t, bo, 500, 300)
	got = find(t, finder(w, with("ldap", bo, false, many...), with(certs.SourcePinned, bo, true, pinned)), bo)
	if got.Chosen == nil || !got.Chosen.Certificate.Equal(pinned) {
		t.Error("the pinned certificate is lost in the flood")
	}
}

// Whoever may write to one directory must not hide what another place has.
func TestAFloodInOneSourceHidesNothingOfAnother(t *testing.T) {
	t.Parallel()
	w := made()
	var many []*x509.Certificate
	for i := range 20 {
		many = append(many, w.certificate(t, ida, i, 300))
	}
	good := w.certificate(t, bo, 100, 300)
	got := find(t, finder(w, with("ldap", bo, false, many...), with("harvested", bo, false, good)), bo)
	if got.Chosen == nil || !got.Chosen.Certificate.Equal(good) || got.Omitted != 4 {
		t.Errorf("%s, %d omitted", got.Code, got.Omitted)
	}
}

func TestASourceThatPanicsIsSilentAndTheProgramGoesOn(t *testing.T) {
	t.Parallel()
	w := made()
	var log bytes.Buffer
	f := certs.NewFinder(certs.Deps{
		Sources: []certs.Source{panicking{}, with("ldap", bo, false, w.certificate(t, bo, 1, 300))}, Judge: w.judge, Deadline: 2 * time.Second, Now: time.Now,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	got := find(t, f, bo)
	if got.Chosen == nil || !slices.Equal(got.Silent, []string{"panicking"}) || strings.Contains(log.String(), "@") {
		t.Errorf("%s, silent %v, log %q", got.Code, got.Silent, log.String())
	}
}

// panicking is a source that chokes on what a stranger has put there.
type panicking struct{}

func (panicking) Name() string { return "panicking" }

func (panicking) Find(_ context.Context, addresses []string) (map[string][]certs.Candidate, error) {
	panic("cannot read " + addresses[0])
}

func TestACertificateThatTheJudgeChokesOnIsNotUsed(t *testing.T) {
	t.Parallel()
	w := made()
	bad, good := w.certificate(t, bo, 1, 300), w.certificate(t, bo, 2, 300)
	f := certs.NewFinder(certs.Deps{
		Sources: []certs.Source{with("ldap", bo, false, bad, good)}, Judge: choking{w.judge, bad}, Deadline: 2 * time.Second, Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	})
	if got := find(t, f, bo); got.Chosen == nil || !got.Chosen.Certificate.Equal(good) || len(got.Rejected) != 1 || got.Rejected[0].Verdict.Code != trust.Malformed {
		t.Errorf("%s, %d rejected", got.Code, len(got.Rejected))
	}
}

type choking struct {
	certs.Judger
	on *x509.Certificate
}

func (c choking) Judge(ctx context.Context, subject trust.Subject) trust.Verdict {
	if subject.Certificate.Equal(c.on) {
		panic("index out of range")
	}
	return c.Judger.Judge(ctx, subject)
}

func TestTooManyRecipientsAreRefusedBeforeAnybodyIsAsked(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	addresses := make([]string, 1001)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("nr%d@partner.example", i)
	}
	_, err := finder(made(), source{name: "ldap", calls: &calls}).Find(context.Background(), addresses)
	if fault.KindOf(err) != fault.TooLarge || calls.Load() != 0 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func TestACallerWhoLeavesGetsAFault(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := finder(made(), source{name: "ldap", hang: true}).Find(ctx, []string{bo}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}

// BenchmarkFind20Cached is a preflight of twenty recipients when sources, paths and revocation lists are remembered.
// The budget is 5 ms for the slowest in a hundred.
func BenchmarkFind20Cached(b *testing.B) {
	w := made()
	danish := newWorld(ca.NewDanish)
	one := must(danish.authority.Issue(ca.Request{CommonName: "X"})).Key // shared: making keys is not what is measured
	for name, issue := range map[string]func(string) *x509.Certificate{
		"ecdsa": func(address string) *x509.Certificate { return w.certificate(b, address, 1, 300) },
		"rsa-pss": func(address string) *x509.Certificate {
			return must(danish.authority.Issue(ca.Request{CommonName: "X", Address: address, PrivateKey: one})).Certificate
		},
	} {
		b.Run(name, func(b *testing.B) {
			s := source{name: "ldap", has: map[string][]certs.Candidate{}}
			var addresses []string
			for i := range 20 {
				address := fmt.Sprintf("nr%d@partner.example", i)
				addresses = append(addresses, address)
				s.has[address] = []certs.Candidate{{Certificate: issue(address), Source: "ldap"}}
			}
			judge := w.judge
			if name == "rsa-pss" {
				judge = danish.judge
			}
			f := certs.NewFinder(certs.Deps{Sources: []certs.Source{s}, Judge: judge, Deadline: time.Second, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
			for b.Loop() {
				choices, err := f.Find(context.Background(), addresses)
				if err != nil || len(choices) != 20 || choices[addresses[0]].Chosen == nil {
					b.Fatal("not all were found")
				}
			}
		})
	}
}

// yes finds everything good.
type yes struct{}

func (yes) Judge(context.Context, trust.Subject) trust.Verdict {
	return trust.Verdict{Code: trust.OK, Good: true}
}

type counting struct {
	certs.Judger
	calls atomic.Int64
}

func (c *counting) Judge(ctx context.Context, subject trust.Subject) trust.Verdict {
	c.calls.Add(1)
	return c.Judger.Judge(ctx, subject)
}
