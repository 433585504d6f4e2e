package smime_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"go.mozilla.org/pkcs7"
)

// go.mozilla.org/pkcs7 is a reader that other Go programs use. It knows RSA key transport only.
func TestPKCS7ReadsWhatWeSeal(t *testing.T) {
	t.Parallel()
	const entity = "Content-Type: text/plain; charset=utf-8\r\n\r\nÆblerne er røde på Åsen.\r\n"
	from, to := mailbox(), alice()
	mail := seal(t, from, entity, []identity{to})[0]
	_, body, _ := bytes.Cut(mail, []byte("\r\n\r\n"))
	envelope, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(body), "\r\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := pkcs7.Parse(envelope)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := parsed.Decrypt(to.cert, to.key)
	if err != nil {
		t.Fatal(err)
	}
	content, signature := cutSigned(t, signed)
	if parsed, err = pkcs7.Parse(signature); err != nil {
		t.Fatal(err)
	}
	parsed.Content = content
	if err := parsed.Verify(); err != nil {
		t.Fatal(err)
	}
	if string(content) != entity {
		t.Errorf("got %q", content)
	}
	parsed.Content = append(bytes.Clone(content), '!')
	if parsed.Verify() == nil {
		t.Error("an altered content verifies")
	}
}

// cutSigned cuts a multipart/signed entity into what is signed and the signature.
func cutSigned(t *testing.T, entity []byte) (content, signature []byte) {
	t.Helper()
	_, rest, _ := bytes.Cut(entity, []byte(`boundary="`))
	boundary, _, _ := bytes.Cut(rest, []byte(`"`))
	parts := bytes.Split(entity, append([]byte("\r\n--"), boundary...))
	if len(parts) != 4 {
		t.Fatalf("%d pieces, want 4", len(parts))
	}
	_, text, _ := bytes.Cut(parts[2], []byte("\r\n\r\n"))
	signature, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(text), "\r\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimPrefix(parts[1], []byte("\r\n")), signature
}
