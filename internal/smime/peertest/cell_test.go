package peertest

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// direction is who writes.
type direction string

const (
	weWrite   direction = "reads what we write"
	peerWrite direction = "writes what we read"
)

// form is how the mail is signed before it is encrypted.
type form string

const (
	detached form = "detached"
	opaque   form = "opaque"
	unsigned form = "unsigned"
)

// cell is one thing that is tried: an envelope (with transport and content) or a signature (with scheme).
type cell struct {
	peer      string
	direction direction
	form      form
	transport transport
	content   content
	scheme    scheme
}

func (c cell) envelope() bool { return c.scheme == "" }

func (c cell) String() string {
	what := fmt.Sprintf("%s with %s", c.transport, c.content)
	if !c.envelope() {
		what = string(c.scheme)
	}
	return fmt.Sprintf("%s %s: %s, %s", c.peer, c.direction, what, c.form)
}

// The dimensions; every list is gone through in full for every peer and both directions.
var (
	directions = []direction{weWrite, peerWrite}
	transports = []transport{rsaV15, rsaOAEP, ecdhP256, ecdhP384, ecX25519}
	contents   = []content{aes128CBC, aes256CBC, aes256GCM, chaCha20}
	forms      = []form{detached, opaque, unsigned}
	schemes    = []scheme{signRSA, signPSS, signP256, signP384, signEd25519}
)

func envelopesOf(peer string) []cell {
	var all []cell
	for _, d := range directions {
		for _, t := range transports {
			for _, c := range contents {
				for _, f := range forms {
					all = append(all, cell{peer: peer, direction: d, form: f, transport: t, content: c})
				}
			}
		}
	}
	return all
}

func signaturesOf(peer string) []cell {
	var all []cell
	for _, d := range directions {
		for _, s := range schemes {
			for _, f := range []form{detached, opaque} {
				all = append(all, cell{peer: peer, direction: d, form: f, scheme: s})
			}
		}
	}
	return all
}

type outcome string

const (
	ok     outcome = "ok"
	cannot outcome = "peer cannot"
	failed outcome = "failed"
)

// outcomes is what came of the cells that ran.
type outcomes struct {
	mu  sync.Mutex
	all map[cell]outcome
}

func (o *outcomes) note(c cell, what outcome) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all[c] = what
}

// judge compares what happened with what the table of refusals says. Whatever is not as it says fails the test: a peer that
// suddenly can is news for the table, and one that refuses for another reason may be right. With another version than the
// table was measured with, a peer may know more, and say it otherwise; what it reads with the one, it must read with all.
func judge(t *testing.T, c cell, measured bool, err error) outcome {
	t.Helper()
	complain := t.Errorf
	if !measured {
		complain = t.Logf
	}
	expected, refuses := refusalOf(c)
	switch {
	case !refuses && err == nil:
		return ok
	case !refuses:
		t.Errorf("%s: should work, and gives: %v", c, err)
		return failed
	case err == nil:
		complain("%s: works now. Take it out of the table of refusals, where it stands because %s", c, expected.because)
		return ok
	case !strings.Contains(err.Error(), expected.says):
		complain("%s: refused in other words than %q: %v", c, expected.says, err)
	}
	return cannot
}

// oids are what a message must hold to be what the cell says, whoever wrote it: one of each list.
func (c cell) oids() [][]asn1.ObjectIdentifier {
	one := func(o ...asn1.ObjectIdentifier) []asn1.ObjectIdentifier { return o }
	secg, pkcs, smimeAlg, aes := asn1.ObjectIdentifier{1, 3, 132, 1, 11}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 3}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1}
	under := func(o asn1.ObjectIdentifier, last int) asn1.ObjectIdentifier { return append(slices.Clone(o), last) }
	agreed := one(under(secg, 1), under(secg, 2)) // RFC 5753 §7.1.4, with SHA-256 and SHA-384
	key := map[transport][]asn1.ObjectIdentifier{
		rsaV15: one(under(pkcs, 1)), rsaOAEP: one(under(pkcs, 7)), ecdhP256: agreed, ecdhP384: agreed,
		ecX25519: one(under(smimeAlg, 19), under(smimeAlg, 20), under(smimeAlg, 21)), // RFC 8418 §2.2
	}[c.transport]
	cipher := map[content]asn1.ObjectIdentifier{
		aes128CBC: under(aes, 2), aes256CBC: under(aes, 42), aes256GCM: under(aes, 46), chaCha20: under(smimeAlg, 18),
	}[c.content]
	kind := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}
	if c.content == aes256GCM || c.content == chaCha20 {
		kind = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 23} // authEnvelopedData, RFC 5083 §2.1
	}
	return [][]asn1.ObjectIdentifier{one(kind), key, one(cipher)}
}

// isWhatItSays looks for the object identifiers as octets, so as to depend on nobody's parser.
func isWhatItSays(t *testing.T, c cell, der []byte) {
	t.Helper()
	for _, list := range c.oids() {
		if !slices.ContainsFunc(list, func(o asn1.ObjectIdentifier) bool { return bytes.Contains(der, must(asn1.Marshal(o))) }) {
			t.Errorf("%s: none of %v in the message", c, list)
		}
	}
}

func same(got []byte, want string) error {
	if string(got) != want {
		return fmt.Errorf("the content changed on its way: %d bytes with SHA-256 %x, want %d", len(got), sha256.Sum256(got), len(want))
	}
	return nil
}
