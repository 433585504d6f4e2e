package proof

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"unicode"
)

// maxHead bounds a header block: Exchange's own limit is 256 KB, and a trace of many hops fits.
const maxHead = 512 << 10

// measured is what two messages must have in common for their readers.
type measured struct {
	media     string // lower case, without parameters
	smimeType string
	length    int64 // of the content, decoded
	digest    string
}

// isSealed says that the whole message is one CMS, so that length and digest are about its bytes.
func (m measured) isSealed() bool {
	return m.media == "application/pkcs7-mime" || m.media == "application/x-pkcs7-mime"
}

// contentType is for people to read.
func (m measured) contentType() string {
	if m.smimeType == "" {
		return m.media
	}
	return m.media + "; smime-type=" + m.smimeType
}

// measure reads a message to its end and holds little of it. An error quotes nothing of the message.
func measure(r io.Reader) (measured, error) {
	body := bufio.NewReaderSize(r, 64<<10)
	header, err := readHead(body)
	if err != nil {
		return measured{}, err
	}
	var m measured
	kind := header.Get("Content-Type")
	if kind == "" {
		kind = "text/plain" // RFC 2045 section 5.2
	}
	media, parameters, err := mime.ParseMediaType(kind)
	if err != nil {
		return measured{}, errors.New("the content type cannot be read")
	}
	m.media, m.smimeType = printable(media), printable(strings.ToLower(parameters["smime-type"]))
	content, err := decoded(header.Get("Content-Transfer-Encoding"), body)
	if err != nil {
		return measured{}, err
	}
	sum := sha256.New()
	if m.length, err = io.Copy(sum, content); err != nil {
		return measured{}, fmt.Errorf("the content cannot be read to its end: %w", err)
	}
	m.digest = hex.EncodeToString(sum.Sum(nil))
	return m, nil
}

func readHead(r *bufio.Reader) (mail.Header, error) {
	var block bytes.Buffer
	for {
		line, err := r.ReadSlice('\n')
		block.Write(line)
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the message ends in its header")
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, fmt.Errorf("the header cannot be read to its end: %w", err)
		}
		if block.Len() > maxHead {
			return nil, errors.New("the header does not end")
		}
		if text := block.Bytes(); bytes.HasSuffix(text, []byte("\n\r\n")) || bytes.HasSuffix(text, []byte("\n\n")) {
			break
		}
	}
	message, err := mail.ReadMessage(&block)
	if err != nil {
		return nil, errors.New("the header cannot be read")
	}
	return message.Header, nil
}

// decoded undoes the transfer encoding (RFC 2045 section 6).
func decoded(encoding string, body io.Reader) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body), nil
	case "quoted-printable":
		return quotedprintable.NewReader(body), nil
	case "", "7bit", "8bit", "binary":
		return body, nil
	}
	return nil, errors.New("the transfer encoding is none of RFC 2045")
}

// maxShown is longer than any type that is registered.
const maxShown = 100

// printable keeps what another program wrote from doing more on a terminal than be read.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), maxShown)]
}
