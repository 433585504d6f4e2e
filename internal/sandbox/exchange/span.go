package exchange

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// maxRange: a PUT must be below 4 MB.
const maxRange = 4 << 20

// session is the open upload that the URL names. The URL is the proof: a token is refused, so that a client that leaks it is
// seen.
func (s *Server) session(c *call) *upload {
	if c.r.Header.Get("Authorization") != "" {
		c.refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "The upload URL is pre-authenticated; do not send a token.")
		return nil
	}
	s.mu.Lock()
	open := s.uploads[c.r.PathValue("token")]
	s.mu.Unlock()
	if open == nil || s.config.Now().After(open.expires) {
		c.refuse(http.StatusNotFound, "ErrorItemNotFound", "The upload session was not found.")
		return nil
	}
	return open
}

// getRange says which bytes the session wants next.
func (s *Server) getRange(w http.ResponseWriter, r *http.Request) {
	c := s.newCall(w, r)
	if open := s.session(c); open != nil {
		s.mu.Lock()
		have := open.content.n
		s.mu.Unlock()
		c.goOn(open, have)
	}
}

// goOn is Outlook's answer between two ranges.
func (c *call) goOn(open *upload, have int64) {
	c.answer(http.StatusOK, map[string]any{"expirationDateTime": stamp(open.expires), "nextExpectedRanges": []string{strconv.FormatInt(have, 10)}})
}

// putRange takes the next range.
func (s *Server) putRange(w http.ResponseWriter, r *http.Request) {
	c := s.newCall(w, r)
	open := s.session(c)
	if open == nil {
		return
	}
	var first, last, total int64
	if n, err := fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &total); err != nil || n != 3 ||
		first < 0 || last < first || total != open.size || last >= total || r.ContentLength != last-first+1 {
		c.refuse(http.StatusBadRequest, "ErrorInvalidRange", "The Content-Range is not valid.")
		return
	}
	if r.ContentLength >= maxRange {
		c.refuse(http.StatusRequestEntityTooLarge, "RequestBroker--ParseUri", "The range is too large.")
		return
	}
	part := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, part); err != nil {
		panic(http.ErrAbortHandler)
	}
	c.app, c.box = open.app, open.box
	if !s.pay(open.app, open.box.Address, int64(len(part))) {
		c.throttled("IncomingBytes")
		return
	}
	s.mu.Lock()
	answer := s.take(c, open, first, part)
	s.mu.Unlock()
	answer()
}

// take appends a range under the lock and returns the answer to give without it.
func (s *Server) take(c *call, open *upload, first int64, part []byte) (answer func()) {
	token := c.r.PathValue("token")
	refuse := func(status int, code, message string) func() { return func() { c.refuse(status, code, message) } }
	if first != open.content.n || s.uploads[token] != open {
		return refuse(http.StatusRequestedRangeNotSatisfiable, "ErrorInvalidRange", "The range is not the next one.")
	}
	bad := s.uploadWeather(open, token, first, int64(len(part)))
	if bad == turnedAway {
		return func() { c.throttled("IncomingBytes") }
	}
	if bad == busy {
		return func() {
			c.w.Header().Set("Retry-After", strconv.Itoa(retryAfterSeconds))
			c.refuse(http.StatusServiceUnavailable, "ErrorServerBusy", "Try again later.")
		}
	}
	if bad == sessionLost {
		return refuse(http.StatusNotFound, "ErrorItemNotFound", "The upload session was not found.")
	}
	if bad == halfTaken {
		part = part[:len(part)/2]
	}
	if _, err := open.content.Write(part); err != nil {
		return refuse(http.StatusInsufficientStorage, "ErrorQuotaExceeded", "The mailbox is full.")
	}
	have := open.content.n
	if bad == halfTaken {
		return c.drop
	}
	if have < open.size {
		return func() { c.goOn(open, have) }
	}
	delete(s.uploads, token)
	open.made.content = open.content.text()
	if !s.attach(open.item, open.made) {
		return refuse(http.StatusInsufficientStorage, "ErrorQuotaExceeded", "The mailbox is full.")
	}
	if bad == answerLost {
		return c.drop
	}
	location := c.scheme() + "://" + c.r.Host + "/v1.0/users/" + open.box.ID + "/messages/attachments/" + open.made.id
	return func() {
		c.w.Header().Set("Location", location)
		c.w.WriteHeader(http.StatusCreated)
	}
}
