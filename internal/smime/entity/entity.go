package entity

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"slices"
	"strings"
)

// ErrMalformed: what stands there is no MIME entity, or not the kind that it says.
var ErrMalformed = errors.New("entity: not a MIME entity")

const (
	// maxHeader is the longest header that is read. Exchange Online allows 256 KiB of header in all.
	maxHeader = 1 << 20
	// maxField is the longest field that is looked at, unfolded; RFC 5322 §2.1.1 allows 998 octets a line.
	maxField = 4 << 10
	// buffered is how much is read ahead, and the longest stretch in which a delimiter is looked for at once.
	buffered = 64 << 10
)

// Entity is a MIME entity whose header has been read. Signatures are over bytes, so nothing is decoded or written anew.
type Entity struct {
	Media, Encoding string // lower case
	Parameters      map[string]string
	FileName        string
	Typed           bool   // there is a Content-Type
	Header          []byte // as it stands, with the blank line
	Body            *bufio.Reader
}

// Read reads the header fields of an entity; lines end in CRLF or LF. It is ErrMalformed where what stands before the blank
// line is not a header, or says twice what the content is: two readers would each believe another one. Any other error is
// the source's.
func Read(src io.Reader) (*Entity, error) {
	body := bufio.NewReaderSize(src, buffered)
	header, err := readHeader(body)
	if err != nil {
		return nil, err
	}
	fields, ok := contentFields(header)
	if !ok {
		return nil, ErrMalformed
	}
	e := &Entity{Media: "text/plain", Header: header, Body: body, Encoding: strings.ToLower(strings.TrimSpace(fields["content-transfer-encoding"]))}
	if value, given := fields["content-type"]; given {
		e.Typed = true
		media, parameters, _ := mime.ParseMediaType(value) // what cannot be understood is no S/MIME
		e.Media, e.Parameters, e.FileName = media, parameters, parameters["name"]
	}
	if _, parameters, err := mime.ParseMediaType(fields["content-disposition"]); err == nil && parameters["filename"] != "" {
		e.FileName = parameters["filename"]
	}
	return e, nil
}

// readHeader takes everything up to and with the first blank line.
func readHeader(r *bufio.Reader) ([]byte, error) {
	var header []byte
	for start := 0; ; {
		piece, err := r.ReadSlice('\n')
		header = append(header, piece...)
		switch {
		case len(header) > maxHeader, errors.Is(err, io.EOF):
			return nil, ErrMalformed
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return nil, err
		}
		if line := header[start:]; len(line) == 1 || (len(line) == 2 && line[0] == '\r') {
			return header, nil
		}
		start = len(header)
	}
}

// contentFields unfolds the fields that say what the body is (RFC 5322 §2.2.3); names are in lower case.
func contentFields(header []byte) (fields map[string]string, ok bool) {
	fields = make(map[string]string)
	name, first := "", true
	for full := range bytes.Lines(header) {
		line := bytes.TrimSuffix(bytes.TrimSuffix(full, []byte("\n")), []byte("\r"))
		if len(line) == 0 {
			return fields, true
		}
		if line[0] == ' ' || line[0] == '\t' {
			if first {
				return nil, false
			}
			if name != "" {
				if fields[name] += " " + string(bytes.TrimSpace(line)); len(fields[name]) > maxField {
					return nil, false
				}
			}
			continue
		}
		first = false
		colon := bytes.IndexByte(line, ':')
		if colon < 1 || !isFieldName(bytes.TrimRight(line[:colon], " \t")) {
			return nil, false
		}
		name = strings.ToLower(string(bytes.TrimRight(line[:colon], " \t")))
		if len(line) > maxField || !slices.Contains([]string{"content-type", "content-transfer-encoding", "content-disposition"}, name) {
			name = ""
			continue
		}
		if _, twice := fields[name]; twice {
			return nil, false
		}
		fields[name] = string(bytes.TrimSpace(line[colon+1:]))
	}
	return nil, false
}

func isFieldName(b []byte) bool {
	for _, c := range b {
		if c < '!' || c > '~' {
			return false
		}
	}
	return len(b) > 0
}

// Protection is what an entity says of itself.
type Protection int

const (
	Unprotected Protection = iota
	ClearSigned            // multipart/signed with a CMS signature
	CMS                    // a body that is one CMS message
)

// Protection is what the header says of the body (RFC 8551 §3.9).
func (e *Entity) Protection() Protection {
	switch e.Media {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return CMS
	case "application/octet-stream":
		if strings.HasSuffix(strings.ToLower(e.FileName), ".p7m") {
			return CMS
		}
	case "multipart/signed":
		switch strings.ToLower(e.Parameters["protocol"]) {
		case "application/pkcs7-signature", "application/x-pkcs7-signature":
			return ClearSigned
		}
	}
	return Unprotected
}
