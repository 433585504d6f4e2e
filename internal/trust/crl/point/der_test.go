package point_test

import (
	"encoding/asn1"
	"testing"

	"aau.dk/sendsikker/internal/trust/crl/point"
)

// The pieces of which the tests build extensions, right and wrong.

func der(value any) []byte {
	encoded, err := asn1.Marshal(value)
	if err != nil {
		panic(err)
	}
	return encoded
}

func seq(parts ...asn1.RawValue) asn1.RawValue {
	return asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: join(parts)}
}

func list(fields ...asn1.RawValue) []byte { return der(seq(seq(fields...))) }

// tagged is what stands in [number]: elements, or the encoding of one.
func tagged(number int, parts ...any) asn1.RawValue {
	value := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: number, IsCompound: true}
	for _, part := range parts {
		switch part := part.(type) {
		case asn1.RawValue:
			value.Bytes = append(value.Bytes, der(part)...)
		case []byte:
			value.Bytes = append(value.Bytes, part...)
		}
	}
	return value
}

func primitive(number int, content ...byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: number, Bytes: content}
}

func uri(address string) asn1.RawValue { return primitive(6, []byte(address)...) }

func flags(unused byte, bits ...byte) asn1.RawValue {
	return primitive(1, append([]byte{unused}, bits...)...)
}

func boolean(number int, value byte) asn1.RawValue { return primitive(number, value) }

func join(parts []asn1.RawValue) []byte {
	var all []byte
	for _, part := range parts {
		all = append(all, der(part)...)
	}
	return all
}

func attribute(kind asn1.ObjectIdentifier, tag int, value []byte) asn1.RawValue {
	return seq(asn1.RawValue{FullBytes: der(kind)}, asn1.RawValue{Tag: tag, Bytes: value})
}

func rdns(sets ...[]asn1.RawValue) []byte {
	var all []asn1.RawValue
	for _, set := range sets {
		all = append(all, asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: join(set)})
	}
	return der(seq(all...))
}

func name(common string) []byte {
	return rdns([]asn1.RawValue{attribute(asn1.ObjectIdentifier{2, 5, 4, 3}, asn1.TagUTF8String, []byte(common))})
}

func key(t testing.TB, name []byte) string {
	t.Helper()
	key, err := point.Key(name)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
