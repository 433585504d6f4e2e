package exchange

import (
	"encoding/base64"
	"net/http"
	"time"
)

const (
	// minUpload and maxUpload are what a session takes (outlook-large-attachments: 3 MB to 150 MB).
	minUpload = 3 << 20
	maxUpload = 150_000_000
	// maxUploads bounds the open sessions, each of which may hold maxUpload of the disk.
	maxUploads  = 64
	uploadOpens = 24 * time.Hour
)

// upload is an open session.
type upload struct {
	app     string
	box     *box
	item    *item
	made    attachment
	content spill
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
	made.id = s.uuid()
	i := c.box.find(c.r.PathValue("id"))
	full := i != nil && !s.attach(i, made)
	s.mu.Unlock()
	switch {
	case i == nil:
		c.noItem()
	case full:
		c.refuse(http.StatusInsufficientStorage, "ErrorQuotaExceeded", "The mailbox is full.")
	default:
		c.answer(http.StatusCreated, map[string]any{"id": made.id, "name": made.name, "contentType": made.contentType, "size": made.content.size()})
	}
}

// attach needs the lock.
func (s *Server) attach(i *item, made attachment) bool {
	if !s.keep(made.content.weight()) {
		return false
	}
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
			made: attachment{id: s.uuid(), name: asked.Name, contentType: asked.ContentType},
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
