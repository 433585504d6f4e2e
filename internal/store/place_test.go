package store_test

import (
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/store"
)

// A reference goes wherever its key goes, by this program and by one that knows nothing of it, and the log says so.
func TestAReferenceMovesWithItsKeyAndStandsInTheLog(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		const first, second = "pkcs11:token=mail;object=its", "azurekeyvault://enhed.vault.azure.net/keys/its/2"
		k := store.MailboxKey{ID: "k", Address: "box@unit.example", State: store.KeyHeld, Certificate: []byte("one"), Reference: first, WrappedKey: []byte("w"), KeyVersion: "v"}
		if err := s.AddMailboxKey(t.Context(), k, byNobody); err != nil {
			t.Fatal(err)
		}
		if got := keys(t, s, store.KeyHeld)[0]; got.Reference != first || got.Key != nil {
			t.Fatalf("%+v", got)
		}
		m := box(t, s)
		m.Certificate, m.Key, m.Reference, m.WrappedKey, m.KeyVersion = k.Certificate, nil, first, k.WrappedKey, k.KeyVersion
		put := byNobody
		put.Action = audit.MailboxPut
		if err := s.PutHeldMailbox(t.Context(), m, "k", put); err != nil {
			t.Fatal(err)
		}
		if got := box(t, s); got.Reference != first || got.Key != nil {
			t.Fatalf("%+v", got)
		}
		// A planned one, which moves by itself.
		next := k
		next.ID, next.Certificate, next.Reference = "n", []byte("two"), second
		if err := s.AddMailboxKey(t.Context(), next, byNobody); err != nil {
			t.Fatal(err)
		}
		if err := s.PlanMailboxKey(t.Context(), "n", noon, byNobody); err != nil {
			t.Fatal(err)
		}
		if err := s.SwitchMailboxKey(t.Context(), "n", byNobody); err != nil {
			t.Fatal(err)
		}
		if got := box(t, s); got.Reference != second {
			t.Errorf("%+v", got)
		}
		var former []string
		for _, k := range keys(t, s, store.KeyFormer, store.KeyFormer) {
			former = append(former, k.Reference)
		}
		if strings.Join(former, "|") != first+"|" && strings.Join(former, "|") != "|"+first {
			t.Errorf("former keys are in %q", former)
		}
		if list, err := s.Senders(t.Context(), noon); err != nil || len(list) != 1 || list[0].Reference != second {
			t.Errorf("%+v, %v", list, err)
		}
		// What a change of the master key goes over has nothing that would stop it.
		if list, err := s.WrappedBefore(t.Context(), "v2", "", 10); err != nil || len(list) != 3 {
			t.Errorf("%+v, %v", list, err)
		}
		if _, err := s.ChainAudit(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		for _, row := range everyRow(t, s) {
			log.WriteString(row.Detail + "\n")
		}
		for _, want := range []string{`"device":"` + first + `"`, `"device":"` + second + `"`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log does not have %s:\n%s", want, log.String())
			}
		}
	})
}
