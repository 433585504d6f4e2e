package peertest

import (
	"strings"
	"sync/atomic"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

// peerProgram is one of those we talk with.
type peerProgram struct {
	name      string
	version   string // major and minor, which the table of refusals was measured with
	envelopes bool   // false: it knows SignedData alone
	need      func(*testing.T)
	start     func() (program, error)
}

func needs(programs ...[2]string) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		for _, p := range programs {
			peer.Need(t, p[0], p[1])
		}
	}
}

var peers = []peerProgram{
	{nameOpenSSL, "3.0", true, needs([2]string{"openssl", "openssl"}),
		func() (program, error) { return openSSL{}, nil }},
	{nameGPGSM, "2.2", true, needs([2]string{"gpgsm", "gpgsm"}),
		func() (program, error) { return gpg() }},
	{nameNSS, "3.87", true, needs([2]string{"cmsutil", "libnss3-tools"}, [2]string{"openssl", "openssl"}),
		func() (program, error) { return mozilla() }},
	{nameCastle, "1.72", true, func(t *testing.T) {
		t.Helper()
		needs([2]string{"javac", "default-jdk-headless"}, [2]string{"java", "default-jdk-headless"})(t)
		for _, jar := range jars {
			peer.NeedFile(t, jar, "libbcmail-java libbcpkix-java libbcprov-java libbcutil-java")
		}
	}, func() (program, error) { return castle() }},
	{nameGnuTLS, "3.7", false, needs([2]string{"certtool", "gnutls-bin"}),
		func() (program, error) { return gnuTLS{}, nil }},
}

func TestEveryCellIsAsTheTableSays(t *testing.T) {
	results := &outcomes{all: make(map[cell]outcome)}
	want := 0
	var other atomic.Int32 // peers of another version
	t.Run("peers", func(t *testing.T) {
		for _, p := range peers {
			cells := signaturesOf(p.name)
			if p.envelopes {
				cells = append(cells, envelopesOf(p.name)...)
			}
			want += len(cells)
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				p.need(t)
				theirs, err := p.start()
				if err != nil {
					t.Fatal(err)
				}
				measured := majorMinor(t, theirs) == p.version
				if !measured {
					other.Add(1)
					t.Logf("another version than %s, which the table of refusals was measured with", p.version)
				}
				for _, c := range cells {
					t.Run(strings.TrimPrefix(c.String(), p.name+" "), func(t *testing.T) {
						t.Parallel()
						results.note(c, failed)
						results.note(c, judge(t, c, measured, try(t, theirs, c)))
					})
				}
			})
		}
	})
	if want < 480 {
		t.Fatalf("%d cells, and four peers alone have 480 envelopes", want)
	}
	if len(results.all) != want || t.Failed() || other.Load() > 0 {
		t.Logf("%d of %d cells ran, %d peers are of another version: %s is left as it is", len(results.all), want, other.Load(), document)
		return
	}
	report(t, results.all)
}

// try is nil where the cell works. It fails the test itself over everything that cannot be the peer's fault.
func try(t *testing.T, theirs program, c cell) error {
	t.Helper()
	switch {
	case c.envelope() && c.direction == weWrite:
		return theyOpen(t, theirs, c)
	case c.envelope():
		return weOpen(t, theirs, c)
	case c.direction == weWrite:
		return theyVerify(t, theirs, c)
	}
	return weVerify(t, theirs, c)
}

func theyOpen(t *testing.T, theirs program, c cell) error {
	t.Helper()
	mail := sealed(t, c, signRSA, letter)
	opens(t, c, mail, signRSA) // whoever refuses it: the message is whole
	der, err := unwrapped(mail)
	if err != nil {
		t.Fatal(err)
	}
	isWhatItSays(t, c, der)
	inner, err := theirs.decrypt(c.transport.recipient(), der)
	if err != nil {
		return err
	}
	return checks(theirs, c.form, inner)
}

// checks lets the peer verify what it decrypted.
func checks(theirs program, f form, entity []byte) error {
	switch f {
	case detached:
		content, signature, err := signedParts(entity)
		if err != nil {
			return err
		}
		if _, err := theirs.verify(signature, content); err != nil {
			return err
		}
		return same(content, letter)
	case opaque:
		der, err := unwrapped(entity)
		if err != nil {
			return err
		}
		content, err := theirs.verify(der, nil)
		if err != nil {
			return err
		}
		return same(content, letter)
	case unsigned:
	}
	return same(entity, letter)
}

func weOpen(t *testing.T, theirs program, c cell) error {
	t.Helper()
	entity, err := written(theirs, signRSA, c.form)
	if err != nil {
		t.Fatalf("%s: the signature inside: %v", c, err)
	}
	der, err := theirs.encrypt(c.transport, c.content, entity)
	if err != nil {
		return err
	}
	isWhatItSays(t, c, der)
	kind := "enveloped-data"
	if c.content == aes256GCM || c.content == chaCha20 {
		kind = "authEnveloped-data" // RFC 8551 §3.2.2
	}
	opens(t, c, slicesConcat(mailHead, wrapped(kind, der)), signRSA)
	return nil
}

// written is the letter as the peer signs it.
func written(theirs program, s scheme, f form) ([]byte, error) {
	if f == unsigned {
		return []byte(letter), nil
	}
	der, err := theirs.sign(s, f == opaque, []byte(letter))
	if err != nil {
		return nil, err
	}
	if f == opaque {
		return wrapped("signed-data", der), nil
	}
	return clearSigned([]byte(letter), der), nil
}

// theyVerify takes the envelope off with our own key first: a signature of ours never travels without one.
func theyVerify(t *testing.T, theirs program, c cell) error {
	t.Helper()
	around := c
	around.transport, around.content = rsaV15, aes256CBC
	mail := sealed(t, around, c.scheme, letter)
	opens(t, around, mail, c.scheme)
	return checks(theirs, c.form, decrypted(t, mail))
}

func weVerify(t *testing.T, theirs program, c cell) error {
	t.Helper()
	entity, err := written(theirs, c.scheme, c.form)
	if err != nil {
		return err
	}
	opens(t, c, slicesConcat(mailHead, entity), c.scheme)
	return nil
}

// A row that stands behind another which says the same, or that names nothing that is tried, would never be missed.
func TestEveryRefusalIsTheReasonForSomeCell(t *testing.T) {
	t.Parallel()
	used := make(map[string]bool)
	for _, p := range peers {
		for _, c := range append(signaturesOf(p.name), envelopesOf(p.name)...) {
			if r, refuses := refusalOf(c); refuses {
				used[p.name+string(c.direction)+r.says+r.because] = true
			}
		}
	}
	for _, r := range refusals {
		if !used[r.peer+string(r.direction)+r.says+r.because] {
			t.Errorf("%s %s: nothing is refused because %s", r.peer, r.direction, r.because)
		}
	}
}
