package app

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/api/contract"
)

// heldWorld is a university whose mailboxes give an undo window.
func heldWorld(t *testing.T, undo time.Duration) *world {
	t.Helper()
	w, err := openTestWorld(t.Context(), io.Discard, t.TempDir(), func(o *worldOptions) { o.undo = undo })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- w.service.serve(ctx, w.listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		_ = w.close()
	})
	return w
}

func TestASenderPressesUndo(t *testing.T) {
	t.Parallel()
	w := heldWorld(t, time.Minute)
	anna, _ := w.university.Persona("anna")
	c := client{w.url(), w.university.Entra.IssueUser(anna)}
	m, problem, err := c.send(t.Context(), "sikkermail@its.aau.example", []byte("From: a@aau.example\r\nTo: chen@uni.example\r\nSubject: Hej\r\n\r\nHej\r\n"))
	if err != nil || problem != nil {
		t.Fatalf("%v, %+v", err, problem)
	}
	if m.HeldUntil == nil || m.HeldUntil.Sub(m.AcceptedAt) != time.Minute || m.State != contract.MessageStateSending {
		t.Errorf("%+v", m)
	}
	request := func(method, path string, want int, into any) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, w.url()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != want {
			t.Fatalf("%s %s: %s", method, path, answer.Status)
		}
		if into != nil {
			if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := "/v1/messages/" + m.Id.String()
	for range 2 {
		request(http.MethodDelete, path, http.StatusNoContent, nil)
	}
	var got contract.Message
	request(http.MethodGet, path, http.StatusOK, &got)
	if got.State != contract.MessageStateCancelled || got.Recipients[0].Code == nil || *got.Recipients[0].Code != "cancelled" {
		t.Errorf("%+v", got)
	}
	var list contract.MessageList
	request(http.MethodGet, "/v1/messages?state=cancelled&recipient=chen@uni.example&mailbox=SIKKERMAIL@its.aau.example", http.StatusOK, &list)
	if len(list.Messages) != 1 {
		t.Errorf("%d in the list", len(list.Messages))
	}
	if n := len(w.university.Exchange.Delivered("chen@uni.example")); n != 0 {
		t.Errorf("%d mails arrived", n)
	}
}

func TestWhatHappensToAMailCanBeFollowed(t *testing.T) {
	t.Parallel()
	m := send(t, letter("chen@uni.example")).message(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, shared.url()+"/v1/messages/"+m.Id.String()+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token(t, "anna"))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var names []string
	var last contract.Event
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if name, is := strings.CutPrefix(lines.Text(), "event: "); is {
			names = append(names, name)
		}
		if data, is := strings.CutPrefix(lines.Text(), "data: {\"at\""); is {
			var e contract.Event
			if err := json.Unmarshal([]byte("{\"at\""+data), &e); err != nil {
				t.Fatal(err)
			}
			if len(e.RequestIds) > 0 {
				last = e
			}
		}
	}
	if got := strings.Join(names, " "); got != "accepted drafting sending sent receipt end" {
		t.Errorf("followed: %s", got)
	}
	if len(last.RequestIds) == 0 || len(last.Recipients) != 1 {
		t.Errorf("nothing for support: %+v", last)
	}
	if a := call(t, http.MethodGet, "/v1/messages/"+m.Id.String()+"/events", token(t, "birk"), "", nil); a.status != http.StatusNotFound {
		t.Errorf("somebody else follows: %d", a.status)
	}
	if a := call(t, http.MethodDelete, "/v1/messages/"+m.Id.String(), token(t, "anna"), "", nil); a.status != http.StatusConflict || a.problem(t).Code != "message_on_its_way" {
		t.Errorf("taken back after it was sent: %d", a.status)
	}
}

func TestDoubtsAreForAdministrators(t *testing.T) {
	t.Parallel()
	const copyID = "/v1/doubts/7e4a4700-0000-4000-8000-000000000001"
	for persona, want := range map[string][2]int{"anna": {403, 403}, "iben": {200, 404}} {
		if a := call(t, http.MethodGet, "/v1/doubts", token(t, persona), "", nil); a.status != want[0] {
			t.Errorf("%s: %d %s", persona, a.status, a.body)
		}
		a := call(t, http.MethodPost, copyID, token(t, persona), "application/json", strings.NewReader(`{"decision":"arrived"}`))
		if a.status != want[1] {
			t.Errorf("%s decides: %d %s", persona, a.status, a.body)
		}
	}
}
