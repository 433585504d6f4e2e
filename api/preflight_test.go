package api

import (
	"encoding/json"
	"net/http"
	"net/mail"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/route"
	"aau.dk/sendsikker/internal/sending"
)

// same holds an answer against what it must be, by value.
func same(t *testing.T, got []byte, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	one, _ := json.Marshal(a)
	other, _ := json.Marshal(b)
	if string(one) != string(other) {
		t.Errorf("got %s\nwant %s", one, other)
	}
}

func TestAPreflightIsAnsweredInTheWordsOfTheContract(t *testing.T) {
	t.Parallel()
	say := fault.Sentence{DA: "Nej.", EN: "No."}
	var asked draft.Draft
	h, _ := open(t, useCase{preflight: func(d *draft.Draft) sending.Preflight {
		asked = *d
		return sending.Preflight{
			Mailbox: "box@unit.example", MailboxWhy: sending.Recent, SealedBefore: true,
			Alternatives: map[string][]string{"no@partner.example": {"bo@partner.example"}, "yes@partner.example": nil},
			Plan: sending.Plan{
				Recipients: []sending.Planned{
					{Recipient: mail.Address{Address: "no@partner.example"}, Verdict: route.Verdict{Route: route.Refused, Code: "no_certificate", Say: say}},
					{Recipient: mail.Address{Address: "yes@aau.example", Name: "Yes"}, Verdict: route.Verdict{Route: route.Internal, Code: "internal", Say: say}},
				},
				Warnings: []sending.Warning{
					{Code: "similar_address", Address: "no@partner.example", Similar: "na@partner.example", Say: say},
					{Code: "expires_soon", Address: "yes@aau.example", Say: say},
				},
			},
		}
	}})
	w := ask(t, h, http.MethodPost, "/v1/preflight", strings.NewReader(`{"to":[{"address":"no@partner.example"}],"bcc":[{"address":"yes@aau.example"}],"inReplyTo":"<a@b.example>"}`),
		"Content-Type", "application/json")
	if w.Code != http.StatusOK || asked.Mailbox != "" || asked.InReplyTo != "<a@b.example>" || len(asked.To) != 1 || len(asked.Bcc) != 1 {
		t.Fatalf("%d %s of %+v", w.Code, w.Body, asked)
	}
	same(t, w.Body.Bytes(), `{"mailbox":"box@unit.example","mailboxWhy":"recent","sealedBefore":true,"sendable":false,"silent":[],"maxContentBytes":1048576,
		"say":{"da":"Kan ikke sendes: 1 af 2 modtagere kan ikke få sikker mail.","en":"Cannot be sent: 1 of 2 recipients cannot receive secure mail."},
		"recipients":[
			{"address":"no@partner.example","route":"refused","code":"no_certificate","say":{"da":"Nej.","en":"No."},"alternatives":["bo@partner.example"]},
			{"address":"yes@aau.example","name":"Yes","route":"internal","code":"internal","say":{"da":"Nej.","en":"No."}}],
		"warnings":[
			{"code":"similar_address","address":"no@partner.example","similar":"na@partner.example","say":{"da":"Nej.","en":"No."}},
			{"code":"expires_soon","address":"yes@aau.example","say":{"da":"Nej.","en":"No."}}]}`)
}

func TestACallerIsToldHowLongAMailCanBeTakenBack(t *testing.T) {
	t.Parallel()
	h, _ := open(t, useCase{usable: []mailbox.Mailbox{
		{Address: "box@unit.example", Name: "Unit", Undo: 10 * time.Second}, {Address: "at@once.example", Name: "At once"},
	}})
	w := ask(t, h, http.MethodGet, "/v1/me", nil)
	var me struct{ Mailboxes json.RawMessage }
	if err := json.Unmarshal(w.Body.Bytes(), &me); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	same(t, me.Mailboxes, `[{"address":"box@unit.example","name":"Unit","undoSeconds":10},{"address":"at@once.example","name":"At once","undoSeconds":0}]`)
}
