package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/sandbox/directory"
	"aau.dk/sendsikker/internal/store"
)

// preflight asks the whole service, in this process: token, contract, grant, sources, judgement, JSON.
func preflight(b *testing.B, w *world, recipients []string) time.Duration {
	b.Helper()
	anna, _ := w.university.Persona("anna")
	body, err := json.Marshal(draftJSON{"mailbox": "sikkermail@its.aau.example", "to": people(recipients...)})
	if err != nil {
		b.Fatal(err)
	}
	request := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/v1/preflight", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+w.university.Entra.IssueUser(anna))
	recorder := httptest.NewRecorder()
	began := time.Now()
	w.service.handler.ServeHTTP(recorder, request)
	took := time.Since(began)
	if recorder.Code != http.StatusOK {
		b.Fatal(recorder.Body.String())
	}
	return took
}

// BenchmarkPreflight20 prints the slowest in a hundred, in milliseconds. The budget is 5 when everything is remembered, and the
// directory's own deadline (2 s) when it is dead.
func BenchmarkPreflight20(b *testing.B) {
	w, err := openTestWorld(b.Context(), io.Discard, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = w.close() }()
	known := []string{"bo@partner.example", "sikkerpost@region.example", "chen@uni.example", "eva@klinik.example", "frans@kommune.example",
		"gitte@region.example", "hans@kommune.example", "ocsp@partner.example", "skifter@partner.example", "revoked@partner.example"}
	recipients := slices.Clone(known)
	for i := len(known); i < 20; i++ {
		recipients = append(recipients, fmt.Sprintf("nobody%d@elsewhere.example", i))
	}
	run := func(name string, least int, to func(round int) []string) {
		b.Run(name, func(b *testing.B) {
			var all []time.Duration
			for round := 0; b.Loop(); round++ {
				all = append(all, preflight(b, w, to(round)))
			}
			for len(all) < least { // a percentile of a few is none
				all = append(all, preflight(b, w, to(len(all))))
			}
			slices.Sort(all)
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
		})
	}
	preflight(b, w, recipients)
	run("remembered", 1000, func(int) []string { return recipients })
	longPast(b, w)
	run("remembered, by somebody with a long past", 1000, func(int) []string { return recipients })
	w.university.Directory.SetWeather(directory.Silent)
	run("dead directory", 1, func(round int) []string {
		return append(slices.Clone(known), fmt.Sprintf("new%d@elsewhere.example", round))
	})
}

// longPast has anna have sent as many mails as the preflight looks through, to as many people.
func longPast(b *testing.B, w *world) {
	b.Helper()
	anna, _ := w.university.Persona("anna")
	from, err := w.service.store.MailboxByAddress(b.Context(), "sikkermail@its.aau.example")
	if err != nil {
		b.Fatal(err)
	}
	for i := range 500 {
		id := uuid.Must(uuid.NewV7()).String()
		d := store.Delivery{ID: id, Kind: "sealed", SpoolName: id, Size: 1}
		for n := range 2 {
			d.Recipients = append(d.Recipients, store.Recipient{
				Position: n, Field: "to", Address: fmt.Sprintf("somebody%c%c%d@elsewhere.example", 'a'+i%26, 'a'+i/26, n), Route: "smime",
				Evidence: fmt.Appendf(nil, `{"judgement":%q}`, strings.Repeat("x", 2500)), // as long as one is
			})
		}
		m := store.Message{
			ID: id, MailboxID: from.ID, CallerKind: "user", CallerID: anna.ID, CallerName: []byte("x"), HeaderID: "<" + id + "@its.aau.example>",
			Subject: []byte("x"), WrappedKey: []byte("x"), KeyVersion: "v", Language: "da", Digest: []byte("x"), AcceptedAt: time.Now(), Deliveries: []store.Delivery{d},
		}
		if _, _, err := w.service.store.InsertMessage(b.Context(), m, audit.Entry{At: m.AcceptedAt, Actor: audit.Actor{Kind: "user", ID: anna.ID}, Action: audit.MessageAccepted}); err != nil {
			b.Fatal(err)
		}
	}
}
