package crl

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math"
	"math/big"
	"time"

	"aau.dk/sendsikker/internal/trust/crl/point"
)

var (
	oidCertificateIssuer = asn1.ObjectIdentifier{2, 5, 29, 29}

	errEntry = errors.New("an entry of the list does not say whose it is")
)

const (
	// removeFromCRL takes an entry of the base list off again (RFC 5280 section 5.3.1). It means that in delta lists alone.
	removeFromCRL = 8
	// removed stands in the place of a time.
	removed int64 = math.MinInt64
)

// entries are when the certificates of a list were revoked, in seconds of Unix time: by the Key of their issuer, which is
// mostly the same for all, and by the serial number's bytes. One look-up per certificate, and some 70 bytes an entry.
type entries map[string]map[string]int64

// readEntries gives every entry to the one whose it is. In an indirect list that is whoever the last certificateIssuer above
// or at the entry named, and the list's own signer before the first (RFC 5280 section 5.3.3).
func readEntries(all []x509.RevocationListEntry, list *List) (entries, error) {
	found := entries{list.signer: make(map[string]int64, len(all))}
	if list.scope.Indirect {
		found[list.signer] = map[string]int64{}
	}
	owners := []string{list.signer}
	for _, entry := range all {
		named, err := certificateIssuer(entry.Extensions, list.scope.Indirect)
		if err != nil {
			return nil, err
		}
		if named != nil {
			owners = named
		}
		since := entry.RevocationTime.Unix()
		if list.base != nil && entry.ReasonCode == removeFromCRL {
			since = removed
		}
		for _, owner := range owners {
			found.put(owner, key(entry.SerialNumber), since)
		}
	}
	return found, nil
}

// put lets a revocation win where a list says both of one certificate.
func (e entries) put(owner, serial string, since int64) {
	if e[owner] == nil {
		e[owner] = map[string]int64{}
	}
	if _, known := e[owner][serial]; !known || since != removed {
		e[owner][serial] = since
	}
}

// certificateIssuer gives the Keys of those whom the entry names, and nil where it names nobody. Every other critical
// extension is beyond us, and RFC 5280 section 5.3 then forbids the use of the whole list.
func certificateIssuer(extensions []pkix.Extension, indirect bool) ([]string, error) {
	var owners []string
	for _, extension := range extensions {
		switch {
		case extension.Id.Equal(oidCertificateIssuer):
			// In a list that is not indirect there is nothing for it to say, and in one that is, it must be understood: an
			// entry of the wrong authority's leaves a revoked certificate good.
			names, ok := point.ParseNames(extension.Value)
			if !ok || !indirect || owners != nil {
				return nil, errEntry
			}
			if owners = names.People(); len(owners) == 0 {
				return nil, errEntry
			}
		case extension.Critical:
			return nil, errCritical
		}
	}
	return owners, nil
}

// find says when the certificate of this issuer and serial number was revoked.
func (e entries) find(issuer, serial string) (since time.Time, revoked bool) {
	seconds, found := e[issuer][serial]
	if !found || seconds == removed {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

// removes says whether the entry was taken off.
func (e entries) removes(issuer, serial string) bool {
	seconds, found := e[issuer][serial]
	return found && seconds == removed
}

func (e entries) count() int {
	sum := 0
	for _, some := range e {
		sum += len(some)
	}
	return sum
}

// key tells 1 from -1: crypto/x509 lets negative serial numbers of revocation lists through.
func key(serial *big.Int) string {
	if serial.Sign() < 0 {
		return "-" + string(serial.Bytes())
	}
	return "+" + string(serial.Bytes())
}
