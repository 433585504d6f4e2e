package app

import (
	"bytes"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/smime"
)

func TestWhoAsksAndWhatTheyMay(t *testing.T) {
	t.Parallel()
	cases := []struct {
		persona string
		want    []string
	}{
		{"anna", []string{"sikkermail@its.aau.example"}},
		{"birk", []string{"sikkermail@hr.aau.example", "sikkermail@its.aau.example"}},
		{"clara", []string{"sikkermail@hr.aau.example"}},
		{"david", nil},
		{"ellen", []string{"sikkermail@hr.aau.example", "sikkermail@its.aau.example", "sikkermail@studie.aau.example"}}, // her groups are asked for
		{"aase", []string{"sikkermail@studie.aau.example"}},
	}
	for _, c := range cases {
		t.Run(c.persona, func(t *testing.T) {
			t.Parallel()
			a := call(t, http.MethodGet, "/v1/me", token(t, c.persona), "", nil)
			var me contract.Me
			decode(t, a, &me)
			var got []string
			for _, m := range me.Mailboxes {
				got = append(got, m.Address)
			}
			if strings.Join(got, " ") != strings.Join(c.want, " ") || me.Limits.MessageBytes < 2<<20 {
				t.Errorf("may send as %v, want %v; limits %+v", got, c.want, me.Limits)
			}
		})
	}
}

func TestPreflightSaysForEachRecipientHowAndWhy(t *testing.T) {
	t.Parallel()
	want := map[string]struct{ route, code string }{
		"bo@partner.example":         {"smime", "encrypted"},
		"sikkerpost@region.example":  {"smime", "encrypted"},
		"chen@uni.example":           {"smime", "encrypted"},
		"eva@klinik.example":         {"smime", "encrypted"},
		"frans@kommune.example":      {"smime", "encrypted"},
		"snart@partner.example":      {"smime", "encrypted"},
		"anna@aau.example":           {"internal", "internal"},
		"sikkermail@hr.aau.example":  {"internal", "internal"},
		"expired@partner.example":    {"refused", "expired"},
		"revoked@partner.example":    {"refused", "revoked"},
		"signonly@partner.example":   {"refused", "wrong_usage"},
		"stranger@ukendt.example":    {"refused", "unknown_issuer"},
		"nocert@partner.example":     {"refused", "no_certificate"},
		"nobody@elsewhere.example":   {"refused", "no_certificate"},
		"anna@aau.example.evil.test": {"refused", "no_certificate"},
	}
	var addresses []string
	for a := range want {
		addresses = append(addresses, a)
	}
	body := encode(t, draftJSON{"mailbox": "sikkermail@its.aau.example", "to": people(addresses...)})
	var p contract.Preflight
	decode(t, call(t, http.MethodPost, "/v1/preflight", token(t, "anna"), "application/json", body), &p)
	if p.Sendable || len(p.Recipients) != len(want) {
		t.Fatalf("sendable %v with %d recipients", p.Sendable, len(p.Recipients))
	}
	for _, r := range p.Recipients {
		w := want[r.Address]
		if string(r.Route) != w.route || r.Code != w.code || r.Say.Da == "" || r.Say.En == "" {
			t.Errorf("%s: %s %s %q, want %s %s", r.Address, r.Route, r.Code, r.Say.Da, w.route, w.code)
		}
		if (r.Certificate != nil) != (w.route == "smime") {
			t.Errorf("%s: certificate shown: %v", r.Address, r.Certificate != nil)
		}
	}
	if len(p.Warnings) != 1 || *p.Warnings[0].Address != "snart@partner.example" || p.Warnings[0].Code != "expires_soon" {
		t.Errorf("warnings: %+v", p.Warnings)
	}
}

func TestARecipientThatCannotBeReachedRefusesTheWholeMessage(t *testing.T) {
	t.Parallel()
	draft := letter("eva@klinik.example", "expired@partner.example", "nocert@partner.example")
	draft["subject"] = "Helt eller slet ikke"
	a := send(t, draft)
	p := a.problem(t)
	if a.status != http.StatusUnprocessableEntity || p.Code != "recipients_refused" || p.Recipients == nil || len(*p.Recipients) != 2 {
		t.Fatalf("got %d %s %+v", a.status, p.Code, p.Recipients)
	}
	for _, d := range shared.university.Exchange.Delivered("eva@klinik.example") {
		if bytes.Contains(d.Raw, []byte("Helt eller slet ikke")) {
			t.Error("something was sent all the same")
		}
	}
}

func TestEachCopyGoesToItsOwnRecipientsAndABccShowsNowhere(t *testing.T) {
	t.Parallel()
	d := letter("bo@partner.example", "anna@aau.example")
	d["cc"] = people("chen@uni.example")
	d["bcc"] = people("eva@klinik.example", "birk@aau.example", "frans@kommune.example")
	m := ended(t, send(t, d).message(t).Id.String())
	if m.State != contract.MessageStateSent || len(m.Recipients) != 6 || m.Notice.Kind != contract.NoticeKindReceipt {
		t.Fatalf("state %s, %d recipients, %s", m.State, len(m.Recipients), m.Notice.Kind)
	}
	wantTo := map[string]struct {
		header string
		sealed bool
	}{
		"bo@partner.example":    {"bo@partner.example chen@uni.example", true},
		"chen@uni.example":      {"bo@partner.example chen@uni.example", true},
		"anna@aau.example":      {"anna@aau.example", false},
		"eva@klinik.example":    {"eva@klinik.example", true},
		"birk@aau.example":      {"birk@aau.example", false},
		"frans@kommune.example": {"frans@kommune.example", true},
	}
	for address, want := range wantTo {
		raw := waitFor(t, address, m.MessageId)
		if n := len(arrivedIn(address, m.MessageId)); n != 1 {
			t.Errorf("%s got %d copies, want 1", address, n)
		}
		head, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		var named []string
		for _, field := range []string{"To", "Cc"} {
			list, _ := head.Header.AddressList(field)
			for _, one := range list {
				named = append(named, one.Address)
			}
		}
		sealed := strings.HasPrefix(head.Header.Get("Content-Type"), "application/pkcs7-mime")
		if strings.Join(named, " ") != want.header || sealed != want.sealed || head.Header.Get("Bcc") != "" {
			t.Errorf("%s: to %v, sealed %v; want %s, %v", address, named, sealed, want.header, want.sealed)
		}
		if sealed {
			for other := range wantTo {
				if !strings.Contains(want.header, other) && bytes.Contains(raw, []byte(other)) {
					t.Errorf("%s can see that %s got it too", address, other)
				}
			}
		}
		if from, _ := head.Header.AddressList("From"); len(from) != 1 || from[0].Address != "sikkermail@its.aau.example" {
			t.Errorf("%s: from %v", address, from)
		}
	}
}

func TestTheUnitCanReadWhatItSent(t *testing.T) {
	t.Parallel()
	m := ended(t, send(t, letter("chen@uni.example")).message(t).Id.String())
	raw := waitFor(t, "chen@uni.example", m.MessageId)
	box := shared.university.Mailboxes[0].Identity
	opened, err := smime.Open(bytes.NewReader(raw), []smime.Key{{Certificate: box.Certificate, Private: box.Key}}, smime.OpenOptions{Roots: shared.university.Danish.RootPool(), Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if content, err := opened.Bytes(); err != nil || !bytes.Contains(content, []byte("Content-Type: text/plain")) {
		t.Errorf("opened: %s (%v)", content, err)
	}
}

func TestTheReceiptLiesInTheFunctionMailbox(t *testing.T) {
	t.Parallel()
	m := ended(t, send(t, letter("eva@klinik.example")).message(t).Id.String())
	html := noticeOfMessage(t, m)
	for _, word := range []string{"eva@klinik.example", "Klinik Eksempel", "Anna Eksempel", strings.Trim(m.MessageId, "<>")} {
		if !strings.Contains(html, word) {
			t.Errorf("the receipt lacks %q", word)
		}
	}
}

func noticeOfMessage(t *testing.T, m contract.Message) string {
	t.Helper()
	found := ""
	for _, item := range shared.university.Exchange.Messages(m.Mailbox, "inbox") {
		if strings.HasPrefix(item.InternetMessageID, "<notice-"+m.Id.String()) {
			if found != "" {
				t.Error("two notices of one message")
			}
			if item.IsDraft {
				t.Error("the notice is a draft")
			}
			found = item.BodyHTML
		}
	}
	if found == "" {
		t.Fatal("no notice in the function mailbox")
	}
	return found
}

func TestBadWeatherLosesNothingAndSendsNothingTwice(t *testing.T) {
	t.Parallel()
	cases := []struct {
		address string
		state   contract.DeliveryState
		copies  int
	}{
		{"throttled@vejr.example", contract.DeliveryStateSent, 1},
		{"busy@vejr.example", contract.DeliveryStateSent, 1},
		{"timeout-but-sent@vejr.example", contract.DeliveryStateSent, 1},
		{"timeout-not-sent@vejr.example", contract.DeliveryStateSent, 1},
		{"dropped@vejr.example", contract.DeliveryStateSent, 1},
		{"rejected@vejr.example", contract.DeliveryStateRejected, 0},
	}
	for _, c := range cases {
		t.Run(c.address, func(t *testing.T) {
			t.Parallel()
			m := ended(t, send(t, letter(c.address)).message(t).Id.String())
			if m.Recipients[0].State != c.state {
				t.Fatalf("state %s, want %s", m.Recipients[0].State, c.state)
			}
			if c.copies > 0 {
				waitFor(t, c.address, m.MessageId)
			}
			if n := len(arrivedIn(c.address, m.MessageId)); n != c.copies {
				t.Errorf("%d copies arrived, want %d", n, c.copies)
			}
			if c.state == contract.DeliveryStateRejected {
				if m.State != contract.MessageStateFailed || m.Notice.Kind != contract.NoticeKindReport || m.Recipients[0].Say == nil || m.Recipients[0].Say.Da == "" {
					t.Errorf("the sender is not told: %+v", m)
				}
				if html := noticeOfMessage(t, m); !strings.Contains(html, c.address) {
					t.Error("the report does not name the recipient")
				}
			}
		})
	}
}

func TestTheSameKeyAndContentGiveTheFirstAnswerAgain(t *testing.T) {
	t.Parallel()
	key := uuid.NewString()
	press := func(d draftJSON, parts ...part) answer {
		kind, body := form(t, d, parts...)
		return call(t, http.MethodPost, "/v1/messages", token(t, "anna"), kind, body, "Idempotency-Key", key)
	}
	file := part{"file", "a.txt", "text/plain", []byte("indhold")}
	first := press(letter("chen@uni.example"), file).message(t)
	again := press(letter("chen@uni.example"), file).message(t)
	if first.Id != again.Id {
		t.Errorf("two messages for one press: %s and %s", first.Id, again.Id)
	}
	other := press(letter("chen@uni.example"), part{"file", "a.txt", "text/plain", []byte("andet indhold")})
	if other.status != http.StatusConflict || other.problem(t).Code != "idempotency_key_reused" {
		t.Errorf("another attachment under the same key: %d %s", other.status, other.body)
	}
	if more := press(letter("bo@partner.example"), file); more.status != http.StatusConflict {
		t.Errorf("another recipient under the same key: %d", more.status)
	}
	m := ended(t, first.Id.String())
	waitFor(t, "chen@uni.example", m.MessageId)
	if n := len(arrivedIn("chen@uni.example", m.MessageId)); n != 1 {
		t.Errorf("%d copies arrived, want 1", n)
	}
}

func TestNobodySeesSomebodyElsesMessages(t *testing.T) {
	t.Parallel()
	id := send(t, letter("chen@uni.example")).message(t).Id.String()
	a := call(t, http.MethodGet, "/v1/messages/"+id, token(t, "birk"), "", nil)
	if a.status != http.StatusNotFound || a.problem(t).Code != "message_not_found" {
		t.Errorf("birk reads anna's message: %d", a.status)
	}
	var list contract.MessageList
	decode(t, call(t, http.MethodGet, "/v1/messages?limit=100", token(t, "birk"), "", nil), &list)
	for _, m := range list.Messages {
		if m.Id.String() == id {
			t.Error("birk's list holds anna's message")
		}
	}
	decode(t, call(t, http.MethodGet, "/v1/messages?limit=1", token(t, "anna"), "", nil), &list)
	if len(list.Messages) != 1 || list.Next == nil {
		t.Errorf("a page of one: %d, next %v", len(list.Messages), list.Next)
	}
}

func TestAnApplicationSendsByItsRole(t *testing.T) {
	t.Parallel()
	apps := shared.university.Tenant.Applications
	bearer := shared.university.Entra.IssueApplication(apps[1])
	kind, body := form(t, letter("chen@uni.example"))
	if a := call(t, http.MethodPost, "/v1/messages", bearer, kind, body); a.status != http.StatusAccepted {
		t.Errorf("an application with the role and a grant: %d %s", a.status, a.body)
	}
	kind, body = form(t, letter("chen@uni.example"))
	if a := call(t, http.MethodPost, "/v1/messages", shared.university.Entra.IssueApplication(apps[2]), kind, body); a.status != http.StatusForbidden {
		t.Errorf("an application without the role: %d", a.status)
	}
}

// secret words stand in the content, the subject and a file; they may stand nowhere that rests.
func TestNothingOfTheMailRestsInClearOrIsLogged(t *testing.T) {
	t.Parallel()
	d := letter("chen@uni.example", "anna@aau.example", "rejected@vejr.example")
	d["subject"], d["body"] = "Emneord MARKOERSUBJEKT", map[string]string{"text": "MARKOERTEKST", "html": "<p>MARKOERHTML</p>"}
	a := send(t, d, part{"file", "MARKOERNAVN.txt", "text/plain", []byte("MARKOERFIL")})
	m := ended(t, a.message(t).Id.String())
	if m.Subject != "Emneord MARKOERSUBJEKT" {
		t.Errorf("the sender's own view lacks the subject: %q", m.Subject)
	}
	var looked int
	err := filepath.WalkDir(shared.data, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // a spool object that was sent meanwhile is gone
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil //nolint:nilerr // the same
		}
		looked++
		if bytes.Contains(text, []byte("MARKOER")) {
			t.Errorf("the mail's words rest in clear in %s", filepath.Base(path))
		}
		return nil
	})
	if err != nil || looked < 3 {
		t.Fatalf("%d files looked at: %v", looked, err)
	}
	for _, word := range []string{"MARKOER", "chen@uni.example", "anna@aau.example", "rejected@vejr", "eyJ", "BEGIN"} {
		if strings.Contains(shared.log.String(), word) {
			t.Errorf("the log holds %q", word)
		}
	}
}
