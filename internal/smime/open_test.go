package smime_test

import (
	"bytes"
	"compress/zlib"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/hold"
	"aau.dk/sendsikker/internal/smime"
)

// sealAs is seal with any profile, for one reader.
func sealAs(t testing.TB, p smime.Profile, from identity, entity string, to ...identity) []byte {
	t.Helper()
	mail := bytes.NewBufferString(mailHead)
	e := smime.Envelope{To: mail}
	for _, r := range to {
		e.Recipients = append(e.Recipients, r.cert)
	}
	w, err := smime.Seal(p, from.signer(), now(), e)
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	if _, err := io.WriteString(w, entity); err != nil {
		t.Fatalf("Write: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	return mail.Bytes()
}

func TestEveryFormAndCipherOpensAsItWasSealed(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, form := range []smime.Form{smime.Detached, smime.Opaque, smime.Unsigned} {
		for _, cipher := range []cms.ContentCipher{cms.AES128CBC, cms.AES256CBC, cms.AES128GCM, cms.AES256GCM, cms.ChaCha20Poly1305} {
			for _, oaep := range []bool{false, true} {
				p := smime.Compat()
				p.Form, p.Content, p.OAEP = form, cipher, oaep
				got, err := open(sealAs(t, p, alice(), entityText, alice(), bo()), alice())
				if err != nil || string(got.Entity) != entityText {
					t.Fatalf("%v %v %v: %v", form, cipher, oaep, err)
				}
				if got.Layers[0].Intact != cipher.Authenticated() || got.Layers[0].Recipients != 2 {
					t.Errorf("%v: %+v", cipher, got.Layers[0])
				}
				want := map[smime.Form]int{smime.Detached: 2, smime.Opaque: 2, smime.Unsigned: 1}[form]
				if len(got.Layers) != want {
					t.Fatalf("%v: %d layers", form, len(got.Layers))
				}
				if want == 2 {
					s := got.Layers[1].Signatures[0]
					if !s.Good || !s.PathVerified || !s.Capabilities.Has(cms.AES256GCM) || !s.EncryptTo.Equal(alice().cert) {
						t.Errorf("%v: %+v", form, s)
					}
				}
				tried++
			}
		}
	}
	if tried == 0 {
		t.Fatal("nothing was tried")
	}
}

// RFC 2634 §1.1: signed, encrypted, and signed once more by a gateway.
func TestATripleWrappedMailOpensLayerByLayer(t *testing.T) {
	t.Parallel()
	inner := sealAs(t, smime.Compat(), alice(), entityText, bo())
	for name, form := range map[string]smime.Form{"detached outside": smime.Detached, "opaque outside": smime.Opaque} {
		p := smime.Compat()
		p.Form = form
		// The outermost envelope makes it four layers; its content is what a gateway would have signed.
		_, entity, _ := bytes.Cut(inner, []byte("MIME-Version: 1.0\r\n"))
		got, err := open(sealAs(t, p, mailbox(), string(entity), carla()), bo(), carla())
		if err != nil || string(got.Entity) != entityText {
			t.Fatalf("%s: %v", name, err)
		}
		kinds := ""
		for _, l := range got.Layers {
			kinds += l.Kind.String() + " "
		}
		if want := "encrypted " + map[smime.Form]string{smime.Detached: "clear", smime.Opaque: "opaque"}[form] + "-signed encrypted clear-signed "; kinds != want {
			t.Errorf("%s: %s, want %s", name, kinds, want)
		}
	}
}

// compressed is CompressedData (RFC 3274) in a mail.
func compressed(content string) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	must(io.WriteString(w, content))
	if err := w.Close(); err != nil {
		panic(err)
	}
	type inner struct {
		Type    asn1.ObjectIdentifier
		Content []byte `asn1:"explicit,tag:0"`
	}
	return wrapCMS(must(asn1.Marshal(struct {
		Type    asn1.ObjectIdentifier
		Content struct {
			Version   int
			Algorithm struct{ OID asn1.ObjectIdentifier }
			Inner     inner
		} `asn1:"explicit,tag:0"`
	}{
		Type: cms.OIDCompressedData,
		Content: struct {
			Version   int
			Algorithm struct{ OID asn1.ObjectIdentifier }
			Inner     inner
		}{0, struct{ OID asn1.ObjectIdentifier }{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 3, 8}}, inner{cms.OIDData, z.Bytes()}},
	})))
}

func TestCompressedMailOpensWithinItsLimit(t *testing.T) {
	t.Parallel()
	got, err := open(compressed(entityText))
	if err != nil || string(got.Entity) != entityText || got.Layers[0].Kind != smime.Compressed {
		t.Fatalf("%v", err)
	}
	got, err = open(compressed(string(inside(t, entityText))))
	if err != nil || string(got.Entity) != entityText || len(got.Layers) != 2 || !got.Layers[1].Signatures[0].Good {
		t.Fatalf("signed, then compressed: %v", err)
	}
	if _, err := open(compressed(entityText + strings.Repeat("0", 50<<20))); err == nil {
		t.Error("a mail of 50 MB out of 50 KB was opened")
	}
	if _, err := open(compressed("noise")); fault.From(err).Code != "mail_malformed" {
		t.Errorf("no entity inside: %v", err)
	}
}

func TestMailIsOpenedByWhatItIsAndNotByWhatItSays(t *testing.T) {
	t.Parallel()
	der := base64.StdEncoding.EncodeToString(cmsOf(t, seal(t, bo(), entityText, []identity{bo()})[0]))
	raw := must(base64.StdEncoding.DecodeString(der))
	for name, mail := range map[string]string{
		"another smime-type":     "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n" + der,
		"no smime-type":          "Content-Type: application/x-pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n" + der,
		"octet-stream":           "Content-Type: application/octet-stream; name=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + der,
		"binary":                 "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n" + string(raw),
		"LF, and lines of 1,000": "Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: BASE64\n\n" + der[:1000] + "\n" + der[1000:],
	} {
		got, err := open([]byte(mail), bo())
		if err != nil || string(got.Entity) != entityText {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestClearSignedMailIsVerifiedHoweverItsLinesEndNow(t *testing.T) {
	t.Parallel()
	signed := string(inside(t, entityText))
	mixed := 0
	for name, mail := range map[string]string{
		"as sent":         signed,
		"LF":              strings.ReplaceAll(signed, "\r\n", "\n"),
		"mixed":           strings.NewReplacer("fløde", "fløde", "modtager\r\n", "modtager\n").Replace(signed),
		"micalg is wrong": strings.Replace(signed, "micalg=sha-256", "micalg=sha-512", 1),
		"micalg is old":   strings.Replace(signed, "micalg=sha-256", "micalg=md5", 1),
		"no micalg":       strings.Replace(signed, " micalg=sha-256;", "", 1),
	} {
		if strings.Contains(name, "micalg") && mail == signed {
			t.Fatalf("%s: nothing was replaced", name)
		}
		got, err := open([]byte(mail))
		if err != nil || !got.Layers[0].Signatures[0].Good || string(got.Entity) != entityText {
			t.Errorf("%s: %v", name, err)
			continue
		}
		mixed++
	}
	if mixed != 6 {
		t.Errorf("%d of 6", mixed)
	}
}

func TestTheResultSaysWhetherFromIsTheSigner(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from   identity
		header string
		want   bool
	}{
		"the signer":                    {alice(), "From: alice@partner.example\r\n", true},
		"in other letters":              {alice(), "From: \"A\" <Alice@PARTNER.example>\r\n", true},
		"somebody else":                 {alice(), "From: mallory@partner.example\r\n", false},
		"the signer as name only":       {alice(), "From: \"alice@partner.example\" <mallory@evil.example>\r\n", false},
		"two authors":                   {alice(), "From: alice@partner.example, mallory@evil.example\r\n", false},
		"two fields":                    {alice(), "From: alice@partner.example\r\nFrom: mallory@evil.example\r\n", false},
		"a certificate without address": {mailbox(), "From: sikkermail@its.example\r\n", false},
		"no From":                       {alice(), "", false},
	} {
		mail := sealAs(t, smime.Compat(), c.from, entityText, bo())
		_, rest, _ := bytes.Cut(mail, []byte("To: "))
		got, err := open([]byte(c.header+"To: "+string(rest)), bo())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if s := got.Layers[1].Signatures[0]; s.FromAgrees != c.want || !s.Good {
			t.Errorf("%s: From %q, certificate %v: agrees %v", name, got.From, s.Addresses, s.FromAgrees)
		}
	}
}

func TestTheProtectedHeaderCountsOnceItsSignerIsItsAuthor(t *testing.T) {
	t.Parallel()
	entity := "Content-Type: text/plain; charset=utf-8; hp=\"cipher\"\r\nSubject: Den rigtige\r\nFrom: alice@partner.example\r\nHP-Outer: Subject: [...]\r\nHP-Outer: From: alice@partner.example\r\n\r\nhej\r\n"
	outer := "From: alice@partner.example\r\nSubject: [...]\r\n"
	forged := strings.ReplaceAll(outer, "alice@partner", "mallory@evil")
	for name, c := range map[string]struct {
		signer               identity
		outer, from, subject string
		agrees, mismatch     bool
	}{
		"as it should be":          {alice(), outer, "alice@partner.example", "Den rigtige", true, false},
		"another From outside":     {alice(), forged, "alice@partner.example", "Den rigtige", true, true},
		"and another's signature":  {bo(), forged, "mallory@evil.example", "Den rigtige", false, true},
		"right outside, not inner": {bo(), outer, "alice@partner.example", "Den rigtige", false, false},
	} {
		mail := sealAs(t, smime.Compat(), c.signer, entity, bo())
		_, rest, _ := bytes.Cut(mail, []byte("MIME-Version: 1.0\r\n"))
		got, err := open([]byte(c.outer+"MIME-Version: 1.0\r\n"+string(rest)), bo())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		subject, _ := got.Header.Get("Subject")
		if got.From != c.from || subject != c.subject || got.Header.FromMismatch != c.mismatch || got.Layers[1].Signatures[0].FromAgrees != c.agrees {
			t.Errorf("%s: From %q, Subject %q, mismatch %v, agrees %v", name, got.From, subject, got.Header.FromMismatch, got.Layers[1].Signatures[0].FromAgrees)
		}
	}
}

func TestTheOlderWrappingIsReadToo(t *testing.T) {
	t.Parallel()
	entity := "Content-Type: message/rfc822\r\n\r\nFrom: alice@partner.example\r\nSubject: Indeni\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhej\r\n"
	got, err := open(sealAs(t, smime.Compat(), alice(), entity, bo()), bo())
	if err != nil || string(got.Entity) != entity {
		t.Fatal(err)
	}
	var shown strings.Builder
	if err := got.WriteShown(&shown); err != nil {
		t.Fatal(err)
	}
	if subject, _ := got.Header.Get("Subject"); subject != "Indeni" || !got.Header.Wrapped || shown.String() != "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhej\r\n" {
		t.Errorf("%+v, shown %q", got.Header, shown.String())
	}
}

// An AEAD proves itself: unlike CBC, no byte may change.
func TestEveryChangedByteOfAnAuthenticatedMailIsFound(t *testing.T) {
	t.Parallel()
	for _, cipher := range []cms.ContentCipher{cms.AES128GCM, cms.AES256GCM, cms.ChaCha20Poly1305} {
		p := smime.Modern()
		p.Form, p.Content = smime.Unsigned, cipher
		der := cmsOf(t, sealAs(t, p, alice(), entityText, bo()))
		opens := 0
		for i := range der {
			bad := bytes.Clone(der)
			bad[i] ^= 1 << (i % 8)
			got, err := open(wrapCMS(bad), bo())
			if err == nil && string(got.Entity) == entityText {
				opens++ // a byte that says nothing of the content: a version, or another recipient's name
				continue
			}
			if err == nil || (got != nil && got.Entity != nil) {
				t.Fatalf("%v: byte %d: %v", cipher, i, err)
			}
		}
		if opens > 4 {
			t.Errorf("%v: %d changed bytes made no difference", cipher, opens)
		}
	}
}

func TestContentOnDiskIsTheSame(t *testing.T) {
	t.Parallel()
	large := entityText + strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", 60_000)
	o := options()
	o.Hold = func() smime.Hold { return hold.New(t.TempDir(), 16<<20) }
	for _, mail := range [][]byte{seal(t, alice(), large, []identity{bo()})[0], inside(t, large)} {
		got, err := openWith(o, mail, bo())
		if err != nil || string(got.Entity) != large {
			t.Fatalf("%v", err)
		}
		if err := got.Close(); err != nil {
			t.Error(err)
		}
		if _, err := got.Content(); err == nil {
			t.Error("the content can be read after Close")
		}
	}
}

// A disk that is full must not look like a mail that somebody altered, nor the other way round.
func TestAFullHoldIsNotAnAlteredMail(t *testing.T) {
	t.Parallel()
	o := options()
	o.Hold = func() smime.Hold { return hold.New(t.TempDir(), 50) }
	_, err := openWith(o, seal(t, alice(), entityText, []identity{bo()})[0], bo())
	if !errors.Is(err, hold.ErrFull) || fault.From(err).Code == "mail_not_opened" {
		t.Errorf("got %v", err)
	}
}

func TestAFailingSourceIsNotABrokenMail(t *testing.T) {
	t.Parallel()
	mail := seal(t, alice(), entityText, []identity{bo()})[0]
	for _, n := range []int{0, 10, len(mailHead) + 10, len(mail) / 2, len(mail) - 5} {
		src := io.MultiReader(bytes.NewReader(mail[:n]), iotest.ErrReader(iotest.ErrTimeout))
		if _, err := smime.Open(src, []smime.Key{bo().opens()}, options()); !errors.Is(err, iotest.ErrTimeout) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

// The most attractive mistake: to say more about a mail whose key could be had than about one whose key could not.
func TestAKeyThatDoesNotFitLooksLikeContentThatDoesNot(t *testing.T) {
	t.Parallel()
	good := envelop(inside(t, entityText), alice())
	var texts []string
	for _, at := range []int{0, len(good) - 300} { // the encrypted key; the content
		bad := bytes.Clone(good)
		if at == 0 {
			at = bytes.Index(bad, alice().cert.SerialNumber.Bytes()) + 100
		}
		bad[at] ^= 1
		_, err := open(wrapCMS(bad), alice())
		texts = append(texts, err.Error()+fault.From(err).Say.DA)
	}
	if texts[0] != texts[1] || texts[0] == "" {
		t.Errorf("%q, and %q", texts[0], texts[1])
	}
}

// held counts the holds that are open at the same time.
type held struct {
	smime.Hold
	open, most *int
}

func (h held) Close() error { *h.open--; return h.Hold.Close() }

func TestAMailSignedManyTimesIsHeldOnlyFewTimes(t *testing.T) {
	t.Parallel()
	entity := entityText
	for range 7 {
		entity = string(inside(t, entity))
	}
	for name, mail := range map[string][]byte{"signed": []byte(entity), "signed, with other line ends": []byte(strings.ReplaceAll(entity, "\r\n", "\n"))} {
		open, most := 0, 0
		o := options()
		o.Hold = func() smime.Hold {
			open++
			most = max(most, open)
			return held{hold.New(t.TempDir(), 1<<20), &open, &most}
		}
		got, err := openWith(o, mail)
		if err != nil || len(got.Layers) != 7 {
			t.Fatalf("%s: %v", name, err)
		}
		if most > 3 || open != 1 {
			t.Errorf("%s: %d holds at once, %d at the end", name, most, open)
		}
	}
}
