package exchange

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	// minUpload and maxUpload are what a session takes (outlook-large-attachments: 3 MB to 150 MB).
	minUpload = 3 << 20
	maxUpload = 150_000_000
	// maxRange: a PUT must be below 4 MB.
	maxRange = 4 << 20
	// maxUploads bounds the open sessions, each of which may hold maxUpload.
	maxUploads  = 16
	uploadOpens = 24 * time.Hour
)

// upload is an open session.
type upload struct {
	app     string
	box     *box
	item    *item
	made    Attachment
	size    int64
	expires time.Time
}

func (s *Server) addAttachment(c *call) {
	var in jsonAttachment
	if !c.json(&in) {
		return
	}
	made, ok := in.read()
	if !ok {
		c.refuse(http.StatusBadRequest, "ErrorInvalidRequest", "The attachment cannot be read.")
		return
	}
	s.mu.Lock()
	made.ID = s.uuid()
	i := c.box.find(c.r.PathValue("id"))
	full := i != nil && !s.attach(i, made)
	s.mu.Unlock()
	switch {
	case i == nil:
		c.noItem()
	case full:
		c.refuse(http.StatusInsufficientStorage, "ErrorQuotaExceeded", "The mailbox is full.")
	default:
		c.answer(http.StatusCreated, map[string]any{"id": made.ID, "name": made.Name, "contentType": made.ContentType, "size": len(made.Content)})
	}
}

// attach needs the lock.
func (s *Server) attach(i *item, made Attachment) bool {
	if s.stored+int64(len(made.Content)) > maxStored {
		return false
	}
	s.stored += int64(len(made.Content))
	i.attachments = append(i.attachments, made)
	return true
}

func (s *Server) createUploadSession(c *call) {
	var in struct {
		AttachmentItem struct {
			AttachmentType string `json:"attachmentType"`
			Name           string `json:"name"`
			ContentType    string `json:"contentType"`
			Size           int64  `json:"size"`
		}
	}
	if !c.json(&in) {
		return
	}
	asked := in.AttachmentItem
	switch {
	case asked.AttachmentType != "file" || asked.Name == "":
		c.refuse(http.StatusBadRequest, "ErrorInvalidRequest", "The attachment item is not complete.")
		return
	case asked.Size < minUpload:
		c.refuse(http.StatusBadRequest, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", "The attachment size is below the minimum.")
		return
	case asked.Size > maxUpload:
		c.refuse(http.StatusBadRequest, "ErrorAttachmentSizeLimitExceeded", "The attachment is too large.")
		return
	}
	if asked.ContentType == "" {
		asked.ContentType = "application/octet-stream"
	}
	now := s.config.Now()
	s.mu.Lock()
	for token, open := range s.uploads {
		if now.After(open.expires) {
			delete(s.uploads, token)
		}
	}
	i := c.box.find(c.r.PathValue("id"))
	full := len(s.uploads) >= maxUploads
	token := base64.RawURLEncoding.EncodeToString(s.bytes(24))
	if i != nil && !full {
		s.uploads[token] = &upload{
			app: c.app, box: c.box, item: i, size: asked.Size, expires: now.Add(uploadOpens),
			made: Attachment{ID: s.uuid(), Name: asked.Name, ContentType: asked.ContentType},
		}
	}
	s.mu.Unlock()
	switch {
	case i == nil:
		c.noItem()
	case full:
		c.refuse(http.StatusInsufficientStorage, "ErrorQuotaExceeded", "Too many open upload sessions.")
	default:
		c.answer(http.StatusCreated, map[string]any{
			"uploadUrl": c.scheme() + "://" + c.r.Host + "/upload/" + token, "expirationDateTime": stamp(now.Add(uploadOpens)), "nextExpectedRanges": []string{"0-"},
		})
	}
}

// putRange takes the next range. The URL is the proof: a token is refused, so that a client that leaks it is seen.
func (s *Server) putRange(w http.ResponseWriter, r *http.Request) {
	c := s.newCall(w, r)
	if r.Header.Get("Authorization") != "" {
		c.refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "The upload URL is pre-authenticated; do not send a token.")
		return
	}
	s.mu.Lock()
	open := s.uploads[r.PathValue("token")]
	s.mu.Unlock()
	if open == nil || s.config.Now().After(open.expires) {
		c.refuse(http.StatusNotFound, "ErrorItemNotFound", "The upload session was not found.")
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
	part, err := io.ReadAll(io.LimitReader(r.Body, r.ContentLength))
	if err != nil || int64(len(part)) != r.ContentLength {
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
	have := int64(len(open.made.Content))
	if first != have || s.uploads[token] != open {
		return func() {
			c.refuse(http.StatusRequestedRangeNotSatisfiable, "ErrorInvalidRange", "The range is not the next one.")
		}
	}
	open.made.Content = append(open.made.Content, part...)
	if have += int64(len(part)); have < open.size {
		return func() {
			c.answer(http.StatusOK, map[string]any{
				"expirationDateTime": stamp(open.expires), "nextExpectedRanges": []string{strconv.FormatInt(have, 10)},
			})
		}
	}
	delete(s.uploads, token)
	if !s.attach(open.item, open.made) {
		return func() { c.refuse(http.StatusInsufficientStorage, "ErrorQuotaExceeded", "The mailbox is full.") }
	}
	location := c.scheme() + "://" + c.r.Host + "/v1.0/users/" + open.box.ID + "/messages/attachments/" + open.made.ID
	return func() {
		c.w.Header().Set("Location", location)
		c.w.WriteHeader(http.StatusCreated)
	}
}
