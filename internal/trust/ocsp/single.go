package ocsp

import (
	"bytes"
	"crypto/x509"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/trust"
)

// maxResponses in one answer are looked through: we ask about one, and RFC 5019 section 2.2.1 wants one back.
const maxResponses = 64

// Choices of CertStatus (RFC 6960 section 4.2.1); revoked is explicitTag(1).
const (
	tagGood    = cbasn1.Tag(0 | 0x80)
	tagUnknown = cbasn1.Tag(2 | 0x80)
)

// reasonHold is certificateHold, the one reason that can be taken back (RFC 5280 section 5.3.1).
const reasonHold = 6

// pickResponse finds the SingleResponse about certificate among the responses. Two of them could contradict each other, so two
// are as bad as none.
func pickResponse(list cryptobyte.String, certificate, issuer *x509.Certificate) (Answer, error) {
	var answer Answer
	found := false
	for count := 0; !list.Empty(); count++ {
		var single cryptobyte.String
		if count == maxResponses || !list.ReadASN1(&single, cbasn1.SEQUENCE) {
			return Answer{}, errMalformed
		}
		ours, err := readCertID(&single, certificate, issuer)
		if err != nil {
			return Answer{}, err
		}
		if !ours {
			continue
		}
		if found {
			return Answer{}, errTwice
		}
		if answer, err = readSingle(single); err != nil {
			return Answer{}, err
		}
		found = true
	}
	if !found {
		return Answer{}, errOther
	}
	return answer, nil
}

// readCertID is whether the CertID is that of certificate. Responders may index by another hash than the one asked with, so
// it is computed anew under the one named; one that we do not know is about somebody else.
func readCertID(from *cryptobyte.String, certificate, issuer *x509.Certificate) (ours bool, err error) {
	var id, name, key cryptobyte.String
	serial := new(big.Int)
	if !from.ReadASN1(&id, cbasn1.SEQUENCE) {
		return false, errMalformed
	}
	row, known := readHash(&id)
	if !known {
		return false, nil
	}
	if !id.ReadASN1(&name, cbasn1.OCTET_STRING) || !id.ReadASN1(&key, cbasn1.OCTET_STRING) || !id.ReadASN1Integer(serial) || !id.Empty() {
		return false, errMalformed
	}
	bits, err := publicKeyBits(issuer)
	if err != nil {
		return false, err
	}
	hash := hashRows[row].hash
	return serial.Cmp(certificate.SerialNumber) == 0 &&
		bytes.Equal(name, digest(hash, issuer.RawSubject)) && bytes.Equal(key, digest(hash, bits)), nil
}

// readSingle reads what follows the CertID.
func readSingle(single cryptobyte.String) (Answer, error) {
	var answer Answer
	var status, explicit cryptobyte.String
	var tag cbasn1.Tag
	var some bool
	if !single.ReadAnyASN1(&status, &tag) {
		return Answer{}, errMalformed
	}
	switch tag {
	case tagGood:
		answer.Status = trust.StatusGood
	case tagUnknown:
		answer.Status = trust.StatusUnknown
	case explicitTag(1):
		answer.Status = trust.StatusRevoked
		if err := readRevoked(&status, &answer); err != nil {
			return Answer{}, err
		}
	default:
		return Answer{}, errMalformed
	}
	if !status.Empty() || !single.ReadASN1GeneralizedTime(&answer.ThisUpdate) ||
		!single.ReadOptionalASN1(&explicit, &some, explicitTag(0)) ||
		some && (!explicit.ReadASN1GeneralizedTime(&answer.NextUpdate) || !explicit.Empty()) {
		return Answer{}, errMalformed
	}
	answer.Until = answer.NextUpdate
	if !some {
		answer.Until = answer.ThisUpdate.Add(withoutEnd)
	}
	if _, err := readExtensions(&single); err != nil {
		return Answer{}, err
	}
	return answer, nil
}

// readRevoked reads RevokedInfo. Whatever the reason, also one that we never heard of, the certificate must not be used now.
func readRevoked(from *cryptobyte.String, answer *Answer) error {
	var reason cryptobyte.String
	var some bool
	if !from.ReadASN1GeneralizedTime(&answer.RevokedAt) || !from.ReadOptionalASN1(&reason, &some, explicitTag(0)) {
		return errMalformed
	}
	var number int
	if some && (!reason.ReadASN1Enum(&number) || !reason.Empty()) {
		return errMalformed
	}
	answer.OnHold = number == reasonHold
	return nil
}

// checkTime is whether the answer may be used at now.
func (a Answer) checkTime(now time.Time) error {
	if a.ThisUpdate.After(now.Add(clockSkew)) || a.ProducedAt.After(now.Add(clockSkew)) {
		return errEarly
	}
	if !now.Before(a.Until) {
		return errStale
	}
	return nil
}
