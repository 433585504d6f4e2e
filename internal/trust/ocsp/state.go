package ocsp

import (
	"cmp"
	"slices"
	"time"

	"aau.dk/sendsikker/internal/trust"
)

// Held is what is known from one authority's responders, for administrators.
type Held struct {
	RawIssuer  []byte // the authority's subject, DER
	Answers    int    // certificates that there is a current answer about
	Failed     int    // certificates that the last question about brought nothing
	AskedAt    time.Time
	NextUpdate time.Time // of the current answer that goes out of date first; zero where there is none
	Err        string    // of the newest failure; "" where none is left
}

// Responders is the state of all authorities whose responders were asked since the start, by their names.
func (s *Source) Responders() []Held {
	now := s.deps.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	states := map[string]*Held{}
	newest := map[string]time.Time{}
	for _, e := range s.held {
		state := states[e.issuer]
		if state == nil {
			state = &Held{RawIssuer: []byte(e.issuer)}
			states[e.issuer] = state
		}
		if said := e.say(now); said.Status != trust.StatusUnknown {
			state.Answers++
			if until := e.answer.Until; !e.answer.isFinal() && (state.NextUpdate.IsZero() || until.Before(state.NextUpdate)) {
				state.NextUpdate = until
			}
		}
		if e.asked.After(state.AskedAt) {
			state.AskedAt = e.asked
		}
		if e.err == nil {
			continue
		}
		state.Failed++
		if e.failed.After(state.AskedAt) {
			state.AskedAt = e.failed
		}
		if !e.failed.Before(newest[e.issuer]) {
			newest[e.issuer], state.Err = e.failed, e.err.Error()
		}
	}
	var list []Held
	for _, state := range states {
		list = append(list, *state)
	}
	slices.SortFunc(list, func(a, b Held) int { return cmp.Compare(string(a.RawIssuer), string(b.RawIssuer)) })
	return list
}
