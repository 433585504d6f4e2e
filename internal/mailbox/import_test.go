package mailbox_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// office is a bench with an authority that is trusted, and one that is not.
type office struct {
	*bench
	danish, stranger *ca.Authority
	revoked          map[string]bool // by fingerprint
}

func (o *office) Check(_ context.Context, c, _ *x509.Certificate) trust.Revocation {
	if o.revoked[trust.Fingerprint(c)] {
		return trust.Revocation{Status: trust.StatusRevoked}
	}
	return trust.Revocation{Status: trust.StatusGood}
}

func openOffice(t *testing.T) *office {
	t.Helper()
	o := &office{bench: setUp(t), revoked: map[string]bool{}}
	clock := func() time.Time { return o.now }
	var err error
	if o.danish, err = ca.NewDanish(ca.Options{Now: clock, Fast: true}); err != nil {
		t.Fatal(err)
	}
	if o.stranger, err = ca.NewForeign(ca.Options{Now: clock}); err != nil {
		t.Fatal(err)
	}
	o.admin.Judge = trust.NewJudge(trust.Deps{Revocation: o, Now: clock, Profiles: []trust.Profile{
		{Name: "dk", Roots: []*x509.Certificate{o.danish.Root()}, Intermediates: o.danish.Intermediates()},
	}})
	return o
}

func (o *office) issue(t *testing.T, by *ca.Authority, r ca.Request) *ca.Identity {
	t.Helper()
	r.CommonName = "Socialforvaltningen"
	identity, err := by.Issue(r)
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func (o *office) file(t *testing.T, i *ca.Identity) [][]byte {
	t.Helper()
	text, err := i.PEM()
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{text}
}

func (o *office) bring(t *testing.T, files [][]byte) mailbox.Held {
	t.Helper()
	h, err := o.admin.Import(t.Context(), mailbox.Import{Address: box, Files: files})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// active is the fingerprint of the certificate that signs.
func (o *office) active(t *testing.T) string {
	t.Helper()
	i, err := o.registry.Lend(t.Context(), box)
	if err != nil {
		t.Fatal(err)
	}
	return trust.Fingerprint(i.Certificate)
}

func codes(found []mailbox.Finding) []string {
	var list []string
	for _, f := range found {
		list = append(list, f.Code)
	}
	slices.Sort(list)
	return list
}

func TestEverythingThatIsWrongWithACertificateIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	other := o.issue(t, o.danish, ca.Request{Address: box})
	revoked := o.issue(t, o.danish, ca.Request{Address: box})
	o.revoked[trust.Fingerprint(revoked.Certificate)] = true
	mixed := *o.issue(t, o.danish, ca.Request{Address: box})
	mixed.Key = other.Key
	cases := map[string]struct {
		identity *ca.Identity
		hopeless []string // sentences
		found    []string // codes of what may be decided about
	}{
		"one that is right":       {other, nil, nil},
		"no address in it":        {o.issue(t, o.danish, ca.Request{}), nil, []string{"wrong_address"}},
		"nobody knows its issuer": {o.issue(t, o.stranger, ca.Request{Address: box}), nil, []string{"unknown_issuer"}},
		"neither":                 {o.issue(t, o.stranger, ca.Request{Address: "another@unit.example"}), nil, []string{"unknown_issuer", "wrong_address"}},
		"another's key":           {&mixed, []string{"does not belong"}, nil},
		"revoked":                 {revoked, []string{"revoked by its issuer"}, nil},
		"past and elsewhere":      {o.issue(t, o.stranger, ca.Request{NotBefore: o.now.AddDate(-2, 0, 0), NotAfter: o.now.AddDate(-1, 0, 0)}), []string{"expired on 23 November 2025", "not in the certificate"}, nil},
		"tomorrow":                {o.issue(t, o.danish, ca.Request{Address: box, NotBefore: o.now.Add(24 * time.Hour)}), []string{"not valid before 24 November 2026"}, nil},
		"only for signing": {o.issue(t, o.danish, ca.Request{Address: box, Shape: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }}),
			[]string{"may not be encrypted for"}, nil},
		"for web servers, and only to encrypt": {o.issue(t, o.danish, ca.Request{Address: box, Shape: func(c *x509.Certificate) {
			c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageKeyEncipherment, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}}), []string{"used to sign", "not for mail"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h, err := o.admin.Import(t.Context(), mailbox.Import{Address: box, Files: o.file(t, c.identity)})
			if len(c.hopeless) == 0 {
				if err != nil || !slices.Equal(codes(h.Found), c.found) || h.Fingerprint != trust.Fingerprint(c.identity.Certificate) {
					t.Fatalf("%v, found %v, want %v", err, codes(h.Found), c.found)
				}
				_, err = o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{})
				if (err != nil) != (len(c.found) > 0) {
					t.Errorf("used undecided: %v", err)
				}
				return
			}
			f := fault.From(err)
			if f.Kind != fault.Invalid || len(f.Fields) < len(c.hopeless) {
				t.Fatalf("%v, with %d fields", err, len(f.Fields))
			}
			for _, want := range c.hopeless {
				if !strings.Contains(f.Say.EN, want) {
					t.Errorf("%q does not say %q", f.Say.EN, want)
				}
			}
			if f.Say.DA == f.Say.EN || strings.Contains(f.Say.DA+f.Say.EN, "{date}") {
				t.Errorf("%+v", f.Say)
			}
		})
	}
}

func TestAnImportedKeyIsLookedAtBeforeItSigns(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	before := o.active(t)
	renewed := o.issue(t, o.danish, ca.Request{Address: box})
	h := o.bring(t, o.file(t, renewed))
	if o.active(t) != before {
		t.Fatal("it signs before anybody looked at it")
	}
	if len(h.Chain) != 1 {
		t.Errorf("%d issuers are sent along, want the one that is no root", len(h.Chain))
	}
	if _, err := o.admin.Lookup(t.Context(), "other@unit.example", h.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("found under another mailbox: %v", err)
	}
	// Revoked between the two steps.
	o.revoked[h.Fingerprint] = true
	if _, err := o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("revoked meanwhile: %v", err)
	}
	o.revoked = map[string]bool{}
	if _, err := o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{}); err != nil {
		t.Fatal(err)
	}
	if got := o.active(t); got != trust.Fingerprint(renewed.Certificate) {
		t.Errorf("signs with %s", got)
	}
	if _, err := o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{}); fault.From(err).Code != "mailbox_key_gone" {
		t.Errorf("twice: %v", err)
	}
}

func TestAnImportThatNobodyLooksAtIsForgotten(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	h := o.bring(t, o.file(t, o.issue(t, o.danish, ca.Request{Address: box})))
	o.now = o.now.Add(25 * time.Hour)
	if _, err := o.admin.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := o.admin.Lookup(t.Context(), box, h.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("still there: %v", err)
	}
}

// sealed is a mail to the certificate, as a partner makes it.
func sealed(t *testing.T, to *x509.Certificate) []byte {
	t.Helper()
	var out bytes.Buffer
	profile := smime.Compat()
	profile.Form = smime.Unsigned
	w, err := smime.Seal(profile, smime.Signer{}, time.Now(), smime.Envelope{Recipients: []*x509.Certificate{to}, To: &out})
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, "Content-Type: text/plain\r\n\r\nGammel mail\r\n")
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestARollOverOverlapsAndOldMailStillOpens(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	first := o.issue(t, o.danish, ca.Request{Address: box})
	if _, err := o.admin.PutToUse(t.Context(), box, o.bring(t, o.file(t, first)).ID, mailbox.Use{}); err != nil {
		t.Fatal(err)
	}
	second := o.issue(t, o.danish, ca.Request{Address: box, Key: ca.P256})
	h := o.bring(t, o.file(t, second))
	from := o.now.Add(48 * time.Hour)
	if _, err := o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{From: from}); err != nil {
		t.Fatal(err)
	}
	own, err := o.registry.Own(t.Context())
	if err != nil || len(own) != 1 || own[0].Next == nil || !own[0].Next.Certificate.Equal(second.Certificate) || !own[0].Next.From.Equal(from) {
		t.Fatalf("partners are not told of the next one: %+v, %v", own, err)
	}
	another := o.bring(t, o.file(t, o.issue(t, o.danish, ca.Request{Address: box})))
	if _, err := o.admin.PutToUse(t.Context(), box, another.ID, mailbox.Use{From: from}); fault.From(err).Code != "mailbox_plan_taken" {
		t.Errorf("two plans: %v", err)
	}
	if _, err := o.admin.PutToUse(t.Context(), box, another.ID, mailbox.Use{From: o.now.AddDate(50, 0, 0)}); fault.From(err).Code != "mailbox_plan_late" {
		t.Errorf("in fifty years: %v", err)
	}
	o.now = from.Add(-time.Minute)
	if switched, err := o.admin.Tick(t.Context()); err != nil || len(switched) != 0 || o.active(t) != trust.Fingerprint(first.Certificate) {
		t.Errorf("too early: %v, %v", switched, err)
	}
	o.now = from
	if switched, err := o.admin.Tick(t.Context()); err != nil || !slices.Equal(switched, []string{box}) {
		t.Fatalf("%v, %v", switched, err)
	}
	if switched, err := o.admin.Tick(t.Context()); err != nil || len(switched) != 0 || o.active(t) != trust.Fingerprint(second.Certificate) {
		t.Errorf("again: %v, %v", switched, err)
	}
	all, err := o.registry.Keys(t.Context(), box)
	if err != nil || len(all) != 3 { // the bench's own, the first, the second
		t.Fatalf("%d keys: %v", len(all), err)
	}
	var open []smime.Key
	for _, i := range all {
		open = append(open, smime.Key{Certificate: i.Certificate, Private: i.Key.(crypto.PrivateKey)})
	}
	for name, to := range map[string]*x509.Certificate{"the former": first.Certificate, "the new": second.Certificate} {
		mail, err := smime.Open(bytes.NewReader(sealed(t, to)), open, smime.OpenOptions{Now: time.Now(), MaxSize: smime.DefaultMaxSize})
		if err != nil {
			t.Errorf("mail to %s: %v", name, err)
			continue
		}
		_ = mail.Close()
	}
}

// bearer is the other half of a request: an authority sees the public key alone.
type bearer struct{ public crypto.PublicKey }

func (b bearer) Public() crypto.PublicKey { return b.public }
func (bearer) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	panic("an authority has no subscriber's key")
}

func TestARequestedKeyNeverLeavesAndItsCertificateFindsIt(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	for _, kind := range []string{mailbox.RSA3072, mailbox.P256} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			o := openOffice(t)
			text, err := o.admin.Request(t.Context(), mailbox.Request{Address: box, Name: "Socialforvaltningen Æ", Organisation: "Universitetet Eksempel", Kind: kind})
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "request.pem")
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			said, err := exec.CommandContext(t.Context(), "openssl", "req", "-in", file, "-noout", "-verify", "-text", "-nameopt", "utf8").CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			for _, want := range []string{"verify OK", "email:" + box, "CN=Socialforvaltningen Æ", "C=DK", map[string]string{mailbox.RSA3072: "(3072 bit)", mailbox.P256: "prime256v1"}[kind]} {
				if !strings.Contains(string(said), want) {
					t.Errorf("the request does not say %q:\n%s", want, said)
				}
			}
			block, _ := pem.Decode(text)
			request, err := x509.ParseCertificateRequest(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			answer := o.issue(t, o.danish, ca.Request{Address: box, PrivateKey: bearer{request.PublicKey}})
			h := o.bring(t, [][]byte{answer.CertificatePEM()})
			if err := o.admin.Drop(t.Context(), box, h.ID); err != nil { // a mistake: the request waits on
				t.Fatal(err)
			}
			h = o.bring(t, [][]byte{answer.CertificatePEM()})
			if _, err := o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{}); err != nil {
				t.Fatal(err)
			}
			lent, err := o.registry.Lend(t.Context(), box)
			if err != nil || !lent.Certificate.Equal(answer.Certificate) {
				t.Errorf("signs with another: %v", err)
			}
			// A certificate of nobody's request.
			stray := o.issue(t, o.danish, ca.Request{Address: box})
			if _, err := o.admin.Import(t.Context(), mailbox.Import{Address: box, Files: [][]byte{stray.CertificatePEM()}}); fault.From(err).Code != "mailbox_key_missing" {
				t.Errorf("a certificate without a key: %v", err)
			}
			// A renewal for the key that signs already.
			renewed := o.issue(t, o.danish, ca.Request{Address: box, PrivateKey: bearer{request.PublicKey}})
			h = o.bring(t, [][]byte{renewed.CertificatePEM()})
			if _, err := o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{}); err != nil || o.active(t) != trust.Fingerprint(renewed.Certificate) {
				t.Errorf("a renewal: %v", err)
			}
		})
	}
}

func TestANewMailboxIsMadeByItsFirstKey(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	const fresh = "sikkermail@ny.aau.example"
	h, err := o.admin.Import(t.Context(), mailbox.Import{Address: fresh, Files: o.file(t, o.issue(t, o.danish, ca.Request{Address: fresh}))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.admin.PutToUse(t.Context(), fresh, h.ID, mailbox.Use{}); fault.From(err).Code != "mailbox_name_missing" {
		t.Errorf("without a name: %v", err)
	}
	if _, err := o.admin.PutToUse(t.Context(), fresh, h.ID, mailbox.Use{Name: "Ny", From: o.now.Add(time.Hour)}); fault.From(err).Code != "mailbox_plan_new" {
		t.Errorf("later: %v", err)
	}
	if _, err := o.admin.PutToUse(t.Context(), fresh, h.ID, mailbox.Use{Name: "Ny"}); err != nil {
		t.Fatal(err)
	}
	if s, err := o.admin.Settings(t.Context(), fresh); err != nil || s.Name != "Ny" || s.Undo != mailbox.DefaultUndo || s.Disabled {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSettingsAreCheckedTogetherAndRecordedWithWhatWasBefore(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	err := o.admin.Set(t.Context(), box, mailbox.Settings{MailboxSettings: store.MailboxSettings{Undo: time.Hour, Language: "de", PerMinute: -1, Recipients: -1}})
	if f := fault.From(err); len(f.Fields) != 5 {
		t.Errorf("%d fields: %v", len(f.Fields), err)
	}
	want := mailbox.Settings{Name: "ITS", MailboxSettings: store.MailboxSettings{Disabled: true, Language: "en", Undo: time.Minute}}
	if err := o.admin.Set(t.Context(), box, want); err != nil {
		t.Fatal(err)
	}
	if got, err := o.admin.Settings(t.Context(), box); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if err := o.admin.Grant(t.Context(), box, store.Grant{Kind: "person", Subject: anna}); err != nil {
		t.Fatal(err)
	}
	_, err = o.registry.Open(t.Context(), mailbox.Caller{Kind: mailbox.User, ID: anna}, box)
	if fault.From(err).Code != "mailbox_disabled" {
		t.Errorf("a closed mailbox sends: %v", err)
	}
	if _, err = o.registry.Open(t.Context(), mailbox.Caller{Kind: mailbox.User, ID: birk}, box); fault.From(err).Code != "mailbox_not_granted" {
		t.Errorf("a stranger hears that it is there: %v", err)
	}
	log := &recorder{Store: o.store}
	o.admin.Store = log
	want.Disabled = false
	if err := o.admin.Set(t.Context(), box, want); err != nil {
		t.Fatal(err)
	}
	var change struct{ Before, After map[string]any }
	text, err := log.entry.JSON()
	if err != nil || json.Unmarshal(text, &change) != nil || change.Before["enabled"] != false || change.After["enabled"] != true || log.entry.Mailbox != box {
		t.Errorf("%s: %v", text, err)
	}
}

// recorder keeps what would be logged.
type recorder struct {
	*store.Store
	entry audit.Entry
}

func (r *recorder) SetMailbox(ctx context.Context, id, name string, set store.MailboxSettings, e audit.Entry) error {
	r.entry = e
	return r.Store.SetMailbox(ctx, id, name, set, e)
}

// Each may cost seconds to open.
func TestAnImportOfManyFilesIsRefusedBeforeOneIsOpened(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	files := slices.Repeat([][]byte{[]byte("no key at all")}, 5)
	_, err := o.admin.Import(t.Context(), mailbox.Import{Address: "sikkermail@social.example", Files: files})
	if f := fault.From(err); f.Code != "mailbox_files_too_many" || len(f.Fields) != 1 {
		t.Errorf("%v", err)
	}
}
