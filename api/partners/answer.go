package partners

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"
)

const (
	// policy lets the page do what it does and nothing else: its own style, a picture in a link, a form that asks us.
	policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	// freshFor is how long anybody may keep an answer: short beside the years that a certificate lasts, long beside a visit.
	freshFor = "public, max-age=300"
)

// content is something that may be kept.
type content struct {
	Type string
	Body []byte
}

// send answers with content, or with 304 where the client has it (RFC 9110 section 13.1.2). The tag is strong: it is made
// from every byte, so that two servers, and two restarts, give the same one.
func send(w http.ResponseWriter, r *http.Request, c content) {
	digest := sha256.Sum256(c.Body)
	h := w.Header()
	guard(h)
	h.Set("Content-Type", c.Type)
	h.Set("Cache-Control", freshFor)
	h.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(digest[:16])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(c.Body))
}

// refuse answers with a page that nobody keeps.
func refuse(w http.ResponseWriter, r *http.Request, status int, page []byte) {
	h := w.Header()
	guard(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = bytes.NewReader(page).WriteTo(w) // nobody is left to tell
	}
}

func guard(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff") // a name in a vCard is text, whatever it looks like
}
