package app

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/device/keyvault"
	"aau.dk/sendsikker/internal/doctor"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/vault"
)

func TestTheDoctorTriesAKeyInADevice(t *testing.T) {
	t.Parallel()
	c := openClinic(t)
	v := vault.Start()
	t.Cleanup(v.Close)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	reference, former := v.Put("its", "0123456789abcdef", vault.Key{Private: key}), other(t)
	for name, want := range map[string]struct {
		spoil func(*patient)
		state doctor.State
		says  string
		fix   string
	}{
		"it is well":             {func(*patient) {}, doctor.OK, reference + ", signs and opens", ""},
		"the vault is away":      {func(*patient) { v.SetWeather(vault.Always(503, "ServiceUnavailable")) }, doctor.Fail, "answered 503", "nothing is lost"},
		"the vault refuses":      {func(*patient) { v.SetWeather(vault.Always(403, "Forbidden")) }, doctor.Fail, "answered 403", "Key Vault Crypto User"},
		"it may sign alone":      {func(*patient) { v.Put("its", "0123456789abcdef", vault.Key{Private: key, Ops: []string{"sign"}}) }, doctor.Fail, "answered 403", "Key Vault Crypto User"},
		"it is another key":      {func(*patient) { v.Put("its", "0123456789abcdef", vault.Key{Private: other(t)}) }, doctor.Fail, "not the certificate's", "--reference REF"},
		"a former one is off":    {func(*patient) { v.Put("its", "before", vault.Key{Private: former, Disabled: true}) }, doctor.Warn, "former key, azurekeyvault://" + vault.Host + "/keys/its/before", "enable that version"},
		"the library is missing": {func(p *patient) { p.wiring.Devices.Module = "/no/such/library.so" }, doctor.Fail, "pkcs11-module", "pkcs11-module"},
	} {
		v.SetWeather(nil)
		v.Put("its", "0123456789abcdef", vault.Key{Private: key})
		before := v.Put("its", "before", vault.Key{Private: former})
		p := c.admit(t)
		p.wiring.Devices.Vault = keyvault.Config{Credential: v.Credential(), Transport: v.Client()}
		p.adopt(t, itsMailbox, before)
		p.adopt(t, itsMailbox, reference)
		want.spoil(p)
		p.run(t.Context())
		area, found := "mailbox "+itsMailbox, false
		if name == "the library is missing" {
			area = "devices"
		}
		for _, l := range p.report.Lines {
			found = found || l.Area == area && l.State == want.state && strings.Contains(l.Say, want.says) && strings.Contains(l.Fix, want.fix)
		}
		if !found {
			var all bytes.Buffer
			_ = p.report.Print(&all)
			t.Errorf("%s:\n%s", name, all.String())
		}
	}
}

func other(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// adopt is adopt in the patient's copy of the database.
func (p *patient) adopt(t *testing.T, address, reference string) {
	t.Helper()
	s, k, err := openVault(t.Context(), p.wiring.Database, p.wiring.MasterKey, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.wiring.Devices.open()
	if err != nil {
		t.Fatal(err)
	}
	admin := mailbox.Admin{Store: s, Keeper: k, Devices: d, Judge: p.clinic.house.finders.judge, Now: time.Now, Actor: audit.Actor{Kind: "operator", ID: "test"}}
	adopt(t, s, admin, p.clinic.university.Danish, address, reference)
	if err := errors.Join(s.Close(), k.Close(), d.close()); err != nil {
		t.Fatal(err)
	}
}
