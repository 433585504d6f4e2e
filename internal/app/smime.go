package app

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/smime/header"
)

type smimeCommand struct {
	Seal    smimeSeal    `cmd:"" help:"Sign and encrypt a mail."`
	Open    smimeOpen    `cmd:"" help:"Decrypt a mail, check its signatures, and write what is inside."`
	Inspect smimeInspect `cmd:"" help:"Show the layers, algorithms, signers and recipients of a mail, without a key."`
}

// The flags of these commands take nothing from the environment: a recipient must never be one that nobody sees.
type smimeSeal struct {
	smimeFiles
	withPassword
	Sign        string   `env:"-" help:"The signer: file with private key, certificate and issuers (.p12, .pfx or PEM), or KEY,CERTIFICATE." placeholder:"FILE"`
	To          []string `env:"-" required:"" help:"PEM or DER certificates of the recipients, one file or more." placeholder:"FILE"`
	Profile     string   `env:"-" default:"auto" enum:"compat,modern,auto" help:"compat (AES-256-CBC, which every program opens), modern (AES-256-GCM, RSA-OAEP), or auto, which is compat for recipients of whom nothing is known."`
	Form        string   `env:"-" default:"detached" enum:"detached,opaque,unsigned" help:"How it is signed: detached (multipart/signed), opaque (signed-data), or unsigned."`
	PSS         bool     `env:"-" name:"pss" help:"Sign with RSASSA-PSS, where the key is RSA."`
	PostQuantum bool     `env:"-" help:"Let recipients have ML-KEM-768 keys."`
}

// Help is shown by --help.
func (smimeSeal) Help() string {
	return "FILE is a whole mail, or a MIME entity alone. Fields such as From, To and Subject stay outside and can be read by all; " +
		"Content-* moves inside. Bcc is left out."
}

// Run seals.
func (c *smimeSeal) Run(ctx context.Context, console console) error {
	profile, to, err := c.profile(console)
	if err != nil {
		return err
	}
	var signer smime.Signer
	if profile.Form != smime.Unsigned {
		if c.Sign == "" {
			return errors.New("nobody to sign: give --sign, or --form unsigned")
		}
		password, err := c.password()
		if err != nil {
			return err
		}
		if signer, err = readSigner(c.Sign, password); err != nil {
			return err
		}
	}
	return c.files(ctx, console, func(in io.Reader, out io.Writer) error {
		dropped, err := sealMail(in, out, profile, signer, to)
		if err == nil && len(dropped) > 0 {
			fmt.Fprintf(console.err, "Left out, because a sealed copy must not tell of others: %s\n", strings.Join(dropped, ", "))
		}
		return inWords(err)
	})
}

func (c *smimeSeal) profile(console console) (smime.Profile, []*x509.Certificate, error) {
	to, err := readRecipients(c.To)
	if err != nil {
		return smime.Profile{}, nil, err
	}
	var recipients []smime.Recipient
	for _, r := range to {
		recipients = append(recipients, smime.Recipient{Certificate: r})
	}
	profile, why := smime.Choose(smime.Rule(c.Profile), recipients)
	if c.Profile == string(smime.RuleAuto) {
		fmt.Fprintln(console.err, why.EN)
	}
	profile.Form = map[string]smime.Form{"detached": smime.Detached, "opaque": smime.Opaque, "unsigned": smime.Unsigned}[c.Form]
	profile.PSS, profile.PostQuantum = c.PSS, c.PostQuantum
	for i, r := range to {
		if err := profile.CheckRecipient(r); err != nil {
			return profile, nil, fmt.Errorf("recipient %d, %s: %w", i+1, smime.DistinguishedName(r.RawSubject), inWords(err))
		}
	}
	return profile, to, nil
}

// sealMail writes the fields that stay outside, then the sealed rest. It gives back the names of the fields left out.
func sealMail(in io.Reader, out io.Writer, p smime.Profile, s smime.Signer, to []*x509.Certificate) (dropped []string, err error) {
	source, form, err := sniff(in)
	if err != nil {
		return nil, err
	}
	if form != formMail {
		return nil, fmt.Errorf("this is %s and not a mail: there is nothing to seal", form)
	}
	outside, inside, dropped, err := splitFields(source)
	if err != nil {
		return nil, err
	}
	if err := header.WriteFields(out, outside); err != nil {
		return nil, err
	}
	w, err := smime.Seal(p, s, time.Now(), smime.Envelope{Recipients: to, To: out})
	if err != nil {
		return nil, err
	}
	if err := header.WriteFields(w, inside); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, "\r\n"); err != nil {
		return nil, err
	}
	if _, err := io.Copy(w, source); err != nil {
		return nil, err
	}
	return dropped, w.Close()
}

// splitFields reads a header and parts it as the service does: what says what the body is belongs inside.
func splitFields(r *bufio.Reader) (outside, inside []header.Field, dropped []string, err error) {
	all, err := header.ParseFields(r)
	if err != nil || len(all) == 0 {
		return nil, nil, nil, errors.New("this is no mail: it must begin with header fields and a blank line")
	}
	seen := map[string]bool{}
	for _, f := range all {
		name := strings.ToLower(f.Name)
		switch {
		case name == "bcc", name == "resent-bcc":
			dropped = append(dropped, f.Name)
		case strings.HasPrefix(name, "content-"):
			if seen[name] {
				return nil, nil, nil, fmt.Errorf("this mail says twice what it is: %s", f.Name)
			}
			inside = append(inside, f)
		default:
			outside = append(outside, f)
		}
		seen[name] = true
	}
	if !seen["mime-version"] {
		outside = append(outside, header.Field{Name: "MIME-Version", Value: "1.0"})
	}
	if !seen["content-type"] { // RFC 2045 §5.2; said aloud, because a reader takes an untyped entity for noise
		inside = slices.Insert(inside, 0, header.Field{Name: "Content-Type", Value: "text/plain; charset=us-ascii"})
	}
	return outside, inside, dropped, nil
}

// inWords gives a fault's sentence instead of its code. What stands behind it is told too, except where a key was used: that is
// nobody's business (rule 3 of cms: one answer to every decryption failure).
func inWords(err error) error {
	f, is := err.(*fault.Fault) //nolint:errorlint // a fault inside another error has words around it already
	switch {
	case !is:
		return err
	case f.Cause == nil, f.Code == "mail_not_opened":
		return errors.New(f.Say.EN)
	}
	return fmt.Errorf("%s (%w)", f.Say.EN, f.Cause)
}
