package app

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What people hand over as "the mail".
const (
	formMail = "a mail"
	formDER  = "a CMS message in DER"
	formPEM  = "a CMS message in PEM"
	formText = "a CMS message in base64"
)

const sniffed = 512

// sniff looks at the start of a file, and gives a reader for all of it and what it is. The error says what the file is where
// that is nothing to open, and what to do.
func sniff(in io.Reader) (*bufio.Reader, string, error) {
	r := bufio.NewReaderSize(in, streamBuffer)
	head, err := r.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	head, err = append([]byte(nil), head...), nil
	for known, say := range map[string]string{
		"\xd0\xcf\x11\xe0": "this is an Outlook file (.msg): drag the mail to a folder in the new Outlook or in Thunderbird, or save it as .eml",
		"PK\x03\x04":       "this is a zip or Office file, not a mail",
		"%PDF":             "this is a PDF, not a mail",
		"\xff\xfe":         "this is text in UTF-16: save the mail as it is (.eml), not as text",
		"\xfe\xff":         "this is text in UTF-16: save the mail as it is (.eml), not as text",
	} {
		if bytes.HasPrefix(head, []byte(known)) {
			return nil, "", errors.New(say)
		}
	}
	switch {
	case len(head) == 0:
		return nil, "", errors.New("there is nothing in it: the mail is empty")
	case head[0] == 0x30:
		return r, formDER, notCMS(head)
	case bytes.HasPrefix(head, []byte("-----BEGIN ")):
		return r, formPEM, notPEM(head)
	case bytes.HasPrefix(head, []byte("MI")) && isBase64(firstLine(head)):
		return r, formText, nil
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")): // a byte order mark that an editor put there
		_, err = r.Discard(len("\xef\xbb\xbf"))
	case bytes.HasPrefix(head, []byte("From ")): // the line that parts mails in an mbox file
		_, err = r.ReadString('\n')
	}
	return r, formMail, err
}

// mailFrom gives every form as an entity: a bare message gets the header that says what it is.
func mailFrom(in io.Reader) (io.Reader, error) {
	r, form, err := sniff(in)
	if err != nil {
		return nil, err
	}
	const header = "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: "
	switch form {
	case formDER:
		return io.MultiReader(strings.NewReader(header+"binary\r\n\r\n"), r), nil
	case formPEM:
		if _, err := r.ReadString('\n'); err != nil {
			return nil, err
		}
		return io.MultiReader(strings.NewReader(header+"base64\r\n\r\n"), &pemBody{r: r}), nil
	case formText:
		return io.MultiReader(strings.NewReader(header+"base64\r\n\r\n"), r), nil
	}
	return r, nil
}

// notCMS tells by the first element inside: ContentInfo begins with an OBJECT IDENTIFIER (RFC 5652 §3), a PKCS #12 file and
// a private key with a version, a certificate with a SEQUENCE.
func notCMS(head []byte) error {
	at := 2
	if len(head) > 1 && head[1] > 0x80 {
		at += int(head[1] & 0x7f)
	}
	if at >= len(head) {
		return nil
	}
	switch head[at] {
	case 0x02:
		return errors.New("this is a file with a private key (.p12, .pfx or .key), not a mail")
	case 0x30:
		return errors.New("this is a certificate, not a mail")
	}
	return nil
}

func notPEM(head []byte) error {
	label, _, _ := strings.Cut(strings.TrimPrefix(string(firstLine(head)), "-----BEGIN "), "-----")
	switch label {
	case "PKCS7", "CMS", "PKCS #7 SIGNED DATA":
		return nil
	case "PGP MESSAGE", "PGP SIGNED MESSAGE":
		return errors.New("this is OpenPGP, not S/MIME")
	}
	return fmt.Errorf("this is a PEM file with %q in it, not a mail", label)
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

func isBase64(line []byte) bool {
	return len(line) >= 40 && len(bytes.Trim(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")) == 0
}

// pemBody reads up to the END line.
type pemBody struct {
	r    *bufio.Reader
	rest []byte
	err  error
}

func (p *pemBody) Read(out []byte) (int, error) {
	if len(p.rest) == 0 && p.err == nil {
		p.rest, p.err = p.r.ReadSlice('\n')
		switch {
		case bytes.HasPrefix(p.rest, []byte("-----END ")):
			p.rest, p.err = nil, io.EOF
		case errors.Is(p.err, bufio.ErrBufferFull):
			p.err = nil
		}
	}
	if len(p.rest) == 0 {
		return 0, p.err
	}
	n := copy(out, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
