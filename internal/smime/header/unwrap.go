package header

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"slices"
	"strings"

	"aau.dk/sendsikker/internal/smime/header/display"
)

// Unwrap recognises the older way to protect a header: the payload is a whole message (RFC 8551 §3.1). A message that
// somebody forwards under a signature looks the same unless it says so, so this is a guess (RFC 9788 §4.10.2).
//
// r is the payload. Where it is such a wrapping, ok is true, inner is the header of the message inside, and entity that message's
// own Content-* fields and body. Else inner is nil and entity is all of r again. The error is r's.
func Unwrap(r io.Reader) (inner []Field, entity io.Reader, ok bool, err error) {
	var taken bytes.Buffer // at most two headers and what is read ahead
	in := bufio.NewReader(io.TeeReader(r, &taken))
	inner, err = wrapped(in)
	switch {
	case errors.Is(err, errNotWrapped), errors.Is(err, ErrMalformed), errors.Is(err, ErrTooLarge):
		return nil, io.MultiReader(&taken, r), false, nil
	case err != nil:
		return nil, nil, false, err
	}
	// From here on nobody needs what was taken: reading goes on without the copy.
	ahead, err := in.Peek(in.Buffered())
	if err != nil {
		return nil, nil, false, err
	}
	var own strings.Builder
	for _, f := range inner {
		if f.structural() {
			own.WriteString(f.line())
		}
	}
	return inner, io.MultiReader(strings.NewReader(own.String()+"\r\n"), bytes.NewReader(bytes.Clone(ahead)), r), true, nil
}

var errNotWrapped = errors.New("header: not a wrapped message")

// wrapped checks the conditions of RFC 9788 §4.10.1.
func wrapped(in *bufio.Reader) ([]Field, error) {
	payload, err := ParseFields(in)
	if err != nil {
		return nil, err
	}
	media, parameters, ok := contentType(payload)
	if !ok || (media != "message/rfc822" && media != "message/global") || parameters["hp"] != "" {
		return nil, errNotWrapped
	}
	if strings.EqualFold(parameters["forwarded"], "yes") { // draft-melnikov-iana-reg-forwarded: "no" marks a wrapping
		return nil, errNotWrapped
	}
	switch encoding, _ := only(payload, "Content-Transfer-Encoding"); strings.ToLower(encoding) {
	case "", "7bit", "8bit", "binary": // RFC 2046 §5.2.1 allows no other
	default:
		return nil, errNotWrapped
	}
	inner, err := ParseFields(in)
	if err != nil {
		return nil, err
	}
	media, parameters, ok = contentType(inner)
	switch {
	case !ok, parameters["hp"] != "":
		return nil, errNotWrapped
	case isLayer(media):
		return nil, errNotWrapped // a message that was protected itself, and forwarded
	}
	if _, ok := only(inner, "From"); !ok { // RFC 5322 §3.6: without it, it is no message
		return nil, errNotWrapped
	}
	return inner, nil
}

// contentType is false where there are several, or one that cannot be understood.
func contentType(list []Field) (media string, parameters map[string]string, ok bool) {
	value, ok := only(list, "Content-Type")
	if !ok { // RFC 2045 §5.2
		return "text/plain", nil, !slices.ContainsFunc(list, func(f Field) bool { return f.is("Content-Type") })
	}
	media, parameters, err := mime.ParseMediaType(display.WithoutComments(value))
	return media, parameters, err == nil
}

// isLayer: what such an entity holds is the payload, and not it (RFC 9787 §1.1.1).
func isLayer(media string) bool {
	return slices.Contains([]string{"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/signed", "multipart/encrypted"}, media)
}
