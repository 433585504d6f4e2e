package peertest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// nss is cmsutil with a database that holds everybody's key and trusts the root.
type nss struct {
	db      string
	refused map[string]error // those whose key NSS would not take, and what it said
}

var mozilla = sync.OnceValues(func() (*nss, error) {
	d := newDesk()
	n := &nss{db: "sql:" + d.folder, refused: make(map[string]error)}
	if _, err := run(nil, "certutil", "-N", "-d", n.db, "--empty-password"); err != nil {
		return nil, err
	}
	if _, err := run(nil, "certutil", "-A", "-d", n.db, "-n", "root", "-t", "CT,C,C", "-i", lab().rootFile); err != nil {
		return nil, err
	}
	for _, p := range lab().people {
		p12 := d.path("key.p12")
		_, err := run(nil, "openssl", "pkcs12", "-export", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1",
			"-inkey", p.keyFile, "-in", p.certFile, "-name", p.name, "-out", p12, "-passout", "pass:lab")
		if err != nil {
			return nil, err
		}
		if _, err := run(nil, "pk12util", "-i", p12, "-d", n.db, "-W", "lab"); err != nil {
			n.refused[p.name] = err
			if _, err := run(nil, "certutil", "-A", "-d", n.db, "-n", p.name, "-t", ",,", "-i", p.certFile); err != nil {
				n.refused[p.name] = errors.Join(n.refused[p.name], err)
			}
		}
	}
	return n, nil
})

// encrypt has no say in the cipher: cmsutil takes what the recipient's SMIMECapabilities said, else AES-128-CBC.
func (n *nss) encrypt(t transport, c content, plain []byte) ([]byte, error) {
	if t == rsaOAEP || c != aes128CBC {
		return nil, n.lacks("oaep", "cipher", "algorithm")
	}
	d := newDesk()
	defer d.clear()
	to := t.recipient()
	if _, err := run(nil, "cmsutil", "-E", "-d", n.db, "-r", to.address, "-i", d.put("plain", plain), "-o", d.path("der")); err != nil {
		return nil, errors.Join(err, n.refused[to.name])
	}
	return d.get("der")
}

// lacks looks through what cmsutil says of encrypting before it says that there is no option.
func (n *nss) lacks(words ...string) error {
	help, _ := run(nil, "cmsutil", "-H") // ends with 1
	encrypting := regexp.MustCompile(`(?s)-E .*?\n\s*-[A-DF-Z] `).FindString(help)
	if encrypting == "" {
		return fmt.Errorf("cmsutil says nothing of -E: %s", help)
	}
	for _, word := range words {
		if strings.Contains(strings.ToLower(encrypting), word) {
			return fmt.Errorf("cmsutil has an option about %q that is not tried", word)
		}
	}
	return errNoOption
}

func (n *nss) decrypt(to *party, der []byte) ([]byte, error) {
	d := newDesk()
	defer d.clear()
	if _, err := run(nil, "cmsutil", "-D", "-d", n.db, "-i", d.put("der", der), "-o", d.path("plain")); err != nil {
		return nil, errors.Join(err, n.refused[to.name])
	}
	return d.get("plain")
}

func (n *nss) sign(s scheme, opaque bool, plain []byte) ([]byte, error) {
	by := s.signer()
	if s == signPSS {
		return nil, n.lacks("pss")
	}
	d := newDesk()
	defer d.clear()
	args := []string{"-S", "-d", n.db, "-N", by.name, "-G", "-P", "-H", "SHA256", "-i", d.put("plain", plain), "-o", d.path("der")}
	if !opaque {
		args = append(args, "-T")
	}
	if s == signP384 {
		args[8] = "SHA384"
	}
	if _, err := run(nil, "cmsutil", args...); err != nil {
		return nil, errors.Join(err, n.refused[by.name])
	}
	return d.get("der")
}

// verify asks twice: with -h cmsutil ends with 0 where the digest does not fit, and without it does not name the status.
func (n *nss) verify(der, detached []byte) ([]byte, error) {
	d := newDesk()
	defer d.clear()
	args := []string{"-D", "-d", n.db, "-i", d.put("der", der)}
	if detached != nil {
		args = append(args, "-c", d.put("detached", detached))
	}
	said, err := run(nil, "cmsutil", append(args, "-n", "-h", "1")...)
	if err != nil || !strings.Contains(said, "signer0.status=GoodSignature") {
		return nil, errors.Join(fmt.Errorf("not verified: %s", said), err)
	}
	if _, err := run(nil, "cmsutil", append(args, "-o", d.path("plain"))...); err != nil {
		return nil, err
	}
	return d.get("plain")
}

// version is asked of modutil, the only one of the tools who says it.
func (n *nss) version() (string, error) {
	said, err := run(nil, "modutil", "-dbdir", n.db, "-list", "NSS Internal PKCS #11 Module")
	_, after, _ := strings.Cut(said, "Library Version:")
	return after, err
}
