package exchange

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxInFlight is Graph's for an application in a mailbox (throttling-limits, "MailboxConcurrency limit").
	maxInFlight = 4
	// maxIncoming in incomingWindow is Graph's for uploads (throttling-limits, "IncomingBytes limit").
	maxIncoming    = 150_000_000
	incomingWindow = 5 * time.Minute
	// maxDrain is how much of a body that is refused for its size is read, so that the caller hears the answer.
	maxDrain = 64 << 20
)

// usage is what one application does in one mailbox.
type usage struct {
	mailbox  string
	inFlight int
	busiest  int // the most that were in flight
	spent    []spend
}

type spend struct {
	at    time.Time
	bytes int64
}

// call is one request being answered.
type call struct {
	server    *Server
	w         http.ResponseWriter
	r         *http.Request
	app       string
	box       *box
	requestID string
	immutable bool // Prefer: IdType="ImmutableId"
}

func (s *Server) newCall(w http.ResponseWriter, r *http.Request) *call {
	s.mu.Lock()
	id := s.uuid()
	s.mu.Unlock()
	c := &call{server: s, w: w, r: r, requestID: id}
	w.Header().Set("request-id", id)
	if client := r.Header.Get("client-request-id"); client != "" {
		w.Header().Set("client-request-id", client)
	}
	for _, prefer := range r.Header.Values("Prefer") {
		if strings.Contains(strings.ToLower(prefer), `idtype="immutableid"`) {
			c.immutable = true
			w.Header().Set("Preference-Applied", `IdType="ImmutableId"`)
		}
	}
	return c
}

func (s *Server) withToken(w http.ResponseWriter, r *http.Request, handle func(*call)) {
	c := s.newCall(w, r)
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || bearer == "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="", error="invalid_token"`)
		c.refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token is empty.")
		return
	}
	app, err := s.config.Verify(bearer)
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="", error="invalid_token"`)
		c.refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token validation failure.")
		return
	}
	c.app = app
	handle(c)
}

// inMailbox is withToken, and then what Exchange asks: is there such a mailbox, may the application use it, and does
// it not do too much at once.
func (s *Server) inMailbox(w http.ResponseWriter, r *http.Request, handle func(*call)) {
	s.withToken(w, r, func(c *call) {
		user := strings.ToLower(r.PathValue("user"))
		s.mu.Lock()
		if c.box = s.boxes[user]; c.box == nil {
			c.box = s.users[user]
		}
		s.mu.Unlock()
		if c.box == nil {
			c.refuse(http.StatusNotFound, "ErrorInvalidUser", "The requested user '"+r.PathValue("user")+"' is invalid.")
			return
		}
		if s.config.Allowed != nil && !s.config.Allowed(c.app, c.box.Address) {
			c.refuse(http.StatusForbidden, "ErrorAccessDenied", "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.")
			return
		}
		u, ok := s.begin(c.app, c.box.Address)
		if !ok {
			c.throttled("MailboxConcurrency")
			return
		}
		defer s.end(u)
		time.Sleep(s.config.CallTime)
		handle(c)
	})
}

func (s *Server) begin(app, mailbox string) (*usage, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.usageOf(app, mailbox)
	if u.inFlight >= maxInFlight {
		return u, false
	}
	u.inFlight++
	u.busiest = max(u.busiest, u.inFlight)
	return u, true
}

func (s *Server) usageOf(app, mailbox string) *usage {
	key := app + "\x00" + strings.ToLower(mailbox)
	if s.usage[key] == nil {
		s.usage[key] = &usage{mailbox: mailbox}
	}
	return s.usage[key]
}

func (s *Server) end(u *usage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.inFlight--
}

// pay books the bytes of an upload and says whether they are within the window.
func (s *Server) pay(app, mailbox string, bytes int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, now := s.usageOf(app, mailbox), s.config.Now()
	for len(u.spent) > 0 && now.Sub(u.spent[0].at) >= incomingWindow {
		u.spent = u.spent[1:]
	}
	sum := bytes
	for _, one := range u.spent {
		sum += one.bytes
	}
	if sum > maxIncoming {
		return false
	}
	u.spent = append(u.spent, spend{now, bytes})
	return true
}

var errTooLong = errors.New("exchange: over the request limit")

// body reads the request within the request limit. It has answered when ok is false and the error is another one.
func (c *call) body() (text []byte, err error) {
	limit := c.server.config.RequestLimit
	text, err = io.ReadAll(io.LimitReader(c.r.Body, limit+1))
	if err != nil {
		// The caller went away in the middle of the body; there is nobody to answer.
		panic(http.ErrAbortHandler)
	}
	if int64(len(text)) > limit {
		_, _ = io.CopyN(io.Discard, c.r.Body, maxDrain)
		return nil, errTooLong
	}
	if !c.server.pay(c.app, c.box.Address, int64(len(text))) {
		c.throttled("IncomingBytes")
		return nil, errors.New("exchange: throttled")
	}
	return text, nil
}

// json reads a JSON body, or answers and returns false.
func (c *call) json(into any) bool {
	text, err := c.body()
	if errors.Is(err, errTooLong) {
		c.refuse(http.StatusRequestEntityTooLarge, "ErrorMessageSizeExceeded", "The request is too large.")
		return false
	}
	if err != nil {
		return false
	}
	if media, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(media), "application/json") {
		c.refuse(http.StatusUnsupportedMediaType, "RequestBodyRead", "A JSON body was expected.")
		return false
	}
	if json.Unmarshal(text, into) != nil {
		c.refuse(http.StatusBadRequest, "BadRequest", "Unable to read JSON request payload.")
		return false
	}
	return true
}

func (c *call) answer(status int, value any) {
	c.w.Header().Set("Content-Type", "application/json; odata.metadata=minimal; charset=utf-8")
	c.w.WriteHeader(status)
	_ = json.NewEncoder(c.w).Encode(value)
}

func (c *call) refuse(status int, code, message string) {
	c.answer(status, map[string]any{"error": map[string]any{
		"code": code, "message": message,
		"innerError": map[string]string{
			// Graph writes this date without a zone.
			"date": c.server.config.Now().UTC().Format("2006-01-02T15:04:05"), "request-id": c.requestID,
			"client-request-id": c.r.Header.Get("client-request-id"),
		},
	}})
}

func (c *call) throttled(limit string) {
	c.w.Header().Set("Retry-After", strconv.Itoa(retryAfterSeconds))
	c.refuse(http.StatusTooManyRequests, "ApplicationThrottled", "Application is over its "+limit+" limit.")
}
