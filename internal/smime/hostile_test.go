package smime_test

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/smime"
)

const pkcs7Head = "Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"

func wrapCMS(der []byte) []byte {
	return append([]byte(pkcs7Head), base64.StdEncoding.EncodeToString(der)...)
}

// envelop encrypts any bytes, as an attacker with the public certificate can.
func envelop(inner []byte, to identity) []byte {
	var der bytes.Buffer
	w := must(cms.NewEncrypter(&der, cms.EncryptConfig{Cipher: cms.AES256CBC, Recipients: []*x509.Certificate{to.cert}}))
	must(w.Write(inner))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return der.Bytes()
}

// inside is the multipart/signed that Seal encrypted.
func inside(t testing.TB, entity string) []byte {
	t.Helper()
	m := must(cms.ReadMessage(bytes.NewReader(cmsOf(t, seal(t, bo(), entity, []identity{bo()})[0]))))
	return must(io.ReadAll(must(m.Decrypt([]cms.Key{bo().opens()}))))
}

func TestEveryChangedByteOfASignedEntityIsFound(t *testing.T) {
	t.Parallel()
	whole := inside(t, entityText)
	start := bytes.Index(whole, []byte("Content-Type: text/plain"))
	tried := 0
	for i := start; i < start+len(entityText); i++ {
		for _, flip := range []byte{0x01, 0x20, 0x80} {
			altered := bytes.Clone(whole)
			altered[i] ^= flip
			opened, err := open(wrapCMS(envelop(altered, bo())), bo())
			if err == nil || opened != nil {
				t.Fatalf("byte %d ^ %#x: opened as %q", i-start, flip, opened.Entity)
			}
			// Clear-signed, without the envelope: nothing of the content either.
			if opened, err := open(altered); err == nil || opened == nil || opened.Entity != nil {
				t.Fatalf("byte %d ^ %#x, clear-signed: %v %+v", i-start, flip, err, opened)
			}
			tried++
		}
	}
	if tried == 0 {
		t.Fatal("nothing was tried")
	}
	// The same for the signature: every byte of its base64.
	signature := signatureAt(whole)
	end := signature + bytes.Index(whole[signature:], []byte("\r\n\r\n"))
	tried = 0
	for i := signature; i < end; i += 7 {
		tried++
		altered := bytes.Clone(whole)
		if altered[i] = 'A'; whole[i] == 'A' {
			altered[i] = 'B'
		}
		if opened, err := open(altered); err == nil && opened.Layers[0].Signatures[0].Good && opened.Layers[0].Signatures[0].PathVerified {
			// A certificate that nobody needs for the signature may change; the signer's own and the rest may not.
			t.Errorf("signature byte %d: still good", i-signature)
		}
	}
	if tried < 100 {
		t.Errorf("only %d bytes of the signature were tried", tried)
	}
}

// signatureAt is where the base64 of the signature starts in a clear-signed entity.
func signatureAt(whole []byte) int {
	const last = "filename=\"smime.p7s\"\r\n\r\n"
	return bytes.Index(whole, []byte(last)) + len(last)
}

// Whatever goes wrong behind a private key looks the same from outside.
func TestAllFailuresBehindAKeyLookTheSame(t *testing.T) {
	t.Parallel()
	signedThenAltered := bytes.Replace(inside(t, entityText), []byte("Rød"), []byte("Sød"), 1)
	cases := map[string][]byte{
		"altered inside":    envelop(signedThenAltered, alice()),
		"noise inside":      envelop(bytes.Repeat([]byte{0xfe, 0x01, 0x99}, 50), alice()),
		"nothing inside":    envelop(nil, alice()),
		"broken CMS inside": envelop([]byte(pkcs7Head+"MIAGCSqGSIb3"), alice()),
		"for nobody inside": envelop(wrapCMS(envelop([]byte(entityText), carla())), alice()),
		"too many layers":   nested(20, alice()),
	}
	good := envelop([]byte(entityText), alice())
	for _, from := range []int{20, 60} { // the last two blocks, before the end-of-contents octets
		for i := len(good) - from; i < len(good)-10; i += 5 {
			bad := bytes.Clone(good)
			bad[i] ^= 0xff
			cases[fmt.Sprintf("ciphertext byte -%d", len(good)-i)] = bad
		}
	}
	serial := bytes.Index(good, alice().cert.SerialNumber.Bytes())
	for _, at := range []int{60, 100, 200} { // the encrypted content key
		bad := bytes.Clone(good)
		bad[serial+at] ^= 0xff
		cases[fmt.Sprintf("encrypted key byte %d", at)] = bad
	}
	ec := envelop([]byte(entityText), bo())
	for back := 1; back < 40; back += 13 { // the wrapped content key stands behind the serial number too
		bad := bytes.Clone(ec)
		bad[bytes.Index(bad, bo().cert.SerialNumber.Bytes())+16+2+back] ^= 0xff
		cases[fmt.Sprintf("wrapped key byte %d", back)] = bad
	}
	wrong := alice()
	wrong.key = mailbox().key
	failed := 0
	for name, der := range cases {
		opened, err := open(wrapCMS(der), alice(), bo())
		if err == nil && strings.HasPrefix(name, "ciphertext") {
			continue // CBC without a signature is malleable: nothing can tell
		}
		f, ok := errors.AsType[*fault.Fault](err)
		if !ok || f.Code != "mail_not_opened" || opened != nil {
			t.Errorf("%s: %v, opened: %v", name, err, opened)
			continue
		}
		failed++
	}
	if failed < 10 {
		t.Errorf("only %d failures seen", failed)
	}
	if _, err := open(wrapCMS(good), wrong); fault.From(err).Code != "mail_not_opened" {
		t.Errorf("with another key: %v", err)
	}
}

func nested(depth int, to identity) []byte {
	der := envelop([]byte(entityText), to)
	for range depth {
		der = envelop(wrapCMS(der), to)
	}
	return der
}

func TestHostileMailIsRefusedQuickly(t *testing.T) {
	t.Parallel()
	sealed := seal(t, bo(), entityText, []identity{bo()})[0]
	chunks := bytes.Repeat([]byte{4, 2, 0x41, 0x41}, 500_000)
	good := envelop([]byte(entityText), bo())
	at := bytes.LastIndex(good, []byte{0xa0, 0x80}) + 2
	tiny := append(bytes.Clone(good[:at]), chunks...)
	closed := append(bytes.Clone(tiny), make([]byte, 10)...)
	manyFolds := "Content-Type: application/pkcs7-mime;\r\n" + strings.Repeat(" a\r\n", 500_000) + "\r\n"
	for name, c := range map[string]struct {
		mail []byte
		code string
	}{
		"nothing":                     {nil, "mail_malformed"},
		"2,000,000 times 30 80":       {wrapCMS(bytes.Repeat([]byte{0x30, 0x80}, 2_000_000)), "mail_malformed"},
		"2,000,000 times 24 80":       {wrapCMS(append(bytes.Clone(good[:at]), bytes.Repeat([]byte{0x24, 0x80}, 2_000_000)...)), "mail_malformed"},
		"2 MB of tiny chunks":         {wrapCMS(closed), "mail_not_opened"},
		"2 MB of tiny chunks, no end": {wrapCMS(tiny), "mail_malformed"},
		"a length of 2^62":            {wrapCMS([]byte{0x30, 0x88, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), "mail_malformed"},
		"no base64":                   {[]byte(pkcs7Head + "====="), "mail_malformed"},
		"half a mail":                 {sealed[:len(sealed)/2], "mail_malformed"},
		"all but the last 8 columns":  {sealed[:len(sealed)-10], "mail_malformed"},
		"half a million folded lines": {[]byte(manyFolds), "mail_malformed"},
		"two content types":           {append([]byte("Content-Type: text/plain\r\n"), pkcs7Head...), "mail_malformed"},
		"multipart/signed, one part":  {[]byte("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x--\r\n"), "mail_malformed"},
		"one part more than signed":   {moreParts(inside(t, entityText)), "mail_malformed"},
		"too large":                   {make([]byte, 1<<20+1), "mail_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			o := options()
			if c.code == "mail_too_large" {
				o.MaxSize = 1 << 20
			}
			_, err := smime.Open(bytes.NewReader(c.mail), []smime.Key{bo().opens()}, o)
			if f, ok := errors.AsType[*fault.Fault](err); !ok || f.Code != c.code {
				t.Fatalf("%v, want %s", err, c.code)
			}
			// A quadratic reader takes longer on an idle machine; a linear one stays far below on a busy one.
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// moreParts puts an unsigned part between the content and its signature.
func moreParts(signed []byte) []byte {
	_, after, _ := bytes.Cut(signed, []byte(`boundary="`))
	boundary, _, _ := bytes.Cut(after, []byte(`"`))
	delimiter := "\r\n--" + string(boundary) + "\r\n"
	at := bytes.LastIndex(signed, []byte(delimiter))
	return []byte(string(signed[:at]) + delimiter + "Content-Type: text/plain\r\n\r\nikke underskrevet" + string(signed[at:]))
}

func TestEveryTruncationOfASealedMailFails(t *testing.T) {
	t.Parallel()
	der := cmsOf(t, seal(t, bo(), entityText, []identity{bo()})[0])
	for n := 0; n < len(der); n += 1 + n/50 {
		if _, err := open(wrapCMS(der[:n]), bo()); err == nil {
			t.Fatalf("the first %d of %d bytes open", n, len(der))
		}
	}
}

func TestFaultsSayNothingOfContentAndSpeakDanish(t *testing.T) {
	t.Parallel()
	der := envelop([]byte("hemmeligt-ord uden MIME-hoved"), alice())
	_, err := open(wrapCMS(der), alice())
	f := fault.From(err)
	if strings.Contains(err.Error()+f.Say.DA+f.Say.EN, "hemmeligt") || f.Say.DA == "" || f.Say.EN == "" {
		t.Errorf("%v / %+v", err, f.Say)
	}
}

func FuzzOpen(f *testing.F) {
	to := bo()
	f.Add(seal(f, bo(), entityText, []identity{to})[0])
	f.Add(inside(f, entityText))
	f.Add(wrapCMS(envelop([]byte(entityText), to)))
	f.Add([]byte("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x\r\n\r\nMA==\r\n--x--\r\n"))
	f.Add([]byte("Subject: x\n\nhej"))
	// Property: whatever comes in, Open does not panic; it gives an entity exactly where it gives no error; and nothing that
	// the fuzzer makes up carries a good signature over a content that we did not sign.
	f.Fuzz(func(t *testing.T, mail []byte) {
		opened, err := open(mail, to)
		if err != nil {
			if opened != nil && opened.Entity != nil {
				t.Fatal("an entity in spite of an error")
			}
			return
		}
		for _, layer := range opened.Layers {
			for _, s := range layer.Signatures {
				if s.Good && string(opened.Entity) != entityText {
					t.Fatalf("a good signature over %q", opened.Entity)
				}
			}
		}
	})
}

// Each search for a path may cost a hundred signature checks with keys that a stranger chose.
func TestOnlySoManySignersAreFollowedToARoot(t *testing.T) {
	t.Parallel()
	whole := inside(t, entityText)
	head := signatureAt(whole)
	text, tail, _ := bytes.Cut(whole[head:], []byte("--"))
	var info struct {
		Type    asn1.ObjectIdentifier
		Content struct {
			Version                      int
			Digests, Inner, Bag, Signers asn1.RawValue
		} `asn1:"explicit,tag:0"`
	}
	must(asn1.Unmarshal(must(base64.StdEncoding.DecodeString(strings.ReplaceAll(string(text), "\r\n", ""))), &info))
	info.Content.Signers.FullBytes, info.Content.Signers.Bytes = nil, bytes.Repeat(info.Content.Signers.Bytes, 12)
	again := base64.StdEncoding.EncodeToString(must(asn1.Marshal(info)))
	opened, err := open([]byte(string(whole[:head]) + again + "\r\n--" + string(tail)))
	if err != nil {
		t.Fatal(err)
	}
	good, followed := 0, 0
	for _, s := range opened.Layers[0].Signatures {
		if s.Good {
			good++
		}
		if s.PathVerified {
			followed++
		}
	}
	if good != 12 || followed != 8 {
		t.Errorf("%d good, %d followed", good, followed)
	}
}
