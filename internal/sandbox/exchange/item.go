package exchange

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// box is a mailbox with what lies in it.
type box struct {
	Mailbox
	items       []*item
	connections int         // by submission, signed in
	submitted   []time.Time // the mails of the last minute
}

// item is one message. raw is the MIME that it was made of, or nil for one made of JSON.
type item struct {
	key                     string // immutable id
	moves                   int    // the regular id changes with it
	folder                  string
	draft, read, leaving    bool
	created, received, sent time.Time
	raw                     text
	message                 message
	properties              map[string]string // MAPI properties by canonical name
	attachments             []attachment
	attempts                int // of sending, for the bad weather
}

// message is Graph's JSON for what we know of it.
type message struct {
	Subject           string      `json:"subject"`
	Importance        string      `json:"importance"`
	Body              *content    `json:"body"`
	From              *recipient  `json:"from"`
	Sender            *recipient  `json:"sender"`
	ReplyTo           []recipient `json:"replyTo"`
	To                []recipient `json:"toRecipients"`
	Cc                []recipient `json:"ccRecipients"`
	Bcc               []recipient `json:"bccRecipients"`
	InternetMessageID string      `json:"internetMessageId"`
}

type content struct {
	ContentType string `json:"contentType"`
	Content     string `json:"content"`
}

type recipient struct {
	EmailAddress struct {
		Name    string `json:"name"`
		Address string `json:"address"`
	} `json:"emailAddress"`
}

// Attachment is one of a message made of JSON.
type Attachment struct {
	ID, Name, ContentType string
	Content               []byte
}

// attachment is the same as it is kept.
type attachment struct {
	id, name, contentType string
	content               text
}

// Item is a message as a test or the demo may see it.
type Item struct {
	ID, RegularID, Folder, Class         string
	InternetMessageID, Subject, BodyHTML string
	From                                 string
	To, Cc, Bcc                          []string
	IsDraft, IsRead                      bool
	Received, Sent                       time.Time
	Properties                           map[string]string // by canonical name, such as "integer 0xe07"
	Attachments                          []Attachment
	Raw                                  []byte // the MIME that $value gives
}

// The MAPI properties with a meaning here, by canonical name (facts: DavMail PR #517, MS-OXCMSG 2.2.1.6).
const (
	propFlags      = "integer 0xe07"
	propDelivered  = "systemtime 0xe06"
	propSubmitted  = "systemtime 0x39"
	propInReplyTo  = "string 0x1042"
	propReferences = "string 0x1039"
	propClass      = "string 0x1a"
	// propContentType is PS_INTERNET_HEADERS Content-Type (MS-OXOSMIME 2.1.3.2).
	propContentType = "string {00020386-0000-0000-c000-000000000046} name content-type"

	flagRead   = 0x1
	flagUnsent = 0x8
)

// canonical makes one name of the ways that a property id may be written: case, and zeros after 0x.
func canonical(id string) string {
	id = strings.ToLower(strings.Join(strings.Fields(id), " "))
	kind, number, ok := strings.Cut(id, " 0x")
	if tag, err := strconv.ParseUint(number, 16, 16); ok && err == nil {
		return fmt.Sprintf("%s 0x%x", kind, tag)
	}
	return id
}

func (i *item) class() string {
	if class := i.properties[propClass]; class != "" {
		return class
	}
	return "IPM.Note"
}

// regularID changes when the item moves to another folder (outlook-immutable-id); the immutable one does not.
func (i *item) regularID() string {
	sum := sha256.Sum256([]byte(i.key + "/" + i.folder + "/" + strconv.Itoa(i.moves)))
	return "AAMkAD" + base64.URLEncoding.EncodeToString(sum[:])
}

func (i *item) is(id string) bool { return id == i.key || id == i.regularID() }

func (i *item) move(folder string) { i.folder, i.moves = folder, i.moves+1 }

func (i *item) weight() (memory, disk int64) {
	memory, disk = i.raw.weight()
	if i.message.Body != nil {
		memory += int64(len(i.message.Body.Content))
	}
	for _, a := range i.attachments {
		m, d := a.content.weight()
		memory, disk = memory+m, disk+d
	}
	return memory, disk
}

func (i *item) view() Item {
	v := i.heading()
	v.Raw = i.mime().bytes()
	for _, a := range i.attachments {
		v.Attachments = append(v.Attachments, Attachment{ID: a.id, Name: a.name, ContentType: a.contentType, Content: a.content.bytes()})
	}
	return v
}

// heading is the item without what may be long.
func (i *item) heading() Item {
	v := Item{
		ID: i.key, RegularID: i.regularID(), Folder: i.folder, Class: i.class(), InternetMessageID: i.message.InternetMessageID,
		Subject: i.message.Subject, To: addresses(i.message.To), Cc: addresses(i.message.Cc), Bcc: addresses(i.message.Bcc),
		IsDraft: i.draft, IsRead: i.read, Received: i.received, Sent: i.sent,
		Properties: maps.Clone(i.properties), Raw: i.mime().head(headLength),
	}
	if i.message.From != nil {
		v.From = i.message.From.EmailAddress.Address
	}
	if i.message.Body != nil && strings.EqualFold(i.message.Body.ContentType, "html") {
		v.BodyHTML = i.message.Body.Content
	}
	return v
}

func addresses(list []recipient) []string {
	out := make([]string, 0, len(list))
	for _, r := range list {
		out = append(out, r.EmailAddress.Address)
	}
	return out
}

// open makes a mailbox. The caller holds the lock, or is New.
func (s *Server) open(m Mailbox) *box {
	if m.ID == "" {
		m.ID = s.uuid()
	}
	b := &box{Mailbox: m}
	s.boxes[strings.ToLower(m.Address)] = b
	s.users[strings.ToLower(m.ID)] = b
	return b
}

// put files an item, or says that the house is full. The caller holds the lock.
func (s *Server) put(b *box, i *item) bool {
	if s.things >= maxThings || !s.keep(i.weight()) {
		return false
	}
	s.things++
	i.key = "AAkALgAA" + base64.URLEncoding.EncodeToString(s.bytes(30)) + "="
	i.created = s.config.Now()
	if i.properties == nil {
		i.properties = map[string]string{}
	}
	if i.message.InternetMessageID == "" {
		i.message.InternetMessageID = "<" + s.uuid() + "@sandbox.invalid>"
	}
	b.items = append(b.items, i)
	return true
}

// keep books what is to be kept, or says that there is no room. The caller holds the lock.
func (s *Server) keep(memory, disk int64) bool {
	if s.stored+memory > maxStored || s.spilled+disk > maxSpilled {
		return false
	}
	s.stored, s.spilled = s.stored+memory, s.spilled+disk
	return true
}

// find is the item with the id, regular or immutable. The caller holds the lock.
func (b *box) find(id string) *item {
	for _, i := range b.items {
		if i.is(id) {
			return i
		}
	}
	return nil
}

func (s *Server) bytes(n int) []byte {
	out := make([]byte, n)
	_, _ = s.random.Read(out)
	return out
}

func (s *Server) uuid() string {
	b := s.bytes(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := hex.EncodeToString(b)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
