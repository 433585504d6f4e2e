package frame

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"net/http"
	"time"
)

const stylePath = "/admin/style.css"

//go:embed style.css
var styleSheet []byte

// styleAddress changes with the sheet, so that browsers may keep it.
func styleAddress() string {
	sum := sha256.Sum256(styleSheet)
	return stylePath + "?v=" + hex.EncodeToString(sum[:6])
}

// styled is the one thing here that may be kept: it says nothing about anybody.
func (s *Site) styled(r *http.Request, _ Visitor) (Answer, error) {
	return File(func(w http.ResponseWriter) {
		h := w.Header()
		h.Set("Content-Type", "text/css; charset=utf-8")
		if s.style == r.URL.RequestURI() {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(styleSheet))
	}), nil
}

func asLarge(err error) (*http.MaxBytesError, bool) { return errors.AsType[*http.MaxBytesError](err) }
