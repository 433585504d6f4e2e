package bundle

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"

	"go.mozilla.org/pkcs7"
)

// P7B writes certificates as certs-only PKCS #7, DER: what Windows and Outlook import a whole chain from.
func P7B(certificates []*x509.Certificate) ([]byte, error) {
	if len(certificates) == 0 {
		return nil, errors.New("a bundle of no certificates")
	}
	var all bytes.Buffer
	for _, c := range certificates {
		all.Write(c.Raw)
	}
	der, err := pkcs7.DegenerateCertificate(all.Bytes())
	if err != nil {
		return nil, fmt.Errorf("writing a bundle: %w", err)
	}
	return der, nil
}
