package app

import (
	"net/http"
	"strings"
	"testing"
)

// standIn is a pane and a guard that only say what they are told by Office: the page is tried with them before the real ones are.
const (
	standInPane = `<!doctype html><html lang="da"><head><title>x</title><script src="/outlook/office.js"></script><script src="/addin/pane.js"></script></head><body><output></output></body></html>`
	standInJS   = `window.ask = (path, ...args) => new Promise((resolve) => {
  const parts = path.split("."), method = parts.pop(), on = parts.reduce((o, n) => o[n], Office.context.mailbox.item);
  on[method](...args, (r) => resolve(r.status === "succeeded" ? r.value : "failed " + r.error.code));
});
window.changes = [];
Office.onReady().then((about) => {
  Office.context.mailbox.item.addHandlerAsync(Office.EventType.RecipientsChanged, (e) => window.changes.push(e.changedRecipientFields));
  document.querySelector("output").textContent = about.host + " " + about.platform;
});`
	standInGuard = `Office.actions.associate("onMessageSendHandler", (event) => {
  Office.context.mailbox.item.subject.getAsync((r) => {
    if (r.status !== "succeeded") return event.completed({ allowEvent: false, errorMessage: "Kan ikke læse." });
    if (r.value.includes("fortroligt")) return event.completed({ allowEvent: false, errorMessage: "Det er fortroligt.", cancelLabel: "Send sikker", commandId: "SendSikkerPaneButton", contextData: "{\"why\":\"x\"}" });
    if (r.value.includes("måske")) return event.completed({ allowEvent: false, errorMessage: "Sikker?", sendModeOverride: Office.MailboxEnums.SendModeOverride.PromptUser });
    if (r.value.includes("dom")) return event.completed({ allowEvent: false, errorMessage: [typeof window, typeof document, typeof fetch].join(" ") });
    event.completed({ allowEvent: true });
  });
});`
)

// standIns serves them before the shared university.
func standIns() http.Handler {
	mux := http.NewServeMux()
	for path, content := range map[string][2]string{
		"/addin/pane.html": {"text/html", standInPane}, "/addin/pane.js": {"text/javascript", standInJS}, "/addin/guard.js": {"text/javascript", standInGuard},
		"/addin/icons/icon-32.png": {"image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`},
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", content[0]+"; charset=utf-8")
			_, _ = w.Write([]byte(content[1]))
		})
	}
	mux.Handle("/v1/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	return shared.university.Outlook(mux)
}

func TestOutlookHostsThePaneAsEachClientDoes(t *testing.T) {
	t.Parallel()
	p := openOutlook(t, standIns(), "to=bo@partner.example&subject=Hej&body=Ord&pane=1")
	const ask = `document.querySelector(".pane iframe").contentWindow.ask`
	cases := map[string]struct{ hasClose, ids, body string }{
		"classic":  {"function", "0", "<p>Ord</p>"},
		"new":      {"function", "addinId1-a3f1", "<p>Ord</p>"},
		"web":      {"function", "addinId1-a3f1", "<p>Ord</p>"},
		"mac":      {"function", "0", "failed 5001"},
		"ltsc2021": {"undefined", "0", "<p>Ord</p>"},
	}
	for client, want := range cases {
		p.visit("client=" + client + "&to=bo@partner.example&subject=Hej&body=Ord&attach=a.txt&pane=1")
		p.until(`document.querySelector(".pane iframe").contentDocument?.querySelector("output")?.textContent.startsWith("Outlook ")`)
		got := struct{ hasClose, ids, body string }{
			evaluate[string](p, `typeof document.querySelector(".pane iframe").contentWindow.Office.context.mailbox.item.closeAsync`),
			evaluate[string](p, ask+`("getAttachmentsAsync").then((l) => l[0].id)`), evaluate[string](p, ask+`("body.getAsync", "html")`),
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", client, got, want)
		}
		if got := evaluate[string](p, ask+`("to.getAsync").then((l) => l.map((r) => r.emailAddress).join())`); got != "bo@partner.example" {
			t.Errorf("%s: to %q", client, got)
		}
	}
	p.quiet()
}

func TestOutlookIsWrittenInWithTheKeyboardAlone(t *testing.T) {
	t.Parallel()
	p := openOutlook(t, standIns(), "client=web&pane=1")
	evaluate[bool](p, `document.getElementById("to").focus(), true`)
	p.press("bo@partner.example;")
	p.press("Birk\t")
	p.press("\t") // to Cc; the chips of To are before its field
	p.until(`window.outlook.state().to.join() === "bo@partner.example,birk@aau.example"`)
	evaluate[bool](p, `document.getElementById("subject").focus(), true`)
	p.press("Hej Bo")
	evaluate[bool](p, `document.getElementById("body").focus(), true`)
	p.press("Ord")
	p.until(`window.outlook.state().subject === "Hej Bo" && window.outlook.state().html.includes("Ord")`)
	p.until(`document.querySelector(".pane iframe").contentWindow.changes?.length >= 2`)
	evaluate[bool](p, `document.getElementById("to").focus(), true`)
	p.press("\b")
	p.until(`window.outlook.state().to.length === 1`)
	p.quiet()
}

func TestOrdinarySendAsksTheGuardAndShowsWhatItSays(t *testing.T) {
	t.Parallel()
	p := openOutlook(t, standIns(), "client=classic&to=bo@partner.example&subject=fortroligt")
	evaluate[bool](p, `window.outlook.send().then(() => true)`)
	if got := evaluate[string](p, `JSON.stringify([window.outlook.alert().message, window.outlook.alert().buttons])`); got != `["Det er fortroligt.",["Send sikker","Send ikke"]]` {
		t.Errorf("the dialog: %s", got)
	}
	p.click(`#alert [data-choice=action]`)
	p.until(`window.outlook.state().pane && window.outlook.state().open && window.outlook.alert() === null`)
	if got := evaluate[string](p, `(async () => { while (!document.querySelector(".pane iframe").contentWindow.ask) await new Promise((r) => setTimeout(r, 20)); return document.querySelector(".pane iframe").contentWindow.ask("getInitializationContextAsync"); })()`); got != `{"why":"x"}` {
		t.Errorf("the pane was told %s", got)
	}
	for name, c := range map[string]struct{ query, buttons string }{
		"asked":                 {"client=web&subject=måske", `["Send ikke","Send alligevel"]`},
		"not to be had":         {"client=web&subject=x&fault=guardless", `["Prøv igen senere","Send alligevel"]`},
		"it cannot read":        {"client=web&subject=x&fault=guard", `["Send ikke"]`},
		"an engine without DOM": {"client=classic&subject=dom", `["Send ikke"]`},
		"English":               {"client=web&subject=fortroligt&lang=en", `["Send sikker","Don't send"]`},
	} {
		p.visit(c.query + "&to=bo@partner.example")
		evaluate[bool](p, `window.outlook.send().then(() => true)`)
		if got := evaluate[string](p, `JSON.stringify(window.outlook.alert()?.buttons ?? null)`); got != c.buttons {
			t.Errorf("%s: %s, want %s", name, got, c.buttons)
		}
		if name == "an engine without DOM" && evaluate[string](p, `window.outlook.alert().message`) != "undefined undefined undefined" {
			t.Errorf("the engine has %s", evaluate[string](p, `window.outlook.alert().message`))
		}
		if !evaluate[bool](p, `window.outlook.state().open`) {
			t.Errorf("%s: the draft is gone", name)
		}
	}
	p.quiet("404") // of the guard that is not to be had
}

func TestOrdinaryMailArrivesForEverybodyToReadAndIsAnswered(t *testing.T) {
	t.Parallel()
	p := openOutlook(t, standIns(), "client=web&to=ordinaer@partner.example&cc=eva@klinik.example&subject=Til+alles+øjne&attach=fil.txt")
	evaluate[bool](p, `(window.outlook.type("<p>Vi ses</p><img src='cid:p1@x' alt=''>"), window.outlook.set({ attachments: [{ name: "p.png", type: "image/png", contentId: "p1@x",
		content: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==" }] }), true)`)
	evaluate[bool](p, `window.outlook.send().then(() => true)`)
	p.until(`window.outlook.state().ended === "sent"`)
	raw := arrivedSince(t, "ordinaer@partner.example", 0)
	if !strings.Contains(string(raw), "Vi ses") || !strings.Contains(string(raw), "image/png") {
		t.Errorf("not in clear: %s", raw)
	}
	p.until(`[...document.querySelectorAll(".boxes .open")].some((b) => b.textContent.includes("Til alles øjne") && b.textContent.includes("almindelig"))`)
	evaluate[bool](p, `fetch("/outlook/arrived").then((r) => r.json()).then((all) => window.outlook.look("eva@klinik.example", all.find((b) => b.address === "eva@klinik.example").letters.find((l) => l.subject === "Til alles øjne").n)).then(() => true)`)
	p.until(`document.querySelector(".letter pre").textContent.includes("Vi ses") && document.querySelector(".letter iframe") !== null`)
	p.click(".letter .reply")
	p.until(`document.documentElement.dataset.ready !== undefined && window.outlook?.state().subject === "Sv: Til alles øjne"`)
	if got := evaluate[string](p, `window.outlook.state().to.join() + " " + window.outlook.state().html.includes("Vi ses")`); got != "eva@klinik.example true" {
		t.Errorf("the reply: %s", got)
	}
	p.quiet()
}

func TestTheWeatherOfThePageMeetsWhatThePaneAsksTheService(t *testing.T) {
	t.Parallel()
	p := openOutlook(t, standIns(), "client=web&pane=1")
	ask := `fetch("/v1/me").then((r) => String(r.status), () => "broken")`
	for _, c := range []struct{ fault, want string }{{"offline", "broken"}, {"down", "503"}} {
		evaluate[bool](p, `(window.outlook.fault("`+c.fault+`", true), true)`)
		if got := evaluate[string](p, ask); got != c.want {
			t.Errorf("%s: %s", c.fault, got)
		}
		evaluate[bool](p, `(window.outlook.fault("`+c.fault+`", false), true)`)
		if got := evaluate[string](p, ask); got != "204" {
			t.Errorf("after %s: %s", c.fault, got)
		}
	}
	p.quiet("503", "ERR_EMPTY_RESPONSE")
}
