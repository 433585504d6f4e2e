package cms

import (
	"encoding/asn1"
	"io"

	"aau.dk/sendsikker/internal/cms/ber"
)

// Message is one ContentInfo (RFC 5652 §3) whose type has been read and whose content waits in the source. What a mail says
// of it outside (smime-type, file name) is often wrong, so the type decides which of its methods to call; each reads the
// source to its end, and any other gives ErrWrongType. A Message is good for one call.
type Message struct {
	Type asn1.ObjectIdentifier
	r    *ber.Reader
}

// ReadMessage reads as far as the content type.
func ReadMessage(src io.Reader) (*Message, error) {
	r := ber.NewReader(src)
	oid, err := contentInfo(r)
	if err != nil {
		return nil, err
	}
	return &Message{Type: oid, r: r}, nil
}
