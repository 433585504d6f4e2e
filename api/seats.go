package api

import "sync"

// seats are places for what takes long, so many of all and so many of each caller's: one who takes all they can keeps nobody else out.
type seats struct {
	most, each int

	mu    sync.Mutex
	taken int
	of    map[string]int // by caller
}

func newSeats(most, each int) *seats { return &seats{most: most, each: each, of: map[string]int{}} }

// enter takes a place, unless all are taken or the caller has enough. leave gives it back, and is never nil.
func (s *seats) enter(caller string) (leave func(), entered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken == s.most || s.of[caller] == s.each {
		return func() {}, false
	}
	s.taken++
	s.of[caller]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.taken--
		if s.of[caller]--; s.of[caller] == 0 {
			delete(s.of, caller)
		}
	}, true
}
