package mailbox_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/vault"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/store"
)

// Of several keys one may be in a device that is gone: mail to the others opens all the same.
func TestAFormerKeyThatIsGoneStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	o, v := openVaultOffice(t)
	var certificates []*x509.Certificate
	for i, key := range vaultKeys() {
		reference := v.Put("its", []string{"one", "two"}[i], vault.Key{Private: key})
		certificate, files := o.certify(t, key)
		h, err := o.admin.Import(t.Context(), mailbox.Import{Address: box, Files: files, Reference: reference})
		if err == nil {
			_, err = o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{})
		}
		if err != nil {
			t.Fatal(err)
		}
		certificates = append(certificates, certificate)
	}
	code := func(to *x509.Certificate) string {
		all, err := o.registry.Keys(t.Context(), box)
		if err != nil {
			t.Fatal(err)
		}
		var keys []smime.Key
		for _, i := range all {
			keys = append(keys, smime.Key{Certificate: i.Certificate, Private: i.Key.(crypto.PrivateKey)})
		}
		opened, err := smime.Open(bytes.NewReader(sealed(t, to)), keys, smime.OpenOptions{Now: o.now})
		if err != nil {
			return fault.From(err).Code
		}
		_ = opened.Close()
		return "opened"
	}
	for name, c := range map[string]struct {
		weather       vault.Weather
		devices       mailbox.Devices
		former, fresh string
	}{
		"all is well":       {nil, o.devices, "opened", "opened"},
		"the former is off": {only("one", 403), o.devices, device.CodeRefused, "opened"},
		"the newer is away": {only("two", 503), o.devices, "opened", device.CodeAway},
		"nothing is set up": {nil, nil, "key_device_unknown", "key_device_unknown"},
	} {
		v.SetWeather(c.weather)
		o.devices = c.devices
		o.registry = o.again()
		if former, fresh := code(certificates[0]), code(certificates[1]); former != c.former || fresh != c.fresh {
			t.Errorf("%s: %s, %s", name, former, fresh)
		}
	}
}

// only is weather over one version.
func only(version string, status int) vault.Weather {
	always := vault.Always(status, "Bad")
	return func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "/"+version) && always(w, r)
	}
}

// Whoever sends while the device is away is told to come again; nothing was sent, and a moment later all is well.
func TestADeviceThatIsAwayIsWaitedForAndOneThatRefusesIsNot(t *testing.T) {
	t.Parallel()
	o, v := openVaultOffice(t)
	reference := v.Put("its", vaultVersion, vault.Key{Private: vaultKeys()[0]})
	_, files := o.certify(t, vaultKeys()[0])
	h, err := o.admin.Import(t.Context(), mailbox.Import{Address: box, Files: files, Reference: reference})
	if err == nil {
		_, err = o.admin.PutToUse(t.Context(), box, h.ID, mailbox.Use{})
	}
	if err == nil {
		err = o.admin.Grant(t.Context(), box, store.Grant{Kind: "person", Subject: anna})
	}
	if err != nil {
		t.Fatal(err)
	}
	caller := mailbox.Caller{Kind: mailbox.User, ID: anna}
	o.devices = nil // a program without the settings
	if _, err := o.again().Open(t.Context(), caller, box); fault.From(err).Code != "mailbox_key_unreadable" {
		t.Errorf("without the settings: %v", err)
	}
	o.devices = o.admin.Devices
	for _, c := range []struct {
		weather vault.Weather
		code    string
		kind    fault.Kind
	}{
		{vault.Always(503, "ServiceUnavailable"), device.CodeAway, fault.Unavailable},
		{vault.Always(403, "Forbidden"), device.CodeRefused, fault.Internal},
	} {
		v.SetWeather(c.weather)
		o.registry = o.again()
		if _, err := o.registry.Open(t.Context(), caller, box); fault.From(err).Code != c.code || fault.KindOf(err) != c.kind {
			t.Errorf("%v", err)
		}
		v.SetWeather(nil)
		identity, err := o.registry.Open(t.Context(), caller, box)
		if err != nil {
			t.Fatal(err)
		}
		// And in the middle of a mail.
		v.SetWeather(c.weather)
		var out bytes.Buffer
		w, err := smime.Seal(smime.Compat(), smime.Signer{Certificate: identity.Certificate, Key: identity.Key}, o.now, smime.Envelope{Recipients: []*x509.Certificate{identity.Certificate}, To: &out})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("Content-Type: text/plain\r\n\r\nHej\r\n")); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); fault.From(err).Code != c.code || !errors.Is(err, cms.ErrNotAsked) {
			t.Errorf("sealing: %v", err)
		}
		keys := []smime.Key{{Certificate: identity.Certificate, Private: identity.Key}}
		if _, err := smime.Open(bytes.NewReader(sealed(t, identity.Certificate)), keys, smime.OpenOptions{Now: o.now}); fault.From(err).Code != c.code {
			t.Errorf("opening: %v", err)
		}
		v.SetWeather(nil)
	}
}
