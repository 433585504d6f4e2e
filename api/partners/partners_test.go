package partners

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/mailbox"
)

func TestEveryRequestHasItsAnswer(t *testing.T) {
	t.Parallel()
	const html, its = "text/html; charset=utf-8", "/certificates/sikkermail@its.aau.example"
	odd := "/certificates/" + url.PathEscape(mailboxes()[4].Address)
	cases := map[string]struct {
		method, target, accept string
		status                 int
		contentType, language  string
	}{
		"the page":                              {"GET", "/certificates", "", 200, html, "da"},
		"the page's head":                       {"HEAD", "/certificates", "", 200, html, "da"},
		"in English because it was asked for":   {"GET", "/certificates?lang=en", "da", 200, html, "en"},
		"in German because it was asked for":    {"GET", "/certificates?lang=de", "", 200, html, "de"},
		"in a language that we do not have":     {"GET", "/certificates?lang=fr", "de", 200, html, "de"},
		"by what the browser likes best":        {"GET", "/certificates", "fr-FR,fr;q=0.9,en;q=0.8,da;q=0.7", 200, html, "en"},
		"by weight and not by order":            {"GET", "/certificates", "da;q=0.2, de;q=0.9, en;q=0.5", 200, html, "de"},
		"German as the Swiss have it":           {"GET", "/certificates", "de-CH", 200, html, "de"},
		"one who wants no English":              {"GET", "/certificates", "en;q=0, de;q=0.1", 200, html, "de"},
		"one who takes anything":                {"GET", "/certificates", "*", 200, html, "da"},
		"one who reads none of them":            {"GET", "/certificates", "fi", 200, html, "da"},
		"rubbish for a language":                {"GET", "/certificates", ";;q=x,\x01", 200, html, "da"},
		"more languages than anybody reads":     {"GET", "/certificates", "en," + strings.Repeat("fr;q=0.1,", 5000), 200, html, "en"},
		"a search":                              {"GET", "/certificates?q=its", "", 200, html, "da"},
		"a search that finds nothing":           {"GET", "/certificates?q=nowhere", "", 200, html, "da"},
		"a search that cannot be read":          {"GET", "/certificates?q=%ff%00%zz", "", 200, html, "da"},
		"the style":                             {"GET", "/certificates/style.css", "", 200, "text/css; charset=utf-8", ""},
		"the style's head":                      {"HEAD", "/certificates/style.css", "", 200, "text/css; charset=utf-8", ""},
		"a certificate":                         {"GET", its + ".cer", "", 200, "application/pkix-cert", ""},
		"a certificate's head":                  {"HEAD", its + ".cer", "", 200, "application/pkix-cert", ""},
		"a bundle":                              {"GET", its + ".p7b", "", 200, "application/x-pkcs7-certificates", ""},
		"a contact":                             {"GET", its + ".vcf", "", 200, "text/vcard; charset=utf-8", ""},
		"an address in capitals":                {"GET", "/certificates/SikkerMail@ITS.AAU.example.cer", "", 200, "application/pkix-cert", ""},
		"an address of odd characters":          {"GET", odd + ".cer", "", 200, "application/pkix-cert", ""},
		"an address that we do not have":        {"GET", "/certificates/nobody@its.aau.example.cer", "", 404, html, "da"},
		"the same in English":                   {"GET", "/certificates/nobody@its.aau.example.cer?lang=en", "", 404, html, "en"},
		"a file that we do not have":            {"GET", its + ".pfx", "", 404, html, "da"},
		"a file without an ending":              {"GET", its, "", 404, html, "da"},
		"an ending without an address":          {"GET", "/certificates/.cer", "", 404, html, "da"},
		"a way out of the folder":               {"GET", "/certificates/../../etc/passwd.cer", "", 404, html, "da"},
		"the same, escaped":                     {"GET", "/certificates/%2e%2e%2f%2e%2e%2fetc%2fpasswd.cer", "", 404, html, "da"},
		"a NUL in the address":                  {"GET", its + "%00.cer", "", 404, html, "da"},
		"a line break in the address":           {"GET", its + "%0d%0aSet-Cookie:x.cer", "", 404, html, "da"},
		"no UTF-8 in the address":               {"GET", "/certificates/%ff%fe.cer", "", 404, html, "da"},
		"a very long path":                      {"GET", "/certificates/" + strings.Repeat("a", 100_000) + ".cer", "", 404, html, "da"},
		"the folder":                            {"GET", "/certificates/", "", 404, html, "da"},
		"a path that begins alike":              {"GET", "/certificatesx", "", 404, html, "da"},
		"another path altogether":               {"GET", "/", "", 404, html, "da"},
		"something to be changed":               {"POST", "/certificates", "", 404, html, "da"},
		"a style to be changed":                 {"PUT", "/certificates/style.css", "", 404, html, "da"},
		"a certificate to be deleted":           {"DELETE", its + ".cer", "", 404, html, "da"},
		"a question about what may be asked":    {"OPTIONS", "/certificates", "", 404, html, "da"},
		"a page asked for with invented verbs":  {"BREW", "/certificates", "", 404, html, "da"},
		"a path of the folder's style, in caps": {"GET", "/certificates/STYLE.CSS", "", 404, html, "da"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A handler of its own: together they are more than one client may ask in a minute.
			w := ask(t, open(&database{list: mailboxes()}), c.method, c.target, "Accept-Language", c.accept)
			h := w.Header()
			if w.Code != c.status || h.Get("Content-Type") != c.contentType || h.Get("Content-Language") != c.language {
				t.Errorf("%d %q %q, want %d %q %q", w.Code, h.Get("Content-Type"), h.Get("Content-Language"), c.status, c.contentType, c.language)
			}
			if h.Get("Content-Security-Policy") != policy || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("unguarded: %v", h)
			}
			if varies := h.Get("Vary") == "Accept-Language"; varies != (c.language != "") {
				t.Errorf("Vary is %q", h.Get("Vary"))
			}
			wantCache := "no-store"
			if c.status == 200 {
				wantCache = freshFor
			}
			if h.Get("Cache-Control") != wantCache || (h.Get("ETag") != "") != (c.status == 200) {
				t.Errorf("kept as %q with tag %q", h.Get("Cache-Control"), h.Get("ETag"))
			}
			if empty := w.Body.Len() == 0; empty != (c.method == "HEAD") {
				t.Errorf("a %s was answered with %d bytes", c.method, w.Body.Len())
			}
			if c.language != "" && c.method != "HEAD" && !strings.Contains(w.Body.String(), `<html lang="`+c.language+`">`) {
				t.Error("the page does not say which language it is in")
			}
		})
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestThePageShowsWhatOneComparesByTelephone(t *testing.T) {
	t.Parallel()
	page := ask(t, open(&database{list: mailboxes()}), "GET", "/certificates?q=ITS&lang=da").Body.String()
	digest := mailbox.Fingerprint(mailboxes()[0].Certificate)
	var spoken []string
	for _, part := range strings.Split(page, "<span>")[1:] {
		if group, _, _ := strings.Cut(part, "</span>"); len(group) == 4 {
			spoken = append(spoken, group)
		}
	}
	if got, want := strings.Join(spoken, ""), strings.ToUpper(hex.EncodeToString(digest[:])); got != want || len(spoken) != 16 {
		t.Errorf("fingerprint %v, want %s", spoken, want)
	}
	for _, want := range []string{
		">ITS Sikker Mail<", "mailto:sikkermail@its.aau.example", "ITS Sikker Mail, Universitetet Eksempel", "Playground Trust S/MIME CA 1",
		"<time datetime=\"2026-11-23T11:00:00Z\">23.\u00a0november\u00a02026</time> til <time datetime=\"2028-11-23T11:00:00Z\">23.\u00a0november\u00a02028</time>",
		`href="/certificates/sikkermail@its.aau.example.cer"`, "1 postkasse passer til <q>ITS</q>", `value="ITS"`,
		`<link rel="canonical" href="https://sikker.example/certificates?lang=da&amp;q=ITS">`,
		`hreflang="de" href="https://sikker.example/certificates?lang=de&amp;q=ITS"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestACertificateThatCannotBeUsedSaysSo(t *testing.T) {
	t.Parallel()
	h := open(&database{list: mailboxes()})
	cases := map[string]struct{ query, want, absent string }{
		"about to end":     {"bib", "Expires soon", "The mail address is not inside"},
		"ended":            {"oko", "Do not use this certificate", ""},
		"not begun":        {"zoo", "Not valid yet", "The mail address is not inside"},
		"of other address": {"oko", "The mail address is not inside", ""},
		"good":             {"its", ">Valid<", "The mail address is not inside"},
	}
	for name, c := range cases {
		page := ask(t, h, "GET", "/certificates?lang=en&q="+c.query).Body.String()
		if !strings.Contains(page, c.want) || c.absent != "" && strings.Contains(page, c.absent) {
			t.Errorf("%s: the page lacks %q or has %q", name, c.want, c.absent)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
}

func TestASearchFindsWordsInNamesAndAddresses(t *testing.T) {
	t.Parallel()
	shown := catalogueOf(mailboxes())
	cases := map[string]struct {
		query string
		want  int
	}{
		"nothing asked":        {"", 5},
		"spaces only":          {"  \t ", 5},
		"a name in capitals":   {"ØKONOMI", 1},
		"a part of an address": {"@BIB.", 1},
		"words of both":        {"mail its.aau", 1},
		"a word too many":      {"its bibliotek", 0},
		"all of them":          {"aau.example", 5},
	}
	for name, c := range cases {
		if got := len(shown.search(c.query)); got != c.want {
			t.Errorf("%s: %d found, want %d", name, got, c.want)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	if len(bounded(strings.Repeat("å", 1000))) != 2*maxQuery || bounded("  a\xff ") != "a" {
		t.Error("a search is not bounded")
	}
}

func TestMailboxesAreSortedAsDanesDo(t *testing.T) {
	t.Parallel()
	var order []string
	for _, e := range catalogueOf(mailboxes()).entries {
		order = append(order, string([]rune(e.Name)[:3]))
	}
	if got := strings.Join(order, " "); got != "ITS Løn Zoo Øko Ålb" {
		t.Errorf("sorted %s", got)
	}
}

func TestAHostileNameIsOnlyText(t *testing.T) {
	t.Parallel()
	h := open(&database{list: mailboxes()})
	attack := url.QueryEscape(`"><script>alert(3)</script><img src=x onerror=alert(4)>`)
	for _, target := range []string{
		"/certificates", "/certificates?q=" + attack, "/certificates?lang=" + attack, "/certificates/" + url.PathEscape(`"><script>alert(3)</script>`) + ".cer",
	} {
		page := ask(t, h, "GET", target).Body.String()
		if strings.Contains(strings.ToLower(page), "<script") || strings.Contains(page, "<img") || strings.Contains(page, "ZgotmplZ") {
			t.Errorf("%s: what was named or asked got into the page as markup", target)
		}
	}
	if !strings.Contains(ask(t, h, "GET", "/certificates?q="+attack).Body.String(), "&lt;script&gt;alert(3)") {
		t.Error("the search is not shown again")
	}
}

func TestANameShowsWhatIsWrittenInIt(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"\u202elive": "live", "a\u200b\u2066b\u00ad": "ab", " Løn \t og\r\nHR ": "Løn og HR", "\x00\x1b[31m": "[31m", "a\xff": "a\uFFFD", "\u2028": "",
	} {
		if got := visible(name); got != want {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
	if got := catalogueOf(mailboxes()).entries[1]; got.holder != "</dd><script>alert(2)</script>, evil" {
		t.Errorf("the holder is shown as %q", got.holder)
	}
}

func TestAHostileAddressMakesAHarmlessFilename(t *testing.T) {
	t.Parallel()
	w := ask(t, open(&database{list: mailboxes()}), "GET", "/certificates/"+url.PathEscape(mailboxes()[4].Address)+".p7b")
	const want = `attachment; filename="a_b_c_d_e_f___x_@l_n.aau.example.p7b"`
	if got := w.Header().Get("Content-Disposition"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := filename("..-"+strings.Repeat("x", 300), ".cer"); len(got) != maxFilename+4 || got[0] != 'x' {
		t.Errorf("a long one is %q", got)
	}
}

func TestWhoHasItIsNotSentItAgain(t *testing.T) {
	t.Parallel()
	h := open(&database{list: mailboxes()})
	for _, target := range []string{"/certificates", "/certificates/style.css", "/certificates/sikkermail@its.aau.example.cer", "/certificates/sikkermail@its.aau.example.vcf"} {
		first := ask(t, h, "GET", target)
		tag := first.Header().Get("ETag")
		if !strings.HasPrefix(tag, `"`) {
			t.Errorf("%s: no strong tag: %q", target, tag)
		}
		for _, sent := range []string{tag, `"other", ` + tag, "W/" + tag, "*"} {
			w := ask(t, h, "GET", target, "If-None-Match", sent)
			if w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get("ETag") != tag || w.Header().Get("Cache-Control") != freshFor {
				t.Errorf("%s, If-None-Match %s: %d with %d bytes", target, sent, w.Code, w.Body.Len())
			}
		}
		if w := ask(t, h, "GET", target, "If-None-Match", `"other"`); w.Code != http.StatusOK || w.Body.String() != first.Body.String() {
			t.Errorf("%s: %d to who has something else", target, w.Code)
		}
	}
	if ask(t, h, "GET", "/certificates?lang=da").Header().Get("ETag") == ask(t, h, "GET", "/certificates?lang=en").Header().Get("ETag") {
		t.Error("two languages have one tag")
	}
}

func TestThePageStandsBehindTheHeadersOfTheAPI(t *testing.T) {
	t.Parallel()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		open(&database{list: mailboxes()}).ServeHTTP(w, r)
	})
	got := ask(t, h, "GET", "/certificates").Header()
	if got.Get("Cache-Control") != freshFor || len(got.Values("Cache-Control")) != 1 || got.Get("Content-Security-Policy") != policy || len(got.Values("Content-Security-Policy")) != 1 {
		t.Errorf("%v", got)
	}
}

func TestAnOrganisationWithoutANameOrAddressHasAPageToo(t *testing.T) {
	t.Parallel()
	h := New(Deps{Mailboxes: &database{}, Now: at})
	page := ask(t, h, "GET", "/certificates").Body.String()
	if !strings.Contains(page, "Her er ingen postkasser endnu.") || strings.Contains(page, "canonical") || !strings.Contains(page, `hreflang="en" href="/certificates?lang=en"`) {
		t.Error("the page without names and addresses is not as it should be")
	}
}
