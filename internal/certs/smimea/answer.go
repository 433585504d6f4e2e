package smimea

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/miekg/dns"
)

const (
	// maxAliases are followed within an answer: one for a domain that has moved, one for the provider's own. unbound itself
	// follows 11.
	maxAliases = 8

	headerOctets  = 12 // RFC 1035 section 4.1.1
	answersOffset = 6  // of ANCOUNT
)

// errOther: what came is not the answer to this question.
var errOther = errors.New("an answer to another question")

// unpack reads an answer. Who has not seen the question can guess neither its number nor the port, and the question stands in
// every answer (RFC 5452 section 9.1): what differs in either is errOther.
func unpack(wire []byte, query *dns.Msg) (*dns.Msg, error) {
	if len(wire) < headerOctets || binary.BigEndian.Uint16(wire) != query.Id {
		return nil, errOther
	}
	answer := new(dns.Msg)
	err := answer.Unpack(wire)
	if !answer.Response || answer.Opcode != dns.OpcodeQuery || len(answer.Question) != 1 || !same(answer.Question[0], query.Question[0]) {
		return nil, errOther
	}
	if answer.Truncated {
		return answer, nil // it may end anywhere, and nothing in it is looked at
	}
	// miekg/dns reads on over a record that is cut off at the end and leaves it out. That would make "something" nothing.
	if err != nil || len(answer.Answer) != int(binary.BigEndian.Uint16(wire[answersOffset:])) {
		return nil, errMalformed
	}
	return answer, nil
}

// same compares names as DNS does, without case (RFC 4343).
func same(a, b dns.Question) bool {
	return a.Qtype == b.Qtype && a.Qclass == b.Qclass && dns.CanonicalName(a.Name) == dns.CanonicalName(b.Name)
}

// verdict is what a whole answer is worth.
//
// secure is that the resolver vouches for all of it: it must not set AD unless every record in the answer, aliases among them,
// is authentic, and for an empty one the proof that there is nothing (RFC 4035 section 3.2.3). Not secure is a domain without
// signatures, or one whose parent does not vouch for them: it is as if there were no records, because RFC 8162 builds on
// DNSSEC alone.
//
// err is for what tells nothing about the domain. A validating resolver says SERVFAIL where signatures do not hold (RFC 4035
// section 5.5): somebody between it and the domain may have altered or withheld the records.
func verdict(answer *dns.Msg) (secure bool, err error) {
	switch answer.Rcode {
	case dns.RcodeSuccess, dns.RcodeNameError:
	case dns.RcodeServerFailure:
		return false, reason(answer)
	default:
		return false, errRefused
	}
	if !answer.RecursionAvailable {
		return false, errRefused // a server of domains, and not a resolver: it validates nothing
	}
	return answer.AuthenticatedData && !answer.CheckingDisabled, nil
}

// reason tells a domain whose signatures do not hold from one that does not answer, as far as the resolver says (RFC 8914
// section 4). It is for the log: nothing but the code hangs on it, because nobody has signed it.
func reason(answer *dns.Msg) error {
	options := answer.IsEdns0()
	if options == nil {
		return errFailed
	}
	for _, option := range options.Option {
		extended, ok := option.(*dns.EDNS0_EDE)
		if !ok {
			continue
		}
		switch extended.InfoCode {
		case dns.ExtendedErrorCodeDNSSECIndeterminate, dns.ExtendedErrorCodeDNSBogus, dns.ExtendedErrorCodeSignatureExpired,
			dns.ExtendedErrorCodeSignatureNotYetValid, dns.ExtendedErrorCodeDNSKEYMissing, dns.ExtendedErrorCodeRRSIGsMissing,
			dns.ExtendedErrorCodeNoZoneKeyBitSet, dns.ExtendedErrorCodeNSECMissing, dns.ExtendedErrorCodeSignatureExpiredBeforeValid:
			return errBogus
		}
	}
	return errFailed
}

// records are those at name in a secure answer, through the aliases in it. A DNAME comes with the alias that it makes of the
// name (RFC 6672 section 3.1), and the resolver has checked the one against the other, so that following aliases is enough.
func records(answer *dns.Msg, name string) []*dns.SMIMEA {
	for range maxAliases + 1 {
		var found []*dns.SMIMEA
		var next string
		for _, record := range answer.Answer {
			if header := record.Header(); header.Class != dns.ClassINET || dns.CanonicalName(header.Name) != name {
				continue
			}
			switch record := record.(type) {
			case *dns.SMIMEA:
				found = append(found, record)
			case *dns.CNAME:
				next = dns.CanonicalName(record.Target)
			}
		}
		if len(found) > 0 || next == "" {
			return slices.Clip(found)
		}
		name = next
	}
	return nil
}
