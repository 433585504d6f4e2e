package exchange

import (
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// createMessage takes MIME (text/plain, base64) or JSON. MIME always becomes a draft.
func (s *Server) createMessage(c *call) {
	media, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if media != "text/plain" {
		s.createJSON(c, "drafts")
		return
	}
	text, err := c.body()
	if errors.Is(err, errTooLong) {
		// The trap: above the limit Graph says 200, and stores nothing (graph-docs#13979).
		c.w.WriteHeader(http.StatusOK)
		return
	}
	if err != nil {
		return
	}
	raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\r", "", "\n", "").Replace(string(text)))
	if err != nil {
		c.refuse(http.StatusBadRequest, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
		return
	}
	i, err := fromMIME(inMemory(raw))
	if err != nil {
		c.refuse(http.StatusBadRequest, "ErrorMimeContentInvalid", "The MIME content is invalid.")
		return
	}
	i.folder, i.draft, i.read = "drafts", true, true
	s.file(c, i)
}

// createInFolder takes JSON only; MIME is not for folders (facts: Thunderbird's create_message.rs).
func (s *Server) createInFolder(c *call) {
	folder, ok := c.box.folder(c.r.PathValue("folder"))
	if !ok {
		c.refuse(http.StatusNotFound, "ErrorItemNotFound", "The specified folder could not be found in the store.")
		return
	}
	s.createJSON(c, folder)
}

func (s *Server) createJSON(c *call, folder string) {
	var in struct {
		message
		IsRead      *bool            `json:"isRead"`
		Properties  []property       `json:"singleValueExtendedProperties"`
		Attachments []jsonAttachment `json:"attachments"`
	}
	if !c.json(&in) {
		return
	}
	i := &item{folder: folder, draft: true, read: true, message: in.message, properties: map[string]string{}}
	for _, p := range in.Properties {
		i.properties[canonical(p.ID)] = p.Value
	}
	// PidTagMessageFlags at creation, and only then, decides whether it is a draft; Graph's own isDraft does not.
	if flags, err := strconv.ParseInt(i.properties[propFlags], 10, 32); err == nil {
		i.draft, i.read = flags&flagUnsent != 0, flags&flagRead != 0
	}
	if in.IsRead != nil {
		// Not known of the real one: whether isRead wins over the flag.
		i.read = *in.IsRead
	}
	now := s.config.Now()
	// Graph ignores its own receivedDateTime and sentDateTime here, and honours these.
	i.received, i.sent = i.timeOf(propDelivered, now), i.timeOf(propSubmitted, now)
	for _, a := range in.Attachments {
		made, ok := a.read()
		if !ok {
			c.refuse(http.StatusBadRequest, "ErrorInvalidRequest", "An attachment cannot be read.")
			return
		}
		i.attachments = append(i.attachments, made)
	}
	s.file(c, i)
}

func (i *item) timeOf(property string, otherwise time.Time) time.Time {
	if at, err := time.Parse(time.RFC3339, i.properties[property]); err == nil {
		return at
	}
	return otherwise
}

// file stores the item and answers 201 with it.
func (s *Server) file(c *call, i *item) {
	if i.message.From == nil {
		// Exchange fills in whose mailbox it is.
		var own recipient
		own.EmailAddress.Name, own.EmailAddress.Address = c.box.Name, c.box.Address
		i.message.From, i.message.Sender = &own, &own
	}
	if i.message.Importance == "" {
		i.message.Importance = "normal"
	}
	s.mu.Lock()
	ok := s.put(c.box, i)
	var view map[string]any
	if ok {
		for n := range i.attachments {
			i.attachments[n].id = s.uuid()
		}
		view = c.view(i)
	}
	s.mu.Unlock()
	if !ok {
		c.refuse(http.StatusInsufficientStorage, "ErrorQuotaExceeded", "The mailbox is full.")
		return
	}
	c.w.Header().Set("Location", "https://"+c.r.Host+c.r.URL.Path)
	c.answer(http.StatusCreated, view)
}

type property struct {
	ID    string `json:"id"`
	Value string `json:"value"`
}

type jsonAttachment struct {
	Type         string `json:"@odata.type"`
	Name         string `json:"name"`
	ContentType  string `json:"contentType"`
	ContentBytes []byte `json:"contentBytes"`
}

func (a jsonAttachment) read() (attachment, bool) {
	made := attachment{name: a.Name, contentType: a.ContentType, content: inMemory(a.ContentBytes)}
	if made.contentType == "" {
		made.contentType = "application/octet-stream"
	}
	return made, a.Type == "#microsoft.graph.fileAttachment" && a.Name != ""
}
