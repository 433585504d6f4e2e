package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/smime"
)

type smimeInspect struct {
	smimeFiles
	JSON bool `env:"-" name:"json" help:"As JSON, for programs."`
}

// Help is shown by --help.
func (smimeInspect) Help() string {
	return "FILE is a mail, or a bare CMS message in DER or PEM. Nothing is checked and nothing decrypted: what is shown is what the " +
		"mail says of itself. \"sendsikker smime open\" checks."
}

// Run shows what can be seen, and then what stopped it.
func (c *smimeInspect) Run(ctx context.Context, console console) error {
	var broken error
	err := c.files(ctx, console, func(in io.Reader, out io.Writer) error {
		mail, err := mailFrom(in)
		if err != nil {
			return err
		}
		report, err := smime.Inspect(mail, 0)
		if err != nil && len(report.Layers) == 0 {
			return inWords(err)
		}
		broken = inWords(err)
		if c.JSON {
			encoder := json.NewEncoder(out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(report)
		}
		_, err = io.WriteString(out, outline(report))
		return err
	})
	return errors.Join(err, broken)
}

// outline is the report as an indented list.
func outline(r *smime.Report) string {
	var out strings.Builder
	indent := 0
	line := func(deeper int, format string, args ...any) {
		fmt.Fprintf(&out, strings.Repeat("  ", indent+deeper)+format+"\n", args...)
	}
	for _, l := range r.Layers {
		switch {
		case l.Misplaced:
			line(0, "%s: %s, which does not belong into this kind of message: nobody opens it", l.Kind, l.Cipher)
		case l.Cipher != "":
			line(0, "%s: %s", l.Kind, l.Cipher)
		case len(l.Digests) > 0:
			line(0, "%s: %s", l.Kind, strings.Join(l.Digests, ", "))
		default:
			line(0, "%s", l.Kind)
		}
		outlineRecipients(line, l.Recipients)
		for _, s := range l.Signers {
			outlineSigner(line, s)
		}
		for _, c := range l.Certificates {
			outlineCertificate(line, c)
		}
		if l.UnreadableCertificates > 0 {
			line(1, "%s that cannot be read", count(l.UnreadableCertificates, "certificate"))
		}
		indent++
	}
	switch {
	case r.Content != "" && len(r.Layers) == 0:
		line(0, "neither signed nor encrypted with S/MIME: %s", r.Content)
	case r.Content != "":
		line(0, "content: %s", r.Content)
	}
	return out.String()
}

type outliner func(deeper int, format string, args ...any)

func outlineRecipients(line outliner, list []smime.InspectedRecipient) {
	for i, r := range list {
		scheme := r.Scheme
		if scheme == "" {
			scheme = "cannot be read"
		}
		line(1, "recipient %d: %s, %s", i+1, r.Kind, scheme)
		for _, c := range r.Certificates {
			line(2, "%s", nameWords(c))
		}
		if hidden := r.Keys - len(r.Certificates); hidden > 0 {
			line(2, "and %d more", hidden)
		}
	}
}

func outlineSigner(line outliner, s smime.InspectedSigner) {
	line(1, "signed, not checked: %s", s.Algorithms)
	line(2, "%s", nameWords(s.Certificate))
	if !s.Included {
		line(2, "whose certificate is not in the message")
	}
	if !s.SignedAttributes {
		line(2, "without signed attributes: mail must have them")
	}
	if s.SigningTime != nil {
		line(2, "at %s by the signer's clock", s.SigningTime.UTC().Format(time.RFC3339))
	}
	if s.Capabilities != "" {
		line(2, "claims to open: %s", s.Capabilities)
	}
}

func outlineCertificate(line outliner, c smime.InspectedCertificate) {
	line(1, "certificate: %s", c.Subject)
	line(2, "%s", nameWords(c.CertificateName))
	line(2, "%s, valid %s to %s", c.Key, c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
	if len(c.Addresses) > 0 {
		line(2, "for %s", strings.Join(c.Addresses, ", "))
	}
}

func nameWords(n smime.CertificateName) string {
	if n.KeyID != "" {
		return "key id " + n.KeyID
	}
	return fmt.Sprintf("serial %s, issuer %s", n.Serial, n.Issuer)
}
