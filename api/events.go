package api

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sending"
)

const (
	// lookPause is how often the time line is looked at for somebody who watches: the database is what all machines share.
	lookPause = 500 * time.Millisecond
	// beatPause keeps proxies, which end silent connections after a minute or so, from ending this one.
	beatPause = 20 * time.Second
	// streamTime ends a stream; the client comes back by itself, with Last-Event-ID, perhaps to another machine.
	streamTime = 10 * time.Minute
	// maxStreams of one machine: each asks the database twice a second. maxStreamsEach is one caller's part of them: a pane that watches
	// all mails it has just sent.
	maxStreams, maxStreamsEach = 200, 10
)

// streamEvents tells what happens to one of the caller's messages, as it happens.
func (s *server) streamEvents(w http.ResponseWriter, r *http.Request) {
	leave, entered := s.streams.enter(callerOf(r.Context()).ID)
	defer leave()
	if !entered {
		f := fault.New(fault.Throttled, "too_many_streams", fault.Sentence{
			DA: "Der er for mange, der følger med lige nu. Hent mailens tilstand i stedet.",
			EN: "Too many are watching just now. Fetch the message's state instead.",
		}, nil)
		f.RetryAfter = beatPause
		s.problem(w, r, f)
		return
	}
	after, _ := strconv.Atoi(r.Header.Get("Last-Event-ID")) // what the contract lets through is a number or nothing
	message, err := s.Sending.Message(r.Context(), callerOf(r.Context()), chi.URLParam(r, "id"))
	if err != nil {
		s.problem(w, r, err)
		return
	}
	patient(w, streamTime)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would wait for a full buffer
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush() // the watcher knows that it has begun
	if err := s.follow(w, r, message, after); err != nil {
		s.Log.LogAttrs(r.Context(), slog.LevelDebug, "a stream of events ended", slog.Any("err", err))
	}
}

func (s *server) follow(w http.ResponseWriter, r *http.Request, m sending.Message, after int) error {
	recipients := map[string][]string{}
	for _, one := range m.Recipients {
		recipients[one.Copy] = append(recipients[one.Copy], one.Recipient.Address)
	}
	out := http.NewResponseController(w)
	until, beat := time.NewTimer(streamTime), time.NewTicker(beatPause)
	defer until.Stop()
	defer beat.Stop()
	look := time.NewTicker(lookPause)
	defer look.Stop()
	for {
		events, ended, err := s.Sending.Events(r.Context(), callerOf(r.Context()), m.ID, after)
		if err != nil {
			return err
		}
		for _, e := range events {
			data, err := json.Marshal(event(e, recipients[e.DeliveryID]))
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.Sequence, e.What, data); err != nil {
				return err
			}
			after = e.Sequence
		}
		if ended {
			_, err := fmt.Fprint(w, "event: end\ndata: {}\n\n")
			return err
		}
		if len(events) > 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
		select {
		case <-r.Context().Done():
			return r.Context().Err()
		case <-until.C:
			return nil
		case <-beat.C:
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return err
			}
			if err := out.Flush(); err != nil {
				return err
			}
		case <-look.C:
		}
	}
}
