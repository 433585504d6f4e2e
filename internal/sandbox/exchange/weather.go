package exchange

import (
	"slices"
	"strings"
)

// weather is what goes wrong with a range of an upload.
type weather int

const (
	fair        weather = iota
	turnedAway          // 429
	busy                // 503
	halfTaken           // half of it is kept, and the connection breaks
	sessionLost         // the session is gone
	answerLost          // all of it is kept, and the connection breaks
)

// uploadWeather acts once for each message, on the range that is neither the first nor sure to be the last; upload-unheard@
// acts on the last. It goes by Message-ID, so that a draft made anew has been through it. The caller holds the lock.
func (s *Server) uploadWeather(open *upload, token string, first, size int64) weather {
	to, id := open.item.recipients(), open.item.message.InternetMessageID
	last := first+size == open.size
	for _, kind := range []struct {
		name string
		when bool
		is   weather
		max  int
	}{
		{"upload-throttled", first > 0, turnedAway, 1}, {"upload-busy", first > 0, busy, 1}, {"upload-dropped", first > 0, halfTaken, 1},
		{"upload-expired", first > 0, sessionLost, 1}, {"upload-unheard", last, answerLost, 1},
	} {
		if kind.when && isAmong(to, kind.name) && s.tried(kind.name, id) <= kind.max {
			if kind.is == sessionLost {
				delete(s.uploads, token)
			}
			return kind.is
		}
	}
	return fair
}

// tried counts how often a kind of weather has met a message, this time included. The caller holds the lock.
func (s *Server) tried(kind, messageID string) int {
	key := kind + "\x00" + messageID
	if len(s.tries) >= maxThings {
		clear(s.tries) // bounded; a message that is met again has bad weather again
	}
	s.tries[key]++
	return s.tries[key]
}

func isAmong(to []string, name string) bool {
	return slices.ContainsFunc(to, func(address string) bool { return isLocal(address, name) })
}

func isLocal(address, name string) bool {
	local, _, ok := strings.Cut(address, "@")
	return ok && strings.EqualFold(local, name)
}
