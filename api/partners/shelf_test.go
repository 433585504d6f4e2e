package partners

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aau.dk/sendsikker/internal/mailbox"
)

func shelved(d *database) http.Handler { return New(Deps{Mailboxes: d, Now: time.Now}) }

func TestAHundredAtATimeAskTheDatabaseOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &database{list: mailboxes(), slow: time.Second}
		s := newShelf(d, time.Now, nil)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if shown, err := s.get(t.Context()); err != nil || len(shown.entries) != 5 {
					t.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		for range 100 {
			if _, err := s.get(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if n := d.asked.Load(); n != 1 {
			t.Errorf("the database was asked %d times", n)
		}
		time.Sleep(keptFor)
		if _, err := s.get(t.Context()); err != nil || d.asked.Load() != 2 {
			t.Errorf("a minute later: %v, asked %d times", err, d.asked.Load())
		}
	})
}

func TestAVisitorWhoLeavesTakesNobodyAlong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &database{list: mailboxes(), slow: time.Second}
		h := shelved(d)
		ctx, cancel := context.WithCancel(t.Context())
		go ask(t, h, "GET", "/certificates") // leads, and is waited for
		synctest.Wait()
		left := make(chan int)
		go func() { left <- askWith(ctx, h, "/certificates").Code }()
		synctest.Wait()
		cancel()
		if code := <-left; code != http.StatusServiceUnavailable {
			t.Errorf("who left got %d", code)
		}
		if w := ask(t, h, "GET", "/certificates"); w.Code != http.StatusOK || d.asked.Load() != 1 {
			t.Errorf("who stayed got %d; asked %d times", w.Code, d.asked.Load())
		}
	})
}

// fragile is a database whose reading panics the first time.
type fragile struct{ database }

func (f *fragile) Own(ctx context.Context) ([]mailbox.Mailbox, error) {
	if f.asked.Load() == 0 {
		f.asked.Add(1)
		panic("a bug")
	}
	return f.database.Own(ctx)
}

func TestAPanicWhileReadingLocksNobodyOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := New(Deps{Mailboxes: &fragile{database{list: mailboxes()}}, Now: time.Now})
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed: whoever recovers requests would not log it")
				}
			}()
			ask(t, h, "GET", "/certificates")
		}()
		time.Sleep(failureRest)
		if w := ask(t, h, "GET", "/certificates"); w.Code != http.StatusOK {
			t.Errorf("afterwards: %d", w.Code)
		}
	})
}

func TestWhenTheDatabaseIsAwayTheLastKnownIsShownForAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &database{list: mailboxes()}
		h := shelved(d)
		if w := ask(t, h, "GET", "/certificates"); w.Code != http.StatusOK {
			t.Fatal(w.Code)
		}
		d.away.Store(true)
		time.Sleep(keptFor)
		asked := d.asked.Load()
		for range 20 {
			if w := ask(t, h, "GET", "/certificates"); w.Code != http.StatusOK {
				t.Errorf("shortly after: %d", w.Code)
			}
		}
		if n := d.asked.Load() - asked; n != 1 {
			t.Errorf("twenty requests asked the failing database %d times", n)
		}
		time.Sleep(staleFor - 2*keptFor)
		if w := ask(t, h, "GET", "/certificates/sikkermail@its.aau.example.cer"); w.Code != http.StatusOK {
			t.Errorf("within the hour: %d", w.Code)
		}
		time.Sleep(2 * keptFor)
		for _, target := range []string{"/certificates?lang=en", "/certificates/sikkermail@its.aau.example.cer?lang=en", "/certificates/nobody@aau.example.vcf?lang=en"} {
			w := ask(t, h, "GET", target)
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "10" || w.Header().Get("Cache-Control") != "no-store" ||
				!strings.Contains(w.Body.String(), "cannot be shown just now") || strings.Contains(w.Body.String(), errDatabase.Error()) {
				t.Errorf("after the hour, %s: %d %v", target, w.Code, w.Header())
			}
		}
		d.away.Store(false)
		time.Sleep(failureRest)
		if w := ask(t, h, "GET", "/certificates"); w.Code != http.StatusOK {
			t.Errorf("when it was back: %d", w.Code)
		}
	})
}
