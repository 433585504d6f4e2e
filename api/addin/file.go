package addin

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// revalidated lets a client keep an answer, and ask each time whether it still holds: a new release is there at the next opening.
const revalidated = "no-cache"

// noPage is the policy of what is no page.
const noPage = "default-src 'none'; frame-ancestors 'none'"

// compressed is the least that is worth compressing: it fits no single packet.
const compressed = 1400

// file is one answer.
type file struct {
	kind, cache, policy string
	body, zipped        []byte // zipped is nil where it is not worth it
	tag                 string
}

// seal makes what is the same for every request. The tag is made from every byte, so that two servers, and two restarts, give the same.
func (f *file) seal() {
	digest := sha256.Sum256(f.body)
	f.tag = base64.RawURLEncoding.EncodeToString(digest[:16])
	if len(f.body) < compressed || strings.HasPrefix(f.kind, "image/") {
		return
	}
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return
	}
	_, _ = zip.Write(f.body) // a buffer takes everything
	_ = zip.Close()
	if out.Len() < len(f.body) {
		f.zipped = out.Bytes()
	}
}

func (f *file) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Security-Policy", f.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Del("X-Frame-Options") // knows no list of origins: any value of it keeps Outlook out
	if f.cache == "" {
		h.Del("Cache-Control")
	} else {
		h.Set("Cache-Control", f.cache)
	}
	body, tag := f.body, f.tag
	if f.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			body, tag = f.zipped, f.tag+"-gzip" // RFC 9110 section 8.8.3.3: another representation, another tag
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// takesGzip reads Accept-Encoding (RFC 9110 section 12.5.3). Who says nothing gets the plain bytes, which everybody can read.
func takesGzip(accept string) bool {
	for one := range strings.SplitSeq(accept, ",") {
		coding, parameter, _ := strings.Cut(strings.ToLower(one), ";")
		if strings.TrimSpace(coding) != "gzip" {
			continue
		}
		value, weighed := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
		weight, err := strconv.ParseFloat(value, 64)
		return !weighed || err == nil && weight > 0
	}
	return false
}
