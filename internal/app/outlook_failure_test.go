package app

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// The draft that every failure is tried with: a text, a file, and a recipient of the test's own.
func failing(client, to string) string {
	return "pane=1&client=" + client + "&to=" + to + "&subject=Fejl&body=Fortroligt&attach=svar.txt"
}

// failed is how many such mails have arrived: other tests write to the same people.
func failed(to string) (n int) {
	for _, d := range shared.university.Exchange.Heads(to) {
		if bytes.Contains(d.Raw, []byte("\nSubject: Fejl\r\n")) {
			n++
		}
	}
	return n
}

// whole checks that nothing of the draft is lost.
func (p *outlookPage) whole(why string) {
	p.t.Helper()
	got := evaluate[string](p, `(() => { const s = window.outlook.state(); return [s.open, s.subject, s.html, s.attachments.map((a) => a.name), s.to.length].join(" ") })()`)
	if got != "true Fejl <p>Fortroligt</p> svar.txt 1" {
		p.t.Errorf("%s: of the draft is left %q", why, got)
	}
}

// arrives waits for one more of them.
func (p *outlookPage) arrives(to string, before int) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); failed(to) <= before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("nothing arrived for %s", to)
		}
	}
}

func TestTheDraftStaysWholeWhateverFails(t *testing.T) {
	t.Parallel()
	const to = "gitte@region.example"
	p := openOutlook(t, nil, failing("web", to))
	for _, c := range []struct{ fault, state, kind string }{
		{"offline", "failed", "offline unreachable unclear"}, {"down", "failed", "unreachable server busy unclear"}, {"token", "failed sign-in", "sign_in_refused sign_in_needed"},
		{"unreadable", "failed", "attachment_unreadable"}, {"empty", "failed", "attachment_unreadable"},
	} {
		p.visit(failing("web", to))
		p.shows("ready")
		before := failed(to)
		evaluate[bool](p, `window.outlook.fault("`+c.fault+`", true) ?? true`)
		if c.fault == "token" {
			// One that is held is still good: a sign-in is refused from the next visit on.
			p.visit(failing("web", to) + "&fault=token")
		} else {
			p.inPane("#send")
		}
		p.shows(strings.Fields(c.state)...)
		if kind := evaluate[string](p, `document.querySelector(".pane iframe").contentDocument.getElementById("failure")?.dataset.kind ?? ""`); kind != "" && !strings.Contains(c.kind, kind) {
			t.Errorf("%s: the pane says %s", c.fault, kind)
		}
		p.whole(c.fault)
		if evaluate[string](p, `document.querySelector(".pane iframe").contentDocument.getElementById("pane").innerText`) == "" {
			t.Errorf("%s: nothing is said", c.fault)
		}
		if failed(to) != before {
			t.Errorf("%s: something was sent", c.fault)
		}
		// And it can be sent once the weather is good again.
		evaluate[bool](p, `window.outlook.fault("`+c.fault+`", false) ?? true`)
		p.inPane("#retry, #sign-in")
		p.shows("ready", "done")
		if evaluate[bool](p, pane(`d.getElementById("pane").dataset.state === "ready"`)) {
			p.inPane("#send")
			p.shows("done")
		}
		p.arrives(to, before)
	}
	p.quiet("503", "ERR_EMPTY_RESPONSE", "401")
}

func TestWhatOutlookKeepsBackIsSaidBeforeSending(t *testing.T) {
	t.Parallel()
	p := openOutlook(t, nil, "client=classic")
	for fault, code := range map[string]string{"cloud": "cloud_attachment", "unresolved": "unresolved", "cap": "recipients_cut"} {
		p.visit("client=classic&pane=1&to=chen@uni.example&subject=x&body=y&fault=" + fault)
		if fault == "unresolved" {
			// Outlook tells of nobody whom it has not found: the pane cannot know, and the mail goes to those who are there.
			p.shows("ready", "warned", "blocked")
			continue
		}
		p.until(pane(`d.querySelector("#notices [data-code=` + code + `]") !== null`))
		p.shows("blocked")
		if evaluate[string](p, `document.querySelector(".pane iframe").contentDocument.getElementById("send").getAttribute("aria-disabled") ?? ""`) != "true" {
			t.Errorf("%s: the button is not off", fault)
		}
		p.inPane("#send")
		time.Sleep(200 * time.Millisecond)
		p.shows("blocked")
	}
	p.quiet()
}

func TestPressedTwiceItIsSentOnceAndNeverAgain(t *testing.T) {
	t.Parallel()
	const to = "snart@partner.example"
	p := openOutlook(t, nil, failing("new", to))
	p.shows("ready", "warned")
	before := failed(to)
	evaluate[bool](p, pane(`(d.getElementById("yes")?.click(), true)`))
	p.shows("ready", "warned")
	evaluate[bool](p, pane(`(d.getElementById("send").click(), d.getElementById("send")?.click(), d.getElementById("send")?.click(), true)`))
	p.shows("done", "watching")
	p.until(`window.outlook.state().headers["x-send-sikker"]?.startsWith("sent ")`)
	p.inPane("#stay")
	// The draft says that it has gone: neither ordinary Send nor another pane sends it again.
	evaluate[bool](p, `window.outlook.send().then(() => true)`)
	p.until(`window.outlook.alert()?.kind === "held"`)
	p.click("#alert [data-choice=stay]")
	evaluate[bool](p, `(window.outlook.pane(false), window.outlook.pane(true), true)`)
	p.shows("done", "watching", "undelivered")
	if evaluate[bool](p, pane(`d.getElementById("send") !== null`)) {
		t.Error("it offers to send again")
	}
	p.arrives(to, before)
	time.Sleep(500 * time.Millisecond)
	if n := failed(to) - before; n != 1 {
		t.Errorf("%d copies arrived", n)
	}
	p.quiet()
}

func TestTheWindowIsClosedInTheMiddle(t *testing.T) {
	t.Parallel()
	const to = "hans@kommune.example"
	p := openOutlook(t, nil, failing("web", to))
	p.shows("ready")
	before := len(shared.university.Exchange.Delivered(to))
	p.inPane("#send")
	p.shows("collecting", "uploading", "watching", "done")
	evaluate[bool](p, `(window.outlook.close(), true)`)
	p.until(`!window.outlook.state().open && document.querySelector(".pane iframe") === null`)
	// It went, or it did not; it did not go twice, and not in clear.
	time.Sleep(2 * time.Second)
	list := shared.university.Exchange.Delivered(to)[before:]
	if len(list) > 1 || len(list) == 1 && bytes.Contains(list[0].Raw, []byte("Fortroligt")) {
		t.Errorf("%d mails arrived", len(list))
	}
	p.quiet()
}
