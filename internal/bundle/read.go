package bundle

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"

	"aau.dk/sendsikker/internal/cms"
)

const (
	// MaxBytes is the largest file that is read: a .p7b of a whole organisation has some hundred certificates of 2 KB.
	MaxBytes = 1 << 20
	// maxCertificates of one file are read; what stands behind them is an error and not passed over.
	maxCertificates = 256
)

// What is wrong with a file.
var (
	ErrNone     = errors.New("no certificate was found in the file")
	ErrTooLarge = errors.New("the file is larger, or holds more certificates, than is read")
	ErrBroken   = errors.New("a certificate in the file cannot be read")
)

// Read gives the certificates of a file, in their order, each once. Private keys and whatever else stands in a PEM file are
// passed over; a certificate that cannot be read is an error, because whoever made the file meant it to be there.
func Read(file []byte) ([]*x509.Certificate, error) {
	if len(file) > MaxBytes {
		return nil, ErrTooLarge
	}
	list, err := read(file)
	if err != nil {
		return nil, err
	}
	var once []*x509.Certificate
	seen := make(map[string]bool, len(list))
	for _, c := range list {
		if !seen[string(c.Raw)] {
			seen[string(c.Raw)] = true
			once = append(once, c)
		}
	}
	switch {
	case len(once) == 0:
		return nil, ErrNone
	case len(once) > maxCertificates:
		return nil, ErrTooLarge
	}
	return once, nil
}

func read(file []byte) ([]*x509.Certificate, error) {
	if list, found, err := readPEM(file); found || err != nil {
		return list, err
	}
	if der, err := base64.StdEncoding.AppendDecode(nil, bytes.Join(bytes.Fields(file), nil)); err == nil && len(der) > 0 {
		file = der // Windows saves certificates so, without the PEM lines; no DER is base64: its first octet is no letter
	}
	if c, err := x509.ParseCertificate(file); err == nil {
		return []*x509.Certificate{c}, nil
	}
	return readPKCS7(file)
}

// readPEM reads every block; found says that there was one.
func readPEM(file []byte) (list []*x509.Certificate, found bool, err error) {
	for block, rest := pem.Decode(file); block != nil; block, rest = pem.Decode(rest) {
		switch found = true; block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, true, ErrBroken // the library's words may quote what stands in it
			}
			list = append(list, c)
		case "PKCS7", "PKCS #7 SIGNED DATA", "CMS":
			more, err := readPKCS7(block.Bytes)
			if err != nil {
				return nil, true, err
			}
			list = append(list, more...)
		}
		if len(list) > maxCertificates {
			return nil, true, ErrTooLarge
		}
	}
	return list, found, nil
}

// readPKCS7 uses our own reader: go.mozilla.org/pkcs7 panics on messages that are malformed on purpose.
func readPKCS7(der []byte) ([]*x509.Certificate, error) {
	message, err := cms.ReadMessage(bytes.NewReader(der))
	if err != nil {
		return nil, ErrNone
	}
	signed, err := message.Verify(io.Discard)
	if err != nil {
		return nil, ErrNone
	}
	if signed.Unreadable > 0 {
		return nil, ErrBroken
	}
	return signed.Certificates, nil
}
