package directory

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/sandbox/ca"
)

func TestOnlyTheOwnersSignatureSaysWhatTheyCanOpen(t *testing.T) {
	t.Parallel()
	p := papers()
	owner := p.many[0]
	stranger := must(p.authority.Issue(ca.Request{CommonName: "X", Address: "x@partner.example"}))
	good := p.signedData(owner)
	opensDER := must(opens().DER())

	opaque := func(content string) []byte {
		var out bytes.Buffer
		o := must(cms.NewOpaque(&out, cms.SignConfig{Certificate: owner, Key: p.key, Digest: crypto.SHA256, Time: time.Now(), Opens: opens()}))
		must(o.Write([]byte(content)))
		try(o.Close())
		return out.Bytes()
	}
	other := must(cms.NewSignature(cms.SignConfig{
		Certificate: stranger.Certificate, Key: stranger.Key, Chain: []*x509.Certificate{owner}, Digest: crypto.SHA256, Time: time.Now(), Opens: opens(),
	}))
	overContent := must(cms.NewSignature(cms.SignConfig{Certificate: owner, Key: p.key, Digest: crypto.SHA256, Time: time.Now(), Opens: opens()}))
	must(overContent.Write([]byte("content that is elsewhere")))

	cases := []struct {
		name         string
		value        []byte
		candidates   int
		capabilities bool // of owner
	}{
		{"without content, as recommended", good, 1, true},
		{"with content inside", opaque("x"), 1, true},
		{"with empty content inside", opaque(""), 1, true},
		{"over content that is elsewhere", must(overContent.Finish()), 1, false},
		{"altered", bytes.Replace(good, opensDER, append(opensDER[:len(opensDER)-1:len(opensDER)-1], opensDER[len(opensDER)-1]^1), 1), 1, false},
		{"signed by somebody else, with the owner's certificate beside", must(other.Finish()), 2, false},
		{"cut short", good[:len(good)-1], 0, false},
	}
	r := newReader(Config{}.filled(), "ldap:partner")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "altered" && bytes.Equal(c.value, good) {
				t.Fatal("not altered")
			}
			found, _, _ := r.candidates([][]byte{c.value}, time.Now())
			if len(found) != c.candidates {
				t.Fatalf("%d candidates", len(found))
			}
			for _, one := range found {
				if one.Certificate.Equal(owner) && (one.Capabilities != nil) != c.capabilities {
					t.Errorf("capabilities %x", one.Capabilities)
				}
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	// Many values cost no more than a few signature checks, and that is said.
	var many [][]byte
	for range maxSigned + 1 {
		many = append(many, good)
	}
	if found, _, more := r.candidates(many, time.Now()); len(found) != 1 || !more {
		t.Errorf("%d candidates, more: %v", len(found), more)
	}
}
