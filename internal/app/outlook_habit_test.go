package app

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// tab presses Tab until an element has the focus, in the page or in the pane; back presses it with Shift.
func (p *outlookPage) tab(focused string, back bool) {
	p.t.Helper()
	var options []chromedp.KeyOption
	if back {
		options = append(options, chromedp.KeyModifiers(chromedp.ModifierShift))
	}
	for range 80 {
		if evaluate[bool](p, focused) {
			return
		}
		if err := chromedp.Do(p.ctx, chromedp.KeyEvent("\t", options...)); err != nil {
			p.t.Fatal(err)
		}
	}
	p.t.Fatalf("the keyboard never comes to %s", focused)
}

func TestASecureMailIsSentWithTheKeyboardAlone(t *testing.T) {
	t.Parallel()
	const to = "ocsp@partner.example"
	p := openOutlook(t, nil, "client=new")
	before := len(shared.university.Exchange.Delivered(to))
	at := func(id string) string { return `document.activeElement.id === "` + id + `"` }
	in := func(id string) string {
		return pane(`document.activeElement.tagName === "IFRAME" && d.activeElement.id === "` + id + `"`)
	}
	for _, field := range []struct{ id, keys string }{{"to", to + ";"}, {"subject", "Tastatur"}, {"body", "Uden mus"}} {
		p.tab(at(field.id), false)
		p.press(field.keys)
	}
	p.tab(at("secure"), true)
	p.press("\r")
	p.shows("ready")
	p.tab(in("send"), false)
	p.press("\r")
	p.shows("done")
	p.tab(in("close"), false)
	p.press("\r")
	p.until(`window.outlook.state().ended === "discarded"`)
	if raw := arrivedSince(t, to, before); !bytes.Contains(raw, []byte("pkcs7-mime")) {
		t.Error("it did not travel sealed")
	}
	p.tab(at("fresh"), false)
	p.press("\r")
	p.until(`window.outlook?.state().open && document.documentElement.dataset.ready !== undefined`)
	p.quiet()
}

// testCPR is that of a test person of the Danish health service's.
const testCPR = "251248-9996"

func TestTheGuardHoldsWhatShouldTravelSealedAndOpensThePane(t *testing.T) {
	t.Parallel()
	const to = "udenfor@partner.example"
	p := openOutlook(t, nil, "client=classic")
	for client, buttons := range map[string]int{"classic": 2, "new": 2, "web": 2, "mac": 2} {
		p.visit("client=" + client + "&to=" + to + "&subject=Sag&body=Patientens+nummer+er+" + testCPR)
		time.Sleep(1100 * time.Millisecond) // classic tells of the text a second later
		evaluate[bool](p, `window.outlook.send().then(() => true)`)
		p.until(`window.outlook.alert()?.kind === "held"`)
		if n := evaluate[int](p, `window.outlook.alert().buttons.length`); n != buttons {
			t.Errorf("%s: %d buttons", client, n)
		}
		if text := evaluate[string](p, `window.outlook.alert().message`); strings.Contains(text, testCPR) || text == "" {
			t.Errorf("%s: %s", client, text)
		}
		p.click("#alert [data-choice=action]")
		p.shows("ready", "blocked", "warned")
	}
	// What nothing speaks against goes out, and so does everything from an Outlook without Smart Alerts.
	for _, query := range []string{"client=web&body=Hej", "client=classic&body=Hej", "client=mac&body=Hej", "client=ltsc2021&body=" + testCPR} {
		p.visit(query + "&subject=Sag&to=" + to)
		evaluate[bool](p, `window.outlook.send().then(() => true)`)
		p.until(`window.outlook.state().ended === "sent"`)
	}
	// What cannot be looked at is held, and with an add-in that is not to be had Outlook itself asks.
	p.visit("client=classic&body=Hej&subject=Sag&fault=guard&to=" + to)
	evaluate[bool](p, `window.outlook.send().then(() => true)`)
	p.until(`window.outlook.alert()?.kind === "held" && window.outlook.alert().message !== ""`)
	p.quiet()
}

func TestAReplyToASecureMailIsOfferedSealed(t *testing.T) {
	t.Parallel()
	const to = "skifter@partner.example"
	p := openOutlook(t, nil, "client=web&pane=1&subject=Kanal&body=Hej&to="+to)
	before := len(shared.university.Exchange.Delivered(to))
	p.shows("ready")
	p.inPane("#send")
	p.shows("done")
	arrivedSince(t, to, before)
	evaluate[bool](p, `fetch("/outlook/arrived").then((r) => r.json()).then((all) => window.outlook.look("`+to+`", all.find((b) => b.address === "`+to+`").letters[0].n)).then(() => true)`)
	p.click(".letter .reply")
	p.until(`window.outlook?.state().html.includes("[Modtaget sikkert · Send sikker]") && document.documentElement.dataset.ready !== undefined`)
	if got := evaluate[string](p, `window.outlook.state().to.join()`); got != to {
		t.Errorf("the reply goes to %s", got)
	}
	evaluate[bool](p, `window.outlook.send().then(() => true)`)
	p.until(`window.outlook.alert()?.kind === "held"`)
	p.click("#alert [data-choice=action]")
	p.shows("ready")
	p.until(pane(`d.getElementById("sealed-before") !== null`))
	p.inPane("#send")
	p.shows("done")
	arrivedSince(t, to, before+1)
	p.quiet()
}

// The first time Entra asks for consent, and somebody may think better of it.
func TestSigningInAsksTheFirstTime(t *testing.T) {
	t.Parallel()
	p := openOutlook(t, nil, "client=web&pane=1&to=bo@partner.example&subject=x&body=y&fault=consent")
	p.shows("sign-in")
	p.inPane("#sign-in")
	p.shows("ready")
	p.visit("client=web&pane=1&to=bo@partner.example&subject=x&body=y&fault=cancel")
	p.shows("sign-in")
	p.inPane("#sign-in")
	p.until(pane(`d.getElementById("pane").dataset.state === "sign-in" && d.getElementById("pane").innerText.includes("Du blev ikke logget ind")`))
	p.quiet()
}
