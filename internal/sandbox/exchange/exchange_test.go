package exchange_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/exchange"
)

const box = "sikkermail@its.aau.example"

type house struct {
	t      *testing.T
	server *exchange.Server
	url    string
}

func open(t *testing.T, change func(*exchange.Config)) house {
	t.Helper()
	config := exchange.Config{
		Verify: func(token string) (string, error) {
			if token != "good" {
				return "", errors.New("not ours")
			}
			return "app", nil
		},
		Mailboxes: []exchange.Mailbox{{Address: box, ID: "oid-box"}}, Domains: []string{"its.aau.example"}, Seed: 3,
		Members: func(string) []string { return []string{"g1"} },
	}
	if change != nil {
		change(&config)
	}
	server, err := exchange.New(config)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	t.Cleanup(func() { web.Close(); server.Close() })
	return house{t, server, web.URL}
}

// ask makes one request; headers come in pairs.
func (h house) ask(method, path, contentType, body string, headers ...string) (*http.Response, map[string]any) {
	h.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = h.url + path
	}
	request, err := http.NewRequestWithContext(h.t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer good")
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			request.Header.Del(headers[i])
		}
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	var out map[string]any
	_ = json.Unmarshal(text, &out)
	return response, out
}

func code(body map[string]any) string {
	inner, _ := body["error"].(map[string]any)
	text, _ := inner["code"].(string)
	return text
}

func mime(to, extra string) string {
	return base64.StdEncoding.EncodeToString([]byte("From: " + box + "\r\nTo: " + to + "\r\nMessage-ID: <m@x>\r\n" + extra + "Subject: hej\r\n\r\nbody\r\n"))
}

const messages = "/v1.0/users/" + box + "/messages"

func (h house) wait(address string) exchange.Delivery {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 5*time.Second)
	defer cancel()
	list, err := h.server.Wait(ctx, address, 1)
	if err != nil {
		h.t.Fatal(err)
	}
	return list[0]
}

func TestTheRegularIDChangesWithTheFolderAndTheImmutableOneDoesNot(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	_, made := h.ask("POST", messages, "text/plain", mime("bo@x.example", ""))
	regular := made["id"].(string)
	_, seen := h.ask("GET", messages+"/"+regular+"?$select=id", "", "", "Prefer", `IdType="ImmutableId"`)
	immutable := seen["id"].(string)
	if immutable == regular || len(seen) != 1 || made["isDraft"] != true || made["internetMessageId"] != "<m@x>" {
		t.Fatalf("regular %s, immutable %v, %v", regular, seen, made)
	}
	if r, _ := h.ask("POST", messages+"/"+immutable+"/send", "", ""); r.StatusCode != 202 {
		t.Fatal(r.Status)
	}
	h.wait("bo@x.example")
	if r, body := h.ask("GET", messages+"/"+regular, "", ""); r.StatusCode != 404 || code(body) != "ErrorItemNotFound" {
		t.Errorf("by its old id: %s", r.Status)
	}
	if r, body := h.ask("GET", "/v1.0/users/oid-box/messages/"+immutable, "", ""); r.StatusCode != 200 || body["isDraft"] != false {
		t.Errorf("by its immutable id: %s %v", r.Status, body)
	}
	r, body := h.ask("GET", "/v1.0/users/"+box+"/mailFolders/sentitems/messages?$filter=internetMessageId%20eq%20'%3Cm@x%3E'", "", "")
	if list, _ := body["value"].([]any); r.StatusCode != 200 || len(list) != 1 {
		t.Errorf("in Sent Items: %s %v", r.Status, body)
	}
}

func TestRecipientsOfMIMEAreToAndCcAndNotBcc(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	_, made := h.ask("POST", messages, "text/plain", mime("bo@x.example", "Cc: Anne <anne@its.aau.example>, BO@x.example\r\nBcc: secret@x.example,\r\n folded@x.example\r\n"))
	h.ask("POST", messages+"/"+made["id"].(string)+"/send", "", "")
	got := h.wait("bo@x.example")
	if len(h.server.All()) != 2 || len(h.server.Delivered("secret@x.example")) != 0 || bytes.Contains(got.Raw, []byte("secret")) || bytes.Contains(got.Raw, []byte("folded")) {
		t.Errorf("%d deliveries\n%s", len(h.server.All()), got.Raw)
	}
	if !bytes.HasPrefix(got.Raw, []byte("Received: ")) || !bytes.HasSuffix(got.Raw, []byte("\r\n\r\nbody\r\n")) {
		t.Errorf("arrived as\n%s", got.Raw)
	}
	if in := h.server.Messages("anne@its.aau.example", "inbox"); len(in) != 1 || in[0].IsRead || in[0].IsDraft || in[0].Subject != "hej" {
		t.Errorf("inside it is %+v", in)
	}
	if h.server.Messages("bo@x.example", "inbox") != nil {
		t.Error("an outside address got a mailbox of ours")
	}
}

func TestOnlyOneP7MOfTheRightClassBecomesSMIME(t *testing.T) {
	t.Parallel()
	const class, header = `{"id":"String 0x001A","value":"IPM.Note.SMIME"}`,
		`{"id":"String {00020386-0000-0000-C000-000000000046} Name Content-Type","value":"application/pkcs7-mime; smime-type=enveloped-data"}`
	file := func(name, kind string) string {
		return fmt.Sprintf(`{"@odata.type":"#microsoft.graph.fileAttachment","name":%q,"contentType":%q,"contentBytes":"AQID"}`, name, kind)
	}
	for name, test := range map[string]struct{ properties, attachments, contentType string }{
		"as it should be":       {class + "," + header, file("smime.p7m", "application/pkcs7-mime"), "application/pkcs7-mime; smime-type=enveloped-data"},
		"without the header":    {class, file("smime.p7m", "application/pkcs7-mime"), `application/pkcs7-mime; name="smime.p7m"`},
		"octet-stream in .p7m":  {class + "," + header, file("smime.p7m", "application/octet-stream"), "application/pkcs7-mime; smime-type=enveloped-data"},
		"octet-stream in .bin":  {class + "," + header, file("smime.bin", "application/octet-stream"), "multipart/mixed"},
		"another class":         {header, file("smime.p7m", "application/pkcs7-mime"), "multipart/mixed"},
		"two attachments":       {class + "," + header, file("smime.p7m", "application/pkcs7-mime") + "," + file("b", "text/plain"), "multipart/mixed"},
		"no attachment":         {class + "," + header, "", "text/plain"},
		"a header with another": {class + `,{"id":"String {00020386-0000-0000-C000-000000000046} Name Content-Type","value":"application/pkcs7-mime\r\nX-Evil: 1"}`, file("smime.p7m", "application/pkcs7-mime"), "application/pkcs7-mime X-Evil: 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			r, made := h.ask("POST", messages, "application/json", `{"subject":"æ","toRecipients":[{"emailAddress":{"address":"bo@x.example"}}],
				"bccRecipients":[{"emailAddress":{"address":"eve@x.example"}}],"singleValueExtendedProperties":[`+test.properties+`],"attachments":[`+test.attachments+`]}`)
			if r.StatusCode != 201 || made["isDraft"] != true {
				t.Fatalf("%s %v", r.Status, made)
			}
			h.ask("POST", messages+"/"+made["id"].(string)+"/send", "", "")
			h.wait("eve@x.example")
			got, err := mail.ReadMessage(bytes.NewReader(h.wait("bo@x.example").Raw))
			if err != nil {
				t.Fatal(err)
			}
			if value := got.Header.Get("Content-Type"); !strings.HasPrefix(value, test.contentType) {
				t.Errorf("Content-Type %q", value)
			}
			if got.Header.Get("X-Evil") != "" || got.Header.Get("Bcc") != "" || got.Header.Get("From") == "" {
				t.Errorf("header %v", got.Header)
			}
			if strings.HasPrefix(test.contentType, "application/pkcs7-mime") {
				body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, got.Body))
				if err != nil || !bytes.Equal(body, []byte{1, 2, 3}) {
					t.Errorf("content %v, %v", body, err)
				}
			}
		})
	}
}

func TestRefusalsHaveGraphsStatusCodeAndShape(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *exchange.Config) { c.Allowed = func(_, mailbox string) bool { return mailbox == box } })
	big := strings.Repeat("x", 4<<20+1)
	h.server.Messages(box, "")
	for _, test := range []struct {
		name, method, path, contentType, body string
		headers                               []string
		status                                int
		code                                  string
	}{
		{"no token", "GET", messages, "", "", []string{"Authorization", ""}, 401, "InvalidAuthenticationToken"},
		{"a bad token", "GET", messages, "", "", []string{"Authorization", "Bearer bad"}, 401, "InvalidAuthenticationToken"},
		{"no such mailbox", "GET", "/v1.0/users/nobody@x.example/messages", "", "", nil, 404, "ErrorInvalidUser"},
		{"no such message", "POST", messages + "/AAMk/send", "", "", nil, 404, "ErrorItemNotFound"},
		{"no such folder", "GET", "/v1.0/users/" + box + "/mailFolders/attic/messages", "", "", nil, 404, "ErrorItemNotFound"},
		{"bad base64", "POST", messages, "text/plain", "æøå", nil, 400, "ErrorMimeContentInvalidBase64String"},
		{"bad JSON", "POST", messages, "application/json", "{", nil, 400, "BadRequest"},
		{"MIME into a folder", "POST", "/v1.0/users/" + box + "/mailFolders/inbox/messages", "text/plain", mime("a@b.example", ""), nil, 415, "RequestBodyRead"},
		{"JSON above 4 MB", "POST", messages, "application/json", big, nil, 413, "ErrorMessageSizeExceeded"},
		{"MIME above 4 MB: the trap", "POST", messages, "text/plain", big, nil, 200, ""},
		{"another filter", "GET", messages + "?$filter=subject%20eq%20'x'", "", "", nil, 400, "ErrorInvalidUrlQueryFilter"},
		{"21 groups", "POST", "/v1.0/users/p/checkMemberGroups", "application/json", `{"groupIds":["a"` + strings.Repeat(`,"a"`, 20) + `]}`, nil, 400, "Request_BadRequest"},
		{"no such path", "GET", "/v1.0/me", "", "", nil, 400, "BadRequest"},
		{"no such upload", "PUT", "/upload/x", "", "x", []string{"Authorization", ""}, 404, "ErrorItemNotFound"},
	} {
		r, body := h.ask(test.method, test.path, test.contentType, test.body, append(test.headers, "client-request-id", "c-1")...)
		if r.StatusCode != test.status || code(body) != test.code {
			t.Errorf("%s: %s %s", test.name, r.Status, code(body))
		}
		if r.Header.Get("request-id") == "" || r.Header.Get("client-request-id") != "c-1" {
			t.Errorf("%s: no request-id", test.name)
		}
		if test.code == "" {
			continue
		}
		inner, _ := body["error"].(map[string]any)["innerError"].(map[string]any)
		if inner["request-id"] != r.Header.Get("request-id") || inner["client-request-id"] != "c-1" || inner["date"] == nil {
			t.Errorf("%s: innerError %v", test.name, inner)
		}
	}
	if n := len(h.server.Messages(box, "")); n != 0 {
		t.Errorf("%d messages were stored", n)
	}
}

func TestAnUploadTakesTheNextRangeAndNothingElse(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	_, made := h.ask("POST", messages, "application/json", `{}`)
	session := messages + "/" + made["id"].(string) + "/attachments/createUploadSession"
	small := `{"AttachmentItem":{"attachmentType":"file","name":"a.p7m","size":3145727}}`
	if r, body := h.ask("POST", session, "application/json", small); r.StatusCode != 400 || code(body) != "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize" {
		t.Errorf("below 3 MB: %s %s", r.Status, code(body))
	}
	r, body := h.ask("POST", session, "application/json", strings.Replace(small, "3145727", "5000000", 1))
	if r.StatusCode != 201 {
		t.Fatal(r.Status)
	}
	to := body["uploadUrl"].(string)
	half := strings.Repeat("x", 2_500_000)
	put := func(token, contentRange, part string) int {
		r, _ := h.ask("PUT", to, "application/octet-stream", part, "Authorization", token, "Content-Range", contentRange)
		return r.StatusCode
	}
	for _, step := range []struct {
		name, token, contentRange, part string
		status                          int
	}{
		{"with a token", "Bearer good", "bytes 0-2499999/5000000", half, 401},
		{"the second half first", "", "bytes 2500000-4999999/5000000", half, 416},
		{"another total", "", "bytes 0-2499999/6000000", half, 400},
		{"another length", "", "bytes 0-2499998/5000000", half, 400},
		{"no range", "", "", half, 400},
		{"the first half", "", "bytes 0-2499999/5000000", half, 200},
		{"the first half again", "", "bytes 0-2499999/5000000", half, 416},
		{"the second half", "", "bytes 2500000-4999999/5000000", half, 201},
		{"more", "", "bytes 2500000-4999999/5000000", half, 404},
	} {
		if got := put(step.token, step.contentRange, step.part); got != step.status {
			t.Errorf("%s: %d, want %d", step.name, got, step.status)
		}
	}
	if items := h.server.Messages(box, "drafts"); len(items) != 1 || len(items[0].Attachments) != 1 || len(items[0].Attachments[0].Content) != 5_000_000 {
		t.Error("the attachment is not there")
	}
}

func TestTheFifthRequestAtATimeIsThrottled(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	for range 4 {
		hold, held := io.Pipe()
		t.Cleanup(func() { _ = held.Close() })
		request, err := http.NewRequestWithContext(ctx, "POST", h.url+messages, hold)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer good")
		go func() {
			if response, err := http.DefaultTransport.RoundTrip(request); err == nil {
				_ = response.Body.Close()
			}
		}()
		_, _ = held.Write([]byte("x"))
	}
	deadline := time.Now().Add(5 * time.Second)
	r, body := h.ask("GET", messages, "", "")
	for r.StatusCode == 200 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
		r, body = h.ask("GET", messages, "", "")
	}
	if r.StatusCode != 429 || code(body) != "ApplicationThrottled" || r.Header.Get("Retry-After") != "1" {
		t.Errorf("%s %s", r.Status, code(body))
	}
	cancel()
}

func TestABounceNamesTheMessageAndDeliversNothing(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	_, made := h.ask("POST", messages, "text/plain", mime("bounces@x.example, bo@x.example", ""))
	h.ask("POST", messages+"/"+made["id"].(string)+"/send", "", "")
	h.wait("bo@x.example")
	if n := len(h.server.Delivered("bounces@x.example")); n != 0 {
		t.Errorf("%d delivered", n)
	}
	in := h.server.Messages(box, "inbox")
	if len(in) != 1 || in[0].Class != "REPORT.IPM.Note.NDR" {
		t.Fatalf("Inbox: %+v", in)
	}
	for _, part := range []string{"multipart/report; report-type=delivery-status", "Final-Recipient: rfc822; bounces@x.example\r\n", "Status: 5.1.10", "Message-ID: <m@x>\r\n"} {
		if !bytes.Contains(in[0].Raw, []byte(part)) {
			t.Errorf("no %q in\n%s", part, in[0].Raw)
		}
	}
}

func TestSendingTakesItsTimeAndEndsWithTheServer(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *exchange.Config) { c.SendDelay = 50 * time.Millisecond })
	_, made := h.ask("POST", messages, "text/plain", mime("bo@x.example", ""))
	send := messages + "/" + made["id"].(string) + "/send"
	if r, _ := h.ask("POST", send, "", ""); r.StatusCode != 202 {
		t.Fatal(r.Status)
	}
	if drafts := h.server.Messages(box, "drafts"); len(drafts) != 1 || !drafts[0].IsDraft {
		t.Error("it has left at once")
	}
	if r, body := h.ask("POST", send, "", ""); r.StatusCode != 404 {
		t.Errorf("a second send on the way: %s %s", r.Status, code(body))
	}
	h.server.Close()
	if n := len(h.server.All()); n != 0 {
		t.Errorf("%d delivered after the end", n)
	}
}
