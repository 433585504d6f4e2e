package smime_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"io"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/smime/entity"
)

func inspect(t *testing.T, mail []byte) *smime.Report {
	t.Helper()
	report, err := smime.Inspect(bytes.NewReader(mail), 0)
	if err != nil {
		t.Fatalf("Inspect: %v", err)
	}
	return report
}

// sealedAs is one mail by a profile.
func sealedAs(t *testing.T, p smime.Profile, from identity, text string, to ...identity) []byte {
	t.Helper()
	mail := bytes.NewBufferString(mailHead)
	envelope := smime.Envelope{To: mail}
	for _, r := range to {
		envelope.Recipients = append(envelope.Recipients, r.cert)
	}
	w := must(smime.Seal(p, from.signer(), now(), envelope))
	must(io.WriteString(w, text))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return mail.Bytes()
}

// decryptedEntity takes one envelope off, as only the key's owner can.
func decryptedEntity(t testing.TB, mail []byte, by identity) []byte {
	t.Helper()
	e := must(entity.Read(bytes.NewReader(mail)))
	m := must(cms.ReadMessage(e.Decoded()))
	return must(io.ReadAll(must(m.Decrypt([]cms.Key{by.opens()}))))
}

// uncovered is what lies in a sealed mail's envelope: a signed mail.
func uncovered(t *testing.T, form smime.Form) []byte {
	t.Helper()
	p := smime.Compat()
	p.Form = form
	return decryptedEntity(t, sealedAs(t, p, mailbox(), entityText, alice()), alice())
}

func TestInspectNamesEveryRecipientOfAnEnvelopeInOrder(t *testing.T) {
	t.Parallel()
	report := inspect(t, sealedAs(t, smime.Modern(), mailbox(), entityText, alice(), bo(), dorte()))
	if len(report.Layers) != 1 || report.Content != "" {
		t.Fatalf("%+v", report)
	}
	l := report.Layers[0]
	if l.Kind != "encrypted" || l.Cipher != "AES-256-GCM" || !l.Authenticated || l.Misplaced || len(l.Recipients) != 3 {
		t.Fatalf("%+v", l)
	}
	for i, want := range []struct {
		who          identity
		kind, scheme string
	}{
		{alice(), "key transport", "RSA-OAEP with SHA-256, MGF1 with SHA-256"},
		{bo(), "key agreement", "ECDH with X9.63 and SHA-256, AES-256 key wrap"},
		{dorte(), "key agreement", "ECDH with X9.63 and SHA-512, AES-256 key wrap"},
	} {
		r := l.Recipients[i]
		if r.Kind != want.kind || r.Scheme != want.scheme || r.Keys != 1 || len(r.Certificates) != 1 {
			t.Errorf("recipient %d: %+v", i, r)
			continue
		}
		serial, _ := new(big.Int).SetString(r.Certificates[0].Serial, 16)
		if serial == nil || serial.Cmp(want.who.cert.SerialNumber) != 0 || r.Certificates[0].Issuer != want.who.cert.Issuer.String() {
			t.Errorf("recipient %d is called %+v", i, r.Certificates[0])
		}
	}
}

func TestInspectShowsWhoSignedAndWhatTheSignatureIsOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form smime.Form
		kind string
	}{"clear-signed": {smime.Detached, "clear-signed"}, "opaque": {smime.Opaque, "opaque-signed"}} {
		report := inspect(t, uncovered(t, c.form))
		if len(report.Layers) != 1 || report.Content != "text/plain" {
			t.Errorf("%s: %+v", name, report)
			continue
		}
		l := report.Layers[0]
		if l.Kind != c.kind || len(l.Signers) != 1 || len(l.Certificates) < 2 || !reflect.DeepEqual(l.Digests, []string{"SHA-256"}) {
			t.Errorf("%s: %+v", name, l)
			continue
		}
		s := l.Signers[0]
		if s.Algorithms != "SHA-256, RSA PKCS #1 v1.5" || !s.Included || !s.SignedAttributes || s.SigningTime == nil ||
			!s.SigningTime.Equal(now()) || !strings.HasPrefix(s.Capabilities, "AES-256-GCM; ") {
			t.Errorf("%s: %+v", name, s)
		}
		at := slices.IndexFunc(l.Certificates, func(one smime.InspectedCertificate) bool { return one.Serial == s.Certificate.Serial })
		if at < 0 {
			t.Errorf("%s: the signer's certificate is not among %+v", name, l.Certificates)
			continue
		}
		own := l.Certificates[at]
		if own.Subject != mailbox().cert.Subject.String() || own.Key != "RSA 3072" || !own.NotAfter.Equal(mailbox().cert.NotAfter) {
			t.Errorf("%s: %+v", name, own)
		}
	}
}

func TestInspectLooksThroughNestedLayersAsFarAsItCan(t *testing.T) {
	t.Parallel()
	opaque := smime.Compat()
	opaque.Form = smime.Opaque
	sealed := string(uncovered(t, smime.Detached))
	twice := decryptedEntity(t, sealedAs(t, opaque, bo(), sealed, alice()), alice())
	report := inspect(t, twice)
	var kinds []string
	for _, l := range report.Layers {
		kinds = append(kinds, l.Kind)
	}
	if !reflect.DeepEqual(kinds, []string{"opaque-signed", "clear-signed"}) || report.Content != "text/plain" {
		t.Errorf("%v, %q", kinds, report.Content)
	}
	for i, l := range report.Layers {
		if len(l.Signers) != 1 {
			t.Errorf("layer %d has %d signers", i+1, len(l.Signers))
		}
	}
}

func TestInspectStopsWhereAMailIsTooDeepAndTellsWhatItSaw(t *testing.T) {
	t.Parallel()
	inner := entityText
	p := smime.Compat()
	p.Form = smime.Opaque
	for range 9 {
		inner = string(decryptedEntity(t, sealedAs(t, p, bo(), inner, alice()), alice()))
	}
	report, err := smime.Inspect(strings.NewReader(inner), 0)
	if fault.From(err).Code != "mail_malformed" || len(report.Layers) != 8 {
		t.Errorf("%v, %d layers", err, len(report.Layers))
	}
}

func TestInspectTellsWhatABrokenMailIsBeforeItBreaks(t *testing.T) {
	t.Parallel()
	sealed := sealedAs(t, smime.Compat(), mailbox(), entityText, alice())
	signed := uncovered(t, smime.Detached)
	for name, c := range map[string]struct {
		mail string
		code string
		kind string
	}{
		"sealed, cut short":      {string(sealed[:len(sealed)*9/10]), "mail_malformed", "encrypted"},
		"signed, cut short":      {string(signed[:len(signed)*9/10]), "mail_malformed", "clear-signed"},
		"no mail":                {"hello", "mail_malformed", ""},
		"two types":              {"Content-Type: text/plain\r\nContent-Type: application/pkcs7-mime\r\n\r\n", "mail_malformed", ""},
		"no CMS inside":          {"Content-Type: application/pkcs7-mime\r\n\r\nhello", "mail_malformed", ""},
		"an unknown type of CMS": {"Content-Type: application/pkcs7-mime\r\n\r\n\x30\x80\x06\x01\x2a\xa0\x80\x30\x80", "mail_protection_unsupported", ""},
	} {
		report, err := smime.Inspect(strings.NewReader(c.mail), 0)
		if fault.From(err).Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if (c.kind == "") != (len(report.Layers) == 0) || (c.kind != "" && report.Layers[0].Kind != c.kind) {
			t.Errorf("%s: %+v", name, report.Layers)
		}
	}
}

func TestInspectReadsNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	mail := sealedAs(t, smime.Compat(), mailbox(), entityText, alice())
	if _, err := smime.Inspect(bytes.NewReader(mail), 1000); fault.From(err).Code != "mail_too_large" {
		t.Errorf("%v", err)
	}
	if _, err := smime.Inspect(bytes.NewReader(mail), int64(len(mail))); err != nil {
		t.Errorf("as long as the limit: %v", err)
	}
}

func TestAnOrdinaryMailHasNoLayers(t *testing.T) {
	t.Parallel()
	report := inspect(t, []byte(mailHead+entityText))
	if len(report.Layers) != 0 || report.Content != "text/plain" {
		t.Errorf("%+v", report)
	}
}

// The shape is for other people's programs.
func TestTheJSONOfAReportKeepsItsNames(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	var collect func(any)
	collect = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				names[name] = true
				collect(inner)
			}
		case []any:
			for _, inner := range v {
				collect(inner)
			}
		}
	}
	for _, mail := range [][]byte{sealedAs(t, smime.Modern(), mailbox(), entityText, alice()), decryptedEntity(t, sealedAs(t, smime.Compat(), alice(), entityText, alice()), alice())} {
		var got any
		if err := json.Unmarshal(must(json.Marshal(inspect(t, mail))), &got); err != nil {
			t.Fatal(err)
		}
		collect(got)
	}
	for _, want := range strings.Fields("layers content kind cipher authenticated recipients micalg digests signers certificates issuer serial " +
		"scheme keys certificate included algorithms signedAttributes signingTime capabilities subject key notBefore notAfter addresses") {
		if !names[want] {
			t.Errorf("%q is not there any more", want)
		}
		delete(names, want)
	}
	if len(names) > 0 {
		t.Errorf("new, and to be documented: %v", names)
	}
}

func TestNamesThatWouldMoveTheCursorAreMadeHarmless(t *testing.T) {
	t.Parallel()
	evil := mailLeaf("evil@partner.example", alice().key, plainRSA())
	template := *evil.cert
	template.Subject.CommonName = "Bo\x1b[2J\u202eTrusted"
	evil = issue(alice().key, &x509.Certificate{Subject: template.Subject, KeyUsage: x509.KeyUsageDigitalSignature}, plainRSA())
	signed := decryptedEntity(t, sealedAs(t, smime.Compat(), evil, entityText, alice()), alice())
	text := string(must(json.Marshal(inspect(t, signed))))
	for _, r := range text {
		if !unicode.IsGraphic(r) {
			t.Errorf("%U in %s", r, text)
		}
	}
	if !strings.Contains(text, "Trusted") || strings.Contains(text, `\u001b`) {
		t.Errorf("%s", text)
	}
}

func FuzzInspect(f *testing.F) {
	f.Add([]byte(mailHead + entityText))
	mail := bytes.NewBufferString(mailHead)
	for _, form := range []smime.Form{smime.Detached, smime.Opaque, smime.Unsigned} {
		p := smime.Compat()
		p.Form = form
		w := must(smime.Seal(p, bo().signer(), now(), smime.Envelope{Recipients: []*x509.Certificate{alice().cert}, To: mail}))
		must(io.WriteString(w, entityText))
		must(0, w.Close())
		f.Add(mail.Bytes())
		if form != smime.Unsigned {
			f.Add(decryptedEntity(f, mail.Bytes(), alice()))
		}
		mail = bytes.NewBufferString(mailHead)
	}
	// Properties: nothing panics; a Report comes with every error, no deeper than the limit; its JSON can be read; nothing in it
	// moves a cursor; and the same mail gives the same report.
	f.Fuzz(func(t *testing.T, mail []byte) {
		report, err := smime.Inspect(bytes.NewReader(mail), 1<<20)
		if report == nil || len(report.Layers) > 8 {
			t.Fatalf("%+v", report)
		}
		text := must(json.Marshal(report))
		for _, r := range string(text) {
			if !unicode.IsGraphic(r) {
				t.Fatalf("%U", r)
			}
		}
		again, same := smime.Inspect(bytes.NewReader(mail), 1<<20)
		if !bytes.Equal(text, must(json.Marshal(again))) || (err == nil) != (same == nil) {
			t.Fatalf("%s\n%v\n%+v\n%v", text, err, again, same)
		}
	})
}
