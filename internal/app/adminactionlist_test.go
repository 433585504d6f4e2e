package app

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"aau.dk/sendsikker/internal/store"
)

// adminActions is everything that can be done on the pages, by who does it, in order: each finds what those before it have left.
func adminActions(t *testing.T, w *world) map[string][]adminAction {
	t.Helper()
	const hrAddress, password = "sikkermail@hr.aau.example", "kun-til-prøve"
	type steps = []chromedp.Action[chromedp.Void]
	click := func(selector string) chromedp.Action[chromedp.Void] { return chromedp.Click(selector) }
	boxes, err := w.service.store.MailboxesIn(t.Context(), store.Scope{All: true})
	fatal(t, err)
	ids := map[string]string{}
	for _, b := range boxes {
		ids[b.Address] = b.ID
	}
	hr, its := "/admin/mailboxes/"+ids[hrAddress], "/admin/mailboxes/"+ids["sikkermail@its.aau.example"]
	rights := "/admin/grants/" + ids[hrAddress]
	unclear, sent, waiting := w.doubts(t)
	decide := func(n int) string { return "/admin/messages/" + unclear[n].MessageID + "/copies/" + unclear[n].ID }
	first, second := w.keyFile(t, hrAddress, password), w.keyFile(t, hrAddress, password)
	partner := file(t, "partner.pem", issueFor(t, w.university.Danish, "ny@nypartner.example").CertificatePEM())
	later := time.Now().AddDate(0, 0, 20).Format("2006-01-02") + "T09:00"
	const notAllowed = "Det har din rolle ikke adgang til."
	imports := func(file, word string) steps {
		return steps{chromedp.SetUploadFiles("#key", []string{file}), chromedp.SetValue("#password", word), click("form[enctype] .primary")}
	}
	return map[string][]adminAction{
		"anna": {
			{name: "sees no page", path: "/admin/?lang=da", says: []string{"Din konto har ingen rolle her."}},
			{name: "sends no form", send: rights + "/give", says: []string{"Din konto har ingen rolle her."}},
		},
		"david": {
			{name: "lets somebody send", path: rights + "?kind=person&q=anna&lang=da", steps: steps{click(`form[action$="/give"] button`)}, says: []string{"Adgangen er givet", "Anna Eksempel"}},
			{name: "takes the right back", steps: steps{click(`a[href*="/take?"][href*="` + personID(t, w, "anna") + `"]`), click("button.danger")}, says: []string{"taget tilbage"}},
			{name: "changes the settings", path: hr + "/settings", steps: steps{chromedp.SetValue("#name", "HR, sikker mail"), chromedp.SetValue("#undo", "20"), click(".primary")}, says: []string{"Indstillingerne er gemt.", "HR, sikker mail", "20 sekunder"}},
			{name: "orders a certificate", path: hr + "/key", steps: steps{click(`form[action$="/request"] button`)}, says: []string{"Nøglen er lavet, og anmodningen ligger klar."}},
			{name: "fetches the request", steps: steps{click(`[aria-labelledby=requests] a`), click(`a[href$="/request.csr"]`)}, file: ".csr", holds: "CERTIFICATE REQUEST"},
			{name: "types a wrong password", path: hr + "/key", steps: imports(first, "gættet"), says: []string{"Adgangskoden åbner ikke filen."}},
			{name: "types the right one", steps: imports(first, password), says: []string{"Se certifikatet efter", "Jeg har sammenlignet fingeraftrykket"}},
			{name: "does not compare", steps: steps{click("form .primary")}, says: []string{"Sammenlign fingeraftrykket med det, som udstederen oplyser"}},
			{name: "plans the roll-over", steps: steps{click("#later"), chromedp.SetValue("#from", later), click("#compared"), click("form .primary")}, says: []string{"Nøglen skiftes"}},
			{name: "drops the plan", steps: steps{click(`a[href*="/keys/"].button`), click(`a[href$="/drop"]`), click("form .danger")}, says: []string{"Fjernet. Intet er sendt med den nøgle."}},
			{name: "imports another", path: hr + "/key", steps: imports(second, password), says: []string{"Se certifikatet efter"}},
			{name: "puts it to use", steps: steps{click("#compared"), click("form .primary")}, says: []string{"Nøglen er i brug", "Tidligere nøgler"}},
			{name: "sends a test mail", steps: steps{click(`form[action$="/try"] button`)}, says: []string{"Prøvemailen kom frem, som den blev sendt."}},
			{name: "pins for nobody", path: "/admin/recipients", says: []string{notAllowed}},
			{name: "appoints nobody", path: rights, send: rights + "/appoint", says: []string{notAllowed}},
			{name: "does not see another's mailbox", path: its, says: []string{"Findes ikke"}},
		},
		"jonna": {
			{name: "searches the log", path: "/admin/audit?lang=da", steps: steps{chromedp.SetValue("#action", "grant_put"), click("form.panel .primary")}, says: []string{"Adgang givet", hrAddress, "Hent det fundne"}},
			{name: "fetches what can be verified", steps: steps{click(`a[href*="format=ndjson"]`)}, file: ".ndjson", holds: `"action":"grant_put"`},
			{name: "fetches what can be counted", steps: steps{click(`a[href*="format=csv"]`)}, file: ".csv", holds: "grant_put"},
			{name: "reads the sheet", path: "/admin/sheet", says: []string{"Hvem kan sende krypteret", hrAddress}},
			{name: "changes nothing", path: hr + "/settings", says: []string{notAllowed}},
			{name: "decides nothing", path: "/admin/", send: decide(0), says: []string{notAllowed}},
		},
		"iben": {
			{name: "appoints", path: rights + "?kind=person&q=birk&lang=da", steps: steps{click(`form[action$="/appoint"] button`)}, says: []string{"er udpeget"}},
			{name: "dismisses", steps: steps{click(`a[href*="care=yes"][href*="` + personID(t, w, "birk") + `"]`), click("button.danger")}, says: []string{"er fjernet"}},
			{name: "closes a mailbox", path: hr + "/settings", steps: steps{chromedp.SetValue("#per_minute", "5"), click("#enabled"), click(".primary")}, says: []string{"lukket for afsendelse", "højst 5 mails i minuttet"}},
			{name: "says that a mail arrived", path: decide(0), steps: steps{click("#arrived"), click(".primary")}, says: []string{"Noteret: mailen kom frem."}},
			{name: "has another sent again", path: decide(1), steps: steps{click("#again"), click("#sure"), click(".primary")}, says: []string{"Mailen sendes igen."}},
			{name: "asks for a receipt again", path: "/admin/messages/" + sent, steps: steps{click(`form[action$="/notice"] button`)}, says: []string{"igen om et øjeblik"}},
			{name: "approves a certificate", path: "/admin/recipients/" + waiting, steps: steps{click("#this"), click("#compared"), click(`form[action$="/approve"] button`)}, says: []string{"Certifikatet er godkendt."}},
			{name: "pins one", path: "/admin/recipients", steps: steps{chromedp.SetValue("#pin-for", "ny@nypartner.example"), chromedp.SetUploadFiles("#certificate", []string{partner}), click("[aria-labelledby=pin] .primary")}, says: []string{"Certifikatet er lagt ind. Det bruges fra nu af.", "Ny Partner"}},
			{name: "removes it", steps: steps{click("#sure"), click(".danger")}, says: []string{"Certifikatet er fjernet."}},
			{name: "asks a directory", path: "/admin/directories", steps: steps{chromedp.SetValue("#address", "gitte@region.example"), click(".primary")}, says: []string{"heraf 1 kan bruges"}},
			{name: "reads no subject", path: "/admin/messages/" + sent, says: []string{"vises kun for postkassens lokale administratorer"}},
			{name: "signs out", steps: steps{click(".me summary"), click(`form[action$="/sign-out"] button`)}, says: []string{"Du er logget ud"}},
			// The language went with the session; the browser's own is English.
			{name: "signs in to sign out everywhere", steps: steps{click(".primary"), click(`a[href*="login_hint=iben%40"]`), click(".me summary"), click(`form[action$="/sign-out-everywhere"] button`)}, says: []string{"You are signed out"}},
		},
	}
}
