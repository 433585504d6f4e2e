package directory

import (
	"time"

	"github.com/jimlambrt/gldap"
)

// Weather is what a client has to live with.
type Weather int32

const (
	None     Weather = iota // every request is answered at once
	Slow                    // every request is answered after two seconds
	Silent                  // connections are taken, and no request is ever answered
	Refusing                // every request is answered with "busy" (51)
)

// slowness is longer than a sender should have to wait for a page, and shorter than the deadline of a search.
const slowness = 2 * time.Second

// SetWeather changes it, for requests that come from now on and for those that are being slow.
func (s *Server) SetWeather(w Weather) { s.weather.Store(int32(w)) }

// endure waits as the weather has it, and says with which code to answer, or not to.
func (s *Server) endure() (code int, answers bool) {
	if Weather(s.weather.Load()) == Slow {
		select {
		case <-s.closed:
		case <-time.After(slowness):
		}
	}
	select {
	case <-s.closed:
		return gldap.ResultUnavailable, false
	default:
	}
	switch Weather(s.weather.Load()) {
	case Silent:
		return gldap.ResultBusy, false
	case Refusing:
		return gldap.ResultBusy, true
	case None, Slow:
	}
	return gldap.ResultSuccess, true
}
