package device_test

import (
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/device"
	"aau.dk/sendsikker/internal/fault"
)

func TestAReferenceNamesOneKeyAndIsWrittenInOneWay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"azurekeyvault://Enhed.Vault.Azure.net/keys/its-mail/0123456789abcdef": "azurekeyvault://enhed.vault.azure.net/keys/its-mail/0123456789abcdef",
		"AzureKeyVault://enhed.managedhsm.azure.net/keys/k/1":                  "azurekeyvault://enhed.managedhsm.azure.net/keys/k/1",
		"pkcs11:token=mail;object=its":                                         "pkcs11:token=mail;object=its",
		" pkcs11:object=its;token=mail;type=private\n":                         "pkcs11:token=mail;object=its",
		"PKCS11:token=Sikker%20post;id=%01%ff;serial=00a":                      "pkcs11:token=Sikker%20post;serial=00a;id=%01%FF",
		"pkcs11:token=N%c3%b8gler;object=%2f%3b%3f":                            "pkcs11:token=N%C3%B8gler;object=%2F%3B%3F",
	} {
		r, err := device.Parse(text)
		if err != nil || r.String() != want {
			t.Errorf("%q: %q, %v", text, r, err)
			continue
		}
		if again, err := device.Parse(r.String()); err != nil || again != r {
			t.Errorf("%q is not read as it is written: %v, %v", want, again, err)
		}
	}
}

func TestAReferenceThatCouldMeanSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	const pin = "4711-0815"
	for name, text := range map[string]string{
		"nothing":             "",
		"a path":              "/etc/key.pem",
		"another scheme":      "https://enhed.vault.azure.net/keys/its/1",
		"no version":          "azurekeyvault://enhed.vault.azure.net/keys/its",
		"an empty version":    "azurekeyvault://enhed.vault.azure.net/keys/its/",
		"a secret":            "azurekeyvault://enhed.vault.azure.net/secrets/its/1",
		"another's server":    "azurekeyvault://vault.azure.net.example.com/keys/its/1",
		"a suffix alone":      "azurekeyvault://evilvault.azure.net/keys/its/1",
		"no vault":            "azurekeyvault://.vault.azure.net/keys/its/1",
		"two labels":          "azurekeyvault://a.b.vault.azure.net/keys/its/1",
		"a port":              "azurekeyvault://enhed.vault.azure.net:8443/keys/its/1",
		"a user":              "azurekeyvault://" + pin + "@enhed.vault.azure.net/keys/its/1",
		"a query":             "azurekeyvault://enhed.vault.azure.net/keys/its/1?x=" + pin,
		"a fragment":          "azurekeyvault://enhed.vault.azure.net/keys/its/1#x",
		"climbing":            "azurekeyvault://enhed.vault.azure.net/keys/../1",
		"a long name":         "azurekeyvault://enhed.vault.azure.net/keys/" + strings.Repeat("a", 128) + "/1",
		"no token":            "pkcs11:object=its",
		"no key":              "pkcs11:token=mail",
		"a PIN":               "pkcs11:token=mail;object=its?pin-value=" + pin,
		"a PIN in the path":   "pkcs11:token=mail;object=its;pin-value=" + pin,
		"a PIN's file":        "pkcs11:token=mail;object=its?pin-source=file:/etc/pin",
		"a module":            "pkcs11:token=mail;object=its?module-path=/tmp/evil.so",
		"a certificate":       "pkcs11:token=mail;object=its;type=cert",
		"an attribute of one": "pkcs11:token=mail;object=its;slot-id=1",
		"twice":               "pkcs11:token=mail;token=other;object=its",
		"half an escape":      "pkcs11:token=mail;object=%4",
		"a long token":        "pkcs11:token=" + strings.Repeat("a", 33) + ";object=its",
		"a long object":       "pkcs11:token=mail;object=" + strings.Repeat("a", 256),
		"a line in a label":   "pkcs11:token=mail%0a;object=its",
		"no UTF-8":            "pkcs11:token=mail;object=%ff",
		"too long":            "pkcs11:token=mail;id=" + strings.Repeat("%01", 400),
	} {
		r, err := device.Parse(text)
		if err == nil {
			t.Errorf("%s: %v was taken", name, r)
		} else if strings.Contains(err.Error(), pin) {
			t.Errorf("%s: the PIN is repeated: %v", name, err)
		}
		if _, err := new(device.Opener).Open(t.Context(), text); fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), pin) {
			t.Errorf("%s: opened as %v", name, err)
		}
	}
}

func TestWithoutASourceNoKeyIsOpened(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"pkcs11:token=mail;object=its", "azurekeyvault://enhed.vault.azure.net/keys/its/1"} {
		if _, err := new(device.Opener).Open(t.Context(), text); fault.From(err).Code != "key_device_unknown" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What is read is written so that it is read as the same key.
func FuzzAReferenceIsReadAsItIsWritten(f *testing.F) {
	f.Add("pkcs11:token=Sikker%20post;id=%01%ff;serial=00a")
	f.Add("azurekeyvault://enhed.vault.azure.net/keys/its/1")
	f.Add("pkcs11:token=a;object=%25%3B")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := device.Parse(text)
		if err != nil {
			return
		}
		if again, err := device.Parse(r.String()); err != nil || again != r {
			t.Errorf("%q is written %q, which is %v, %v", text, r.String(), again, err)
		}
	})
}
