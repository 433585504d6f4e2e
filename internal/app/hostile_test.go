package app

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/entraid"
)

// stored counts what rests: messages accepted, and objects in the spool.
func stored(t *testing.T) (spooled int) {
	t.Helper()
	_ = filepath.WalkDir(filepath.Join(shared.data, "spool"), func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			spooled++
		}
		return nil
	})
	return spooled
}

func TestWrongTokensHaveAClearAnswer(t *testing.T) {
	t.Parallel()
	anna, _ := shared.university.Persona("anna")
	e := shared.university.Entra
	cases := []struct{ name, token, code string }{
		{"none", "", "token_missing"},
		{"no token at all", "hello", "token_malformed"},
		{"one with a broken signature", e.IssueUser(anna)[:100] + "x" + e.IssueUser(anna)[101:], ""},
		{"an ID token", e.IssueID(anna, shared.university.Tenant.AddIn, "n"), ""},
		{"a Graph token", e.IssueGraph(shared.university.Service(), &anna), ""},
		{"another tenant's", e.IssueUser(anna, entraid.With("tid", "7e4a4700-0000-4000-8000-0000000000ff")), ""},
		{"another audience", e.IssueUser(anna, entraid.With("aud", "7e4a4700-0000-4000-8000-0000000000ff")), "token_wrong_audience"},
		{"an expired one", e.IssueUser(anna, entraid.With("exp", 1_600_000_000), entraid.With("iat", 1_599_996_400), entraid.With("nbf", 1_599_996_400)), "token_expired"},
		{"an enormous one", strings.Repeat("a.", 20_000), "token_too_large"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/v1/me", "/v1/messages", "/v1/messages/7e4a4700-0000-4000-8000-000000000001", "/v1/messages/not-an-id"} {
				a := call(t, http.MethodGet, path, c.token, "", nil)
				if a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s: %d", path, a.status)
				}
				if p := a.problem(t); c.code != "" && p.Code != c.code {
					t.Errorf("%s: code %s, want %s", path, p.Code, c.code)
				}
			}
		})
	}
}

func TestHostileRequestsHaveAClearAnswerAndLeaveNothing(t *testing.T) {
	many := make([]string, 10_000)
	for i := range many {
		many[i] = fmt.Sprintf("person%d@partner.example", i)
	}
	with := func(change func(d draftJSON)) draftJSON {
		d := letter("chen@uni.example")
		change(d)
		return d
	}
	file := part{"file", "a.pdf", "application/pdf", []byte("x")}
	cases := []struct {
		name   string
		send   func(t *testing.T) answer
		status int
		code   string
		field  string
	}{
		{"a draft that is no JSON", func(t *testing.T) answer { return send(t, "{") }, 400, "draft_malformed", ""},
		{"a draft with an unknown field", func(t *testing.T) answer { return send(t, with(func(d draftJSON) { d["from"] = "me@evil.example" })) }, 400, "request_invalid", ""},
		{"a draft with a wrong type", func(t *testing.T) answer { return send(t, with(func(d draftJSON) { d["to"] = "chen@uni.example" })) }, 400, "request_invalid", "to"},
		{"JSON nested without end", func(t *testing.T) answer { return send(t, strings.Repeat("[", 100_000)) }, 400, "draft_malformed", ""},
		{"no recipients", func(t *testing.T) answer { return send(t, with(func(d draftJSON) { delete(d, "to") })) }, 400, "", ""},
		{"nothing to send", func(t *testing.T) answer {
			return send(t, with(func(d draftJSON) { delete(d, "body"); delete(d, "subject") }))
		}, 400, "", ""},
		{"ten thousand recipients", func(t *testing.T) answer { return send(t, letter(many...)) }, 413, "", ""},
		{"a recipient with a line break", func(t *testing.T) answer { return send(t, letter("chen@uni.example\r\nBcc: x@y.example")) }, 400, "", "to[0].address"},
		{"a recipient with a NUL", func(t *testing.T) answer { return send(t, letter("chen\x00@uni.example")) }, 400, "", "to[0].address"},
		{"a subject with a line break", func(t *testing.T) answer {
			return send(t, with(func(d draftJSON) { d["subject"] = "Hej\r\nBcc: x@y.example" }))
		}, 400, "", "subject"},
		{"a reply header with a line break", func(t *testing.T) answer {
			return send(t, with(func(d draftJSON) { d["inReplyTo"] = "<a@b>\r\nX: y" }))
		}, 400, "", "inReplyTo"},
		{"somebody else's mailbox", func(t *testing.T) answer {
			return send(t, with(func(d draftJSON) { d["mailbox"] = "sikkermail@hr.aau.example" }))
		}, 403, "mailbox_not_granted", ""},
		{"a mailbox that does not exist", func(t *testing.T) answer {
			return send(t, with(func(d draftJSON) { d["mailbox"] = "no@aau.example" }))
		}, 403, "mailbox_not_granted", ""},
		{"a misspelt part", func(t *testing.T) answer {
			return send(t, letter("chen@uni.example"), part{"flie", "a.pdf", "application/pdf", nil})
		}, 400, "part_unknown", ""},
		{"a picture after a file", func(t *testing.T) answer {
			d := with(func(d draftJSON) { d["body"] = map[string]string{"html": "<img src=cid:1@x>"} })
			return send(t, d, file, part{"inline:1@x", "a.png", "image/png", []byte("x")})
		}, 400, "inline_after_attachment", ""},
		{"a file name with a line break", func(t *testing.T) answer {
			return send(t, letter("chen@uni.example"), part{"file", "*=utf-8''a%0D%0Ab.pdf", "application/pdf", []byte("x")})
		}, 400, "", ""},
		{"a file name that turns round", func(t *testing.T) answer {
			return send(t, letter("chen@uni.example"), part{"file", "a\u202Efdp.exe", "application/pdf", []byte("x")})
		}, 400, "", ""},
		{"a form cut off", func(t *testing.T) answer {
			kind, body := form(t, letter("chen@uni.example"), part{"file", "a.bin", "application/octet-stream", make([]byte, 50_000)})
			return call(t, http.MethodPost, "/v1/messages", token(t, "anna"), kind, io.LimitReader(body, 20_000))
		}, 400, "body_cut_off", ""},
		{"a form cut off between two files", func(t *testing.T) answer {
			kind, body := form(t, letter("chen@uni.example"), file, file)
			whole, _ := io.ReadAll(body)
			return call(t, http.MethodPost, "/v1/messages", token(t, "anna"), kind, bytes.NewReader(whole[:bytes.LastIndex(whole[:len(whole)-100], []byte("\r\n--"))]))
		}, 400, "body_cut_off", ""},
		{"a form without its boundary", func(t *testing.T) answer {
			return call(t, http.MethodPost, "/v1/messages", token(t, "anna"), "multipart/form-data", strings.NewReader("x"))
		}, 400, "request_invalid", ""},
		{"a form without a draft", func(t *testing.T) answer {
			return call(t, http.MethodPost, "/v1/messages", token(t, "anna"), "multipart/form-data; boundary=x", strings.NewReader("--x--\r\n"))
		}, 400, "draft_missing", ""},
		{"JSON instead of a form", func(t *testing.T) answer {
			return call(t, http.MethodPost, "/v1/messages", token(t, "anna"), "application/json", strings.NewReader("{}"))
		}, 415, "media_type_unsupported", ""},
		{"nothing at all", func(t *testing.T) answer {
			return call(t, http.MethodPost, "/v1/messages", token(t, "anna"), "", nil)
		}, 415, "media_type_unsupported", ""},
		{"a body of 200 MB that says so", func(t *testing.T) answer {
			return call(t, http.MethodPost, "/v1/messages?mailbox=x", token(t, "anna"), "message/rfc822", io.LimitReader(zeros{}, 200<<20), "X-Test-Length", fmt.Sprint(200<<20))
		}, 413, "body_too_large", ""},
		{"a mail that is too large for Exchange", func(t *testing.T) answer {
			head := "To: chen@uni.example\r\nSubject: x\r\nContent-Type: text/plain\r\n\r\n"
			return call(t, http.MethodPost, "/v1/messages?mailbox=sikkermail@its.aau.example", token(t, "anna"), "message/rfc822", io.MultiReader(strings.NewReader(head), io.LimitReader(lines{}, 60<<20)))
		}, 413, "message_too_large", ""},
		{"a mail without a mailbox", func(t *testing.T) answer {
			return call(t, http.MethodPost, "/v1/messages", token(t, "anna"), "message/rfc822", strings.NewReader("To: chen@uni.example\r\n\r\nx"))
		}, 400, "mailbox_missing", "mailbox"},
		{"a mail whose parts never end", func(t *testing.T) answer {
			return call(t, http.MethodPost, "/v1/messages?mailbox=sikkermail@its.aau.example", token(t, "anna"), "message/rfc822",
				strings.NewReader("To: chen@uni.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhej"))
		}, 400, "mime_malformed", ""},
		{"an idempotency key with odd letters", func(t *testing.T) answer {
			kind, body := form(t, letter("chen@uni.example"))
			return call(t, http.MethodPost, "/v1/messages", token(t, "anna"), kind, body, "Idempotency-Key", "a b'; DROP TABLE")
		}, 400, "request_invalid", "Idempotency-Key"},
		{"a preflight that is no JSON", func(t *testing.T) answer {
			return call(t, http.MethodPost, "/v1/preflight", token(t, "anna"), "application/json", strings.NewReader("{"))
		}, 400, "request_invalid", ""},
		{"a preflight for ten thousand", func(t *testing.T) answer {
			return call(t, http.MethodPost, "/v1/preflight", token(t, "anna"), "application/json", encode(t, draftJSON{"mailbox": "sikkermail@its.aau.example", "to": people(many...)}))
		}, 413, "", ""},
		{"a preflight of 5 MB", func(t *testing.T) answer {
			return call(t, http.MethodPost, "/v1/preflight", token(t, "anna"), "application/json", io.LimitReader(zeros{}, 5<<20))
		}, 413, "body_too_large", ""},
		{"a page of a million", func(t *testing.T) answer {
			return call(t, http.MethodGet, "/v1/messages?limit=1000000", token(t, "anna"), "", nil)
		}, 400, "request_invalid", "limit"},
		{"an id that is none", func(t *testing.T) answer {
			return call(t, http.MethodGet, "/v1/messages/1", token(t, "anna"), "", nil)
		}, 400, "request_invalid", "id"},
		{"a call that does not exist", func(t *testing.T) answer {
			return call(t, http.MethodGet, "/v1/secrets", token(t, "anna"), "", nil)
		}, 404, "no_such_call", ""},
		{"a method that does not exist", func(t *testing.T) answer {
			return call(t, http.MethodPut, "/v1/messages", token(t, "anna"), "", nil)
		}, 404, "no_such_call", ""},
	}
	before := stored(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := c.send(t)
			p := a.problem(t)
			if a.status != c.status || (c.code != "" && p.Code != c.code) {
				t.Fatalf("got %d %s, want %d %s: %s", a.status, p.Code, c.status, c.code, a.body)
			}
			if p.Say.Da == "" || p.Say.En == "" || p.Detail != p.Say.Da || *p.RequestId == "" {
				t.Errorf("not a sentence to act on: %s", a.body)
			}
			if c.field != "" && !strings.Contains(string(a.body), `"name":"`+c.field+`"`) {
				t.Errorf("the field %s is not named: %s", c.field, a.body)
			}
		})
	}
	if after := stored(t); after != before {
		t.Errorf("%d objects lie in the spool that were not there before", after-before)
	}
}

// zeros is an endless body; lines is one that could be text.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type lines struct{}

func (lines) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte("0123456789abcdefghijklmnopqrstuvwxyz\r\n"), len(p)/38+1)), nil
}

func TestADuplicateRecipientIsWrittenToOnce(t *testing.T) {
	t.Parallel()
	d := letter("chen@uni.example", "chen@UNI.example", "chen+sag@uni.example")
	d["cc"] = people("chen@uni.example")
	a := send(t, d)
	// The address with a plus is somebody else's as far as anybody can know, and has no certificate.
	p := a.problem(t)
	if a.status != http.StatusUnprocessableEntity || len(*p.Recipients) != 1 || (*p.Recipients)[0].Address != "chen+sag@uni.example" {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	d["to"] = people("chen@uni.example", "chen@UNI.example")
	if m := send(t, d).message(t); len(m.Recipients) != 1 {
		t.Errorf("%d recipients, want 1", len(m.Recipients))
	}
}

func TestTheAnswerSpeaksTheCallersLanguage(t *testing.T) {
	t.Parallel()
	a := call(t, http.MethodGet, "/v1/me", "", "", nil, "Accept-Language", "en-GB, da;q=0.5")
	if p := a.problem(t); p.Detail != p.Say.En {
		t.Errorf("asked for English, got %q", p.Detail)
	}
}

func TestTheServicePagesAreOpen(t *testing.T) {
	t.Parallel()
	for path, kind := range map[string]string{"/healthz": "application/json", "/readyz": "application/json", "/metrics": "text/plain", "/openapi.yaml": "application/yaml"} {
		a := call(t, http.MethodGet, path, "", "", nil)
		if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s", path, a.status, a.header.Get("Content-Type"))
		}
	}
	ended(t, send(t, letter("chen@uni.example")).message(t).Id.String())
	metrics := string(call(t, http.MethodGet, "/metrics", "", "", nil).body)
	for _, name := range []string{"sendsikker_http_requests_total", "sendsikker_deliveries_total", "sendsikker_graph_answers_total", "sendsikker_queue_depth", "sendsikker_recipient_certificates", "sendsikker_queue_oldest_seconds"} {
		if !strings.Contains(metrics, name) {
			t.Errorf("%s is not measured", name)
		}
	}
	if strings.Contains(metrics, "@") {
		t.Error("a metric holds an address")
	}
}
