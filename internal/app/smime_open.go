package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/hold"
	"aau.dk/sendsikker/internal/smime"
)

type smimeOpen struct {
	smimeFiles
	withPassword
	Key     []string `env:"-" sep:"none" help:"A key to decrypt with: file with private key and certificate (.p12, .pfx or PEM), or KEY,CERTIFICATE. May be given more than once." placeholder:"FILE"`
	Anchors []string `env:"-" help:"PEM certificates that are trusted: roots, issuers, or signers themselves." placeholder:"FILE"`
	Layers  bool     `env:"-" help:"Show the layers alone, and do not write what is inside."`
}

// Help is shown by --help.
func (smimeOpen) Help() string {
	return "FILE is a mail, or a bare CMS message in DER or PEM. What is inside is written when everything has been checked, and " +
		"not before. The layers and signatures are told on standard error. The exit status is 0 where the mail was opened, whoever " +
		"signed it: read what is said of the signatures."
}

// Run opens.
func (c *smimeOpen) Run(ctx context.Context, console console) error {
	password, err := c.password()
	if err != nil {
		return err
	}
	keys, err := readKeys(c.Key, password)
	if err != nil {
		return err
	}
	return c.with(ctx, console, keys)
}

// with opens by keys from wherever they are.
func (c *smimeOpen) with(ctx context.Context, console console, keys []smime.Key) error {
	var roots *x509.CertPool
	if len(c.Anchors) > 0 {
		anchors, err := readPEM(c.Anchors)
		if err != nil {
			return err
		}
		roots = x509.NewCertPool()
		for _, a := range anchors {
			roots.AddCert(a)
		}
	}
	return c.files(ctx, console, func(in io.Reader, out io.Writer) (err error) {
		mail, err := mailFrom(in)
		if err != nil {
			return err
		}
		opened, err := smime.Open(mail, keys, smime.OpenOptions{
			Roots: roots, Now: time.Now(), MaxSize: smime.DefaultMaxSize,
			Hold: func() smime.Hold { return hold.New("", smime.DefaultMaxSize) },
		})
		defer func() { err = errors.Join(err, opened.Close()) }()
		if opened != nil {
			fmt.Fprintf(console.err, "%s", describe(opened, roots != nil, err == nil))
		}
		switch {
		case err != nil:
			return inWords(err)
		case len(opened.Layers) == 0:
			return errors.New("nothing to open: the mail is neither signed nor encrypted with S/MIME")
		case c.Layers:
			return nil
		}
		content, err := opened.Content()
		if err != nil {
			return err
		}
		_, err = io.Copy(out, content)
		return err
	})
}

// describe tells the layers in words, the outermost first.
func describe(o *smime.Opened, anchored, whole bool) string {
	var out strings.Builder
	for i, l := range o.Layers {
		fmt.Fprintf(&out, "%d. %s%s\n", i+1, strings.ToUpper(l.Kind.String()[:1]), l.Kind.String()[1:])
		if l.Kind == smime.Encrypted {
			fmt.Fprintf(&out, "   %s, for %s\n", l.Algorithms, count(l.Recipients, "recipient"))
			if l.Key != nil {
				fmt.Fprintf(&out, "   opened with the key of %s, serial %x\n", smime.DistinguishedName(l.Key.RawSubject), l.Key.SerialNumber)
			}
			if l.Intact {
				fmt.Fprintf(&out, "   altered by nobody on its way\n")
			}
		}
		for _, s := range l.Signatures {
			describeSignature(&out, s, o.From, anchored, whole)
		}
	}
	if len(o.Layers) > 0 && !slices.ContainsFunc(o.Layers, func(l smime.Layer) bool { return len(l.Signatures) > 0 }) {
		out.WriteString("Nobody signed: nothing tells who wrote it.\n")
	}
	return out.String()
}

func describeSignature(out *strings.Builder, s smime.Signature, from string, anchored, whole bool) {
	switch {
	case s.Good:
		out.WriteString("   good signature")
	case s.Weak:
		out.WriteString("   WEAK signature: it fits, but SHA-1 or a short key proves nothing")
	case s.Certificate == nil:
		out.WriteString("   UNKNOWN signature: the signer's certificate is not in the mail")
	case whole: // one that does not fit keeps a mail from being opened
		out.WriteString("   UNKNOWN signature: it is made in a way that cannot be checked here")
	default:
		out.WriteString("   BAD signature, or one that cannot be checked")
	}
	if s.Certificate != nil {
		fmt.Fprintf(out, "\n     by %s, serial %x\n     issued by %s", smime.DistinguishedName(s.Certificate.RawSubject), s.Certificate.SerialNumber, smime.DistinguishedName(s.Certificate.RawIssuer))
	}
	if s.Algorithms != "" {
		fmt.Fprintf(out, "\n     with %s", s.Algorithms)
	}
	if !s.SigningTime.IsZero() {
		fmt.Fprintf(out, "\n     at %s by the signer's clock", s.SigningTime.UTC().Format(time.RFC3339))
	}
	out.WriteString("\n     " + trustWords(s, anchored) + "\n     " + fromWords(s, from) + "\n")
}

func trustWords(s smime.Signature, anchored bool) string {
	switch {
	case s.PathVerified:
		return "trusted: the certificate leads to an anchor and may sign mail (revocation was not looked at)"
	case !s.Good:
		return "not trusted: only a good signature is followed to an anchor"
	case !anchored:
		return "not trusted: no anchors were given (--anchors)"
	}
	return "not trusted: the certificate leads to none of the anchors, has expired, or may not sign mail"
}

func fromWords(s smime.Signature, from string) string {
	shown := make([]string, len(s.Addresses))
	for i, a := range s.Addresses {
		shown[i] = smime.Printable(a)
	}
	addresses := strings.Join(shown, ", ")
	from = smime.Printable(from)
	switch {
	case s.FromAgrees:
		return fmt.Sprintf("From agrees: %s is in the certificate", from)
	case addresses == "":
		return "From is not proved: the certificate holds no address"
	case from == "":
		return fmt.Sprintf("From is not there to compare: the certificate is for %s", addresses)
	case !s.Good:
		return fmt.Sprintf("From is not proved: it says %s, the certificate %s", from, addresses)
	}
	return fmt.Sprintf("From DISAGREES: it says %s, the certificate is for %s", from, addresses)
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
