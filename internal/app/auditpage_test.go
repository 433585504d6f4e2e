package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/sandbox/browser"
)

// picture is of what stands in the window, for whoever sets SCREENS to a folder.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("SCREENS")
	if folder == "" {
		return
	}
	all := true
	shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &all})
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), shot.Data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fillLog has something of every kind happen.
func fillLog(t *testing.T) {
	t.Helper()
	actor := audit.Actor{Kind: "operator", ID: "root"}
	for _, e := range []audit.Entry{
		{Action: audit.GrantPut, Mailbox: "sikkermail@hr.aau.example", Changed: true, After: map[string]string{"kind": "group", "subject": "9f000000-0000-4000-8000-000000000003"}},
		{Action: audit.CertificateApproved, Changed: true, Before: map[string]any{"state": "pending: unknown_issuer", "vouched": false, "for": "bo@partner.example"}, After: map[string]any{"state": "used", "vouched": true, "for": "bo@partner.example"}},
		{Action: audit.MessageAccepted, Mailbox: "sikkermail@its.aau.example", MessageID: "7e4a4700-0000-4000-8000-000000000001", Detail: audit.Message{HeaderID: "<7e4a4700@its.aau.example>", Profile: "compat", Recipients: []audit.Recipient{
			{Address: "post@partner.example", Field: "to", Route: "smime"}, {Address: "bente@its.aau.example", Field: "cc", Route: "internal"},
		}}},
		{Action: audit.MailboxPut, Mailbox: "sikkermail@its.aau.example", Changed: true, Before: map[string]any{"name": "ITS", "certificate": strings.Repeat("ab", 32), "undo_seconds": 10}, After: map[string]any{"name": "IT-Services", "certificate": strings.Repeat("cd", 32), "undo_seconds": 10}},
	} {
		e.At, e.Actor = time.Now(), actor
		if err := shared.service.store.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for _, codes := range [][]string{{"no_certificate"}, {"no_certificate", "revoked"}} {
		if err := shared.service.store.CountRefusals(t.Context(), time.Now(), "recipients_refused", codes); err != nil {
			t.Fatal(err)
		}
	}
	if err := shared.service.ledger.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTheAuditLogIsReadWithABrowser(t *testing.T) {
	t.Parallel()
	fillLog(t)
	ctx := browser.Open(t, 1280, 800)
	signIn(t, ctx, "jonna")
	err := chromedp.Do(ctx, chromedp.Navigate(shared.url()+"/admin/audit?lang=en"), chromedp.SetValue("#action", "mailbox_put"),
		chromedp.SetValue("#mailbox", "sikkermail@its.aau.example"), chromedp.Click("form.panel button.primary"))
	if err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.readyState === "complete" && location.search.includes("mailbox=")`)
	if at := seen[string](t, ctx, "location.search"); !strings.Contains(at, "action=mailbox_put") {
		t.Errorf("the search led to %s", at)
	}
	if err := chromedp.Do(ctx, chromedp.Click("table.log details summary"), chromedp.WaitVisible("table.change")); err != nil {
		t.Fatal(err)
	}
	if text := seen[string](t, ctx, "document.querySelector('table.change').innerText"); !strings.Contains(text, "IT-Services") || !strings.Contains(text, "undo_seconds") {
		t.Errorf("before and after: %s", text)
	}
	// The file of what was found, fetched with the link.
	folder := t.TempDir()
	_, err = chromedp.CallBrowser(ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{BrowserContextID: chromedp.FromContext(ctx).BrowserContextID, Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder})
	if err == nil {
		err = chromedp.Do(ctx, chromedp.Click(`a[href*="format=ndjson"]`))
	}
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for until := time.Now().Add(30 * time.Second); len(files) == 0 && time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		files, _ = filepath.Glob(filepath.Join(folder, "*.ndjson"))
	}
	if len(files) != 1 {
		t.Fatalf("fetched: %q", files)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := sendsikker("", "audit", "verify", files[0]); got.status != 0 || !strings.Contains(string(text), `"filter":{"mailbox":"sikkermail@its.aau.example","action":"mailbox_put"}`) {
		t.Errorf("%+v %.300s", got, text)
	}
}

func TestTheSheetIsReadAndPrintedWithABrowser(t *testing.T) {
	t.Parallel()
	fillLog(t)
	ctx := browser.Open(t, 1280, 800)
	signIn(t, ctx, "iben")
	// As it is printed: no navigation, nothing cut off at the edge of A4 (210 mm at 96 dpi, less the margins), dark or not.
	for _, lang := range []string{"da", "en"} {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(718, 1000), chromedp.Navigate(shared.url()+"/admin/sheet?lang="+lang)); err != nil {
			t.Fatal(err)
		}
		if wide := seen[int](t, ctx, "document.documentElement.scrollWidth"); wide > 718 {
			t.Errorf("printed it is %d px wide", wide)
		}
		if shown := seen[[]string](t, ctx, `[...document.querySelectorAll("nav, form, button, .screen-only")].filter(e => e.checkVisibility()).map(e => e.outerHTML)`); len(shown) > 0 {
			t.Errorf("printed are %q", shown)
		}
		if ground := seen[string](t, ctx, "getComputedStyle(document.body).backgroundColor"); ground != "rgb(255, 255, 255)" {
			t.Errorf("printed on %s", ground)
		}
		picture(t, ctx, "sheet-"+lang+"-print")
		printed, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69})
		if err != nil {
			t.Fatal(err)
		}
		if pages := strings.Count(string(printed.Data), "/Type /Page\n"); pages < 1 || pages > 3 {
			t.Errorf("%d pages of paper", pages)
		}
		if folder := os.Getenv("SCREENS"); folder != "" {
			if err := os.WriteFile(filepath.Join(folder, "sheet-"+lang+".pdf"), printed.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
