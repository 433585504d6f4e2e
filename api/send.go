package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sending"
)

// maxDraft bounds the JSON part: a body of text with the names of 500 recipients. Pictures are parts of their own.
const maxDraft = 8 << 20

// SendMessage takes a message in one of its two forms, streaming, and hands it to be sent.
func (s *server) SendMessage(ctx context.Context, r contract.SendMessageRequestObject) (contract.SendMessageResponseObject, error) {
	sub := sending.Submission{Caller: callerOf(ctx)}
	if k := r.Params.IdempotencyKey; k != nil {
		sub.IdempotencyKey = *k
	}
	content := sha256.New()
	sub.Digest = func() []byte { return content.Sum(nil) }
	var err error
	switch {
	case r.MultipartBody != nil:
		sub.Draft, sub.Entity, err = s.fromForm(r.MultipartBody, content)
	case r.Body != nil:
		sub.Draft, sub.Entity, err = fromMessage(r.Body, r.Params.Mailbox, content)
	default:
		err = fault.New(fault.Unsupported, "media_type_unsupported", fault.Sentence{
			DA: "Send mailen som multipart/form-data eller message/rfc822. Intet er sendt.",
			EN: "Send the message as multipart/form-data or message/rfc822. Nothing was sent.",
		}, nil)
	}
	if err != nil {
		return nil, err
	}
	if err := s.Limits.People(sub.Caller.ID, recipientsOf(sub.Draft), true); err != nil {
		return nil, err
	}
	accepted, err := s.Sending.Submit(ctx, sub)
	if err != nil {
		return nil, err
	}
	if accepted.Fresh == nil {
		m, err := s.Sending.Message(ctx, sub.Caller, accepted.ID)
		if err != nil {
			return nil, acceptedUnseen(err)
		}
		accepted.Fresh = &m
	}
	location := "/v1/messages/" + accepted.ID
	return contract.SendMessage202JSONResponse{Body: shown(*accepted.Fresh), Headers: contract.SendMessage202ResponseHeaders{Location: &location}}, nil
}

// acceptedUnseen is for a message that was accepted and could not be read back. Every other error says that nothing was sent,
// and who believes that of this one sends the mail twice.
func acceptedUnseen(cause error) error {
	return fault.New(fault.Unclear, "accepted_not_shown", fault.Sentence{
		DA: "Mailen er modtaget og bliver sendt, men dens status kan ikke vises lige nu. Send den ikke igen; se den i listen over sendte mails om lidt.",
		EN: "The mail was accepted and will be sent, but its state cannot be shown just now. Do not send it again; look for it in the list of sent mails shortly.",
	}, cause)
}

// fromMessage takes message/rfc822.
func fromMessage(body io.Reader, mailbox *string, content hash.Hash) (*draft.Draft, draft.Entity, error) {
	if mailbox == nil || *mailbox == "" {
		return nil, nil, malformed("mailbox_missing", "mailbox", nil)
	}
	_, _ = content.Write([]byte("message/rfc822\x00" + *mailbox + "\x00"))
	d, entity, err := draft.ReadMessage(io.TeeReader(body, content))
	if err != nil {
		return nil, nil, err
	}
	d.Mailbox = *mailbox
	return d, entity, nil
}

// fromForm takes multipart/form-data: the draft first, then the files as they come.
func (s *server) fromForm(form *multipart.Reader, content hash.Hash) (*draft.Draft, draft.Entity, error) {
	part, err := form.NextRawPart()
	if errors.Is(err, io.EOF) || (err == nil && part.FormName() != "draft") {
		return nil, nil, malformed("draft_missing", "draft", nil)
	}
	if err != nil {
		return nil, nil, multipartFault(err)
	}
	if encoded(part) {
		return nil, nil, malformed("part_encoded", "draft", errors.New("a part has a content transfer encoding"))
	}
	raw, err := io.ReadAll(io.LimitReader(part, maxDraft+1))
	if err != nil {
		return nil, nil, multipartFault(err)
	}
	if len(raw) > maxDraft {
		return nil, nil, bodyTooLarge(nil)
	}
	d, err := s.parseDraft(raw)
	if err != nil {
		return nil, nil, err
	}
	_, _ = content.Write([]byte("multipart/form-data\x00"))
	_, _ = content.Write(raw)
	return d, draft.Compose(d, &files{form: form, content: content}), nil
}

func (s *server) parseDraft(raw []byte) (*draft.Draft, error) {
	var size thin
	if size.count(raw); size.values > maxValues {
		return nil, bodyTooLarge(errTooManyValues)
	}
	var anything any
	if err := json.Unmarshal(raw, &anything); err != nil {
		return nil, malformed("draft_malformed", "draft", errors.New("the draft is not JSON"))
	}
	if err := s.document.Components.Schemas["Draft"].Value.VisitJSON(anything); err != nil {
		if e, is := errors.AsType[*openapi3.SchemaError](err); is {
			return nil, unfitSchema(e)
		}
		return nil, malformed("draft_malformed", "draft", errors.New("the draft does not fit its schema"))
	}
	var in contract.Draft
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, malformed("draft_malformed", "draft", errors.New("the draft does not fit its type"))
	}
	d := &draft.Draft{
		Mailbox: in.Mailbox, To: mailAddresses(in.To), Cc: mailAddresses(in.Cc), Bcc: mailAddresses(in.Bcc),
		Subject: value(in.Subject), InReplyTo: value(in.InReplyTo), References: value(in.References),
		Importance: draft.Importance(value(in.Importance)), Language: string(value(in.Language)),
	}
	if in.Body != nil {
		d.HTML, d.Text = value(in.Body.Html), value(in.Body.Text)
	}
	return d, nil
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// encoded says that a part's bytes stand for others. Forms carry bytes as they are (RFC 7578 §4.7 deprecates the field), and a
// file that we took for its own base64 would arrive as nothing that opens.
func encoded(part *multipart.Part) bool {
	switch strings.ToLower(strings.TrimSpace(part.Header.Get("Content-Transfer-Encoding"))) {
	case "", "7bit", "8bit", "binary":
		return false
	}
	return true
}

// files yields the parts after the draft, each read once, as its bytes arrive.
type files struct {
	form    *multipart.Reader
	content hash.Hash
}

// Next gives the next file. A part of another name is refused: a misspelt field would be a lost attachment.
func (f *files) Next() (*draft.Attachment, error) {
	part, err := f.form.NextRawPart()
	if err != nil {
		return nil, multipartFault(err)
	}
	if encoded(part) {
		return nil, malformed("part_encoded", "", errors.New("a part has a content transfer encoding"))
	}
	a := &draft.Attachment{Name: fileName(part), Type: part.Header.Get("Content-Type")}
	field, id, _ := strings.Cut(part.FormName(), ":")
	switch field {
	case "file":
	case "inline":
		a.Inline, a.ContentID = true, id
		if id == "" {
			a.ContentID = strings.Trim(part.Header.Get("Content-Id"), "<>")
		}
	default:
		return nil, malformed("part_unknown", "", errors.New("a part is neither a file nor an inline picture"))
	}
	// What each file is, then its bytes, then their number: other files never have the same digest as these.
	f.mark(part.FormName(), a.Name, a.Type, a.ContentID)
	a.Content = &fileContent{from: part, to: f.content}
	return a, nil
}

// fileName is the name as it was sent. Not Part.FileName, which cuts at a slash: Outlook names a forwarded mail after its subject,
// and "Møde 3/12" would arrive as "12". Package draft makes names safe.
func fileName(part *multipart.Part) string {
	_, parameters, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	return parameters["filename"]
}

func (f *files) mark(fields ...string) {
	description, _ := json.Marshal(fields) // strings always marshal
	_, _ = f.content.Write(description)
}

// fileContent reads a part, notes its bytes in the digest, and names what is wrong with the form.
type fileContent struct {
	from  io.Reader
	to    hash.Hash
	n     uint64
	ended bool
}

func (c *fileContent) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	_, _ = c.to.Write(b[:n])
	c.n += uint64(n)
	if errors.Is(err, io.EOF) && !c.ended {
		c.ended = true // whoever asks again at the end does not change the digest
		c.end()
	}
	return n, multipartFault(err)
}

// end writes the length behind the bytes, so that what follows cannot be taken for more of them.
func (c *fileContent) end() {
	var length [8]byte
	for i := range length {
		length[i] = byte(c.n >> (8 * i))
	}
	_, _ = c.to.Write(length[:])
}
