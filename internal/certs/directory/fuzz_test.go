package directory

import (
	"bytes"
	"testing"
	"time"
	"unicode/utf8"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Whatever stands in an entry, it gives only certificates that are its values or stand inside one, each once.
func FuzzEntry(f *testing.F) {
	p := papers()
	signed := p.signedData(p.many[0])
	f.Add(p.many[0].Raw, signed)
	f.Add(signed, signed[:len(signed)-1])
	f.Add(offCurve(p.many[1]), []byte("no certificate"))
	f.Add([]byte{}, append(bytes.Clone(p.many[2].Raw), 0))
	f.Add(p.authority.Root().Raw, p.authority.Intermediates()[0].Raw)
	r := newReader(Config{Trust: []string{"partner"}}.filled(), "ldap:partner")
	now := time.Now()
	f.Fuzz(func(t *testing.T, first, second []byte) {
		values := [][]byte{first, second, first}
		found, unread, _ := r.candidates(values, now)
		if unread > len(values) || len(found) > maxFound {
			t.Fatalf("%d found, %d unread", len(found), unread)
		}
		for i, one := range found {
			raw := one.Certificate.Raw
			if !bytes.Contains(first, raw) && !bytes.Contains(second, raw) {
				t.Fatal("a certificate that is in no value")
			}
			if one.Bound || one.Vouched || one.Domain || one.Source != "ldap:partner" || len(one.Profiles) != 1 || one.Added != now || len(one.Issuers) > maxIssuers {
				t.Fatalf("candidate %+v", one)
			}
			for _, other := range found[:i] {
				if bytes.Equal(other.Certificate.Raw, raw) {
					t.Fatal("twice")
				}
			}
		}
	})
}

// Whatever an address holds, the filter is the template's with the address as its value: nothing more is asked.
func FuzzFilter(f *testing.F) {
	for _, address := range []string{wanted, "*", "x)(mail=*", `\2a`, "\x00", "å@x", "\xff\xfe", "%s", "(|(a=b))"} {
		f.Add(address)
	}
	const template = "(&(objectClass=person)(|(mail=%s)(proxyAddresses=smtp:%s)))"
	f.Fuzz(func(t *testing.T, address string) {
		filter := anyOf(template, []string{address, "x"})
		got, err := ldap.CompileFilter(filter)
		if err != nil {
			if utf8.ValidString(address) {
				t.Fatalf("%q does not compile", filter)
			}
			return
		}
		want := must(ldap.CompileFilter(anyOf(template, []string{"place", "x"})))
		if !sameShape(got, want, address) {
			t.Fatalf("%q is another filter", filter)
		}
	})
}

func sameShape(got, want *ber.Packet, address string) bool {
	if got.Tag != want.Tag || got.ClassType != want.ClassType || len(got.Children) != len(want.Children) {
		return false
	}
	if value, is := want.Value.(string); is {
		return got.Value == string(bytes.ReplaceAll([]byte(value), []byte("place"), []byte(address)))
	}
	for i := range got.Children {
		if !sameShape(got.Children[i], want.Children[i], address) {
			return false
		}
	}
	return true
}

// Whatever a server sends, what is let through is one element of definite length, no deeper and no larger than allowed, whose
// every octet stands in an element that was counted; and the library reads it to its end.
func FuzzFrame(f *testing.F) {
	f.Add(entryFor(1, wanted, papers().many[0].Raw))
	f.Add(done(2, 0, pageControl("more")))
	f.Add(done(3, 32))
	f.Add([]byte(startTLSRequest))
	f.Add([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1})
	f.Add([]byte{0x30, 0x80, 2, 1, 1, 0, 0})
	f.Fuzz(func(t *testing.T, sent []byte) {
		source := bytes.NewReader(sent)
		frame, err := readFrame(source, maxMessage)
		if err != nil {
			return
		}
		if !bytes.Equal(frame, sent[:len(sent)-source.Len()]) {
			t.Fatal("not what was sent, or read ahead")
		}
		elements, err := checkFrame(frame)
		if err != nil {
			return
		}
		packet, err := ber.DecodePacketErr(frame)
		if err != nil {
			return // it reads strings and times more strictly
		}
		counted, depth := measure(packet, 1)
		if counted != elements || depth > maxDepth {
			t.Fatalf("%d elements of %d, %d deep", counted, elements, depth)
		}
	})
}

func measure(packet *ber.Packet, level int) (elements, depth int) {
	elements, depth = 1, level
	for _, child := range packet.Children {
		n, d := measure(child, level+1)
		elements, depth = elements+n, max(depth, d)
	}
	return elements, depth
}

// Whatever an address looks like, its key is its own key, and the kind of address in front changes nothing.
func FuzzKey(f *testing.F) {
	for _, address := range []string{wanted, "Bo@Partner.Example", `"a@b"@x.example`, "ø@blåbær.dk", "@", "a@", "@x", "a@-x"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		k, ok := key(address)
		if !ok {
			return
		}
		if again, ok := key(k); ok && again != k {
			t.Fatalf("%q, and then %q", k, again)
		}
		if prefixed := named([]string{"SMTP:" + address}); len(prefixed) != 1 || prefixed[0] != k {
			t.Fatalf("%q with its kind is %q", k, prefixed)
		}
	})
}
