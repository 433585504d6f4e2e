package point_test

import (
	"encoding/asn1"
	"testing"

	"aau.dk/sendsikker/internal/trust/crl/point"
)

func TestNamesThatAreEqualHaveOneKey(t *testing.T) {
	t.Parallel()
	cn := asn1.ObjectIdentifier{2, 5, 4, 3}
	o := asn1.ObjectIdentifier{2, 5, 4, 10}
	one := func(tag int, text string) []byte { return rdns([]asn1.RawValue{attribute(cn, tag, []byte(text))}) }
	self := one(asn1.TagUTF8String, "Den Danske Stat Å")
	cases := []struct {
		name  string
		other []byte
		equal bool
	}{
		{"itself", self, true},
		{"other case", one(asn1.TagUTF8String, "DEN danske STAT å"), true},
		{"other spaces", one(asn1.TagUTF8String, "  Den   Danske Stat Å "), true},
		{"as BMPString", one(30, "\x00D\x00e\x00n\x00 \x00D\x00a\x00n\x00s\x00k\x00e\x00 \x00S\x00t\x00a\x00t\x00 \x00\xc5"), true},
		{"as T61String", one(20, "Den Danske Stat \xc5"), true},
		{"as UniversalString", one(28, universal("Den Danske Stat Å")), true},
		{"composed of two characters", one(asn1.TagUTF8String, "Den Danske Stat A\u030a"), true},
		{"another name", one(asn1.TagUTF8String, "Den Danske Stat"), false},
		{"as bits", one(asn1.TagBitString, "Den Danske Stat Å"), false},
		{"as another attribute", rdns([]asn1.RawValue{attribute(o, asn1.TagUTF8String, []byte("Den Danske Stat Å"))}), false},
		{"half a character", one(30, "abc"), false},
		{"a quarter of a character", one(28, "abc"), false},
	}
	for _, c := range cases {
		if got := key(t, self) == key(t, c.other); got != c.equal {
			t.Errorf("%s: equal is %v", c.name, got)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	x, y := attribute(cn, asn1.TagUTF8String, []byte("x")), attribute(o, asn1.TagUTF8String, []byte("y"))
	if key(t, rdns([]asn1.RawValue{x, y})) != key(t, rdns([]asn1.RawValue{y, x})) {
		t.Error("the order within a set counts")
	}
	if key(t, rdns([]asn1.RawValue{x}, []asn1.RawValue{y})) == key(t, rdns([]asn1.RawValue{y}, []asn1.RawValue{x})) {
		t.Error("the order of the sets does not count")
	}
	if key(t, rdns([]asn1.RawValue{x}, []asn1.RawValue{y})) == key(t, rdns([]asn1.RawValue{x, y})) {
		t.Error("two sets are as one")
	}
	joint := attribute(cn, asn1.TagUTF8String, []byte(`x"/55040a="y`))
	if key(t, rdns([]asn1.RawValue{x}, []asn1.RawValue{y})) == key(t, rdns([]asn1.RawValue{joint})) {
		t.Error("a value imitates a joint")
	}
}

func TestAHalfNameHasNoKey(t *testing.T) {
	t.Parallel()
	whole := name("A")
	cases := map[string][]byte{
		"nothing": nil, "cut off": whole[:len(whole)-1], "something behind": append(name("A"), 0),
		"an empty set": rdns([]asn1.RawValue{}), "not a set": der(seq(seq())),
	}
	for what, der := range cases {
		if got, err := point.Key(der); err == nil {
			t.Errorf("%s: %q", what, got)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func universal(text string) string {
	var octets []byte
	for _, char := range text {
		octets = append(octets, 0, 0, byte(char>>8), byte(char))
	}
	return string(octets)
}
