package smime

import (
	"bytes"
	"net/mail"
	"strings"
)

// author is the address of the only mailbox in the only From field; "" where there is none, or more: a reader that shows
// another one than we compared would be deceived.
func author(header []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(header))
	if err != nil || len(m.Header["From"]) != 1 {
		return ""
	}
	if len(m.Header.Get("From")) > maxAuthor {
		return ""
	}
	list, err := m.Header.AddressList("From")
	if err != nil || len(list) != 1 {
		return ""
	}
	return list[0].Address
}

// maxAuthor is the longest From that is read; an address has at most 254 octets (RFC 5321 §4.5.3.1.3).
const maxAuthor = 2 << 10

// opened is the result once everything has been checked.
func (o *opener) opened() *Opened {
	for i := range o.layers {
		for j := range o.layers[i].Signatures {
			s := &o.layers[i].Signatures[j]
			s.FromAgrees = s.Good && agrees(o.from, s.Addresses)
		}
	}
	return &Opened{Layers: o.layers, From: o.from, hold: o.hold}
}

// agrees compares without regard to case (RFC 8550 §3 wants that for the domain). Mail systems treat the local part so, too,
// and a certificate for Bo@ is not meant for somebody else than bo@.
func agrees(from string, addresses []string) bool {
	for _, address := range addresses {
		if from != "" && strings.EqualFold(from, address) {
			return true
		}
	}
	return false
}
