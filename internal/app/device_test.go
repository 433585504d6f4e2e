package app

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/device/keyvault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/peer"
	"aau.dk/sendsikker/internal/sandbox/vault"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/store"
	"aau.dk/sendsikker/internal/trust"
)

// hsm is the one PKCS #11 device of this test program, with an RSA key and one on a curve.
var hsm struct {
	once sync.Once
	*peer.SoftHSM
	folder string
	err    error
}

func softHSM(t *testing.T) *peer.SoftHSM {
	t.Helper()
	peer.NeedSoftHSM(t)
	hsm.once.Do(func() {
		if hsm.folder, hsm.err = os.MkdirTemp("", "softhsm"); hsm.err != nil {
			return
		}
		if hsm.SoftHSM, hsm.err = peer.StartSoftHSM(hsm.folder); hsm.err != nil {
			return
		}
		hsm.err = hsm.Token("mail")
		for id, key := range map[string]string{"01": "rsa:3072", "02": "EC:secp384r1", "03": "rsa:3072"} {
			if hsm.err == nil {
				hsm.err = hsm.Generate("mail", "key "+id, id, key)
			}
		}
	})
	if hsm.err != nil {
		t.Fatal(hsm.err)
	}
	return hsm.SoftHSM
}

// The tests with the device do not run beside each other: the library's state is the process's, and every command ends it.

// By the command line alone: a certificate is ordered for a key in a token, and mail to it is opened there.
func TestAnOperatorHasAMailboxWhoseKeyStaysInAToken(t *testing.T) {
	peer.Need(t, "openssl", "openssl")
	h := softHSM(t)
	authority, err := ca.NewForeign(ca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	root := file(t, "root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Root().Raw}))
	pin := file(t, "pin", []byte(h.PIN+"\n"))
	for id, encrypt := range map[string][][]string{
		"01": {{}, {"-keyopt", "rsa_padding_mode:oaep"}, {"-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"}},
		"02": {{}, {"-keyopt", "ecdh_kdf_md:sha256"}},
	} {
		t.Run(id, func(t *testing.T) {
			const box = "box@unit.example"
			data, reference := t.TempDir(), "pkcs11:token=mail;id=%"+id
			in := func(args ...string) said {
				return sendsikker("", append(args, "--data", data, "--pkcs11-module", h.Library, "--pkcs11-pin-file", pin)...)
			}
			judged := func(args ...string) said {
				return in(append(args, "--no-trust-oces3", "--trust-roots", root, "--trust-unpublished", "warn")...)
			}
			asked := in("mailbox", "request", box, "--name", "Unit", "--reference", reference)
			block, _ := pem.Decode([]byte(asked.out))
			if asked.status != 0 || block == nil {
				t.Fatalf("%+v", asked)
			}
			request, err := x509.ParseCertificateRequest(block.Bytes)
			if err != nil || request.CheckSignature() != nil {
				t.Fatalf("the request is not signed by the key: %v", err)
			}
			answer, err := authority.Issue(ca.Request{CommonName: "Unit", Address: box, PrivateKey: publicOnly{request.PublicKey}})
			if err != nil {
				t.Fatal(err)
			}
			certificate := file(t, "answer.pem", answer.CertificatePEM())
			if got := judged("mailbox", "add", box, "--name", "Unit", "--reference", "pkcs11:token=mail;id=%03", "--certificate", certificate); got.status != 1 || !strings.Contains(got.err, "does not belong to the certificate") {
				t.Errorf("another key: %+v", got)
			}
			if got := judged("mailbox", "add", box, "--name", "Unit", "--certificate", certificate); got.status != 0 || !strings.Contains(got.out, "is in place") {
				t.Fatalf("%+v", got)
			}
			shown := in("mailbox", "show", box)
			if shown.status != 0 || !strings.Contains(shown.out, reference) {
				t.Errorf("%+v", shown)
			}
			for _, options := range encrypt {
				folder := t.TempDir()
				plain := put(t, folder, "plain", []byte(testEntity))
				sealed := filepath.Join(folder, "sealed")
				run(t, nil, "openssl", append([]string{"cms", "-encrypt", "-binary", "-aes256", "-in", plain, "-out", sealed, "-recip", certificate}, options...)...)
				got := sendsikker(string(get(t, sealed)), "mailbox", "open", box, "--data", data, "--pkcs11-module", h.Library, "--pkcs11-pin-file", pin)
				if got.status != 0 || got.out != testEntity {
					t.Errorf("%v: %+v", options, got)
				}
			}
			sealed := filepath.Join(t.TempDir(), "sealed")
			run(t, nil, "openssl", "cms", "-encrypt", "-binary", "-aes256", "-in", put(t, t.TempDir(), "plain", []byte(testEntity)), "-out", sealed, "-recip", certificate)
			if got := sendsikker(string(get(t, sealed)), "mailbox", "open", box, "--data", data); got.status != 1 || !strings.Contains(got.err, "pkcs11-module") {
				t.Errorf("without the module: %+v", got)
			}
			noKeyIn(t, data, h.PIN, reference)
		})
	}
	if got := sendsikker("", "mailbox", "add", "box@unit.example", "--reference", "pkcs11:token=mail;id=%01", "--key", pin); got.status == 0 || !strings.Contains(got.err, "--certificate alone") {
		t.Errorf("a reference and a key: %+v", got)
	}
}

// noKeyIn looks for a private key, or the PIN, in what the program wrote.
func noKeyIn(t *testing.T, data, pin, reference string) {
	t.Helper()
	seen := false
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		seen = seen || bytes.Contains(text, []byte(reference))
		if bytes.Contains(text, []byte(pin)) || bytes.Contains(text, []byte("PRIVATE KEY")) {
			t.Errorf("%s holds what it must not", d.Name())
		}
		return err
	})
	if err != nil || !seen {
		t.Errorf("the reference is nowhere: %v", err)
	}
}

// adopt gives a mailbox of the house a key in a device, and a certificate for it, as an administrator does.
func adopt(t *testing.T, s *store.Store, admin mailbox.Admin, by *ca.Authority, address, reference string) *x509.Certificate {
	t.Helper()
	key, err := admin.Devices.Open(t.Context(), reference)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := by.Issue(ca.Request{CommonName: "Enhed", Organisation: "Eksempel", Address: address, PrivateKey: publicOnly{key.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	files := [][]byte{issued.CertificatePEM()}
	for _, c := range issued.Chain {
		files = append(files, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	h, err := admin.Import(t.Context(), mailbox.Import{Address: address, Files: files, Reference: reference})
	if err == nil {
		_, err = admin.PutToUse(t.Context(), address, h.ID, mailbox.Use{Accept: []string{string(trust.UnknownIssuer), string(trust.RevocationUnknown)}})
	}
	if err != nil {
		t.Fatal(err)
	}
	if row, err := s.MailboxByAddress(t.Context(), address); err != nil || row.Reference == "" || row.Key != nil {
		t.Fatalf("%+v, %v", row, err)
	}
	return issued.Certificate
}

func adminOf(h *house) mailbox.Admin {
	return mailbox.Admin{Store: h.store, Keeper: h.keeper, Devices: h.devices, Judge: h.finders.judge, Now: time.Now, Actor: audit.Actor{Kind: "operator", ID: "test"}}
}

// opensHere opens mail to a mailbox as the program does.
func opensHere(t *testing.T, h *house, address string, mail []byte) (*smime.Opened, error) {
	t.Helper()
	all, err := mailbox.NewRegistry(mailbox.Deps{Store: h.store, Keeper: h.keeper, Devices: h.devices, Now: time.Now}).Keys(t.Context(), address)
	if err != nil {
		return nil, err
	}
	var keys []smime.Key
	for _, i := range all {
		keys = append(keys, smime.Key{Certificate: i.Certificate, Private: crypto.PrivateKey(i.Key)})
	}
	return smime.Open(bytes.NewReader(mail), keys, smime.OpenOptions{Now: time.Now()})
}

func TestAMailIsSealedByAKeyInATokenAndOpenSSLReadsIt(t *testing.T) {
	peer.Need(t, "openssl", "openssl")
	token := softHSM(t)
	h := openHouse(t, t.TempDir(), func(w *wiring) {
		w.Devices = deviceSettings{Module: token.Library, PIN: func() (string, error) { return token.PIN, nil }}
	})
	h.work(t)
	for id, address := range map[string]string{"01": itsMailbox, "02": itsMailbox} { // RSA and a curve, one after the other
		certificate := adopt(t, h.store, adminOf(h), h.university.Danish, address, "pkcs11:token=mail;id=%"+id)
		m := h.send(t, letter("bo@partner.example")).message(t)
		mail := waitFor(t, "bo@partner.example", m.MessageId)
		out := keysAndAuthorities(t)
		put(t, out, "mail.eml", mail)
		if text := openSealed(t, out, "bo@partner.example", "mail"); !bytes.Contains(text, []byte("blerne er r")) {
			t.Errorf("%s: %s", id, text)
		}
		opened, err := opensHere(t, h, address, mail)
		if err != nil {
			t.Fatalf("%s: its own copy: %v", id, err)
		}
		if key := opened.Layers[0].Key; !key.Equal(certificate) {
			t.Errorf("%s: opened by %v", id, key.Subject)
		}
		_ = opened.Close()
		h.ended(t, m.Id)
	}
	if strings.Contains(h.log.String(), token.PIN) {
		t.Error("the PIN is in the log")
	}
}

// vaulted is a house with a vault, in which its first mailbox has its key.
func vaulted(t *testing.T, u func(t *testing.T, change func(*wiring)) *house) (*house, *vault.Vault, string) {
	t.Helper()
	v := vault.Start()
	t.Cleanup(v.Close)
	h := u(t, func(w *wiring) {
		w.Devices.Vault = keyvault.Config{Credential: v.Credential(), Transport: v.Client()}
	})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	reference := v.Put("its", "0123456789abcdef", vault.Key{Private: key})
	adopt(t, h.store, adminOf(h), h.university.Danish, itsMailbox, reference)
	return h, v, reference
}

// What was accepted needs the key no more; what comes meanwhile is refused with a time to come again, and nothing is half done.
func TestAVaultThatIsAwayRefusesMailWithATimeToComeAgainAndLosesNone(t *testing.T) {
	t.Parallel()
	h, v, _ := vaulted(t, func(t *testing.T, change func(*wiring)) *house { return openHouse(t, t.TempDir(), change) })
	accepted := h.send(t, letter("chen@uni.example")).message(t).Id
	v.SetWeather(vault.Always(http.StatusTooManyRequests, "Throttled", "Retry-After", "77"))
	for range 3 {
		a := h.send(t, letter("chen@uni.example"))
		a.expect(t, http.StatusServiceUnavailable, device.CodeAway)
		if after := a.header.Get("Retry-After"); after != "77" {
			t.Errorf("Retry-After is %s", after)
		}
	}
	v.SetWeather(vault.Always(http.StatusForbidden, "Forbidden"))
	h.send(t, letter("chen@uni.example")).expect(t, http.StatusInternalServerError, device.CodeRefused)
	if n := h.count(t, `SELECT COUNT(*) FROM message`); n != 1 {
		t.Errorf("%d messages were stored", n)
	}
	if n := h.spooled(t); n != 1 {
		t.Errorf("%d copies lie in the spool", n)
	}
	h.work(t)
	h.once(t, accepted, "chen@uni.example") // while the vault is away
	v.SetWeather(nil)
	h.once(t, h.send(t, letter("chen@uni.example")).message(t).Id, "chen@uni.example")
}
