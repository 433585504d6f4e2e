package keyfile

import (
	"bytes"
	"crypto/hmac"
	"crypto/x509"
	"encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"aau.dk/sendsikker/internal/cms/ber"
)

const (
	// maxNesting of safes within safes: programs write none.
	maxNesting = 4
	// maxSafes and maxBags of one file: programs write two or three safes, and a bag for each key and certificate.
	maxSafes = 50
	maxBags  = 500
)

var errPKCS12 = errors.New("not PKCS #12 as RFC 7292 has it")

// canonical gives BER as DER would write it. What is inside octet strings stays as it is.
func canonical(b []byte) ([]byte, error) {
	r := ber.NewReader(bytes.NewReader(b))
	h, err := r.Next()
	if err != nil {
		return nil, err
	}
	return r.Element(h, 2*MaxBytes)
}

// looksLikePKCS12: a SEQUENCE of version 3 and then another SEQUENCE. PKCS #8 has version 0 or 1.
func looksLikePKCS12(der []byte) bool {
	s := cryptobyte.String(der)
	var pfx cryptobyte.String
	var version int
	return s.ReadASN1(&pfx, casn1.SEQUENCE) && pfx.ReadASN1Integer(&version) && version == 3
}

// pkcs12 reads PFX (RFC 7292 section 4).
func (r *reader) pkcs12(der []byte) error {
	s := cryptobyte.String(der)
	var pfx, safe cryptobyte.String
	var version int
	if !s.ReadASN1(&pfx, casn1.SEQUENCE) || !pfx.ReadASN1Integer(&version) {
		return errPKCS12
	}
	kind, content, ok := readContentInfo(&pfx)
	if !ok || !kind.Equal(oidData) || !content.ReadASN1(&safe, casn1.OCTET_STRING) {
		return errPKCS12 // or signed by a public key (section 3.1), which nobody writes
	}
	// Without a MAC (openssl pkcs12 -nomac) the padding tells a wrong password, and the key must fit its certificate anyway.
	if !pfx.Empty() {
		if err := r.mac(pfx, safe); err != nil {
			return err
		}
	}
	list, err := canonical(safe)
	if err != nil {
		return errPKCS12
	}
	s = list
	var safes cryptobyte.String
	if !s.ReadASN1(&safes, casn1.SEQUENCE) {
		return errPKCS12
	}
	bags := 0
	for n := 0; !safes.Empty(); n++ {
		if n == maxSafes {
			return tooLarge()
		}
		contents, err := r.safe(&safes)
		if err != nil {
			return err
		}
		if err := r.bags(contents, maxNesting, &bags); err != nil {
			return err
		}
	}
	return nil
}

func readContentInfo(s *cryptobyte.String) (kind asn1.ObjectIdentifier, content cryptobyte.String, ok bool) {
	var info cryptobyte.String
	ok = s.ReadASN1(&info, casn1.SEQUENCE) && info.ReadASN1ObjectIdentifier(&kind) && info.ReadASN1(&content, casn1.Tag(0).ContextSpecific().Constructed())
	return kind, content, ok
}

// mac checks MacData (section 4), or PBMAC1 in its place (RFC 9579).
func (r *reader) mac(s cryptobyte.String, over []byte) error {
	var data, info, want, salt cryptobyte.String
	if !s.ReadASN1(&data, casn1.SEQUENCE) || !data.ReadASN1(&info, casn1.SEQUENCE) {
		return errPKCS12
	}
	how, ok := readAlgorithm(&info)
	rounds := int64(1)
	if !ok || !info.ReadASN1(&want, casn1.OCTET_STRING) || !data.ReadASN1(&salt, casn1.OCTET_STRING) || len(salt) > maxSalt ||
		!data.Empty() && !data.ReadASN1Integer(&rounds) {
		return errPKCS12
	}
	if how.id.Equal(oidPBMAC1) {
		return r.pbmac1(how, over, want)
	}
	h := hashOf(how.id)
	if h == nil {
		return unsupported("MAC " + how.id.String())
	}
	// An empty password is written in two ways: as nothing, and as the zero that ends every password.
	passwords := [][]byte{bmp(r.password)}
	if r.password == "" {
		passwords = append(passwords, nil)
	}
	for _, password := range passwords {
		key, err := r.derive(h, forMAC, salt, password, rounds, h().Size())
		if err != nil {
			return err
		}
		m := hmac.New(h, key)
		m.Write(over)
		if hmac.Equal(m.Sum(nil), want) {
			return nil
		}
	}
	return wrongPassword()
}

func (r *reader) pbmac1(how algorithm, over, want []byte) error {
	var params cryptobyte.String
	if !how.parameters.ReadASN1(&params, casn1.SEQUENCE) {
		return errPKCS12
	}
	derivation, ok := readAlgorithm(&params)
	scheme, also := readAlgorithm(&params)
	h := hashOf(scheme.id)
	if !ok || !also {
		return errPKCS12
	}
	if h == nil {
		return unsupported("MAC " + scheme.id.String())
	}
	key, err := r.pbkdf2(derivation, 0)
	if err != nil {
		return err
	}
	m := hmac.New(h, key)
	m.Write(over)
	if !hmac.Equal(m.Sum(nil), want) {
		return wrongPassword()
	}
	return nil
}

// safe gives the bags of one safe, opened.
func (r *reader) safe(safes *cryptobyte.String) ([]byte, error) {
	kind, content, ok := readContentInfo(safes)
	var plain, encrypted, info, sealed cryptobyte.String
	switch {
	case !ok:
		return nil, errPKCS12
	case kind.Equal(oidData):
		if !content.ReadASN1(&plain, casn1.OCTET_STRING) {
			return nil, errPKCS12
		}
		return plain, nil
	case !kind.Equal(oidEncrypted):
		return nil, unsupported("a safe under a public key")
	}
	var version int
	if !content.ReadASN1(&encrypted, casn1.SEQUENCE) || !encrypted.ReadASN1Integer(&version) || !encrypted.ReadASN1(&info, casn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&kind) {
		return nil, errPKCS12
	}
	how, ok := readAlgorithm(&info)
	if !ok {
		return nil, errPKCS12
	}
	sealed, ok = implicitOctets(info)
	if !ok {
		return nil, errPKCS12
	}
	return r.decrypt(how, sealed)
}

// implicitOctets reads [0] IMPLICIT OCTET STRING, in one piece or, as NSS writes it, in parts.
func implicitOctets(s cryptobyte.String) (cryptobyte.String, bool) {
	var whole, parts, part cryptobyte.String
	if one := casn1.Tag(0).ContextSpecific(); s.PeekASN1Tag(one) {
		ok := s.ReadASN1(&whole, one)
		return whole, ok
	}
	if !s.ReadASN1(&parts, casn1.Tag(0).ContextSpecific().Constructed()) {
		return nil, false
	}
	for !parts.Empty() {
		if !parts.ReadASN1(&part, casn1.OCTET_STRING) {
			return nil, false
		}
		whole = append(whole, part...)
	}
	return whole, true
}

// bags reads SafeContents (section 4.2).
func (r *reader) bags(contents []byte, nesting int, count *int) error {
	der, err := canonical(contents)
	if err != nil || nesting == 0 {
		return errPKCS12
	}
	s := cryptobyte.String(der)
	var bags cryptobyte.String
	if !s.ReadASN1(&bags, casn1.SEQUENCE) {
		return errPKCS12
	}
	for !bags.Empty() {
		if *count++; *count > maxBags {
			return tooLarge()
		}
		var bag, value cryptobyte.String
		var kind asn1.ObjectIdentifier
		if !bags.ReadASN1(&bag, casn1.SEQUENCE) || !bag.ReadASN1ObjectIdentifier(&kind) || !bag.ReadASN1(&value, casn1.Tag(0).ContextSpecific().Constructed()) {
			return errPKCS12
		}
		switch {
		case kind.Equal(oidKeyBag):
			err = r.pkcs8(value)
		case kind.Equal(oidShrouded):
			err = r.encryptedPKCS8(value)
		case kind.Equal(oidCertBag):
			err = r.certBag(value)
		case kind.Equal(oidSafeBag):
			err = r.bags(value, nesting-1, count)
		} // revocation lists and secrets are nobody's here
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) certBag(value cryptobyte.String) error {
	var bag, content, der cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !value.ReadASN1(&bag, casn1.SEQUENCE) || !bag.ReadASN1ObjectIdentifier(&kind) || !bag.ReadASN1(&content, casn1.Tag(0).ContextSpecific().Constructed()) {
		return errPKCS12
	}
	if !kind.Equal(oidX509) {
		return nil // SDSI
	}
	if !content.ReadASN1(&der, casn1.OCTET_STRING) {
		return errPKCS12
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return errors.New("a certificate cannot be read")
	}
	return r.certificate(c)
}
