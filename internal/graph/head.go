package graph

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/mail"
	"strings"
)

// maxHead bounds the header block of our own message: 1000 recipients (the most that Exchange Online can be set to)
// with encoded names of 200 bytes, and room.
const maxHead = 512 << 10

var (
	errNotEnveloped = errors.New("graph: not an S/MIME enveloped message")
	errHead         = errors.New("graph: the message's header cannot be read")
)

// head is the header of a sealed message of ours, as Graph's JSON wants it.
type head struct {
	from        *mail.Address
	replyTo     []*mail.Address
	to, cc      []*mail.Address
	subject     string
	importance  string
	messageID   string
	inReplyTo   string
	references  string
	contentType string // the raw value with its parameters
}

// readHead reads the header block and leaves r at the body. It holds addresses and a subject, so an error is one of
// the two above and quotes nothing.
func readHead(r *bufio.Reader) (*head, error) {
	var block bytes.Buffer
	for {
		line, err := r.ReadSlice('\n')
		block.Write(line)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) {
				err = errHead
			}
			return nil, err
		}
		if block.Len() > maxHead {
			return nil, errHead
		}
		if text := block.Bytes(); bytes.HasSuffix(text, []byte("\r\n\r\n")) || bytes.HasSuffix(text, []byte("\n\n")) {
			break
		}
	}
	message, err := mail.ReadMessage(&block)
	if err != nil {
		return nil, errHead
	}
	header := message.Header
	media, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || (media != attachmentType && media != "application/x-pkcs7-mime") ||
		!strings.EqualFold(parameters["smime-type"], "enveloped-data") ||
		!strings.EqualFold(strings.TrimSpace(header.Get("Content-Transfer-Encoding")), "base64") {
		return nil, errNotEnveloped
	}
	h := &head{
		messageID: header.Get("Message-ID"), inReplyTo: header.Get("In-Reply-To"), references: header.Get("References"),
		contentType: header.Get("Content-Type"), importance: "normal",
	}
	if value := strings.ToLower(strings.TrimSpace(header.Get("Importance"))); value == "high" || value == "low" {
		h.importance = value
	}
	if h.subject, err = new(mime.WordDecoder).DecodeHeader(header.Get("Subject")); err != nil {
		return nil, errHead
	}
	var from []*mail.Address
	for name, into := range map[string]*[]*mail.Address{"From": &from, "Reply-To": &h.replyTo, "To": &h.to, "Cc": &h.cc} {
		*into, err = header.AddressList(name)
		if err != nil && !errors.Is(err, mail.ErrHeaderNotPresent) {
			return nil, errHead
		}
	}
	// A second From would make another message of it than the one that was sealed (RFC 5322 section 3.6.2).
	if len(from) != 1 || h.messageID == "" || len(h.to)+len(h.cc) == 0 {
		return nil, errHead
	}
	h.from = from[0]
	return h, nil
}

// decode is the body without its base64; text that is not base64 is an error of the reader.
func (h *head) decode(body io.Reader) io.Reader { return base64.NewDecoder(base64.StdEncoding, body) }

// largeDraft has no body on purpose: MS-OXOSMIME 2.1.3.2 says it SHOULD NOT be set.
type largeDraft struct {
	Subject           string      `json:"subject"`
	Importance        string      `json:"importance"`
	From              recipient   `json:"from"`
	ReplyTo           []recipient `json:"replyTo,omitempty"`
	To                []recipient `json:"toRecipients"`
	Cc                []recipient `json:"ccRecipients"`
	InternetMessageID string      `json:"internetMessageId"`
	Properties        []property  `json:"singleValueExtendedProperties"`
}

func (h *head) draft() largeDraft {
	d := largeDraft{
		Subject: h.subject, Importance: h.importance, From: recipients(h.from)[0], ReplyTo: recipients(h.replyTo...),
		To: recipients(h.to...), Cc: recipients(h.cc...), InternetMessageID: h.messageID,
		Properties: []property{{propMessageClass, "IPM.Note.SMIME"}, {contentTypeProperty, h.contentType}},
	}
	// Graph takes In-Reply-To and References as MAPI properties only; internetMessageHeaders must begin with x-.
	for _, p := range []property{{propInReplyTo, h.inReplyTo}, {propReferences, h.references}} {
		if p.Value != "" {
			d.Properties = append(d.Properties, p)
		}
	}
	return d
}

func recipients(addresses ...*mail.Address) []recipient {
	list := make([]recipient, 0, len(addresses))
	for _, a := range addresses {
		list = append(list, recipient{emailAddress{Name: a.Name, Address: a.Address}})
	}
	return list
}
