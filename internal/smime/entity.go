package smime

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"slices"
	"strings"
)

// entity is a MIME entity cut at its blank line. Signatures are over bytes, so nothing is decoded or written anew.
type entity struct {
	media, encoding string // lower case
	parameters      map[string]string
	fileName        string
	typed           bool // there is a Content-Type
	body            []byte
}

// parseEntity reads header fields and takes the rest as body; lines end in CRLF or LF. It is false where what stands before
// the blank line is not a header, or says twice what the content is: two readers would each believe another one.
func parseEntity(data []byte) (entity, bool) {
	fields, body, ok := splitHeader(data)
	if !ok {
		return entity{}, false
	}
	e := entity{media: "text/plain", body: body, encoding: strings.ToLower(strings.TrimSpace(fields["content-transfer-encoding"]))}
	if value, given := fields["content-type"]; given {
		e.typed = true
		media, parameters, _ := mime.ParseMediaType(value) // what cannot be understood is no S/MIME
		e.media, e.parameters, e.fileName = media, parameters, parameters["name"]
	}
	if _, parameters, err := mime.ParseMediaType(fields["content-disposition"]); err == nil && parameters["filename"] != "" {
		e.fileName = parameters["filename"]
	}
	return e, true
}

// splitHeader unfolds the fields that say what the body is (RFC 5322 §2.2.3); names are in lower case.
func splitHeader(data []byte) (fields map[string]string, body []byte, ok bool) {
	fields = make(map[string]string)
	name := ""
	for first := true; ; first = false {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			return nil, nil, false
		}
		line := bytes.TrimSuffix(data[:end], []byte("\r"))
		data = data[end+1:]
		switch {
		case len(line) == 0:
			return fields, data, true
		case line[0] == ' ' || line[0] == '\t':
			if first {
				return nil, nil, false
			}
			if name != "" {
				fields[name] += " " + string(bytes.TrimSpace(line))
				if len(fields[name]) > maxField {
					return nil, nil, false
				}
			}
			continue
		}
		colon := bytes.IndexByte(line, ':')
		if colon < 1 || !isFieldName(bytes.TrimRight(line[:colon], " \t")) {
			return nil, nil, false
		}
		name = strings.ToLower(string(bytes.TrimRight(line[:colon], " \t")))
		if len(line) > maxField || !slices.Contains([]string{"content-type", "content-transfer-encoding", "content-disposition"}, name) {
			name = ""
			continue
		}
		if _, twice := fields[name]; twice {
			return nil, nil, false
		}
		fields[name] = string(bytes.TrimSpace(line[colon+1:]))
	}
}

// maxField is the longest field that is looked at, unfolded; RFC 5322 §2.1.1 allows 998 octets a line.
const maxField = 4 << 10

func isFieldName(b []byte) bool {
	for _, c := range b {
		if c < '!' || c > '~' {
			return false
		}
	}
	return len(b) > 0
}

type protection int

const (
	unprotected protection = iota
	clearSigned
	cmsWrapped
)

// protection is what the header says of the body (RFC 8551 §3.9).
func (e entity) protection() protection {
	switch e.media {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return cmsWrapped
	case "application/octet-stream":
		if strings.HasSuffix(strings.ToLower(e.fileName), ".p7m") {
			return cmsWrapped
		}
	case "multipart/signed":
		switch strings.ToLower(e.parameters["protocol"]) {
		case "application/pkcs7-signature", "application/x-pkcs7-signature":
			return clearSigned
		}
	}
	return unprotected
}

// decode undoes the transfer encoding. Base64 is read past characters outside its alphabet (RFC 2045 §6.8).
func (e entity) decode() ([]byte, error) {
	switch e.encoding {
	case "base64":
		clean := make([]byte, 0, len(e.body))
		for _, c := range e.body {
			if c == '+' || c == '/' || c == '=' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' {
				clean = append(clean, c)
			}
		}
		n, err := base64.StdEncoding.Decode(clean, clean)
		if err != nil {
			return nil, errNoMIME
		}
		return clean[:n], nil
	case "quoted-printable":
		out, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(e.body)))
		if err != nil {
			return nil, errNoMIME
		}
		return out, nil
	}
	return e.body, nil
}

// splitSigned gives the two parts of multipart/signed (RFC 1847 §2.1): the first exactly as it stands between the line ends
// that belong to the delimiters, the second parsed. More parts, or fewer, are refused.
func (e entity) splitSigned() (content []byte, signature entity, ok bool) {
	delimiter := "--" + e.parameters["boundary"]
	if len(delimiter) < 3 || len(delimiter) > 2+70 { // RFC 2046 §5.1.1
		return nil, entity{}, false
	}
	rest, start, closed := e.body, -1, false
	var parts [][]byte
	for at := 0; at < len(rest); {
		end := bytes.IndexByte(rest[at:], '\n')
		if end < 0 {
			end = len(rest)
		} else {
			end += at + 1
		}
		if line := bytes.TrimRight(rest[at:end], " \t\r\n"); bytes.HasPrefix(line, []byte(delimiter)) {
			tail := string(line[len(delimiter):])
			if tail == "" || tail == "--" {
				if start >= 0 {
					parts = append(parts, withoutLineEnd(rest[start:max(start, at)]))
				}
				start = end
				if closed = tail == "--"; closed {
					break
				}
			}
		}
		at = end
		if len(parts) > 2 {
			return nil, entity{}, false
		}
	}
	if !closed || len(parts) != 2 {
		return nil, entity{}, false
	}
	signature, ok = parseEntity(slices.Concat(parts[1], crlf)) // its last line end belongs to the delimiter
	return parts[0], signature, ok
}

func withoutLineEnd(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// canonical gives the same lines, each ended by CRLF.
func canonical(b []byte) []byte {
	var out bytes.Buffer
	l := &lineWriter{w: &out}
	_, _ = l.Write(b) // a buffer does not fail
	_ = l.finish()    // nor does it matter here whether there are header fields
	return out.Bytes()
}
