package smimea

import (
	"github.com/miekg/dns"

	"aau.dk/sendsikker/internal/certs"
)

// For the tests of names, and for the fuzzer, which has no network.
var (
	Owner    = owner
	Question = question
)

const Datagram = datagram

// Read is what Find makes of the bytes that came.
func (s *Source) Read(wire []byte, query *dns.Msg) ([]certs.Candidate, error) {
	answer, err := unpack(wire, query)
	if err != nil {
		return nil, err
	}
	if answer.Truncated {
		return nil, errMalformed
	}
	list, _, err := s.read(answer, query.Question[0].Name)
	return list, err
}
