package exchange

import (
	"maps"
	"math/rand/v2"
	"net/http"
)

// Chance is random weather over the calls that a delivery makes: a draft or a notice is created, a draft is sent, a message is
// looked for. Each field is how many of a thousand calls meet it.
type Chance struct {
	Throttled int    // 429 with Retry-After: 1, and nothing is done
	Unheard   int    // 504 although it was done
	Undone    int    // 504, and it was not
	Dropped   int    // the connection breaks instead of an answer; every other time it was done
	Seed      uint64 // of the same calls in the same order the same ones meet it
}

// Storm is a kind of random weather, as Met counts it.
type Storm string

const (
	StormThrottled   Storm = "429"
	StormUnheard     Storm = "504, done"
	StormUndone      Storm = "504, not done"
	StormDroppedDone Storm = "dropped, done"
	StormDropped     Storm = "dropped, not done"
	calm             Storm = ""
)

// SetChance changes the random weather from now on; what it did before stays counted.
func (s *Server) SetChance(c Chance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.Chance, s.dice = c, rand.New(rand.NewPCG(c.Seed, 0))
}

// Met says how many calls met each kind of random weather.
func (s *Server) Met() map[Storm]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.met)
}

// Busiest is the most calls that were being answered for a mailbox at a time, the ones that were turned away for it not counted.
func (s *Server) Busiest(mailbox string) (most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.usage {
		if u.mailbox == mailbox {
			most = max(most, u.busiest)
		}
	}
	return most
}

// roll throws the dice for one call.
func (s *Server) roll() Storm {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.config.Chance
	if c.Throttled+c.Unheard+c.Undone+c.Dropped == 0 {
		return calm
	}
	fell := s.dice.IntN(1000)
	storm := calm
	for _, face := range []struct {
		of int
		is Storm
	}{{c.Throttled, StormThrottled}, {c.Unheard, StormUnheard}, {c.Undone, StormUndone}, {c.Dropped, StormDropped}} {
		if fell -= face.of; fell < 0 {
			storm = face.is
			break
		}
	}
	if storm == StormDropped && s.dice.IntN(2) == 0 {
		storm = StormDroppedDone
	}
	if storm != calm {
		s.met[storm]++
	}
	return storm
}

// inWeather answers a call, unless the dice say otherwise.
func (s *Server) inWeather(handle func(*call)) func(*call) {
	return func(c *call) {
		storm := s.roll()
		if storm == StormUnheard || storm == StormDroppedDone {
			unheard := *c
			unheard.w = &deaf{http.Header{}}
			handle(&unheard)
		}
		switch storm {
		case StormThrottled:
			c.throttled("random")
		case StormUnheard, StormUndone:
			c.refuse(http.StatusGatewayTimeout, "UnknownError", "")
		case StormDropped, StormDroppedDone:
			c.drop()
		case calm:
			handle(c)
		}
	}
}

// deaf takes an answer that nobody hears.
type deaf struct{ header http.Header }

func (d *deaf) Header() http.Header         { return d.header }
func (d *deaf) Write(p []byte) (int, error) { return len(p), nil }
func (d *deaf) WriteHeader(int)             {}
