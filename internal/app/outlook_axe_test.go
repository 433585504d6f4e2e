package app

import (
	"os"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// withAxe puts the accessibility checker, of the add-in's own tools, into every frame of what is visited from now on. The debugger
// does it, past the pages' policies.
func (p *outlookPage) withAxe() {
	p.t.Helper()
	source, err := os.ReadFile("../../addin/node_modules/axe-core/axe.min.js")
	if err != nil {
		stop := p.t.Skipf
		if os.Getenv("CI") == "true" {
			stop = p.t.Fatalf
		}
		stop("axe-core is missing: npm ci --prefix addin")
	}
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: string(source)}); err != nil {
		p.t.Fatal(err)
	}
}

// violations is what axe finds in a window of the page, "window" or that of a frame: WCAG 2.2 at level AA.
func (p *outlookPage) violations(window string) []string {
	p.t.Helper()
	rules := `{}`
	if window != "window" { // Chromium makes a frame's first, empty document first, and axe goes on reading the title of that
		rules = `{ "document-title": { enabled: false } }`
	}
	return evaluate[[]string](p, window+`.axe.run(`+window+`.document, { iframes: false, rules: `+rules+`, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
		.then((r) => r.passes.length < 10 ? ["axe looked at next to nothing"] : r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 160)).join(" | ")))`)
}

func TestEverybodyCanUseThePretendOutlook(t *testing.T) {
	t.Parallel()
	p := openOutlook(t, standIns(), "client=web")
	p.withAxe()
	states := map[string]struct{ query, do string }{
		"writing": {"to=bo@partner.example,Ukendt&subject=Hej&body=Ord&attach=a.txt&pane=1", "true"},
		"asked":   {"to=bo@partner.example&subject=fortroligt", `window.outlook.send().then(() => true)`},
		"ended":   {"to=bo@partner.example", `(window.outlook.close(), true)`},
		"open mail": {"", `fetch("/outlook/send", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ from: "anna@aau.example", to: [{ address: "laes@partner.example" }, { address: "eva@klinik.example" }], subject: "Se", html: "<p>Hej</p>" }) })
			.then(async () => { for (;;) { const n = (await fetch("/outlook/arrived").then((r) => r.json())).find((b) => b.address === "eva@klinik.example").letters[0]?.n; if (n !== undefined) return window.outlook.look("eva@klinik.example", n); } }).then(() => true)`},
	}
	for name, state := range states {
		for _, look := range []string{"theme=light&lang=da", "theme=dark&lang=en"} {
			p.visit("client=web&" + look + "&" + state.query)
			evaluate[bool](p, state.do)
			for _, violation := range p.violations("window") {
				t.Errorf("%s, %s: %s", name, look, violation)
			}
		}
	}
}
