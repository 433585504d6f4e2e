package api

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/sending"
)

func TestJSONOfNothingButBracketsIsRefusedBeforeItIsParsed(t *testing.T) {
	t.Parallel()
	h, _ := open(t, useCase{
		preflight: func(*draft.Draft) sending.Preflight { return sending.Preflight{} },
		submit:    func(sending.Submission) (string, error) { return "", errors.New("told so") },
	})
	for name, c := range map[string]struct{ inside, code string }{
		"empty lists":         {strings.Repeat("[],", maxValues) + "[]", "body_too_large"},
		"numbers":             {strings.Repeat("1,", maxValues+1) + "1", "body_too_large"},
		"commas in a string":  {`"` + strings.Repeat(`,[{:\",`, maxValues/4) + `"`, "request_invalid"},
		"a backslash, a list": {`"\\",` + strings.Repeat("[],", maxValues) + "[]", "body_too_large"},
	} {
		body := `{"mailbox":"a@b.example","to":[` + c.inside + `]}`
		w := ask(t, h, http.MethodPost, "/v1/preflight", strings.NewReader(body), "Content-Type", "application/json")
		if p := problemOf(t, w); p.Code != c.code {
			t.Errorf("%s: a preflight: %d %s", name, w.Code, p.Code)
		}
		form := "--b\r\nContent-Disposition: form-data; name=\"draft\"\r\n\r\n" + body + "\r\n--b--\r\n"
		w = ask(t, h, http.MethodPost, "/v1/messages", strings.NewReader(form), "Content-Type", "multipart/form-data; boundary=b")
		if p := problemOf(t, w); p.Code != c.code {
			t.Errorf("%s: a draft: %d %s", name, w.Code, p.Code)
		}
	}
}

func TestThinPassesEverythingElseOn(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(`{"a":["b\"",1]},`, 1000)
	got, err := io.ReadAll(&thin{ReadCloser: io.NopCloser(&morsels{strings.NewReader(text), 7})})
	if err != nil || string(got) != text {
		t.Errorf("%d of %d bytes: %v", len(got), len(text), err)
	}
}
