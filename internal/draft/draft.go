package draft

import (
	"io"
	"net/mail"
)

// Importance is how urgent the sender says it is. The empty one is normal.
type Importance string

const (
	Low    Importance = "low"
	Normal Importance = "normal"
	High   Importance = "high"
)

// Draft is what the sender wrote, less the files.
type Draft struct {
	Mailbox     string         // the function mailbox to send as
	To, Cc, Bcc []mail.Address // Address is local@domain without brackets or quotes
	Subject     string
	HTML, Text  string // either or both
	Importance  Importance
	InReplyTo   string   // "<id@host>"
	References  []string // oldest first, each "<id@host>"
	Language    string   // "da" or "en": of receipts and messages to the sender; "" = da
}

// Recipients is everybody it goes to: To, Cc, Bcc in that order.
func (d *Draft) Recipients() []mail.Address {
	all := make([]mail.Address, 0, len(d.To)+len(d.Cc)+len(d.Bcc))
	all = append(all, d.To...)
	all = append(all, d.Cc...)
	return append(all, d.Bcc...)
}

// Attachment is one file. Content is read before the next file is asked for.
type Attachment struct {
	Name      string // as the sender sees it
	Type      string // media type as claimed; what cannot be trusted becomes application/octet-stream
	ContentID string // with or without angle brackets
	Inline    bool   // a picture in the text; needs ContentID, and comes before the ordinary files
	Content   io.Reader
}

// Attachments yields the files one at a time; io.EOF itself, not an error that wraps it, ends. A file's Content must be read before the next Next.
type Attachments interface {
	Next() (*Attachment, error)
}

// Entity is the content of a message: Content-* fields, blank line, body; CRLF throughout. It can be written once.
type Entity interface {
	WriteTo(w io.Writer) (int64, error)
}
