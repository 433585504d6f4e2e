package peertest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
)

// letter is what is sealed in every cell: 8-bit text, lines that end in CRLF.
const letter = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
	"Kære modtager\r\n\r\nRød grød med fløde på Ærø og Åland.\r\n"

const mailHead = "From: <rsa@lab.example>\r\nTo: someone@lab.example\r\nSubject: lab\r\nMIME-Version: 1.0\r\n"

// wrapped is CMS as application/pkcs7-mime (RFC 8551 §3.2).
func wrapped(smimeType string, der []byte) []byte {
	return slicesConcat("Content-Type: application/pkcs7-mime; smime-type="+smimeType+"; name=smime.p7m\r\n"+
		"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime.p7m\r\n\r\n", lines(der))
}

// clearSigned is multipart/signed around an entity (RFC 8551 §3.5.3), with another boundary than ours.
func clearSigned(entity, signature []byte) []byte {
	const boundary = "----------lab-8Q2"
	return slicesConcat("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=\"sha-256\";\r\n boundary=\""+boundary+"\"\r\n\r\n"+
		"This is an S/MIME signed message\r\n\r\n--"+boundary+"\r\n", entity,
		"\r\n--"+boundary+"\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n", lines(signature),
		"\r\n--"+boundary+"--\r\n")
}

func slicesConcat(parts ...any) []byte {
	var b bytes.Buffer
	for _, part := range parts {
		switch p := part.(type) {
		case string:
			b.WriteString(p)
		case []byte:
			b.Write(p)
		}
	}
	return b.Bytes()
}

func lines(der []byte) string {
	var b strings.Builder
	for text := base64.StdEncoding.EncodeToString(der); text != ""; {
		n := min(64, len(text))
		b.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return b.String()
}

var errShape = errors.New("not the MIME that was asked for")

// unwrapped is the CMS in an entity whose body is base64.
func unwrapped(entity []byte) ([]byte, error) {
	_, body, found := bytes.Cut(entity, []byte("\r\n\r\n"))
	if !found {
		return nil, errShape
	}
	return base64.StdEncoding.DecodeString(strings.ReplaceAll(string(body), "\r\n", ""))
}

// signedParts cuts multipart/signed without looking into its parts: the bytes that were signed, and the signature.
func signedParts(entity []byte) (signed, signature []byte, err error) {
	_, after, found := bytes.Cut(entity, []byte(`boundary="`))
	boundary, _, ended := bytes.Cut(after, []byte(`"`))
	parts := bytes.Split(entity, append([]byte("\r\n--"), boundary...))
	if !found || !ended || len(boundary) == 0 || len(parts) != 4 || !bytes.HasPrefix(parts[3], []byte("--")) {
		return nil, nil, errShape
	}
	signature, err = unwrapped(bytes.TrimPrefix(parts[2], []byte("\r\n")))
	return bytes.TrimPrefix(parts[1], []byte("\r\n")), signature, err
}
