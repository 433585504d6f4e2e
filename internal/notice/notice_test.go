package notice_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/notice"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

func pressed() time.Time { return time.Date(2026, 11, 23, 13, 5, 0, 0, time.UTC) }

func certificate(name string) notice.Certificate {
	return notice.Certificate{
		Subject: "CN=" + name + ", O=Partner A/S, C=DK", Issuer: "CN=Den Danske Stat OCES udstedende-CA 1, O=Den Danske Stat, C=DK",
		NotAfter: time.Date(2028, 2, 1, 23, 59, 59, 0, time.UTC), SHA256: strings.Repeat("0123456789abcdef", 4),
	}
}

func recipient(name, address, route, state string) notice.Recipient {
	r := notice.Recipient{Name: name, Address: address, Route: route, State: state, At: pressed().Add(2 * time.Minute)}
	if route == "smime" {
		r.Certificates = []notice.Certificate{certificate(name)}
	}
	switch state {
	case "rejected":
		r.Say = fault.Sentence{DA: "Modtagerens adresse findes ikke. Ret den, og send igen til denne modtager.",
			EN: "The recipient's address does not exist. Mend it and send again to this recipient."}
	case "unknown":
		r.Say = fault.Sentence{DA: "Mailserveren svarede ikke. Ring til modtageren, før du sender igen.",
			EN: "The mail server did not answer. Call the recipient before you send again."}
	}
	return r
}

func of(recipients ...notice.Recipient) notice.Notice {
	return notice.Notice{
		Subject: "Afgørelse i sag 2026-1234: rødgrød med fløde", MessageID: "<5f0c1e@its.aau.example>", Mailbox: "sikkermail@its.aau.example",
		PressedBy: "Åse Ærø", AcceptedAt: pressed(), Recipients: recipients,
	}
}

func samples() map[string]notice.Notice {
	everything := of(
		recipient("Bo Ærø", "bo@partner.example", "smime", "sent"), recipient("Kollega", "kollega@aau.example", "internal", "sent"),
		recipient("Chen", "chen@uni.example", "smime", "rejected"), recipient("", "dana@firma.example", "smime", "unknown"),
		recipient("Anden kollega", "anden@aau.example", "internal", "sent"),
	)
	english := of(everything.Recipients...)
	english.Language = "en"
	two := recipient("Bo Ærø", "bo@partner.example", "smime", "sent")
	two.Certificates = append(two.Certificates, certificate("Bo Ærø (2)"))
	return map[string]notice.Notice{
		"receipt":      of(two, recipient("", "chen@uni.example", "smime", "sent"), recipient("Kollega", "kollega@aau.example", "internal", "sent")),
		"error_report": everything, "error_report_english_first": english,
	}
}

func render(t *testing.T, n notice.Notice) (subject, page string) {
	t.Helper()
	subject, page, err := notice.Render(n)
	if err != nil {
		t.Fatal(err)
	}
	return subject, page
}

// texts are what a reader sees of a page in one language; the technical details, which stand once, are under "".
func texts(t *testing.T, page string) map[string]string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	var walk func(n *html.Node, language string)
	walk = func(n *html.Node, language string) {
		if n.Type == html.ElementNode && n.Data == "head" {
			return
		}
		for _, a := range n.Attr {
			if a.Key == "lang" && n.Data == "td" {
				language = a.Val
			}
		}
		if n.Type == html.TextNode {
			seen[language] += strings.ReplaceAll(n.Data, "\u00a0", "")
		}
		for c := range n.ChildNodes() {
			walk(c, language)
		}
	}
	walk(doc, "")
	return seen
}

func TestTheWordsSayWhatHappened(t *testing.T) {
	t.Parallel()
	good, colleague := recipient("Bo", "bo@partner.example", "smime", "sent"), recipient("K", "k@aau.example", "internal", "sent")
	bad, unknown := recipient("Chen", "chen@uni.example", "smime", "rejected"), recipient("Dana", "dana@firma.example", "smime", "unknown")
	cases := []struct {
		name       string
		recipients []notice.Recipient
		kind       notice.Kind
		subject    string
		in         []string // in this order
		notIn      []string
	}{
		{"everything went out", []notice.Recipient{good}, notice.Receipt, "Kvittering: sendt sikkert – ",
			[]string{"Kvittering: sendt sikkert", "Sendt til", "Bo", "bo@partner.example", "Krypteret, så kun modtageren kan læse den.", "23. november 2026 kl. 14.07", "Åse Ærø"},
			[]string{"Intet", "Uvist", "organisationen", "igen"}},
		{"colleagues are counted, not named", []notice.Recipient{good, colleague, colleague}, notice.Receipt, "Kvittering: sendt sikkert – ",
			[]string{"bo@partner.example", "… og til 2 modtagere i organisationen"}, []string{"k@aau.example"}},
		{"only colleagues", []notice.Recipient{colleague}, notice.Receipt, "Kvittering: sendt sikkert – ", []string{"1 modtager i organisationen"}, []string{"… og"}},
		{"a colleague who got nothing is named", []notice.Recipient{recipient("K", "k@aau.example", "internal", "rejected")}, notice.ErrorReport,
			"Fejlrapport: ikke sendt – ", []string{"Intet er nået frem til", "k@aau.example", "findes ikke"}, []string{"Sendt til"}},
		{"some got nothing", []notice.Recipient{good, bad}, notice.ErrorReport, "Fejlrapport: ikke sendt til alle – ",
			[]string{"Intet er nået frem til", "chen@uni.example", "adresse findes ikke", "Sendt til", "bo@partner.example", "skal ikke have mailen igen"}, []string{"Uvist"}},
		{"nobody knows", []notice.Recipient{unknown}, notice.ErrorReport, "Fejlrapport: uvist, om mailen er sendt – ",
			[]string{"Uvist, om den er nået frem til", "før du sender igen", "dana@firma.example", "svarede ikke"}, []string{"Intet er nået", "Sendt til"}},
		{"a state that is no end is unknown", []notice.Recipient{recipient("D", "d@x.example", "smime", "sending")}, notice.ErrorReport,
			"Fejlrapport: uvist", []string{"Uvist", "Spørg modtageren, om mailen er kommet."}, []string{"Intet er nået"}},
		{"what was not protected is not called secure", []notice.Recipient{recipient("D", "d@x.example", "plain", "sent")}, notice.Receipt,
			"Kvittering: sendt – ", []string{"uden kryptering"}, []string{"sikkert", "Krypteret"}},
		{"a route that nobody knows claims nothing", []notice.Recipient{recipient("D", "d@x.example", "pigeon", "sent")}, notice.Receipt,
			"Kvittering: sendt – ", []string{"Sendt."}, []string{"sikkert", "Krypteret"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := of(c.recipients...)
			subject, page := render(t, n)
			if n.Kind() != c.kind || !strings.HasPrefix(subject, c.subject) || !strings.HasSuffix(subject, n.Subject) {
				t.Errorf("%s, %q; want %s, %q", n.Kind(), subject, c.kind, c.subject)
			}
			rest := texts(t, page)["da"]
			for _, words := range c.in {
				_, after, found := strings.Cut(rest, words)
				if !found {
					t.Errorf("%q is not there, or not in its place", words)
					continue
				}
				rest = after
			}
			for _, words := range c.notIn {
				if strings.Contains(texts(t, page)["da"], words) {
					t.Errorf("it says %q", words)
				}
			}
		})
	}
}

func TestBothLanguagesHoldTheSameFacts(t *testing.T) {
	t.Parallel()
	for name, n := range samples() {
		_, page := render(t, n)
		seen := texts(t, page)
		wants := 0
		same := func(da, en string) {
			wants++
			if strings.Count(seen["da"], da) == 0 || strings.Count(seen["da"], da) != strings.Count(seen["en"], en) {
				t.Errorf("%s: %q stands %d times, %q %d times", name, da, strings.Count(seen["da"], da), en, strings.Count(seen["en"], en))
			}
		}
		same(n.Subject, n.Subject)
		same(n.Mailbox, n.Mailbox)
		same(n.PressedBy, n.PressedBy)
		same("23. november 2026 kl. 14.05", "23 November 2026 at 14:05")
		same("23. november 2026 kl. 14.07", "23 November 2026 at 14:07")
		same("i organisationen", "within the organisation")
		same("Krypteret, så kun modtageren kan læse den.", "Encrypted, so that only the recipient can read it.")
		for _, r := range n.Recipients {
			if r.Route != "internal" {
				same(r.Address, r.Address)
			}
			if r.Say.DA != "" {
				same(r.Say.DA, r.Say.EN)
			}
			for _, c := range r.Certificates {
				for _, fact := range []string{c.Subject, c.Issuer, "2028-02-01", "0123 4567 89ab cdef 0123"} {
					if !strings.Contains(seen[""], fact) {
						t.Errorf("%s: the details lack %q", name, fact)
					}
				}
			}
		}
		if !strings.Contains(seen[""], n.MessageID) || wants < 7 {
			t.Errorf("%s: the details lack the Message-ID", name)
		}
	}
}

func TestTheChosenLanguageStandsFirst(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{"": "da", "da": "da", "en": "en", "sv": "da"} {
		n := of(recipient("Bo", "bo@partner.example", "smime", "sent"))
		n.Language, n.Subject = language, ""
		subject, page := render(t, n)
		if !strings.Contains(page, `<html lang="`+want+`"`) || strings.HasPrefix(subject, "Receipt: sent securely – (no subject)") != (want == "en") {
			t.Errorf("%q: %q", language, subject)
		}
	}
}

func TestTimesAreDanishInWinterAndSummer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at     time.Time
		da, en string
	}{
		{time.Date(2026, 1, 1, 23, 30, 0, 0, time.UTC), "2. januar 2026 kl. 00.30", "2 January 2026 at 00:30"},
		{time.Date(2026, 7, 1, 7, 5, 0, 0, time.UTC), "1. juli 2026 kl. 09.05", "1 July 2026 at 09:05"},
	} {
		n := of(recipient("Bo", "bo@partner.example", "smime", "sent"))
		n.AcceptedAt = c.at
		_, page := render(t, n)
		if seen := texts(t, page); !strings.Contains(seen["da"], c.da) || !strings.Contains(seen["en"], c.en) {
			t.Errorf("%s is missing", c.da)
		}
	}
}

func TestNoFactBecomesMarkupOrTurnsTheLine(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</title><script>x</script>", "{{.Title}}", "<!--", "&lt;b&gt;", "'; --",
		"a\u202egnp.exe", "\u2066x\u2069", "x\x00\x1b[2J\x7f", "x\r\nBcc: eve@evil.example", "\xff\xfe", "مرحبا", "javascript:alert(1)", strings.Repeat("x", 5000), "x\u2028y",
	} {
		n := notice.Notice{Subject: s, MessageID: s, Mailbox: s, PressedBy: s, AcceptedAt: pressed(), Language: s, Recipients: []notice.Recipient{
			{Name: s, Address: s, Route: s, State: s, Say: fault.Sentence{DA: s, EN: s}, Certificates: []notice.Certificate{{Subject: s, Issuer: s, SHA256: s}}},
			{Name: s, Address: s, Route: "smime", State: "sent", Certificates: []notice.Certificate{{Subject: s, Issuer: s, SHA256: s}}},
		}}
		subject, page := render(t, n)
		plain := of(recipient("Bo", "bo@partner.example", "smime", "unknown"), recipient("Bo", "bo@partner.example", "smime", "sent"))
		if got, want := elements(t, page), elements(t, mustRender(t, plain)); !got.within(want) {
			t.Errorf("%.40q made elements of its own: %v", s, got)
		}
		if strings.ContainsAny(subject+page, "\u202e\u2066\x00\x1b\x7f\u2028") || strings.ContainsAny(subject, "\r\n") {
			t.Errorf("%.40q: something invisible is left", s)
		}
		if len([]rune(subject)) > 255 || len(page) > 100_000 {
			t.Errorf("%.40q: %d runes of subject, %d bytes of page", s, len([]rune(subject)), len(page))
		}
	}
}

func mustRender(t *testing.T, n notice.Notice) string {
	t.Helper()
	_, page := render(t, n)
	return page
}

// kinds are the elements and attributes that a page is made of.
type kinds map[string]bool

func (k kinds) within(other kinds) bool {
	for name := range k {
		if !other[name] {
			return false
		}
	}
	return true
}

func elements(t *testing.T, page string) kinds {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	found := kinds{}
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode {
			found["comment"] = true
		}
		if n.Type != html.ElementNode {
			continue
		}
		found[n.Data] = true
		for _, a := range n.Attr {
			found[n.Data+" "+a.Key] = true
		}
	}
	return found
}

func TestThePageFetchesNothingAndRunsNothing(t *testing.T) {
	t.Parallel()
	for name, n := range samples() {
		found := elements(t, mustRender(t, n))
		for _, forbidden := range []string{"script", "img", "link", "iframe", "form", "a", "object", "svg", "comment"} {
			if found[forbidden] {
				t.Errorf("%s: there is a <%s>", name, forbidden)
			}
		}
		if strings.Contains(mustRender(t, n), "url(") || strings.Contains(mustRender(t, n), "ZgotmplZ") {
			t.Errorf("%s: a style fetches something, or was not understood", name)
		}
	}
}

func TestAPageForFiveHundredRecipientsFitsInARequest(t *testing.T) {
	t.Parallel()
	var all []notice.Recipient
	for i := range 500 {
		all = append(all, recipient(fmt.Sprintf("Modtager %d", i), fmt.Sprintf("m%d@partner.example", i), "smime", "rejected"))
	}
	if page := mustRender(t, of(all...)); len(page) > 3<<20 || strings.Count(page, "m499@partner.example") != 3 { // Graph takes 4 MB in a request
		t.Errorf("%d bytes", len(page))
	}
}

// Look at the pages with NOTICE_SAMPLES=/tmp/notices go test ./internal/notice, and renew the golden ones with -update.
func TestThePagesAreTheOnesThatWereLookedAt(t *testing.T) {
	t.Parallel()
	for name, n := range samples() {
		page := mustRender(t, n)
		if folder := os.Getenv("NOTICE_SAMPLES"); folder != "" {
			if err := os.WriteFile(filepath.Join(folder, name+".html"), []byte(page), 0o600); err != nil {
				t.Error(err)
			}
		}
		golden := filepath.Join("testdata", name+".html")
		if *update {
			if err := os.WriteFile(golden, []byte(page), 0o644); err != nil {
				t.Error(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if page != string(want) {
			t.Errorf("%s differs from %s; look at it, then go test ./internal/notice -update", name, golden)
		}
	}
}
