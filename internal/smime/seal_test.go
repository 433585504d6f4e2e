package smime_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/smime"
)

func TestWhatIsSealedIsOpenedByEachRecipientAndNobodyElse(t *testing.T) {
	t.Parallel()
	big := "Content-Type: text/plain\r\n\r\n" + strings.Repeat("0123456789 æøå 0123456789 abcdefghijklmnopqrstuvwxyz\r\n", 60_000)
	for name, entity := range map[string]string{
		"Danish letters":            entityText,
		"an empty body":             "Content-Type: text/plain\r\n\r\n",
		"no line end at the end":    "Content-Type: text/plain\r\n\r\nslut",
		"many line ends at the end": "Content-Type: text/plain\r\n\r\nslut\r\n\r\n\r\n",
		"no header fields":          "\r\nHej\r\n",
		"lines that look like one":  "Content-Type: text/plain\r\n\r\n--\r\n--=_x\r\n.\r\nFrom x\r\n",
		"3 MB":                      big,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, from := range []identity{mailbox(), bo(), carla(), dorte()} {
				mail := seal(t, from, entity, []identity{alice(), bo(), carla(), dorte(), mailbox()})[0]
				for _, to := range []identity{alice(), bo(), carla(), dorte(), mailbox()} {
					opened, err := open(mail, to)
					if err != nil {
						t.Fatalf("%s: %v", to.cert.Subject.CommonName, err)
					}
					if string(opened.Entity) != entity {
						t.Fatalf("%s: content changed: %d bytes, want %d", to.cert.Subject.CommonName, len(opened.Entity), len(entity))
					}
					if len(opened.Layers) != 2 || len(opened.Layers[1].Signatures) != 1 {
						t.Fatalf("layers: %+v", opened.Layers)
					}
					if s := opened.Layers[1].Signatures[0]; !s.Good || !s.PathVerified || s.Weak || !s.SigningTime.Equal(now()) || !s.Certificate.Equal(from.cert) {
						t.Fatalf("signature: %+v", s)
					}
					if opened.Layers[0].Recipients != 5 {
						t.Fatalf("%d recipients, want 5", opened.Layers[0].Recipients)
					}
				}
			}
		})
	}
}

// cmsOf takes the base64 body out of a sealed mail and checks its columns.
func cmsOf(t testing.TB, mail []byte) []byte {
	t.Helper()
	_, body, _ := bytes.Cut(mail, []byte("\r\n\r\n"))
	for _, line := range bytes.SplitAfter(body, []byte("\r\n")) {
		if len(line) > 78 {
			t.Fatalf("a line of %d columns", len(line)-2)
		}
	}
	der, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(body), "\r\n", ""))
	if err != nil {
		t.Fatalf("body is no base64: %v", err)
	}
	return der
}

func TestABccRecipientIsNowhereInTheOthersCopy(t *testing.T) {
	t.Parallel()
	mails := seal(t, mailbox(), entityText, []identity{mailbox(), bo(), alice()}, []identity{carla(), mailbox()})
	for i, want := range []int{3, 2} {
		d, err := cms.Inspect(bytes.NewReader(cmsOf(t, mails[i])))
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Recipients) != want {
			t.Errorf("copy %d has %d entries, want %d", i, len(d.Recipients), want)
		}
		for _, r := range d.Recipients {
			if r.Keys != 1 || r.Algorithm == nil {
				t.Errorf("copy %d: entry %+v", i, r)
			}
		}
	}
	if bytes.Contains(cmsOf(t, mails[0]), carla().cert.SerialNumber.Bytes()) {
		t.Error("the Bcc recipient's serial number stands in the other copy")
	}
	if !bytes.Contains(cmsOf(t, mails[1]), carla().cert.SerialNumber.Bytes()) {
		t.Error("this test does not find a serial number where it must be")
	}
	if _, err := open(mails[0], carla()); fault.From(err).Code != "mail_key_not_found" {
		t.Errorf("the Bcc recipient opens the others' copy: %v", err)
	}
	if _, err := open(mails[1], bo(), alice()); fault.From(err).Code != "mail_key_not_found" {
		t.Errorf("the others open the Bcc copy: %v", err)
	}
	one, two := must(open(mails[0], bo())), must(open(mails[1], carla()))
	if !bytes.Equal(one.Entity, two.Entity) || !one.Layers[1].Signatures[0].SigningTime.Equal(two.Layers[1].Signatures[0].SigningTime) {
		t.Error("the copies differ")
	}
}

func TestTheSameCertificateTwiceIsTwoEntries(t *testing.T) {
	t.Parallel()
	d, err := cms.Inspect(bytes.NewReader(cmsOf(t, seal(t, bo(), entityText, []identity{bo(), bo(), alice()})[0])))
	if err != nil || len(d.Recipients) != 3 {
		t.Fatalf("%d entries, want 3 (%v)", len(d.Recipients), err)
	}
}

func TestLinesAreSignedWithCRLFHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	const head = "Content-Type: text/plain\r\n\r\n"
	for name, c := range map[string]struct{ in, want string }{
		"right already":      {"a\r\nb\r\n", "a\r\nb\r\n"},
		"bare LF":            {"a\nb\n\n", "a\r\nb\r\n\r\n"},
		"bare CR":            {"a\rb\r\rc", "a\r\nb\r\n\r\nc"},
		"CR at the very end": {"a\r", "a\r\n"},
		"CR before CRLF":     {"a\r\r\nb", "a\r\n\r\nb"},
		"mixed":              {"a\n\r\nb\r\n\n\rc\r\n", "a\r\n\r\nb\r\n\r\n\r\nc\r\n"},
		"LF first":           {"\na", "\r\na"},
		"a CR inside a line": {"x\ry\r\nz\r\n", "x\r\ny\r\nz\r\n"},
	} {
		for way, write := range map[string]func(io.Writer, string) error{
			"at once": func(w io.Writer, s string) error { _, err := io.WriteString(w, s); return err },
			"by the byte": func(w io.Writer, s string) error {
				_, err := io.Copy(struct{ io.Writer }{w}, iotest.OneByteReader(strings.NewReader(s)))
				return err
			},
		} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				var mail bytes.Buffer
				w, err := smime.Seal(smime.Compat(), bo().signer(), now(), smime.Envelope{Recipients: []*x509.Certificate{bo().cert}, To: &mail})
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(write(w, head+c.in), w.Close()); err != nil {
					t.Fatal(err)
				}
				opened, err := open(mail.Bytes(), bo())
				if err != nil || string(opened.Entity) != head+c.want {
					t.Fatalf("got %q (%v), want %q", opened.Entity, err, head+c.want)
				}
			})
		}
	}
}

type failing struct{ after int }

var errFull = errors.New("the disk is full")

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestSealRefusesBeforeItWrites(t *testing.T) {
	t.Parallel()
	small := mailLeaf("small@partner.example", smallRSA(), foreign())
	ed := edLeaf()
	var to bytes.Buffer
	good := smime.Envelope{Recipients: []*x509.Certificate{bo().cert}, To: &to}
	stranger := bo().signer()
	stranger.Key = carla().key
	for name, c := range map[string]struct {
		profile   smime.Profile
		signer    smime.Signer
		envelopes []smime.Envelope
		code      string
	}{
		"no envelope":                      {smime.Compat(), bo().signer(), nil, "internal"},
		"an envelope for nobody":           {smime.Compat(), bo().signer(), []smime.Envelope{good, {To: &to}}, "internal"},
		"no profile":                       {smime.Profile{}, bo().signer(), []smime.Envelope{good}, "internal"},
		"an RSA key of 1024 bits":          {smime.Compat(), bo().signer(), []smime.Envelope{good, {Recipients: []*x509.Certificate{bo().cert, small.cert}, To: &to}}, "certificate_key_unsupported"},
		"a key for signatures only":        {smime.Compat(), bo().signer(), []smime.Envelope{good, {Recipients: []*x509.Certificate{ed.cert}, To: &to}}, "certificate_key_unsupported"},
		"no certificate":                   {smime.Compat(), bo().signer(), []smime.Envelope{good, {Recipients: []*x509.Certificate{nil}, To: &to}}, "certificate_key_unsupported"},
		"a key that is not the signer's":   {smime.Compat(), stranger, []smime.Envelope{good}, "signing_failed"},
		"no signer":                        {smime.Compat(), smime.Signer{}, []smime.Envelope{good}, "signing_failed"},
		"a signer of a kind we cannot use": {smime.Compat(), p224Leaf().signer(), []smime.Envelope{good}, "signing_failed"},
	} {
		_, err := smime.Seal(c.profile, c.signer, now(), c.envelopes...)
		if err == nil || fault.From(err).Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if to.Len() > 0 {
		t.Errorf("%d bytes were written all the same", to.Len())
	}
}

func TestAFailedCopyFailsAll(t *testing.T) {
	t.Parallel()
	entity := entityText + strings.Repeat("linje\r\n", 20_000)
	for _, after := range []int{0, 10, 30_000, 150_000} {
		var other bytes.Buffer
		w, err := smime.Seal(smime.Compat(), bo().signer(), now(),
			smime.Envelope{Recipients: []*x509.Certificate{bo().cert}, To: &other},
			smime.Envelope{Recipients: []*x509.Certificate{bo().cert}, To: &failing{after}})
		if err == nil {
			_, err = io.WriteString(w, entity)
		}
		closed := errFull
		if w != nil {
			closed = w.Close()
		}
		if !errors.Is(closed, errFull) || (err != nil && !errors.Is(err, errFull)) {
			t.Errorf("after %d bytes: Write %v, Close %v", after, err, closed)
		}
		if _, err := open(other.Bytes(), bo()); err == nil {
			t.Errorf("after %d bytes: the other copy opens", after)
		}
	}
}

func TestAnEntityWithoutABlankLineIsNotSealed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "Content-Type: text/plain", "Content-Type: text/plain\r\n"} {
		w := must(smime.Seal(smime.Compat(), bo().signer(), now(), smime.Envelope{Recipients: []*x509.Certificate{bo().cert}, To: io.Discard}))
		_, _ = io.WriteString(w, text)
		if err := w.Close(); err == nil {
			t.Errorf("%q was sealed", text)
		}
	}
}

func TestAfterCloseNothingMoreIsSealed(t *testing.T) {
	t.Parallel()
	w := must(smime.Seal(smime.Compat(), bo().signer(), now(), smime.Envelope{Recipients: []*x509.Certificate{bo().cert}, To: io.Discard}))
	must(io.WriteString(w, entityText))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "mere"); err == nil {
		t.Error("Write after Close succeeds")
	}
	if err := w.Close(); err == nil {
		t.Error("a second Close succeeds")
	}
}

func TestEveryKeyThatCanBeEncryptedForIsTaken(t *testing.T) {
	t.Parallel()
	for _, c := range []*x509.Certificate{mailbox().cert, alice().cert, bo().cert, carla().cert, dorte().cert} {
		if err := smime.CheckRecipient(c); err != nil {
			t.Errorf("%s: %v", c.Subject.CommonName, err)
		}
	}
	p224 := &x509.Certificate{PublicKey: ecKey(elliptic.P224()).Public()}
	if err := smime.CheckRecipient(p224); fault.KindOf(err) != fault.Refused {
		t.Errorf("P-224: %v", err)
	}
}

// counted is a writer that remembers how much, not what.
type counted int64

func (c *counted) Write(p []byte) (int, error) { *c += counted(len(p)); return len(p), nil }

// Not parallel: it looks at the heap of the whole process, and Go runs such tests before the parallel ones.
func TestMemoryStaysFlatHoweverLargeTheMail(t *testing.T) {
	const size, allowed = 64 << 20, 4 << 20
	block := []byte(strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", 1000))
	var a, b counted
	w := must(smime.Seal(smime.Compat(), bo().signer(), now(),
		smime.Envelope{Recipients: []*x509.Certificate{bo().cert}, To: &a}, smime.Envelope{Recipients: []*x509.Certificate{carla().cert}, To: &b}))
	must(io.WriteString(w, "Content-Type: text/plain\r\n\r\n"))
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for n := 0; n < size; n += len(block) {
		must(w.Write(block))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&during)
	// What was allocated in all, not what was live: without collection it can only be more.
	if grown := during.TotalAlloc - before.TotalAlloc; grown > allowed {
		t.Errorf("sealing %d MB allocated %d bytes, want at most %d", size>>20, grown, allowed)
	}
	if a < size*4/3 || b < size*4/3 {
		t.Errorf("only %d and %d bytes came out", a, b)
	}
}
