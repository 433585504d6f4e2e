package mailbox

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keyfile"
	"aau.dk/sendsikker/internal/store"
)

// Import is a key and its certificate as they are brought: in one file or in two. A certificate alone is taken for a key that was
// made here, or for the one that the mailbox signs with already (a renewal). With a reference it is for a key that stays in a device.
type Import struct {
	Address   string
	Files     [][]byte // .p12, .pfx, PEM, DER
	Password  string
	Reference string
}

// Held is an imported key that is stored, encrypted, and does nothing yet: an administrator compares its fingerprint, reads what was
// found, and puts it to use or drops it.
type Held struct {
	ID          string
	Address     string
	Reference   string // to the key, where that stays in a device
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
	Fingerprint string // SHA-256, lower-case hex
	Found       []Finding
	Warnings    []fault.Sentence
}

// maxFiles of one import: a key, its certificate, and two of issuers. Each may take two seconds of a processor to open (package keyfile),
// whoever made it.
const maxFiles = 4

// heldFor is how long an imported key waits for its administrator.
const heldFor = 24 * time.Hour

// Import reads the files and stores the key encrypted, to be looked at. What can never be used is refused at once, with all that is
// wrong with it; what an administrator may decide about is told in Found.
func (a Admin) Import(ctx context.Context, in Import) (Held, error) {
	address, err := addressOf(in.Address)
	if err != nil {
		return Held{}, err
	}
	content, err := readAll(in)
	if err != nil {
		return Held{}, err
	}
	k := store.MailboxKey{ID: newID(), Address: address, State: store.KeyHeld}
	if in.Reference != "" {
		if k.Reference, err = a.referred(ctx, in.Reference, &content); err != nil {
			return Held{}, err
		}
	}
	key, c, err := choose(content)
	if err != nil {
		return Held{}, elsewhere(err, k.Reference)
	}
	c.address = address
	k.Certificate, k.Chain = c.certificate.Raw, joined(c.chain)
	requested := false
	if key == nil {
		if k, requested, err = a.keyFor(ctx, c, k); err != nil {
			return Held{}, err
		}
	}
	h := heldOf(k, c)
	if h.Found, err = a.findings(ctx, k, c); err != nil {
		return Held{}, err
	}
	h.Warnings = a.warnings(c.certificate)
	if err := hopeless(h.Found); err != nil {
		return Held{}, err
	}
	e := a.entry(audit.KeyHeld, address, put(h.Fingerprint, nil))
	if requested {
		return h, unavailable(a.Store.HoldMailboxKey(ctx, k.ID, k.Certificate, k.Chain, e))
	}
	switch {
	case in.Reference != "":
		if err := a.placeholder(ctx, &k); err != nil {
			return Held{}, err
		}
	case key != nil:
		sealed, wrapped, err := a.seal(ctx, key)
		if err != nil {
			return Held{}, err
		}
		k.Key, k.WrappedKey, k.KeyVersion = sealed, wrapped.Bytes, wrapped.Version
	}
	return h, unavailable(a.Store.AddMailboxKey(ctx, k, e))
}

// findings are everything that is wrong, a key in a device tried out first.
func (a Admin) findings(ctx context.Context, k store.MailboxKey, c candidate) ([]Finding, error) {
	found, err := a.proved(ctx, k, c)
	if err != nil {
		return nil, err
	}
	return append(found, a.examine(ctx, c)...), nil
}

// referred puts the key of a reference among what the files brought, which must be no keys.
func (a Admin) referred(ctx context.Context, text string, content *keyfile.Content) (string, error) {
	if len(content.Keys) > 0 {
		return "", invalid("mailbox_key_twice", "key", fault.Sentence{
			DA: "Der er en privat nøgle i filen, og du har også henvist til en i en enhed. Vælg en fil med certifikatet alene.",
			EN: "There is a private key in the file, and you have referred to one in a device as well. Choose a file with the certificate alone.",
		})
	}
	reference, key, err := a.refer(ctx, text)
	content.Keys = append(content.Keys, key)
	return reference, err
}

// elsewhere says of a key in a device that it is another one in its own words.
func elsewhere(err error, reference string) error {
	if reference != "" && fault.From(err).Code == "mailbox_"+KeyMismatch {
		return invalid("mailbox_"+KeyMismatch, "reference", sayElsewhere)
	}
	return err
}

func heldOf(k store.MailboxKey, c candidate) Held {
	return Held{ID: k.ID, Address: k.Address, Reference: k.Reference, Certificate: c.certificate, Chain: c.chain, Fingerprint: fingerprintOf(c.certificate)}
}

func readAll(in Import) (keyfile.Content, error) {
	var all keyfile.Content
	if len(in.Files) > maxFiles {
		return all, invalid("mailbox_files_too_many", "key", fault.Sentence{
			DA: "Der er for mange filer. Vælg filen med nøglen og højst en med certifikatet.", EN: "There are too many files. Choose the file with the key, and at most one with the certificate.",
		})
	}
	for _, file := range in.Files {
		if len(file) == 0 {
			continue
		}
		one, err := keyfile.Read(file, in.Password)
		if err != nil {
			return all, inField(err, fieldOf(err))
		}
		all.Keys, all.Certificates = append(all.Keys, one.Keys...), append(all.Certificates, one.Certificates...)
	}
	return all, nil
}

func fieldOf(err error) string {
	if fault.From(err).Code == keyfile.CodePassword {
		return "password"
	}
	return "key"
}

// inField has a fault stand beside a field of the form.
func inField(err error, name string) error {
	f := *fault.From(err)
	f.Fields = []fault.Field{{Name: name, Say: f.Say}}
	return &f
}

// choose finds the certificate that belongs to a key, and its issuers. Of several pairs the newest is meant: files of renewed
// certificates hold the old ones too. Without a key it is the first certificate that is no authority's.
func choose(content keyfile.Content) (crypto.Signer, candidate, error) {
	var c candidate
	for _, cert := range content.Certificates {
		for _, private := range content.Keys {
			key, signs := private.(crypto.Signer)
			if signs && fits(key, cert) && !cert.IsCA && (c.certificate == nil || cert.NotBefore.After(c.certificate.NotBefore)) {
				c.key, c.certificate = key, cert
			}
		}
	}
	if c.certificate == nil {
		if i := slices.IndexFunc(content.Certificates, func(one *x509.Certificate) bool { return !one.IsCA }); i >= 0 {
			c.certificate = content.Certificates[i]
		}
	}
	if c.certificate == nil {
		return nil, c, invalid("mailbox_certificate_missing", "certificate", fault.Sentence{
			DA: "Der er intet certifikat til en postkasse i filen, kun nøgler eller udsteddere.", EN: "There is no certificate of a mailbox in the file, only keys or issuers.",
		})
	}
	if c.key == nil && len(content.Keys) > 0 {
		return nil, c, invalid("mailbox_"+KeyMismatch, "key", sayMismatch)
	}
	c.chain = chainOf(c.certificate, content.Certificates)
	return c.key, c, nil
}

// chainOf are the issuers that came along, each the next one's; a root is left out, for every reader has its own.
func chainOf(leaf *x509.Certificate, all []*x509.Certificate) []*x509.Certificate {
	var chain []*x509.Certificate
	for at := leaf; len(chain) < len(all); {
		i := slices.IndexFunc(all, func(c *x509.Certificate) bool {
			return c.IsCA && string(c.RawSubject) == string(at.RawIssuer) && !slices.ContainsFunc(chain, c.Equal)
		})
		if i < 0 || string(all[i].RawSubject) == string(all[i].RawIssuer) {
			break
		}
		at = all[i]
		chain = append(chain, at)
	}
	return chain
}

// keyFor finds the key of a certificate that came alone.
func (a Admin) keyFor(ctx context.Context, c candidate, k store.MailboxKey) (_ store.MailboxKey, requested bool, err error) {
	rows, err := a.Store.MailboxKeys(ctx, c.address)
	if err != nil {
		return k, false, unavailable(err)
	}
	for _, row := range rows {
		if row.State == store.KeyRequested && requestFits(row.Request, c.certificate) {
			row.Certificate, row.Chain = k.Certificate, k.Chain
			return row, true, nil
		}
	}
	m, err := a.Store.MailboxByAddress(ctx, c.address)
	if err == nil {
		now, err := x509.ParseCertificate(m.Certificate)
		if err == nil && string(now.RawSubjectPublicKeyInfo) == string(c.certificate.RawSubjectPublicKeyInfo) {
			k.Key, k.Reference, k.WrappedKey, k.KeyVersion = m.Key, m.Reference, m.WrappedKey, m.KeyVersion
			return k, false, nil
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return k, false, unavailable(err)
	}
	return k, false, invalid("mailbox_key_missing", "key", fault.Sentence{
		DA: "Filen har kun et certifikat, og dets private nøgle er hverken lavet her eller postkassens nuværende. Vælg en fil, hvor nøglen er med (.p12, .pfx).",
		EN: "The file has a certificate alone, and its private key was neither made here nor is the mailbox's present one. Choose a file that has the key in it (.p12, .pfx).",
	})
}

// hopeless is the refusal of what no decision can mend.
func hopeless(found []Finding) error {
	for _, f := range found {
		if !f.Acceptable {
			return refusal(found, nil)
		}
	}
	return nil
}

func (a Admin) warnings(c *x509.Certificate) []fault.Sentence {
	if left := c.NotAfter.Sub(a.Now()); left > 0 && left < soon {
		return []fault.Sentence{dated(saySoon, c.NotAfter)}
	}
	return nil
}
