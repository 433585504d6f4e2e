package mailbox_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/device/keyvault"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/vault"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/trust"
)

const vaultVersion = "0123456789abcdef0123456789abcdef"

// vaultKeys are two, made once.
var vaultKeys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

// openVaultOffice is an office whose mailboxes' keys may be in a vault.
func openVaultOffice(t *testing.T) (*office, *vault.Vault) {
	t.Helper()
	o, v := openOffice(t), vault.Start()
	t.Cleanup(v.Close)
	o.devices = &device.Opener{Vault: keyvault.New(keyvault.Config{Credential: v.Credential(), Transport: v.Client()})}
	o.admin.Devices = o.devices
	o.registry = o.again()
	return o, v
}

// certify issues a certificate for a key that only its device has.
func (o *office) certify(t *testing.T, key crypto.Signer) (*x509.Certificate, [][]byte) {
	t.Helper()
	i := o.issue(t, o.danish, ca.Request{Address: box, PrivateKey: bearer{key.Public()}})
	return i.Certificate, [][]byte{i.CertificatePEM()}
}

func TestAKeyInAVaultIsAMailboxsKeyLikeAnyOther(t *testing.T) {
	t.Parallel()
	o, v := openVaultOffice(t)
	key := vaultKeys()[0]
	reference := v.Put("its", vaultVersion, vault.Key{Private: key})
	certificate, files := o.certify(t, key)
	h, err := o.admin.Import(t.Context(), mailbox.Import{Address: box, Files: files, Reference: " " + reference})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Found) > 0 || h.Reference != reference || h.Fingerprint != trust.Fingerprint(certificate) {
		t.Fatalf("%+v", h)
	}
	from := o.now.Add(48 * time.Hour)
	if _, err := o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{From: from}); err != nil {
		t.Fatal(err)
	}
	o.now = from
	if switched, err := o.admin.Tick(t.Context()); err != nil || !slices.Equal(switched, []string{box}) {
		t.Fatalf("%v, %v", switched, err)
	}
	// It signs, and opens what is sealed for it.
	identity, err := o.registry.Lend(t.Context(), box)
	if err != nil || !identity.Certificate.Equal(certificate) {
		t.Fatalf("%v", err)
	}
	var out bytes.Buffer
	w, err := smime.Seal(smime.Compat(), smime.Signer{Certificate: certificate, Key: identity.Key}, o.now, smime.Envelope{Recipients: []*x509.Certificate{certificate}, To: &out})
	if err == nil {
		_, err = w.Write([]byte("Content-Type: text/plain\r\n\r\nHej\r\n"))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	opens := func(what string, mail []byte) {
		t.Helper()
		all, err := o.registry.Keys(t.Context(), box)
		if err != nil {
			t.Fatal(err)
		}
		var keys []smime.Key
		for _, i := range all {
			keys = append(keys, smime.Key{Certificate: i.Certificate, Private: i.Key.(crypto.PrivateKey)})
		}
		opened, err := smime.Open(bytes.NewReader(mail), keys, smime.OpenOptions{Now: o.now, MaxSize: smime.DefaultMaxSize})
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		_ = opened.Close()
	}
	opens("its own mail", out.Bytes())

	// Nothing of the key is in the database, and the pages see where it is.
	row, err := o.store.MailboxByAddress(t.Context(), box)
	if err != nil || row.Key != nil || row.Reference != reference {
		t.Errorf("%+v, %v", row, err)
	}
	view, err := o.admin.Overview(t.Context(), box)
	if err != nil || view.Keys[0].Reference != reference || view.Keys[1].Reference != "" {
		t.Errorf("%+v, %v", view.Keys, err)
	}

	// It is followed by a key of the ordinary kind, and opens its old mail still.
	next := o.bring(t, o.file(t, o.issue(t, o.danish, ca.Request{Address: box})))
	if _, err := o.admin.PutToUse(t.Context(), box, next.ID, mailbox.Use{}); err != nil {
		t.Fatal(err)
	}
	o.registry = o.again() // as after a restart
	opens("mail to the former key", out.Bytes())
	if row, err = o.store.MailboxByAddress(t.Context(), box); err != nil || row.Key == nil || row.Reference != "" {
		t.Errorf("%+v, %v", row, err)
	}
}

func TestAKeyThatHasMovedIsFoundWhereItIsNow(t *testing.T) {
	t.Parallel()
	o, v := openVaultOffice(t)
	key := vaultKeys()[0]
	_, files := o.certify(t, key)
	for _, version := range []string{"one", "two"} {
		reference := v.Put("its", version, vault.Key{Private: key})
		h, err := o.admin.Import(t.Context(), mailbox.Import{Address: box, Files: files, Reference: reference})
		if err == nil {
			_, err = o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{})
		}
		if err != nil {
			t.Fatal(err)
		}
		v.SetWeather(nil)
		identity, err := o.registry.Lend(t.Context(), box)
		if err == nil {
			err = device.Prove(identity.Key)
		}
		if calls := v.Calls(); err != nil || len(calls) == 0 || !strings.Contains(calls[len(calls)-1].Path, version) {
			t.Errorf("%v, %v", calls, err)
		}
	}
}

func TestWhatIsWrongWithAKeyInADeviceIsSaidBeforeItIsStored(t *testing.T) {
	t.Parallel()
	o, v := openVaultOffice(t)
	key, other := vaultKeys()[0], vaultKeys()[1]
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := v.Put("its", vaultVersion, vault.Key{Private: key})
	_, files := o.certify(t, key)
	_, ecFiles := o.certify(t, ec)
	expired := o.issue(t, o.danish, ca.Request{Address: box, PrivateKey: bearer{key.Public()}, NotBefore: o.now.AddDate(-2, 0, 0), NotAfter: o.now.AddDate(-1, 0, 0)})
	for name, c := range map[string]struct {
		reference  string
		files      [][]byte
		weather    vault.Weather
		kind       fault.Kind
		field, say string
	}{
		"another key":         {v.Put("its", "other", vault.Key{Private: other}), files, nil, fault.Invalid, "reference", "does not belong"},
		"a key in the file":   {good, o.file(t, o.issue(t, o.danish, ca.Request{Address: box})), nil, fault.Invalid, "key", "private key in"},
		"disabled":            {v.Put("its", "off", vault.Key{Private: key, Disabled: true}), files, nil, fault.Invalid, "reference", "does not let us"},
		"it may only sign":    {v.Put("its", "signs", vault.Key{Private: key, Ops: []string{"sign"}}), files, nil, fault.Invalid, "reference", "does not let us"},
		"it may only decrypt": {v.Put("its", "opens", vault.Key{Private: key, Ops: []string{"decrypt"}}), files, nil, fault.Invalid, "reference", "does not let us"},
		"on a curve":          {v.Put("its", "ec", vault.Key{Private: ec}), ecFiles, nil, fault.Invalid, "reference", "cannot do"},
		"no such version":     {"azurekeyvault://" + vault.Host + "/keys/its/none", files, nil, fault.Invalid, "reference", "does not have it"},
		"no reference":        {"its", files, nil, fault.Invalid, "reference", "cannot be used"},
		"no such device":      {"pkcs11:token=mail;object=its", files, nil, fault.Invalid, "reference", "not set up"},
		"no certificate":      {good, nil, nil, fault.Invalid, "certificate", "no certificate"},
		"expired":             {good, [][]byte{expired.CertificatePEM()}, nil, fault.Invalid, "certificate", "expired"},
		"it signs wrongly":    {good, files, lying(t), fault.Invalid, "reference", "did not sign rightly"},
		"away":                {good, files, vault.Always(http.StatusTooManyRequests, "Throttled", "Retry-After", "60"), fault.Unavailable, "", "does not answer"},
	} {
		v.SetWeather(c.weather)
		_, err := o.admin.Import(t.Context(), mailbox.Import{Address: box, Files: c.files, Reference: c.reference})
		f := fault.From(err)
		if f.Kind != c.kind || !strings.Contains(f.Say.EN, c.say) || f.Say.DA == "" {
			t.Errorf("%s: %v: %s", name, err, f.Say.EN)
		}
		if c.field != "" && (len(f.Fields) == 0 || f.Fields[0].Name != c.field) {
			t.Errorf("%s: beside %+v", name, f.Fields)
		}
		if rows, err := o.store.MailboxKeys(t.Context(), box); err != nil || len(rows) != 0 {
			t.Errorf("%s: %d keys were stored, %v", name, len(rows), err)
		}
		v.SetWeather(nil)
	}
	// What comes between the look and the use is found, too.
	h, err := o.admin.Import(t.Context(), mailbox.Import{Address: box, Files: files, Reference: good})
	if err != nil {
		t.Fatal(err)
	}
	v.Put("its", vaultVersion, vault.Key{Private: other})
	if _, err := o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{Accept: []string{mailbox.KeyMismatch, mailbox.Unproved}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a key that was exchanged meanwhile: %v", err)
	}
}

// lying is a vault that answers every signature with noise.
func lying(t *testing.T) vault.Weather {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/sign") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"kid":"x","value":"AAAA"}`))
		return true
	}
}

func TestARequestIsSignedByTheKeyInItsDeviceAndItsCertificateFindsIt(t *testing.T) {
	t.Parallel()
	o, v := openVaultOffice(t)
	key := vaultKeys()[1]
	reference := v.Put("its", vaultVersion, vault.Key{Private: key})
	text, err := o.admin.Request(t.Context(), mailbox.Request{Address: box, Name: "ITS", Reference: reference})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil || request.CheckSignature() != nil || !key.PublicKey.Equal(request.PublicKey) {
		t.Fatalf("%v", err)
	}
	_, files := o.certify(t, key)
	h, err := o.admin.Import(t.Context(), mailbox.Import{Address: box, Files: files}) // no reference: the request has it
	if err != nil || h.Reference != reference || len(h.Found) > 0 {
		t.Fatalf("%+v, %v", h, err)
	}
	if _, err := o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{}); err != nil {
		t.Fatal(err)
	}
	// A renewal for the same key finds it, too.
	o.now = o.now.Add(time.Minute)
	_, renewed := o.certify(t, key)
	if h, err = o.admin.Import(t.Context(), mailbox.Import{Address: box, Files: renewed}); err != nil || h.Reference != reference {
		t.Errorf("%+v, %v", h, err)
	}
	for name, r := range map[string]string{"it may only decrypt": v.Put("its", "opens", vault.Key{Private: key, Ops: []string{"decrypt"}}), "none": "its"} {
		if _, err := o.admin.Request(t.Context(), mailbox.Request{Address: box, Name: "ITS", Reference: r}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
