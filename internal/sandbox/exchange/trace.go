package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// maxHeader bounds a header block: Exchange's MaxHeaderSize default is 256 KB.
const maxHeader = 256 << 10

// damage is what a bad gateway on the way does to a sealed mail.
type damage int

const (
	whole        damage = iota
	typeDamaged         // the smime-type is gone, as where Exchange rebuilds a type that it does not know (msgraph-sdk-java#2544)
	bytesChanged        // one character of the body is another one
)

func damageOf(address string) damage {
	switch {
	case isLocal(address, "damaged-type"):
		return typeDamaged
	case isLocal(address, "damaged-bytes"):
		return bytesChanged
	}
	return whole
}

// traced is the message as the receiver gets it: "more or less intact" (outlook-things-to-know-about-send-mail), with
// a trace on top and without a Bcc field.
func (s *Server) traced(b *box, raw text, bad damage, now time.Time) text {
	var out bytes.Buffer
	fmt.Fprintf(&out, "Received: from sandbox.invalid (127.0.0.1) by sandbox.invalid with HTTP;\r\n %s\r\n", now.Format(time.RFC1123Z))
	header, body := headerOf(raw)
	skipping, from := false, false
	for line := range bytes.SplitSeq(header, []byte("\r\n")) {
		if folded := len(line) > 0 && (line[0] == ' ' || line[0] == '\t'); !folded {
			name, _, _ := bytes.Cut(line, []byte(":"))
			skipping = bytes.EqualFold(name, []byte("Bcc"))
			from = from || bytes.EqualFold(name, []byte("From"))
			if bad == typeDamaged && bytes.EqualFold(name, []byte("Content-Type")) {
				skipping = true
				out.WriteString("Content-Type: application/pkcs7-mime; name=\"smime.p7m\"\r\n")
			}
		}
		if !skipping && len(line) > 0 {
			out.Write(line)
			out.WriteString("\r\n")
		}
	}
	if !from {
		fmt.Fprintf(&out, "From: <%s>\r\n", b.Address)
	}
	out.WriteString("\r\n")
	if bad == bytesChanged {
		body = changed(body)
	}
	return append(inMemory(out.Bytes()), body...)
}

// headerOf parts a message at its first empty line.
func headerOf(raw text) (header []byte, body text) {
	r := bufio.NewReader(io.LimitReader(raw.open(), maxHeader))
	for {
		line, err := r.ReadBytes('\n')
		if string(line) == "\r\n" {
			return bytes.TrimSuffix(header, []byte("\r\n")), raw.skip(int64(len(header) + len(line)))
		}
		header = append(header, line...)
		if err != nil {
			return header, raw.skip(int64(len(header)))
		}
	}
}

// changed is the body with one letter in its middle another one, in a file of its own if it is large.
func changed(body text) text {
	var out spill
	middle, r := body.size()/2, body.open()
	if _, err := io.CopyN(&out, r, middle); err != nil {
		return body
	}
	letter := make([]byte, 1)
	for {
		if _, err := io.ReadFull(r, letter); err != nil {
			return body
		}
		if isLetter := strings.ContainsAny(string(letter), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"); isLetter {
			break
		}
		if _, err := out.Write(letter); err != nil {
			return body
		}
	}
	_, err := out.Write([]byte{letter[0] ^ 0x20}) // the same letter, small
	_, more := io.Copy(&out, r)
	if errors.Join(err, more) != nil {
		return body
	}
	return out.text()
}
