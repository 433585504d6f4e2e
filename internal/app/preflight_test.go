package app

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"aau.dk/sendsikker/api/contract"
)

// sendsAs has somebody send a mail as a mailbox, and waits until it is there.
func sendsAs(t *testing.T, persona, mailbox string, to ...string) contract.Message {
	t.Helper()
	d := letter(to...)
	d["mailbox"] = mailbox
	kind, body := form(t, d)
	m := call(t, http.MethodPost, "/v1/messages", token(t, persona), kind, body).message(t)
	waitFor(t, to[0], m.MessageId)
	return m
}

func preflightOf(t *testing.T, persona string, request draftJSON) contract.Preflight {
	t.Helper()
	var p contract.Preflight
	decode(t, call(t, http.MethodPost, "/v1/preflight", token(t, persona), "application/json", encode(t, request)), &p)
	return p
}

// Ellen has three mailboxes, and writes in this test alone.
func TestThePreflightKnowsWhatItsCallerHasDoneBefore(t *testing.T) {
	t.Parallel()
	const hr, its = "sikkermail@hr.aau.example", "sikkermail@its.aau.example"
	before := preflightOf(t, "ellen", draftJSON{"to": people("sikkerpost@region.example", "sikkerpost@regi0n.example")})
	if before.Mailbox != hr || before.MailboxWhy != contract.First || before.SealedBefore || len(before.Warnings) != 0 || !before.Sendable {
		t.Errorf("before anything was sent: %+v", before)
	}
	first := sendsAs(t, "ellen", its, "sikkerpost@region.example")

	after := preflightOf(t, "ellen", draftJSON{"to": people("sikkerpost@region.example", "sikkerpost@regi0n.example")})
	if after.Mailbox != its || after.MailboxWhy != contract.Recent || !after.SealedBefore || !after.Sendable {
		t.Errorf("afterwards: %+v", after)
	}
	if len(after.Warnings) != 1 || after.Warnings[0].Code != "similar_address" || *after.Warnings[0].Address != "sikkerpost@regi0n.example" ||
		after.Warnings[0].Similar == nil || *after.Warnings[0].Similar != "sikkerpost@region.example" {
		t.Errorf("warnings: %+v", after.Warnings)
	}
	if p := preflightOf(t, "ellen", draftJSON{"mailbox": hr, "to": people("sikkerpost@region.example")}); p.Mailbox != hr || p.MailboxWhy != contract.Asked {
		t.Errorf("asked for %s: %s, %s", hr, p.Mailbox, p.MailboxWhy)
	}
	answering := draftJSON{"to": people("chen@uni.example"), "inReplyTo": first.MessageId}
	if p := preflightOf(t, "ellen", answering); !p.SealedBefore || p.MailboxWhy != contract.First {
		t.Errorf("answering a sealed mail of one's own: %+v", p)
	}
	// Nothing of it is anybody else's.
	for persona, why := range map[string]contract.PreflightMailboxWhy{"aase": contract.Only, "birk": contract.First} {
		answering["to"] = people("sikkerpost@region.example", "sikkerpost@regi0n.example")
		if p := preflightOf(t, persona, answering); p.SealedBefore || p.MailboxWhy != why || len(p.Warnings) != 0 {
			t.Errorf("%s is told of it: %+v", persona, p)
		}
	}
}

func TestWhoMaySendAsNoMailboxIsToldSo(t *testing.T) {
	t.Parallel()
	a := call(t, http.MethodPost, "/v1/preflight", token(t, "david"), "application/json", encode(t, draftJSON{"to": people("bo@partner.example")}))
	if p := a.problem(t); a.status != http.StatusForbidden || p.Code != "mailbox_not_granted" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestForARefusedRecipientOthersAtTheSamePlaceAreOffered(t *testing.T) {
	t.Parallel()
	p := preflightOf(t, "aase", draftJSON{"to": people("nocert@partner.example", "revoked@partner.example", "stranger@ukendt.example", "chen@uni.example")})
	for _, r := range p.Recipients {
		var want []string
		if strings.HasSuffix(r.Address, "@partner.example") {
			want = []string{"bo@partner.example", "snart@partner.example"} // not those in the directory, which nobody has pinned
		}
		if got := value(r.Alternatives); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", r.Address, got, want)
		}
	}
	if len(p.Recipients) != 4 || p.Sendable {
		t.Errorf("%+v", p)
	}
	// One of them in the draft already is none to offer.
	p = preflightOf(t, "aase", draftJSON{"to": people("nocert@partner.example"), "bcc": people("Bo@partner.example")})
	if got := value(p.Recipients[0].Alternatives); !slices.Equal(got, []string{"snart@partner.example"}) {
		t.Errorf("offered %v", got)
	}
	if text := shared.log.String(); strings.Contains(text, "snart@") || strings.Contains(text, "nocert@") {
		t.Error("the log holds an address")
	}
}

func value[T any](p *T) (v T) {
	if p != nil {
		return *p
	}
	return v
}
