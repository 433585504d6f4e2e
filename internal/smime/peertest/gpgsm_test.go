package peertest

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha1"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
)

// gnuPG is gpgsm with a home of its own, which holds everybody's key unprotected and trusts the root.
type gnuPG struct{ home string }

var gpg = sync.OnceValues(func() (gnuPG, error) {
	g := gnuPG{home: newDesk().folder}
	d := desk{g.home}
	d.put("gpgsm.conf", []byte("disable-crl-checks\ndisable-dirmngr\nbatch\nno-tty\n"))
	d.put("trustlist.txt", fmt.Appendf(nil, "%X S relax\n", sha1.Sum(lab().root.Raw)))
	atTheEnd(func() { // the agent outlives the test otherwise
		cmd := exec.Command("gpgconf", "--homedir", g.home, "--kill", "all")
		_ = cmd.Run()
	})
	bundle := pemOf("CERTIFICATE", lab().root.Raw)
	for _, p := range lab().people {
		bundle = append(bundle, p.certPEM...)
	}
	if _, err := g.run("--import", d.put("people.pem", bundle)); err != nil {
		return g, err
	}
	if err := os.MkdirAll(d.path("private-keys-v1.d"), 0o700); err != nil {
		return g, err
	}
	for _, p := range lab().people {
		grip, err := g.grip(p)
		if err != nil {
			return g, err
		}
		d.put("private-keys-v1.d/"+grip+".key", sExpression(p.key))
	}
	return g, nil
})

func (g gnuPG) run(args ...string) (string, error) {
	return run([]string{"GNUPGHOME=" + g.home}, "gpgsm", args...)
}

func thumb(p *party) string { return fmt.Sprintf("0x%X", sha1.Sum(p.certificate.Raw)) }

// grip is libgcrypt's name of the key, and of the file that it is in.
func (g gnuPG) grip(p *party) (string, error) {
	listing, err := g.run("--with-keygrip", "--with-colons", "-k", thumb(p))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(listing) {
		if f := strings.Split(line, ":"); f[0] == "grp" {
			return f[9], nil
		}
	}
	return "", errors.New("gpgsm lists no keygrip for " + p.name)
}

// sExpression is libgcrypt's canonical form of a key. QUIRK: gpgsm 2.2 cannot read the PKCS #12 of OpenSSL 3, and crashes
// over one with an EC key.
func sExpression(key crypto.PrivateKey) []byte {
	var b bytes.Buffer
	add := func(name string, value []byte) { fmt.Fprintf(&b, "(%d:%s%d:%s)", len(name), name, len(value), value) }
	switch k := key.(type) {
	case *rsa.PrivateKey:
		p, q := k.Primes[0], k.Primes[1]
		if p.Cmp(q) > 0 {
			p, q = q, p // libgcrypt wants p < q, and u the inverse of p
		}
		b.WriteString("(11:private-key(3:rsa")
		for _, v := range []struct {
			name string
			n    *big.Int
		}{{"n", k.N}, {"e", big.NewInt(int64(k.E))}, {"d", k.D}, {"p", p}, {"q", q}, {"u", new(big.Int).ModInverse(p, q)}} {
			add(v.name, append([]byte{0}, v.n.Bytes()...))
		}
	case *ecdsa.PrivateKey:
		b.WriteString("(11:private-key(3:ecc")
		add("curve", []byte("NIST "+k.Curve.Params().Name))
		add("q", must(k.ECDH()).PublicKey().Bytes())
		add("d", must(k.Bytes()))
	case ed25519.PrivateKey:
		b.WriteString("(11:private-key(3:ecc")
		add("curve", []byte("Ed25519"))
		b.WriteString("(5:flags5:eddsa)")
		add("q", append([]byte{0x40}, k.Public().(ed25519.PublicKey)...))
		add("d", k.Seed())
	case *ecdh.PrivateKey:
		scalar := k.Bytes()
		slices.Reverse(scalar)
		b.WriteString("(11:private-key(3:ecc")
		add("curve", []byte("Curve25519"))
		b.WriteString("(5:flags9:djb-tweak)")
		add("q", append([]byte{0x40}, k.PublicKey().Bytes()...))
		add("d", scalar)
	}
	b.WriteString("))")
	return b.Bytes()
}

func (g gnuPG) encrypt(t transport, c content, plain []byte) ([]byte, error) {
	cipher, known := map[content]string{aes128CBC: "AES", aes256CBC: "AES256", aes256GCM: "AES256.GCM", chaCha20: "CHACHA20"}[c]
	if !known {
		return nil, errNoOption
	}
	if t == rsaOAEP {
		return nil, g.lacks("oaep")
	}
	d := newDesk()
	defer d.clear()
	if _, err := g.run("--encrypt", "--cipher-algo", cipher, "-r", thumb(t.recipient()), "-o", d.path("der"), d.put("plain", plain)); err != nil {
		return nil, err
	}
	return d.get("der")
}

// lacks looks for an option of that name before it says that there is none.
func (g gnuPG) lacks(word string) error {
	options, err := g.run("--dump-options")
	if err != nil {
		return err
	}
	if strings.Contains(options, word) {
		return fmt.Errorf("gpgsm has an option %q that is not tried", word)
	}
	return errNoOption
}

// decrypt goes by the status line, not by the exit status: gpgsm ends with 2 after a perfect decryption where it lacks the
// certificate of an entry before ours.
func (g gnuPG) decrypt(_ *party, der []byte) ([]byte, error) {
	d := newDesk()
	defer d.clear()
	said, err := g.run("--status-fd", "1", "--decrypt", "-o", d.path("plain"), d.put("der", der))
	if !strings.Contains(said, "[GNUPG:] DECRYPTION_OKAY") {
		return nil, errors.Join(errors.New("not decrypted"), err)
	}
	return d.get("plain")
}

func (g gnuPG) sign(s scheme, opaque bool, plain []byte) ([]byte, error) {
	if s == signPSS {
		return nil, g.lacks("pss")
	}
	d := newDesk()
	defer d.clear()
	args := []string{"--sign", "--include-certs", "1", "-u", thumb(s.signer()), "-o", d.path("der")}
	if !opaque {
		args = append(args, "--detach-sign")
	}
	if s == signP384 {
		args = append(args, "--digest-algo", "SHA384")
	}
	if _, err := g.run(append(args, d.put("plain", plain))...); err != nil {
		return nil, err
	}
	return d.get("der")
}

func (g gnuPG) verify(der, detached []byte) ([]byte, error) {
	d := newDesk()
	defer d.clear()
	args := []string{"--status-fd", "1", "--verify"}
	if detached == nil {
		args = []string{"--status-fd", "1", "-o", d.path("plain"), "--verify"}
	}
	args = append(args, d.put("der", der))
	if detached != nil {
		args = append(args, d.put("detached", detached))
	}
	said, err := g.run(args...)
	if err != nil || !strings.Contains(said, "[GNUPG:] VALIDSIG") || !strings.Contains(said, "[GNUPG:] TRUST_FULLY") {
		return nil, errors.Join(fmt.Errorf("not verified: %s", said), err)
	}
	if detached != nil {
		return detached, nil
	}
	return d.get("plain")
}

func (g gnuPG) version() (string, error) { return g.run("--version") }
