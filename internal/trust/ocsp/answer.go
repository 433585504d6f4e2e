package ocsp

import (
	"bytes"
	"crypto/x509"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/trust"
)

const (
	// clockSkew is how far ahead the responder's clock may be, as for lists. There is none at the other end: who can hold
	// back a new answer would decide how long a revocation stays unknown.
	clockSkew = 5 * time.Minute
	// withoutEnd is how long after its thisUpdate an answer without nextUpdate may be used. RFC 6960 section 4.2.2.1 says that
	// newer ones are there all the time, and such responders (EJBCA and OpenSSL by default) do answer with the present
	// minute; but one fed from a daily list may put that list's time there. A day is what such a list would be good for, so
	// who plays an old answer again gains nothing over playing the list.
	withoutEnd = 24 * time.Hour
)

// Why an answer is refused, for the log.
var (
	errMalformed     = errors.New("the answer is not well formed")
	errRefused       = errors.New("the responder does not answer")
	errNotBasic      = errors.New("the answer is of another kind than basic")
	errAlgorithm     = errors.New("the answer is signed in a way that is too weak or unknown")
	errIssuer        = errors.New("the certificate is another authority's")
	errKey           = errors.New("the issuer's key cannot be read")
	errSigner        = errors.New("the answer is by somebody who is neither the issuer nor came along with it")
	errUnsigned      = errors.New("the answer does not bear the responder's signature")
	errDelegate      = errors.New("the responder's certificate is not by the issuer")
	errPurpose       = errors.New("the responder's certificate is not for signing answers")
	errResponderTime = errors.New("the responder's certificate is not valid now")
	errCritical      = errors.New("a critical extension that we do not know")
	errNonce         = errors.New("the answer is to another question: its nonce is not ours")
	errOther         = errors.New("the answer is not about this certificate")
	errTwice         = errors.New("the answer speaks of this certificate twice")
	errEarly         = errors.New("the answer is from the future")
	errStale         = errors.New("the answer is out of date")
)

// Answer is what a responder says of a certificate, verified. It was in its time when it was parsed.
type Answer struct {
	// Status is good, revoked, or StatusUnknown where the responder says that it does not know the certificate.
	Status     trust.Status
	RevokedAt  time.Time // zero unless revoked
	OnHold     bool      // revoked for the time being: certificateHold
	ProducedAt time.Time // when it was signed
	ThisUpdate time.Time // when it was known to be right
	NextUpdate time.Time // zero where the responder names none
	Until      time.Time // from then on it must not be used: NextUpdate, or a day after ThisUpdate
	Nonced     bool      // it bears our nonce, so it was made after we asked

	Responder *x509.Certificate // who signed: the issuer, or its delegate
	// Unchecked: Responder is a delegate that could have been revoked. Whoever wants to believe the answer must ask.
	Unchecked bool
}

// Parse reads a DER OCSPResponse (RFC 6960 section 4.2.1) and checks that it is about certificate, that issuer or its
// delegate signed it, and that it is current at now. It wants a certificate that issuer has signed, and does not look at that
// signature. nonce is what was sent with the request: an answer with another is refused, one with none is made in
// advance and taken (RFC 6960 section 4.4.1); nil where none was sent, and then none is looked at.
func Parse(der []byte, certificate, issuer *x509.Certificate, nonce []byte, now time.Time) (Answer, error) {
	if !bytes.Equal(certificate.RawIssuer, issuer.RawSubject) {
		return Answer{}, errIssuer
	}
	response, err := readResponse(der)
	if err != nil {
		return Answer{}, err
	}
	signed := response.signed
	var body cryptobyte.String
	var version int
	if !signed.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadOptionalASN1Integer(&version, explicitTag(0), 0) || version != 0 {
		return Answer{}, errMalformed
	}
	id, ok := readResponderID(&body)
	if !ok {
		return Answer{}, errMalformed
	}
	// Answers come over plain HTTP. What follows is read only when somebody who may has signed it.
	responder, err := response.signer(id, issuer, now)
	if err != nil {
		return Answer{}, err
	}
	var produced time.Time
	var list cryptobyte.String
	if !body.ReadASN1GeneralizedTime(&produced) || !body.ReadASN1(&list, cbasn1.SEQUENCE) {
		return Answer{}, errMalformed
	}
	echoed, err := readExtensions(&body)
	if err != nil {
		return Answer{}, err
	}
	if nonce != nil && echoed != nil && !bytes.Equal(echoed, nonceValue(nonce)) {
		return Answer{}, errNonce
	}
	answer, err := pickResponse(list, certificate, issuer)
	if err != nil {
		return Answer{}, err
	}
	answer.ProducedAt, answer.Nonced = produced, nonce != nil && echoed != nil
	answer.Responder, answer.Unchecked = responder, isUnchecked(responder, issuer)
	if err := answer.checkTime(now); err != nil {
		return Answer{}, err
	}
	return answer, nil
}
