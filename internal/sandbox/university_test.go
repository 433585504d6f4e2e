package sandbox_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"aau.dk/sendsikker/internal/sandbox"
	"aau.dk/sendsikker/internal/smime"
)

func open(t *testing.T) *sandbox.University {
	t.Helper()
	u, err := sandbox.Open(t.Context(), sandbox.Options{Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = u.Close() })
	return u
}

func get(t *testing.T, address string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// deliver puts a mail into the pretend Exchange as the service does.
func deliver(t *testing.T, u *sandbox.University, mime string) {
	t.Helper()
	box := u.Mailboxes[0].Address
	token, err := u.Entra.Credential(u.Service()).GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	call := func(path, body string) string {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u.URL+"/v1.0/users/"+url.PathEscape(box)+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token.Token)
		request.Header.Set("Content-Type", "text/plain")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		text, _ := io.ReadAll(answer.Body)
		if answer.StatusCode/100 != 2 {
			t.Fatalf("%s: %d %s", path, answer.StatusCode, text)
		}
		return string(text)
	}
	draft := call("/messages", base64.StdEncoding.EncodeToString([]byte(mime)))
	_, rest, _ := strings.Cut(draft, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	call("/messages/"+url.PathEscape(id)+"/send", "")
}

func TestAHostileMailIsShownAndDoesNothing(t *testing.T) {
	t.Parallel()
	u := open(t)
	deliver(t, u, "From: <sikkermail@its.aau.example>\r\nTo: <nocert@partner.example>\r\nSubject: <script>alert(1)</script>\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<script>alert(2)</script>\"><img src=https://tracker.example/x>")
	if _, err := u.Exchange.Wait(t.Context(), "nocert@partner.example", 1); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/mailbox?address=nocert%40partner.example", "/mail?address=nocert%40partner.example&n=0"} {
		status, page := get(t, u.URL+path)
		if status != http.StatusOK || strings.Contains(page, "<script") || strings.Contains(page, "<img") {
			t.Errorf("%s: %d, and the mail is part of the page", path, status)
		}
		if !strings.Contains(page, "&lt;script&gt;alert(1)") {
			t.Errorf("%s does not show the subject", path)
		}
	}
}

func TestThePagesAnswerInBothLanguages(t *testing.T) {
	t.Parallel()
	u := open(t)
	for path, words := range map[string][2]string{
		"/":                        {"Folk udenfor", "People outside"},
		"/mailbox?address=x%40y.z": {"ikke kommet noget", "Nothing has arrived"},
	} {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		_, danish := get(t, u.URL+path)
		_, english := get(t, u.URL+path+sep+"lang=en")
		if !strings.Contains(danish, words[0]) || !strings.Contains(english, words[1]) || !strings.Contains(english, `lang="en"`) {
			t.Errorf("%s: languages are mixed up", path)
		}
	}
	for _, r := range u.Recipients {
		if r.Danish == "" || r.English == "" {
			t.Errorf("%s is not explained in both languages", r.Address)
		}
	}
	if status, _ := get(t, u.URL+"/mail?address=bo%40partner.example&n=7"); status != http.StatusNotFound {
		t.Errorf("a mail that does not exist: %d", status)
	}
}

func TestTheSandboxListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	if u, err := sandbox.Open(context.Background(), sandbox.Options{Listen: "0.0.0.0:0", Fast: true}); err == nil {
		_ = u.Close()
		t.Error("a world that lets everybody in was opened to everybody")
	}
}

func TestASealedMailIsShownAsItTravelledAndOpened(t *testing.T) {
	t.Parallel()
	u := open(t)
	box, to := u.Mailboxes[0].Identity, u.Recipients[0]
	var mime bytes.Buffer
	mime.WriteString("From: <sikkermail@its.aau.example>\r\nTo: <" + to.Address + ">\r\nSubject: Afg\r\nMIME-Version: 1.0\r\n")
	w, err := smime.Seal(smime.Compat(), smime.Signer{Certificate: box.Certificate, Chain: box.Chain, Key: box.Key}, time.Now(),
		smime.Envelope{Recipients: []*x509.Certificate{to.Identity.Certificate}, To: &mime})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "Content-Type: text/plain\r\n\r\nfortroligt indhold\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	deliver(t, u, mime.String())
	if _, err := u.Exchange.Wait(t.Context(), to.Address, 1); err != nil {
		t.Fatal(err)
	}
	_, page := get(t, u.URL+"/mail?n=0&address="+url.QueryEscape(to.Address))
	opened, wire, _ := strings.Cut(page, "På vejen")
	if !strings.Contains(opened, "fortroligt indhold") || !strings.Contains(opened, "Underskrevet: SHA-256") || !strings.Contains(opened, "ITS Sikker Mail") {
		t.Errorf("not opened: %s", opened)
	}
	if strings.Contains(wire, "fortroligt") || !strings.Contains(wire, "application/pkcs7-mime") {
		t.Error("the wire shows the content, or not the wire")
	}
}
