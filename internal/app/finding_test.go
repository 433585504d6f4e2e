package app

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/sandbox/directory"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/trust"
)

func recipientOf(t *testing.T, address string) contract.Recipient {
	t.Helper()
	var r contract.Recipient
	decode(t, call(t, http.MethodGet, "/v1/recipients/"+address, token(t, "anna"), "", nil), &r)
	return r
}

func TestWhatIsKnownOfARecipientIsShownWithWhereFromAndWhy(t *testing.T) {
	t.Parallel()
	cases := []struct {
		address, route, code string
		uses                 string // of the certificates, in order
		source               string // of the first
		revocation           string // what answered about the first
	}{
		{"bo@partner.example", "smime", "encrypted", "chosen", "pinned", "crl"},
		{"gitte@region.example", "smime", "encrypted", "chosen", "ldap:region", "crl"},
		{"HANS@Kommune.Example", "smime", "encrypted", "chosen", "ldap:region", "crl"},
		{"ocsp@partner.example", "smime", "encrypted", "chosen", "ldap:region", "ocsp"},
		{"skifter@partner.example", "smime", "encrypted", "chosen also", "ldap:region", "crl"},
		{"spaerret@region.example", "refused", "revoked", "rejected", "ldap:region", "crl"},
		{"stranger@ukendt.example", "refused", "unknown_issuer", "rejected", "pinned", ""},
		{"nocert@partner.example", "refused", "no_certificate", "", "", ""},
		{"anna@aau.example", "internal", "internal", "", "", ""},
	}
	for _, c := range cases {
		t.Run(c.address, func(t *testing.T) {
			t.Parallel()
			r := recipientOf(t, c.address)
			var uses []string
			for _, one := range r.Certificates {
				uses = append(uses, string(one.Use))
				if one.Verdict.Say.Da == "" || one.Verdict.Say.En == "" || one.Verdict.CheckedAt.IsZero() {
					t.Errorf("a verdict that says nothing: %+v", one.Verdict)
				}
			}
			if string(r.Route) != c.route || r.Code != c.code || strings.Join(uses, " ") != c.uses {
				t.Fatalf("%s, %s, certificates %v", r.Route, r.Code, uses)
			}
			if len(r.Certificates) > 0 && r.Certificates[0].Certificate.Source != c.source {
				t.Errorf("from %s", r.Certificates[0].Certificate.Source)
			}
			if c.revocation != "" && (len(r.Certificates[0].Verdict.Revocations) == 0 || r.Certificates[0].Verdict.Revocations[0].Source != c.revocation) {
				t.Errorf("revocation: %+v", r.Certificates[0].Verdict.Revocations)
			}
			if (r.Why != nil) != (c.uses != "" && c.uses != "rejected") {
				t.Errorf("why: %v", r.Why)
			}
			var asked []string
			for _, s := range r.Sources {
				asked = append(asked, s.Name)
			}
			if !slices.Equal(asked, []string{"pinned", "harvested", "mailbox", "ldap:region"}) {
				t.Errorf("asked %v", asked)
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestPreflightSaysHowMuchFitsAndRefusesMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		to       string
		bytes    int64
		sendable bool
	}{
		"sealed, small":     {"bo@partner.example", 1_000_000, true},
		"sealed, large":     {"bo@partner.example", 15_000_000, true}, // the large way
		"sealed, too large": {"bo@partner.example", 30_000_000, false},
		"inside, small":     {"anna@aau.example", 1_000_000, true},
		"inside, too large": {"anna@aau.example", 2_500_000, false},
	} {
		body := encode(t, draftJSON{"mailbox": "sikkermail@its.aau.example", "to": people(c.to), "contentBytes": c.bytes})
		var p contract.Preflight
		decode(t, call(t, http.MethodPost, "/v1/preflight", token(t, "anna"), "application/json", body), &p)
		if p.Sendable != c.sendable || p.MaxContentBytes < 2_000_000 || !c.sendable && (len(p.Warnings) == 0 || !strings.Contains(p.Say.Da, " MB")) {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestOnlyWhoMaySendMayAskAboutRecipients(t *testing.T) {
	t.Parallel()
	for persona, want := range map[string]int{"anna": 200, "iben": 200, "david": 403} {
		if a := call(t, http.MethodGet, "/v1/recipients/bo@partner.example", token(t, persona), "", nil); a.status != want {
			t.Errorf("%s: %d %s", persona, a.status, a.body)
		}
	}
	for _, address := range []string{"bo", "bo@", "bo@partner.example%0d%0aBcc:x@y.example", strings.Repeat("a", 300) + "@partner.example", "%00@partner.example"} {
		if a := call(t, http.MethodGet, "/v1/recipients/"+address, token(t, "anna"), "", nil); a.status != 400 && a.status != 404 {
			t.Errorf("%q: %d %s", address, a.status, a.body)
		}
	}
}

// While a key is being changed the mail must open with either.
func TestThroughARollOverBothKeysOpenTheMail(t *testing.T) {
	t.Parallel()
	m := ended(t, send(t, letter("skifter@partner.example", "gitte@region.example")).message(t).Id.String())
	if m.State != "sent" {
		t.Fatalf("%+v", m)
	}
	checkEvidence(t, m.Id.String())
	raw := waitFor(t, "skifter@partner.example", m.MessageId)
	u := shared.university
	opened := 0
	for _, r := range u.Recipients {
		if r.Address != "skifter@partner.example" && r.Address != "gitte@region.example" {
			continue
		}
		identities := []smime.Key{{Certificate: r.Identity.Certificate, Private: r.Identity.Key}}
		if r.Older != nil {
			identities = append(identities, smime.Key{Certificate: r.Older.Certificate, Private: r.Older.Key})
		}
		for _, key := range identities {
			got, err := smime.Open(bytes.NewReader(raw), []smime.Key{key}, smime.OpenOptions{Now: time.Now()})
			if err != nil {
				t.Errorf("%s: %v", r.Address, err)
				continue
			}
			// Two of one recipient, one of the other, and the mailbox's own.
			if got.Layers[0].Recipients != 4 {
				t.Errorf("%d entries", got.Layers[0].Recipients)
			}
			_ = got.Close()
			opened++
		}
	}
	if opened != 3 {
		t.Errorf("%d keys open it", opened)
	}
}

// checkEvidence: what a mail was allowed by is kept with it, in words and with what they rest on.
func checkEvidence(t *testing.T, id string) {
	t.Helper()
	m, err := shared.service.store.Message(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, d := range m.Deliveries {
		for _, r := range d.Recipients {
			var kept struct {
				Certificate, Also struct{ SHA256 string }
				Judgement         trust.Verdict
				AlsoJudgement     trust.Verdict
			}
			if err := json.Unmarshal(r.Evidence, &kept); err != nil {
				t.Fatal(err)
			}
			v := kept.Judgement
			if !v.Good || v.Code != trust.OK || v.Say.DA == "" || v.Say.EN == "" || v.Evidence.Profile == "" || len(v.Evidence.Path) < 2 || v.Evidence.Path[0] != kept.Certificate.SHA256 ||
				len(v.Evidence.Revocations) == 0 || v.Evidence.Revocations[0].Source != "crl" {
				t.Errorf("%s: %s", r.Address, r.Evidence)
			}
			if (kept.Also.SHA256 != "") != (r.Address == "skifter@partner.example") || kept.AlsoJudgement.Good != (kept.Also.SHA256 != "") {
				t.Errorf("%s, the other one: %s", r.Address, r.Evidence)
			}
			seen++
		}
	}
	if seen != 2 {
		t.Errorf("%d recipients are kept", seen)
	}
}

// A world of its own: the directory of the shared one must answer the other tests.
func TestASilentDirectoryIsNamedAndWaitedForNoLongerThanItsDeadline(t *testing.T) {
	t.Parallel()
	w, err := openTestWorld(t.Context(), io.Discard, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.close() }()
	w.university.Directory.SetWeather(directory.Silent)
	anna, _ := w.university.Persona("anna")
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/preflight",
		encode(t, draftJSON{"mailbox": "sikkermail@its.aau.example", "to": people("gitte@region.example", "bo@partner.example")}))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+w.university.Entra.IssueUser(anna))
	recorder := httptest.NewRecorder()
	began := time.Now()
	w.service.handler.ServeHTTP(recorder, request)
	took := time.Since(began)
	var p contract.Preflight
	decode(t, answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}, &p)
	if took > 5*time.Second { // the directory's own limit is two seconds, and this machine is busy
		t.Errorf("it took %v", took)
	}
	if !slices.Equal(p.Silent, []string{"ldap:region"}) || p.Sendable {
		t.Errorf("silent %v, sendable %v", p.Silent, p.Sendable)
	}
	for _, r := range p.Recipients {
		if r.Address == "gitte@region.example" && r.Code != "directory_silent" || r.Address == "bo@partner.example" && r.Code != "encrypted" {
			t.Errorf("%s: %s", r.Address, r.Code)
		}
	}
}

// What a sender of signed mail says that they can open decides how they are written to.
func TestWhatASignedMailSaysThatItsSenderOpensIsUsed(t *testing.T) {
	t.Parallel()
	const address = "laert@partner.example"
	one := issueFor(t, shared.university.Foreign, address)
	opened, err := smime.Open(bytes.NewReader(signedLetter(t, address, one)), nil, smime.OpenOptions{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	mail, found := signedMail(opened)
	_ = opened.Close()
	if !found || mail.From != address {
		t.Fatalf("found %v: %+v", found, mail)
	}
	got, err := shared.service.finders.shelf.Harvest(t.Context(), mail)
	if err != nil || got.Learnt != "kept" {
		t.Fatalf("%s, %s, %v", got.Learnt, got.Verdict.Code, err)
	}
	r := recipientOf(t, address)
	if r.Code != "encrypted" || r.Certificates[0].Certificate.Source != "harvested" || !slices.Contains(r.Certificates[0].Capabilities, "AES-256-GCM") {
		t.Errorf("%+v", r)
	}
	m := ended(t, send(t, letter(address)).message(t).Id.String())
	sealed, err := smime.Open(bytes.NewReader(waitFor(t, address, m.MessageId)), []smime.Key{{Certificate: one.Certificate, Private: one.Key}}, smime.OpenOptions{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sealed.Close() }()
	if !strings.Contains(sealed.Layers[0].Algorithms, "AES-256-GCM") {
		t.Errorf("sealed with %s", sealed.Layers[0].Algorithms)
	}
}
