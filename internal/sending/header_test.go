package sending_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/smime/header"
	"aau.dk/sendsikker/internal/store"
)

// secret is a subject as people write them, in ASCII so that it stands in a mail as it is.
const secret = "Afgorelse om 010203-4567"

// kept is one copy.
type kept struct {
	delivery store.Delivery
	raw      []byte
	outside  *mail.Message
}

// keep submits, and gives the copies as they lie in the spool.
func (r *rig) keep(t *testing.T, sub sending.Submission, change func(*sending.Deps)) []kept {
	t.Helper()
	a, err := r.service(roomy{&office{}}, change).Submit(t.Context(), sub)
	if err != nil {
		t.Fatal(err)
	}
	m := r.message(t, a.ID)
	key, err := r.keeper.Unwrap(t.Context(), keeper.Wrapped{Bytes: m.WrappedKey, Version: m.KeyVersion})
	if err != nil {
		t.Fatal(err)
	}
	var list []kept
	for _, d := range m.Deliveries {
		in, err := r.spool.Open(t.Context(), d.SpoolName, key)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(in)
		if err := errors.Join(err, in.Close()); err != nil {
			t.Fatal(err)
		}
		outside, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, kept{d, raw, outside})
	}
	if len(list) == 0 {
		t.Fatal("nothing is kept")
	}
	return list
}

func (k kept) sealed() bool { return k.delivery.Kind == "sealed" }

// bcc: the copy is for somebody whom no other copy may show.
func (k kept) bcc() bool { return k.delivery.Recipients[0].Field == "bcc" }

// open reads a sealed copy as its recipient does.
func (k kept) open(t *testing.T) (*smime.Opened, string) {
	t.Helper()
	opened, err := smime.Open(bytes.NewReader(k.raw), []smime.Key{{Certificate: identity().Certificate, Private: identity().Key}}, smime.OpenOptions{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	content, err := opened.Bytes()
	if err != nil || len(opened.Layers) != 2 || !opened.Layers[1].Signatures[0].Good {
		t.Fatalf("%v, %d layers", err, len(opened.Layers))
	}
	return opened, string(content)
}

// everybody is a mail with a recipient of every kind: reached by S/MIME and internal, each in To, Cc and Bcc.
func everybody() sending.Submission {
	s := submission("bo@partner.example", "anna@aau.example")
	s.Draft.Cc = []mail.Address{{Name: "Eva På Klinikken", Address: "eva@klinik.example"}, {Address: "birk@aau.example"}}
	s.Draft.Bcc = []mail.Address{{Address: "chen@uni.example"}, {Address: "frans@kommune.example"}, {Address: "skjult@aau.example"}}
	s.Draft.Subject, s.Draft.HTML = secret, "<html><body><p>Kære modtager</p></body></html>"
	s.Draft.Importance = draft.High
	s.Entity = draft.Compose(s.Draft, nil)
	return s
}

func addresses(t *testing.T, value string) []string {
	t.Helper()
	if value == "" {
		return nil
	}
	list, err := mail.ParseAddressList(value)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range list {
		names = append(names, a.Address)
	}
	return names
}

func recorded(p header.Protected, name string) string {
	for _, f := range p.Outer {
		if f.Name == name {
			return f.Text()
		}
	}
	return ""
}

func TestTheHeaderStandsInsideAndOutsideAsTheRuleSays(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, outer string // the setting
		rule        sending.HeaderRule
		mode        header.Mode
		subject     string // outside
		hidden      []string
	}{
		{"without a rule the header is protected and nothing is hidden", "", "", header.Cipher, secret, []string{"To", "Cc"}},
		{"sign", "Sikker mail", sending.SignHeaders, header.Cipher, secret, []string{"To", "Cc"}},
		{"hide", "", sending.HideSubject, header.Cipher, "[...]", []string{"To", "Cc", "Subject"}},
		{"hide behind a subject of ours", "Sikker mail fra Ærø", sending.HideSubject, header.Cipher, "Sikker mail fra Ærø", []string{"To", "Cc", "Subject"}},
		{"off", "", sending.LeaveHeaders, header.Unprotected, secret, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			copies := newRig(t).keep(t, everybody(), func(d *sending.Deps) { d.Headers, d.OuterSubject = c.rule, c.outer })
			outside := map[string]string{} // To and Cc of the sealed copy that all may see
			for _, k := range copies {
				if k.sealed() && !k.bcc() {
					outside["To"], outside["Cc"] = k.outside.Header.Get("To"), k.outside.Header.Get("Cc")
				}
			}
			sealed, hidden := 0, c.subject != secret
			for _, k := range copies {
				own := k.delivery.Recipients[0].Address
				subject, err := new(mime.WordDecoder).DecodeHeader(k.outside.Header.Get("Subject"))
				if want := map[bool]string{true: c.subject, false: secret}[k.sealed()]; err != nil || subject != want {
					t.Errorf("%s: outside stands %q, want %q", own, subject, want)
				}
				if !k.sealed() {
					if bytes.Contains(k.raw, []byte("hp=")) || bytes.Contains(k.raw, []byte("HP-Outer")) || bytes.Contains(k.raw, []byte("legacy")) {
						t.Errorf("%s: the ordinary copy is not as ever:\n%s", own, k.raw)
					}
					continue
				}
				sealed++
				if bytes.Contains(k.raw, []byte(secret)) == hidden {
					t.Errorf("%s: the subject stands outside: %t", own, !hidden)
				}
				opened, content := k.open(t)
				if opened.Header.Mode != c.mode || opened.Header.FromMismatch {
					t.Errorf("%s: %q, From differs: %t", own, opened.Header.Mode, opened.Header.FromMismatch)
				}
				if c.mode == header.Unprotected {
					if strings.Contains(content, secret) || strings.Contains(content, "hp=") {
						t.Errorf("%s: inside stands\n%s", own, content)
					}
					continue
				}
				inside := func(name string) string { text, _ := opened.Header.Get(name); return text }
				if inside("Subject") != secret || inside("X-Priority") != "1" || inside("Message-ID") != k.outside.Header.Get("Message-ID") || inside("Date") != k.outside.Header.Get("Date") {
					t.Errorf("%s: inside stand %q", own, opened.Header.Fields)
				}
				if to, cc := addresses(t, inside("To")), addresses(t, inside("Cc")); !slices.Equal(to, []string{"bo@partner.example", "anna@aau.example"}) ||
					!slices.Equal(cc, []string{"eva@klinik.example", "birk@aau.example"}) {
					t.Errorf("%s: inside stand To %v and Cc %v", own, to, cc)
				}
				if recorded(opened.Header, "Subject") != k.outside.Header.Get("Subject") || recorded(opened.Header, "From") != k.outside.Header.Get("From") ||
					recorded(opened.Header, "To") != outside["To"] || recorded(opened.Header, "Cc") != outside["Cc"] {
					t.Errorf("%s: recorded is %q", own, opened.Header.Outer)
				}
				if !slices.Equal(opened.Header.Confidential, c.hidden) {
					t.Errorf("%s: confidential are %v, want %v", own, opened.Header.Confidential, c.hidden)
				}
				// Older readers see the subject in both forms of the text, and no list of recipients.
				_, body, _ := strings.Cut(content, "\r\n\r\n")
				if n := strings.Count(body, "Subject: "+secret); n != map[bool]int{true: 2, false: 0}[hidden] || strings.Contains(body, "To: ") || strings.Contains(body, "Cc: ") {
					t.Errorf("%s: the text is\n%s", own, body)
				}
				for _, other := range []string{"chen@uni.example", "frans@kommune.example", "skjult@aau.example"} {
					if strings.Contains(content, other) || (other != own && bytes.Contains(k.raw, []byte(other))) {
						t.Errorf("the copy for %s shows the Bcc %s", own, other)
					}
				}
			}
			if sealed != 3 || len(copies) != 5 {
				t.Errorf("%d copies, %d of them sealed", len(copies), sealed)
			}
		})
	}
}

func TestWhereOnlyBccIsSealedNothingIsRecordedOfToAndCc(t *testing.T) {
	t.Parallel()
	s := submission("anna@aau.example")
	s.Draft.Bcc = []mail.Address{{Address: "chen@uni.example"}}
	for _, k := range newRig(t).keep(t, s, func(d *sending.Deps) { d.Headers = sending.HideSubject }) {
		if !k.sealed() {
			continue
		}
		opened, content := k.open(t)
		to, _ := opened.Header.Get("To")
		if strings.Contains(content, "chen@uni.example") || recorded(opened.Header, "To") != "" || to != "<anna@aau.example>" {
			t.Errorf("inside stands\n%s", content)
		}
		if got := k.outside.Header.Get("To"); got != "<chen@uni.example>" {
			t.Errorf("outside stands To: %s", got)
		}
	}
}

func TestASubjectThatIsHiddenRestsNowhereInClear(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.keep(t, everybody(), func(d *sending.Deps) { d.Headers = sending.HideSubject })
	looked := 0
	err := filepath.WalkDir(filepath.Dir(r.folder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		looked++
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(secret)) || strings.Contains(path, "010203") {
			t.Errorf("the subject rests in %s", filepath.Base(path))
		}
		return err
	})
	if err != nil || looked < 7 { // five copies, the database, its journal or the key
		t.Errorf("%d files looked at: %v", looked, err)
	}
}

// accepted is the line of the audit log about the only message.
func (r *rig) accepted(t *testing.T) (m audit.Message) {
	t.Helper()
	var text string
	err := r.jobs.QueryRowContext(t.Context(), `SELECT detail FROM audit WHERE action = ?`, audit.MessageAccepted).Scan(&text)
	if err == nil {
		err = json.Unmarshal([]byte(text), &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheAuditLogSaysHowAMailWasProtectedAndWhy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.keep(t, everybody(), func(d *sending.Deps) { d.Encryption, d.Headers = smime.RuleModern, sending.HideSubject })
	if m := r.accepted(t); m.Profile != "modern" || !strings.Contains(m.Why, "administrator") || m.Headers != "hide" {
		t.Errorf("%+v", m)
	}
	r = newRig(t)
	r.keep(t, submission("anna@aau.example"), func(*sending.Deps) {})
	if m := r.accepted(t); m.Profile != "" || m.Why != "" || m.Headers != "" {
		t.Errorf("of a mail that was not sealed: %+v", m)
	}
}

// A mail that is handed in whole is passed on as it is, and not every content can carry fields that are found again.
func TestContentThatCannotCarryFieldsGoesAsItIsOrNotAtAll(t *testing.T) {
	t.Parallel()
	const signed = "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256;\n boundary=B\n\n" +
		"--B\nContent-Type: text/plain\n\nHej\n--B\nContent-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n\nMAA=\n--B--\n"
	cases := []struct {
		name, content string
		rule          sending.HeaderRule
		protected     bool
		code          string // "" is accepted
	}{
		{"plain text, to sign", "Content-Type: text/plain\n\nHej\n", sending.SignHeaders, true, ""},
		{"no Content-Type, to hide", "X-Mailer: x\n\nHej\n", sending.HideSubject, true, ""},
		{"a signed mail, to sign", signed, sending.SignHeaders, false, ""},
		{"a signed mail, to hide", signed, sending.HideSubject, false, ""},
		{"an encrypted mail, to hide", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\nMAA=\n", sending.HideSubject, false, ""},
		{"a type that nobody can read, to sign", "Content-Type: text/plain; charset=utf-8; charset=us-ascii\n\nHej\n", sending.SignHeaders, false, ""},
		{"a type that nobody can read, to hide", "Content-Type: text/plain; charset=utf-8; charset=us-ascii\n\nHej\n", sending.HideSubject, false, "mime_malformed"},
		{"a type that nobody can read, to leave", "Content-Type: text/plain; charset=utf-8; charset=us-ascii\n\nHej\n", sending.LeaveHeaders, false, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, entity, err := draft.ReadMessage(strings.NewReader("To: bo@partner.example\nSubject: " + secret + "\nMIME-Version: 1.0\n" + c.content))
			if err != nil {
				t.Fatal(err)
			}
			d.Mailbox = box
			sub := sending.Submission{Caller: anna(), Draft: d, Entity: entity, Digest: func() []byte { return []byte("digest") }}
			r, rule := newRig(t), func(d *sending.Deps) { d.Headers = c.rule }
			if c.code != "" {
				_, err := r.service(&office{}, rule).Submit(t.Context(), sub)
				if f := fault.From(err); f.Code != c.code || f.Kind != fault.Invalid {
					t.Errorf("got %v", err)
				}
				r.empty(t)
				return
			}
			k := r.keep(t, sub, rule)[0]
			opened, content := k.openAll(t)
			if protected := strings.Contains(content, "HP-Outer: "); protected != c.protected || (opened.Header.Mode == header.Cipher) != c.protected {
				t.Errorf("protected: %t\n%s", protected, content)
			}
			if hidden := k.outside.Header.Get("Subject") != secret; hidden != (c.protected && c.rule == sending.HideSubject) {
				t.Errorf("the subject is hidden: %t", hidden)
			}
			if headers := r.accepted(t).Headers; (headers == "off") == c.protected {
				t.Errorf("the audit log says %q", headers)
			}
		})
	}
}

// openAll takes our two layers off and leaves those that were there before.
func (k kept) openAll(t *testing.T) (*smime.Opened, string) {
	t.Helper()
	opened, err := smime.Open(bytes.NewReader(k.raw), []smime.Key{{Certificate: identity().Certificate, Private: identity().Key}}, smime.OpenOptions{Now: time.Now()})
	if err != nil { // what is inside is no S/MIME that anybody could open: then openssl takes off ours alone
		return new(smime.Opened), string(opensslDecrypt(t, k.raw))
	}
	content, err := opened.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return opened, string(content)
}

func TestNamesThatFillMegabytesAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	s := submission()
	for i := range draft.MaxRecipients {
		s.Draft.To = append(s.Draft.To, mail.Address{Name: strings.Repeat("🦀", draft.MaxName), Address: fmt.Sprintf("r%d@partner.example", i)})
	}
	r := newRig(t)
	_, err := r.service(roomy{&office{}}).Submit(t.Context(), s)
	if f := fault.From(err); f.Code != "header_too_large" || f.Kind != fault.TooLarge {
		t.Errorf("got %v", err)
	}
	r.empty(t)
}
