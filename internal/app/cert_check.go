package app

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/bundle"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/anchor"
	"aau.dk/sendsikker/internal/trust/crl"
)

type certCheck struct {
	File          string    `arg:"" help:"The certificate: .cer, .pem or .p7b. Issuers in it are used for the path." type:"existingfile"`
	For           string    `env:"-" help:"Judge it for mail to this address. Without, whose it is is not asked." placeholder:"ADDRESS"`
	Profile       string    `env:"-" default:"oces3" enum:"oces3,oces3-test,public,own" help:"Whose rules hold: oces3 (its authorities come with the program), oces3-test, public (S/MIME for the public; roots by --anchors), or own (roots by --anchors)."`
	Anchors       []string  `env:"-" help:"PEM files with roots." type:"existingfile" placeholder:"FILE"`
	Intermediates []string  `env:"-" help:"PEM files with issuers below them." type:"existingfile" placeholder:"FILE"`
	CRL           []string  `env:"-" name:"crl" help:"Revocation lists, DER or PEM. Without any, revocation is not looked at, and that is said." type:"existingfile" placeholder:"FILE"`
	At            time.Time `env:"-" help:"Judge as of this time (RFC 3339, such as 2026-11-01T00:00:00Z). Now, if left out." placeholder:"TIME"`
	JSON          bool      `env:"-" name:"json" help:"Print the verdict with its evidence as JSON."`
}

// Help is shown by --help.
func (certCheck) Help() string {
	return "No network is used and nothing is stored. The exit status is 0 where the certificate can be used to encrypt mail, else 1, and the reason is printed."
}

// errUnusable is the exit status of a certificate that was judged, and what was said of it has been printed.
var errUnusable = errors.New("the certificate cannot be used")

// Run judges.
func (c *certCheck) Run(ctx context.Context, console console) error {
	file, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	all, err := bundle.Read(file)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	profile, err := c.profile()
	if err != nil {
		return err
	}
	lists, err := readCRLs(c.CRL)
	if err != nil {
		return err
	}
	now := func() time.Time {
		if c.At.IsZero() {
			return time.Now()
		}
		return c.At
	}
	var revocation trust.RevocationSource = crl.FromFiles(lists, now, append(profile.Intermediates, profile.Roots...)...)
	if len(lists) == 0 {
		profile.WhenUnknown, profile.WhenUnpublished = trust.Warn, trust.Warn
	}
	judge := trust.NewJudge(trust.Deps{Profiles: []trust.Profile{profile}, Revocation: revocation, Now: now})
	verdict := judge.Judge(ctx, trust.Subject{Certificate: all[0], Address: c.For, Bound: c.For == "", Issuers: all[1:]})
	if c.JSON {
		err = printJSON(console, all[0], verdict)
	} else {
		fmt.Fprintf(console.out, "%s\nIssued by %s\nValid from %s to %s\nSHA-256 %s\n\n", smime.DistinguishedName(all[0].RawSubject), smime.DistinguishedName(all[0].RawIssuer),
			all[0].NotBefore.Format(time.DateOnly), all[0].NotAfter.Format(time.DateOnly), trust.Fingerprint(all[0]))
		printVerdict(console, verdict)
	}
	if err == nil && !verdict.Good {
		err = errUnusable
	}
	return err
}

func (c *certCheck) profile() (trust.Profile, error) {
	anchors, err := readPEM(c.Anchors)
	if err != nil {
		return trust.Profile{}, err
	}
	intermediates, err := readPEM(c.Intermediates)
	if err != nil {
		return trust.Profile{}, err
	}
	if c.Profile != anchor.NameOCES3 && len(anchors) == 0 {
		return trust.Profile{}, fmt.Errorf("profile %s needs --anchors", c.Profile)
	}
	var profile trust.Profile
	switch c.Profile {
	case "oces3-test":
		if profile, err = anchor.OCES3Test(anchors, intermediates); err != nil {
			return trust.Profile{}, err
		}
	case "public":
		profile = anchor.Public(anchors)
		profile.Intermediates = intermediates
	case "own":
		profile = anchor.Own("own", anchors, intermediates)
	default:
		profile = anchor.OCES3()
		if len(anchors) > 0 { // the rules of OCES3, for other roots
			profile.Roots, profile.Intermediates = anchors, nil
		}
		profile.Intermediates = append(profile.Intermediates, intermediates...)
	}
	return profile, nil
}

func readCRLs(files []string) ([][]byte, error) {
	var lists [][]byte
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if block, _ := pem.Decode(text); block != nil {
			text = block.Bytes
		}
		if _, err := x509.ParseRevocationList(text); err != nil {
			return nil, fmt.Errorf("%s: no revocation list", name)
		}
		lists = append(lists, text)
	}
	return lists, nil
}

// printVerdict tells an administrator, in English, and in Danish what a sender would read.
func printVerdict(console console, v trust.Verdict) {
	fmt.Fprintf(console.out, "%s: %s\n", v.Code, v.Say.EN)
	if v.Code != trust.OK {
		fmt.Fprintf(console.out, "%s\n", v.Say.DA)
	}
	for _, w := range v.Warnings {
		fmt.Fprintf(console.out, "Warning, %s: %s\n", w.Code, w.Say.EN)
	}
	if v.Evidence.Profile != "" {
		fmt.Fprintf(console.out, "Path of %d certificates, profile %s\n", len(v.Evidence.Path), v.Evidence.Profile)
	}
	for _, r := range v.Evidence.Revocations {
		status := string(r.Status)
		if r.Status == trust.StatusUnknown {
			status = "unknown"
		}
		fmt.Fprintf(console.out, "Revocation of %s…: %s", r.Certificate[:16], status)
		if r.Source != "" {
			fmt.Fprintf(console.out, " (%s of %s, next by %s)", strings.ToUpper(r.Source), r.ThisUpdate.Format(time.RFC3339), r.NextUpdate.Format(time.RFC3339))
		}
		if r.Cause != nil {
			fmt.Fprintf(console.out, ": %v", r.Cause)
		}
		fmt.Fprintln(console.out)
	}
}

func printJSON(console console, c *x509.Certificate, v trust.Verdict) error {
	type sentence struct {
		DA string `json:"da"`
		EN string `json:"en"`
	}
	type warning struct {
		Code trust.Code `json:"code"`
		Say  sentence   `json:"say"`
	}
	words := func(s fault.Sentence) sentence { return sentence{s.DA, s.EN} }
	warnings := []warning{}
	for _, w := range v.Warnings {
		warnings = append(warnings, warning{w.Code, words(w.Say)})
	}
	encoder := json.NewEncoder(console.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		SHA256   string         `json:"sha256"`
		Subject  string         `json:"subject"`
		Usable   bool           `json:"usable"`
		Code     trust.Code     `json:"code"`
		Say      sentence       `json:"say"`
		Warnings []warning      `json:"warnings"`
		Evidence trust.Evidence `json:"evidence"`
	}{trust.Fingerprint(c), smime.DistinguishedName(c.RawSubject), v.Good, v.Code, words(v.Say), warnings, v.Evidence})
}
