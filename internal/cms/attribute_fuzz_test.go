package cms

import (
	"bytes"
	"slices"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

// What was read is written again byte for byte, and reads back the same; a list is never longer than the limit, nor keeps
// more octets than it was given.
func FuzzCapabilities(f *testing.F) {
	f.Add(must(allCapabilities().DER()))
	f.Add([]byte{0x30, 0})
	f.Add(must(Capabilities{{algorithm{oidOAEP, []byte{0x30, 0}}}}.DER()))
	f.Fuzz(func(t *testing.T, der []byte) {
		list, err := ParseCapabilities(der)
		if err != nil {
			return
		}
		_, _, _, _, _ = list.String(), list.OAEP(), list.KeyAgreement(), list.X25519(), list.Has(AES256GCM)
		again, err := list.DER()
		if err != nil || len(list) > maxCapabilities || len(again) > len(der) {
			t.Fatalf("%d entries, %d octets of %d: %v", len(list), len(again), len(der), err)
		}
		back, err := ParseCapabilities(again)
		if err != nil || len(back) != len(list) || back.String() != list.String() {
			t.Fatalf("%v came back as %v: %v", list, back, err)
		}
	})
}

// Attributes that can be read have a form to sign that is a SET OF the same length with the same members, the DER form last;
// and whatever they hold, asking for it never panics.
func FuzzAttributes(f *testing.F) {
	f.Add([]byte(signedAttributes(detached(kinds()["Ed25519"], signedContent))))
	f.Add([]byte(signedAttributes(forge{pair: ecPair(), change: func(m map[string][]byte) {
		m[oidCapabilities.String()] = must(allCapabilities().DER())
		m[oidEncrypKeyPref.String()] = preferByIssuer(ecPair().cert)
		m[oidSigningCertificate.String()] = oldCertificateID(ecPair().cert)
	}, arrange: slices.Reverse[[][]byte]}.der())))
	f.Fuzz(func(t *testing.T, element []byte) {
		set, ok := readAttributes(element)
		if !ok {
			return
		}
		set.cover(OIDData, make([]byte, 32))
		set.allow(ecPair().cert)
		set.time()
		if id, ok := set.encryptTo(); ok {
			id.names(ecPair().cert)
		}
		if list := set.capabilities(); len(list) > maxCapabilities {
			t.Fatalf("%d capabilities", len(list))
		}
		var whole cryptobyte.String
		rest := cryptobyte.String(element)
		rest.ReadASN1Element(&whole, tagContext0.Constructed())
		forms := signedForms(whole)
		if len(forms) == 0 || len(set) > maxAttributes {
			t.Fatalf("%d forms of %d attributes", len(forms), len(set))
		}
		want := members(whole)
		slices.SortFunc(want, bytes.Compare)
		for i, form := range forms {
			got := members(form)
			if i == len(forms)-1 && !slices.IsSortedFunc(got, bytes.Compare) {
				t.Fatal("no form is in order")
			}
			slices.SortFunc(got, bytes.Compare)
			if len(form) != len(whole) || form[0] != 0x31 || !slices.EqualFunc(got, want, bytes.Equal) {
				t.Fatalf("%x is not what stands in %x", form, whole)
			}
		}
	})
}
