package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/store"
)

// Every page and form of one mailbox or one message, as the local administrator of another: the answer is that of a mailbox and a message
// that do not exist, so that no id can be found by trying.
func TestWhatIsAnothersIsAsUnknownAsNobodys(t *testing.T) {
	t.Parallel()
	h := open(t)
	theirs := h.past(t, mail{mailbox: "its", sender: "anna", subject: "Hemmeligt", to: []string{"bo@partner.example"}, states: []store.State{store.Unknown}})
	const nobodys = "00000000-0000-4000-8000-000000000000"
	v := h.visit(t).signIn(local)
	// Without what differs in any two answers: the address asked for, in the links to another language.
	answer := func(method, path, id string) (int, string) {
		w := v.do(method, path, url.Values{"decision": {"arrived"}, "kind": {"person"}, "subject": {nobodys}, "name": {"x"}, "undo": {"1"}})
		return w.Code, strings.ReplaceAll(w.Header().Get("Location")+w.Body.String(), id, "{id}")
	}
	asked := 0
	for _, rule := range h.site.Rules() {
		if !strings.Contains(rule.Path, "{id}") || strings.HasPrefix(rule.Path, "/admin/recipients") {
			continue
		}
		exists := "its"
		if strings.HasPrefix(rule.Path, "/admin/messages") {
			exists = theirs.ID
		}
		fill := func(id string) string {
			return strings.NewReplacer("{id}", id, "{copy}", theirs.Deliveries[0].ID, "{key}", "0").Replace(rule.Path)
		}
		status, text := answer(rule.Method, fill(exists), exists)
		want, other := answer(rule.Method, fill(nobodys), nobodys)
		if status != want || text != other || status != http.StatusNotFound && status != http.StatusForbidden {
			t.Errorf("%s %s: %d for another's and %d for nobody's:\n%s\n%s", rule.Method, rule.Path, status, want, text, other)
		}
		if strings.Contains(text, "Hemmeligt") || strings.Contains(text, "partner.example") {
			t.Errorf("%s %s tells of another's mail", rule.Method, rule.Path)
		}
		asked++
	}
	if asked < 20 {
		t.Fatalf("only %d were asked", asked)
	}
	if copies, err := h.store.Message(t.Context(), theirs.ID); err != nil || copies.Deliveries[0].State != store.Unknown {
		t.Errorf("the copy was decided: %v", err)
	}
}
