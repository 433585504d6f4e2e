package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

func watched() (sending.Message, error) {
	return sending.Message{ID: "7e4a4700-0000-4000-8000-000000000001", Recipients: []sending.Recipient{{Copy: "copy-1"}}}, nil
}

func TestWhoWatchesAMessageIsToldWhatHappensInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := []store.Event{{Sequence: 1, What: store.Accepted}, {Sequence: 2, What: store.Drafted, DeliveryID: "copy-1"}, {Sequence: 3, What: store.SentOff, DeliveryID: "copy-1", RequestIDs: []string{"r"}}}
		var looks atomic.Int32
		h, _ := open(t, useCase{read: watched, events: func(after int) ([]store.Event, bool) {
			n := min(int(looks.Add(1)), len(all)) // one more each time
			return all[min(after, n):n], n == len(all)
		}})
		w := ask(t, h, http.MethodGet, oneMessage+"/events", nil)
		body := w.Body.String()
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/event-stream" || !strings.HasSuffix(body, "event: end\ndata: {}\n\n") {
			t.Fatalf("%d %s", w.Code, body)
		}
		for i, want := range []string{"id: 1\nevent: accepted\n", "id: 2\nevent: drafting\n", "id: 3\nevent: sent\n", `"requestIds":["r"]`} {
			if strings.Count(body, want) != 1 {
				t.Errorf("%d: %q stands in it %d times", i, want, strings.Count(body, want))
			}
		}
	})
}

func TestWhoComesBackGoesOnWhereTheyWere(t *testing.T) {
	t.Parallel()
	asked := -1
	h, _ := open(t, useCase{read: watched, events: func(after int) ([]store.Event, bool) { asked = after; return nil, true }})
	if w := ask(t, h, http.MethodGet, oneMessage+"/events", nil, "Last-Event-ID", "17"); w.Code != http.StatusOK || asked != 17 {
		t.Errorf("%d, after %d", w.Code, asked)
	}
	for _, odd := range []string{"-1", "x", "1e3", strings.Repeat("9", 30)} {
		if w := ask(t, h, http.MethodGet, oneMessage+"/events", nil, "Last-Event-ID", odd); w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", odd, w.Code)
		}
	}
}

func TestAStreamBreaksOffByItselfAndTooManyAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := open(t, useCase{read: watched, events: func(int) ([]store.Event, bool) { return nil, false }})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan int, maxStreams)
		for i := range maxStreams {
			go func() {
				r := httptest.NewRequestWithContext(ctx, http.MethodGet, oneMessage+"/events", nil)
				r.Header.Set("Authorization", "Bearer "+good+strconv.Itoa(i/maxStreamsEach))
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				done <- strings.Count(w.Body.String(), ": still here")
			}()
		}
		synctest.Wait()
		w := ask(t, h, http.MethodGet, oneMessage+"/events", nil)
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || problemOf(t, w).Code != "too_many_streams" {
			t.Errorf("one too many: %d %s", w.Code, w.Body)
		}
		began := time.Now()
		if beats := <-done; time.Since(began) > streamTime || beats < 25 {
			t.Errorf("it lasted %v with %d beats", time.Since(began), beats)
		}
		cancel()
	})
}

// One who watches as much as they can keeps nobody else from it.
func TestACallerHasSoManyStreamsAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := open(t, useCase{read: watched, events: func(int) ([]store.Event, bool) { return nil, false }})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		watch := func(bearer string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, oneMessage+"/events", nil)
			r.Header.Set("Authorization", "Bearer "+bearer)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		}
		ended := make(chan struct{}, maxStreamsEach)
		for range maxStreamsEach {
			go func() { watch(good); ended <- struct{}{} }()
		}
		synctest.Wait()
		if w := watch(good); w.Code != http.StatusTooManyRequests || problemOf(t, w).Code != "too_many_streams" {
			t.Errorf("one too many: %d", w.Code)
		}
		other := make(chan int)
		go func() { other <- watch(good + "x").Code }()
		synctest.Wait()
		select {
		case code := <-other:
			t.Errorf("somebody else: %d", code)
		default: // still watching
		}
		cancel()
		for range maxStreamsEach {
			<-ended
		}
		<-other
		if w := watch(good); w.Code != http.StatusOK {
			t.Errorf("the places are not given back: %d", w.Code)
		}
	})
}
