package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aau.dk/sendsikker/api/contract"
)

func TestManyWhoAskAtOnceWhetherItIsReadyCostOneLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks, away atomic.Int32
		s := &server{Deps: Deps{Log: slog.New(slog.DiscardHandler), Parts: []Part{{Name: "database", Ready: func(context.Context) error {
			looks.Add(1)
			time.Sleep(time.Second)
			if away.Load() > 0 {
				return context.DeadlineExceeded
			}
			return nil
		}}}}}
		answers := make(chan int, 100)
		ask := func(ctx context.Context) {
			answer, err := s.GetReadiness(ctx, contract.GetReadinessRequestObject{})
			if err != nil {
				t.Error(err)
			}
			w := httptest.NewRecorder()
			if err := answer.VisitGetReadinessResponse(w); err != nil {
				t.Error(err)
			}
			answers <- w.Code
		}
		first, leave := context.WithCancel(t.Context())
		go ask(first)
		synctest.Wait()
		leave() // who asked first goes away: the others still get an answer
		for range 99 {
			go ask(t.Context())
		}
		for range 100 {
			if code := <-answers; code != http.StatusOK {
				t.Errorf("%d", code)
			}
		}
		if n := looks.Load(); n != 1 {
			t.Errorf("%d looks", n)
		}
		away.Store(1) // and it is looked at anew the next time
		go ask(t.Context())
		if code := <-answers; code != http.StatusServiceUnavailable {
			t.Errorf("%d", code)
		}
	})
}
