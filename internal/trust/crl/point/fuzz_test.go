package point_test

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"

	"aau.dk/sendsikker/internal/trust/crl/point"
)

// FuzzParse: whatever the bytes, what is read lies in them: every address and every name of a signer stands there as it was
// given. A point always says where or who, and never covers a reason that there is not.
func FuzzParse(f *testing.F) {
	full := tagged(0, tagged(0, uri("http://crl.example/a"), uri("ldap://x/")))
	f.Add(list(full))
	f.Add(list(full, flags(5, 0x60), tagged(2, tagged(4, name("C")))))
	f.Add(list(tagged(0, tagged(1, name("x"))), tagged(2, tagged(4, name("C")))))
	f.Add(list(tagged(0, tagged(0, primitive(7, 127, 0, 0, 1)))))
	f.Fuzz(func(t *testing.T, der []byte) {
		points, err := point.Parse(der)
		if (err == nil) != (len(points) > 0) {
			t.Fatal("points and an error, or neither")
		}
		for _, p := range points {
			if p.Names.Empty() && p.Issuers.Empty() || p.Reasons&^point.All != 0 {
				t.Fatalf("%+v", p)
			}
			if !p.Issuers.Empty() && len(p.Issuers.People()) != len(p.Issuers.Directory) {
				t.Fatal("a signer without a key")
			}
			for _, address := range p.Names.Addresses {
				if !bytes.Contains(der, []byte(address)) {
					t.Fatal("an address that was not there")
				}
			}
			for _, person := range p.Issuers.Directory {
				if !bytes.Contains(der, person) {
					t.Fatal("a signer that was not there")
				}
			}
		}
	})
}

// FuzzParseScope: what is read as a scope is about everything only if the bytes name no limit, and crypto/x509's own reader
// of ASN.1 finds as many fields as we understood.
func FuzzParseScope(f *testing.F) {
	f.Add(der(seq()))
	f.Add(der(seq(tagged(0, tagged(0, uri("http://a/"))), boolean(1, 0xff), primitive(3, 5, 0x60), boolean(4, 0xff))))
	f.Add(der(seq(boolean(2, 0), boolean(5, 0xff))))
	f.Fuzz(func(t *testing.T, der []byte) {
		scope, err := point.ParseScope(der)
		if err != nil {
			return
		}
		var fields []asn1.RawValue
		if rest, err := asn1.Unmarshal(der, &fields); err != nil || len(rest) > 0 {
			t.Fatalf("not what it was read as: %v", err)
		}
		for _, field := range fields {
			on := len(field.Bytes) == 1 && field.Bytes[0] != 0
			understood := map[int]bool{
				0: !scope.Names.Empty(), 1: scope.Users == on, 2: scope.Authorities == on, 3: scope.Reasons&^point.All == 0,
				4: scope.Indirect == on, 5: scope.Attributes == on,
			}
			if !understood[field.Tag] {
				t.Fatalf("field %d was passed over", field.Tag)
			}
		}
	})
}

// FuzzKey: a name that crypto/x509/pkix can read and write again has a key, the same in both encodings.
func FuzzKey(f *testing.F) {
	f.Add(name("Den Danske Stat"))
	f.Add(rdns([]asn1.RawValue{attribute(asn1.ObjectIdentifier{2, 5, 4, 6}, asn1.TagPrintableString, []byte("DK"))}))
	f.Add(rdns([]asn1.RawValue{attribute(asn1.ObjectIdentifier{2, 5, 4, 3}, 30, []byte{0, 'a'})}))
	f.Fuzz(func(t *testing.T, der []byte) {
		key, err := point.Key(der)
		if (err == nil) == (key == "" && !bytes.Equal(der, []byte{0x30, 0})) {
			t.Fatalf("%q, %v", key, err)
		}
		var name pkix.RDNSequence
		if rest, problem := asn1.Unmarshal(der, &name); err != nil || problem != nil || len(rest) > 0 {
			return
		}
		for _, set := range name {
			for _, attribute := range set {
				if _, text := attribute.Value.(string); !text {
					return // written again as another type
				}
			}
		}
		again, err := asn1.Marshal(name)
		if err != nil {
			return
		}
		if other, err := point.Key(again); err != nil || other != key {
			t.Fatalf("%q is %q when written again (%v)", key, other, err)
		}
	})
}
