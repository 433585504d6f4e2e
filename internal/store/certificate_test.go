package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/store"
)

func harvested(id, print string, signed time.Time, pending string) store.Certificate {
	return store.Certificate{
		ID: id, Subject: "bo@partner.example", Fingerprint: print, DER: []byte(print), Pending: pending, Capabilities: []byte("c" + id), SignedAt: signed,
	}
}

func used(t *testing.T, s *store.Store, source string, subjects ...string) []string {
	t.Helper()
	list, err := s.Certificates(t.Context(), source, subjects)
	if err != nil {
		t.Fatal(err)
	}
	var prints []string
	for _, c := range list {
		prints = append(prints, c.Subject+" "+c.Fingerprint)
	}
	return prints
}

func TestCertificatesArePinnedFoundAndTakenAway(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		for range 2 { // twice is once
			for id, subject := range map[string]string{"1": "bo@partner.example", "2": "@partner.example"} {
				c := store.Certificate{ID: id, Subject: subject, Fingerprint: "aa", DER: []byte{1}, Vouched: subject[0] == '@'}
				if err := s.PutPinned(t.Context(), c, nobody); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := used(t, s, "pinned", "bo@partner.example", "@partner.example", "x@y.example"); !slices.Equal(got, []string{"@partner.example aa", "bo@partner.example aa"}) {
			t.Errorf("found %v", got)
		}
		one, err := s.CertificateByID(t.Context(), "2")
		if err != nil || !one.Bound || !one.Vouched || one.Source != "pinned" {
			t.Errorf("%+v, %v", one, err)
		}
		if err := s.SetCertificateCheck(t.Context(), "1", store.CertificateCheck{At: noon, Code: "ok", BreaksAt: noon.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		figures, err := s.CountCertificates(t.Context(), noon.Add(2*time.Hour))
		if err != nil || figures != (store.CertificateFigures{Soon: 1}) {
			t.Errorf("%+v, %v", figures, err)
		}
		list, err := s.ListCertificates(t.Context(), store.CertificateQuery{BreaksBefore: noon.Add(2 * time.Hour), Limit: 10})
		if err != nil || len(list) != 1 || !list[0].Check.BreaksAt.Equal(noon.Add(time.Hour)) {
			t.Errorf("%+v, %v", list, err)
		}
		if err := s.DeleteCertificate(t.Context(), "1", nobody); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteCertificate(t.Context(), "1", nobody); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
	})
}

func TestHarvestedCertificatesLearnWaitAndAreApproved(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		put := func(c store.Certificate) {
			t.Helper()
			if err := s.PutHarvested(t.Context(), c, 2, nobody); err != nil {
				t.Fatal(err)
			}
		}
		for i, print := range []string{"a", "b", "c"} { // two are kept
			put(harvested("1"+print, print, noon.Add(time.Duration(i)*time.Minute), ""))
		}
		put(harvested("2d", "d", noon.Add(time.Hour), "unknown_issuer"))
		if got := used(t, s, "harvested", "bo@partner.example"); !slices.Equal(got, []string{"bo@partner.example b", "bo@partner.example c"}) {
			t.Errorf("used %v", got)
		}
		put(harvested("3", "c", noon.Add(5*time.Minute), "")) // newer: learns
		put(harvested("4", "c", noon, ""))                    // older: does not
		newest, err := s.NewestSigned(t.Context(), "bo@partner.example")
		if err != nil || !newest.Equal(noon.Add(5*time.Minute)) {
			t.Errorf("newest %v, %v", newest, err)
		}
		if c, err := s.CertificateByID(t.Context(), "1c"); err != nil || string(c.Capabilities) != "c3" {
			t.Errorf("%+v, %v", c, err)
		}
		if err := s.ApproveCertificate(t.Context(), "2d", true, nobody); err != nil {
			t.Fatal(err)
		}
		c, err := s.CertificateByID(t.Context(), "2d")
		if err != nil || c.Pending != "" || !c.Bound || !c.Vouched {
			t.Errorf("%+v, %v", c, err)
		}
		put(harvested("5", "e", noon.Add(2*time.Hour), "unknown_issuer"))
		if err := s.SettleCertificate(t.Context(), "5", nobody); err != nil {
			t.Fatal(err)
		}
		if err := s.SettleCertificate(t.Context(), "5", nobody); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
	})
}

func TestAuthoritiesAreKeptOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open(t)
		for range 2 {
			if err := s.PutAuthority(t.Context(), store.Authority{Fingerprint: "aa", DER: []byte{1}}, nobody); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.Authorities(t.Context())
		if err != nil || len(list) != 1 {
			t.Errorf("%v, %v", list, err)
		}
		if err := s.DeleteAuthority(t.Context(), "aa", nobody); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteAuthority(t.Context(), "aa", nobody); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
	})
}
