package exchange

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

// fromMIME reads the header of a message. Recipients are the addresses of To and Cc, as they stand there; the Bcc
// header counts for nothing on this way.
func fromMIME(raw text) (*item, error) {
	parsed, err := mail.ReadMessage(raw.open())
	if err != nil {
		return nil, err
	}
	i := &item{raw: raw, properties: map[string]string{}}
	header := parsed.Header
	decoder := new(mime.WordDecoder)
	if i.message.Subject, err = decoder.DecodeHeader(header.Get("Subject")); err != nil {
		i.message.Subject = header.Get("Subject")
	}
	i.message.Importance = "normal"
	if value := strings.ToLower(header.Get("Importance")); value == "high" || value == "low" {
		i.message.Importance = value
	}
	i.message.To, i.message.Cc = list(header, "To"), list(header, "Cc")
	if from := list(header, "From"); len(from) > 0 {
		i.message.From, i.message.Sender = &from[0], &from[0]
	}
	i.message.InternetMessageID = header.Get("Message-ID")
	for name, property := range map[string]string{"In-Reply-To": propInReplyTo, "References": propReferences, "Content-Type": propContentType} {
		if value := header.Get(name); value != "" {
			i.properties[property] = value
		}
	}
	// How Exchange classes S/MIME (MS-OXCMAIL, MS-OXOSMIME 2.1.3).
	switch media, _, _ := mime.ParseMediaType(header.Get("Content-Type")); media {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		i.properties[propClass] = "IPM.Note.SMIME"
	case "multipart/signed":
		i.properties[propClass] = "IPM.Note.SMIME.MultipartSigned"
	}
	return i, nil
}

func list(header mail.Header, name string) []recipient {
	parsed, err := header.AddressList(name)
	if err != nil {
		return nil
	}
	var out []recipient
	for _, a := range parsed {
		var r recipient
		r.EmailAddress.Name, r.EmailAddress.Address = a.Name, a.Address
		out = append(out, r)
	}
	return out
}

// mime is what $value gives and what is delivered, without the trace that transport adds.
func (i *item) mime() text {
	if i.raw != nil {
		return i.raw
	}
	var out bytes.Buffer
	i.writeHeader(&out)
	if cms, contentType, ok := i.smime(); ok {
		fmt.Fprintf(&out, "Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n", contentType)
		return append(inMemory(out.Bytes()), cms.encode()...)
	}
	if len(i.attachments) == 0 {
		i.writeBody(&out)
		return inMemory(out.Bytes())
	}
	boundary := "_000_" + strings.Trim(i.key, "=")
	fmt.Fprintf(&out, "Content-Type: multipart/mixed;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n", boundary, boundary)
	i.writeBody(&out)
	var whole text
	for _, a := range i.attachments {
		fmt.Fprintf(&out, "\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: %s\r\n\r\n", boundary, oneLine(a.contentType),
			mime.FormatMediaType("attachment", map[string]string{"filename": a.name}))
		whole = append(append(whole, part{memory: bytes.Clone(out.Bytes())}), a.content.encode()...)
		out.Reset()
	}
	return append(whole, part{memory: fmt.Appendf(nil, "\r\n--%s--\r\n", boundary)})
}

// smime says whether the item becomes application/pkcs7-mime: class IPM.Note.SMIME and exactly one attachment of that
// type, or of octet-stream with a name in .p7m (MS-OXOSMIME 2.1.3.2). Anything else becomes ordinary mail.
func (i *item) smime() (cms text, contentType string, ok bool) {
	if i.class() != "IPM.Note.SMIME" || len(i.attachments) != 1 {
		return nil, "", false
	}
	a := i.attachments[0]
	switch media, _, _ := mime.ParseMediaType(a.contentType); {
	case media == "application/pkcs7-mime", media == "application/x-pkcs7-mime":
	case media == "application/octet-stream" && strings.HasSuffix(strings.ToLower(a.name), ".p7m"):
	default:
		return nil, "", false
	}
	contentType = oneLine(i.properties[propContentType])
	if contentType == "" {
		// Without the named property the smime-type is lost.
		contentType = `application/pkcs7-mime; name="smime.p7m"`
	}
	return a.content, contentType, true
}

func (i *item) writeHeader(out *bytes.Buffer) {
	date := i.sent
	if date.IsZero() {
		date = i.created
	}
	fmt.Fprintf(out, "Date: %s\r\n", date.Format(time.RFC1123Z))
	for _, field := range []struct {
		name string
		list []recipient
	}{{"From", one(i.message.From)}, {"Reply-To", i.message.ReplyTo}, {"To", i.message.To}, {"Cc", i.message.Cc}} {
		if len(field.list) == 0 {
			continue
		}
		var text []string
		for _, r := range field.list {
			text = append(text, (&mail.Address{Name: r.EmailAddress.Name, Address: r.EmailAddress.Address}).String())
		}
		fmt.Fprintf(out, "%s: %s\r\n", field.name, strings.Join(text, ",\r\n "))
	}
	for _, field := range []struct{ name, value string }{
		{"Subject", mime.QEncoding.Encode("utf-8", i.message.Subject)}, {"Message-ID", i.message.InternetMessageID},
		{"In-Reply-To", i.properties[propInReplyTo]}, {"References", i.properties[propReferences]},
	} {
		if field.value != "" {
			fmt.Fprintf(out, "%s: %s\r\n", field.name, oneLine(field.value))
		}
	}
	if i.message.Importance == "high" || i.message.Importance == "low" {
		fmt.Fprintf(out, "Importance: %s\r\n", i.message.Importance)
	}
	out.WriteString("MIME-Version: 1.0\r\n")
}

func (i *item) writeBody(out *bytes.Buffer) {
	kind, text := "plain", ""
	if i.message.Body != nil {
		text = i.message.Body.Content
		if strings.EqualFold(i.message.Body.ContentType, "html") {
			kind = "html"
		}
	}
	fmt.Fprintf(out, "Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", kind)
	w := quotedprintable.NewWriter(out)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	out.WriteString("\r\n")
}

func one(r *recipient) []recipient {
	if r == nil {
		return nil
	}
	return []recipient{*r}
}

// oneLine keeps a property from adding header fields of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// lineLength is RFC 2045 section 6.8.
const lineLength = 76
