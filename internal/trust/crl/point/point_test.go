package point_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"testing"

	"aau.dk/sendsikker/internal/trust/crl/point"
)

func TestAPointIsReadToTheLastByteOrNotAtAll(t *testing.T) {
	t.Parallel()
	address := uri("http://crl.example/a")
	full := tagged(0, tagged(0, address))
	person := tagged(4, name("C"))
	cases := []struct {
		name string
		der  []byte
		want string // "" is refused
	}{
		{"an address", list(full), "[http://crl.example/a] 1fe 0"},
		{"two addresses, and a place in a directory", list(tagged(0, tagged(0, address, uri("ldap://x/"), person))), "[http://crl.example/a ldap://x/] 1fe 0"},
		{"two points", der(seq(seq(full), seq(full))), "[http://crl.example/a] 1fe 0, [http://crl.example/a] 1fe 0"},
		{"some reasons", list(full, flags(5, 0x60)), "[http://crl.example/a] 6 0"},
		{"all reasons by name, and the unused bit", list(full, flags(7, 0xff, 0x80)), "[http://crl.example/a] 1fe 0"},
		{"another signer", list(full, tagged(2, person)), "[http://crl.example/a] 1fe 1"},
		{"a signer alone, whose list lies in a directory", list(tagged(2, person)), "[] 1fe 1"},
		{"a place relative to the signer's", list(tagged(0, tagged(1, name("x")))), "[] 1fe 0"},

		{"nothing", nil, ""},
		{"no points", der(seq()), ""},
		{"a point that says nothing", list(), ""},
		{"reasons alone", list(flags(5, 0x60)), ""},
		{"fields out of order", list(tagged(2, person), full), ""},
		{"a field twice", list(full, full), ""},
		{"a field that nobody knows", list(full, tagged(3, person)), ""},
		{"something behind", append(list(full), 0), ""},
		{"no names", list(tagged(0, tagged(0))), ""},
		{"two choices at once", list(tagged(0, tagged(0, address), tagged(1, name("x")))), ""},
		{"a third choice", list(tagged(0, tagged(2, address))), ""},
		{"a signer without an X.500 name", list(full, tagged(2, address)), ""},
		{"a signer whose name is garbage", list(full, tagged(2, tagged(4, primitive(9, 1)))), ""},
		{"a kind of name that nobody knows", list(tagged(0, tagged(0, primitive(9, 1)))), ""},
		{"reasons that nobody has named", list(full, flags(6, 0x60, 0x40)), ""},
		{"reasons of three octets", list(full, flags(0, 0x60, 0x00, 0x00)), ""},
		{"reasons with bits set in the padding", list(full, flags(5, 0x61)), ""},
		{"no reason at all", list(full, primitive(1, 0)), ""},
		{"cut off", list(full)[:9], ""},
	}
	for _, c := range cases {
		points, err := point.Parse(c.der)
		got := ""
		for i, p := range points {
			if i > 0 {
				got += ", "
			}
			got += fmt.Sprintf("%v %x %d", p.Names.Addresses, p.Reasons, len(p.Issuers.Directory))
		}
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, want %q (%v)", c.name, got, c.want, err)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestACertificateWithoutPointsHasNone(t *testing.T) {
	t.Parallel()
	if points, err := point.Of(&x509.Certificate{}); points != nil || err != nil {
		t.Errorf("%v, %v", points, err)
	}
	bad := &x509.Certificate{Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: []byte{1}}}}
	if _, err := point.Of(bad); err == nil {
		t.Error("points that cannot be read are as none")
	}
}

func TestDeltaListsAreFoundWhereTheyAreNamed(t *testing.T) {
	t.Parallel()
	freshest := func(value []byte) []pkix.Extension {
		return []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 46}, Value: value}}
	}
	if got := point.Freshest(freshest(list(tagged(0, tagged(0, uri("http://a/"), uri("http://b/")))))); !slices.Equal(got, []string{"http://a/", "http://b/"}) {
		t.Errorf("%v", got)
	}
	if got := point.Freshest(freshest([]byte{1, 2})); got != nil {
		t.Errorf("garbage: %v", got)
	}
}

func TestAListFitsThePointThatMeansIt(t *testing.T) {
	t.Parallel()
	a, c, x := tagged(4, name("A")), tagged(4, name("C")), tagged(4, name("X"))
	at := func(address string) asn1.RawValue { return tagged(0, tagged(0, uri(address))) }
	indirect := boolean(4, 0xff)
	cases := []struct {
		name   string
		point  []byte
		scope  []byte
		signer string
		want   bool
	}{
		{"the issuer's list about everything", list(at("http://a/")), der(seq()), "A", true},
		{"the issuer's list of that name", list(at("http://a/")), der(seq(at("http://a/"))), "A", true},
		{"the issuer's list of another name", list(at("http://a/")), der(seq(at("http://b/"))), "A", false},
		{"a list with two names, one of them the point's", list(at("http://a/")), der(seq(tagged(0, tagged(0, uri("http://b/"), uri("http://a/"))))), "A", true},
		{"a list that is named by a place in a directory", list(tagged(0, tagged(0, uri("http://a/"), x))), der(seq(tagged(0, tagged(0, x)))), "A", true},
		{"somebody else's list", list(at("http://a/")), der(seq()), "C", false},
		{"somebody else's indirect list, which the point does not name", list(at("http://a/")), der(seq(indirect)), "C", false},
		{"the named signer's indirect list", list(at("http://a/"), tagged(2, c)), der(seq(indirect)), "C", true},
		{"the named signer's list of its own certificates", list(at("http://a/"), tagged(2, c)), der(seq()), "C", false},
		{"the issuer's list, where another signer is named", list(at("http://a/"), tagged(2, c)), der(seq()), "A", false},
		{"one of two named signers", list(at("http://a/"), tagged(2, x, c)), der(seq(indirect)), "C", true},
		{"the issuer itself is named as signer", list(at("http://a/"), tagged(2, a)), der(seq()), "A", true},
		{"a nameless point: the list is named after its signer", list(tagged(2, c)), der(seq(tagged(0, tagged(0, c)), indirect)), "C", true},
		{"a nameless point: the list is named after another", list(tagged(2, c)), der(seq(tagged(0, tagged(0, x)), indirect)), "C", false},
		{"a place relative to something is no name", list(tagged(0, tagged(1, name("x")))), der(seq(at("http://a/"))), "A", false},
	}
	for _, c := range cases {
		points, err := point.Parse(c.point)
		if err != nil {
			t.Fatal(c.name, err)
		}
		scope, err := point.ParseScope(c.scope)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := points[0].Fits(scope, key(t, name(c.signer)), key(t, name("A"))); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestAScopeThatIsNotUnderstoodIsRefused(t *testing.T) {
	t.Parallel()
	a := tagged(0, tagged(0, uri("http://a/")))
	cases := map[string][]byte{
		"nothing":                      nil,
		"something behind":             append(der(seq()), 0),
		"a field that nobody knows":    der(seq(boolean(6, 0xff))),
		"fields out of order":          der(seq(boolean(4, 0xff), boolean(1, 0xff))),
		"a field twice":                der(seq(boolean(1, 0xff), boolean(1, 0))),
		"a flag of two octets":         der(seq(primitive(1, 0, 0))),
		"a flag of none":               der(seq(primitive(1))),
		"a flag that is constructed":   der(seq(tagged(1, uri("x")))),
		"a name that is no name":       der(seq(primitive(0, 1))),
		"a name relative to something": der(seq(tagged(0, tagged(1, name("x"))))),
		"no names":                     der(seq(tagged(0, tagged(0)))),
		"reasons that nobody named":    der(seq(a, primitive(3, 0, 0, 1))),
		"an integer":                   der(seq(asn1.RawValue{Tag: asn1.TagInteger, Bytes: []byte{1}})),
	}
	for what, value := range cases {
		if scope, err := point.ParseScope(value); err == nil {
			t.Errorf("%s: %+v", what, scope)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}
