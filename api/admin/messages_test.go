package admin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/store"
)

func TestLocalAdministratorsSeeTheirMailboxAndItsSubjectsAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	hr := h.past(t, mail{"hr", "clara", "Fratrædelse af <b>Navn</b>", []string{"bo@partner.example"}, []store.State{store.Sent}})
	studie := h.past(t, mail{"studie", "aase", "Dispensation", []string{"eva@klinik.example"}, []store.State{store.Sent}})
	cases := []struct {
		persona               string
		hr, studie, hrSubject bool
	}{
		{"david", true, false, true}, {"aase", false, true, false}, {"ellen", false, true, false}, {"jonna", true, true, false}, {"iben", true, true, false},
	}
	for _, c := range cases {
		v := h.visit(t).signIn(c.persona)
		list := v.get("/admin/messages").Body.String()
		for _, one := range []struct {
			m    store.Message
			sees bool
			to   string
		}{{hr, c.hr, "bo@partner.example"}, {studie, c.studie, "eva@klinik.example"}} {
			if strings.Contains(list, one.m.ID) != one.sees || strings.Contains(list, one.to) != one.sees {
				t.Errorf("%s: the list shows %s: %v, want %v", c.persona, one.to, !one.sees, one.sees)
			}
			want := http.StatusNotFound
			if one.sees {
				want = http.StatusOK
			}
			if w := v.get("/admin/messages/" + one.m.ID); w.Code != want {
				t.Errorf("%s: the message to %s: %d, want %d", c.persona, one.to, w.Code, want)
			}
			// To ask by name what the list does not show is no way round it.
			for _, query := range []string{"recipient=" + one.to, "message-id=" + url.QueryEscape(one.m.HeaderID), "sender=" + one.m.CallerID} {
				if found := strings.Contains(v.get("/admin/messages?"+query).Body.String(), `/admin/messages/`+one.m.ID); found != one.sees {
					t.Errorf("%s: asking for %s found it: %v", c.persona, query, found)
				}
			}
		}
		page := v.get("/admin/messages/" + hr.ID).Body.String()
		if strings.Contains(page, "Fratrædelse af &lt;b&gt;Navn&lt;/b&gt;") != c.hrSubject || strings.Contains(page, "<script>") || strings.Contains(page, "<b>Navn") {
			t.Errorf("%s: the subject is there: %v", c.persona, !c.hrSubject)
		}
		if c.hr && (!strings.Contains(page, "Clara Eksempel") || !strings.Contains(page, "11111111-graph") || !strings.Contains(page, "kataloget region")) {
			t.Errorf("%s: sender, evidence or time line is missing: %s", c.persona, page)
		}
	}
	if strings.Contains(h.log.String(), "example") || strings.Contains(h.log.String(), hr.ID) {
		t.Errorf("the log says %s", h.log)
	}
}

func TestASearchNarrows(t *testing.T) {
	t.Parallel()
	h := open(t)
	ids := map[string]string{}
	for name, m := range map[string]mail{
		"sent":    {"hr", "clara", "x", []string{"Bo@partner.example"}, []store.State{store.Sent}},
		"failed":  {"hr", "clara", "x", []string{"eva@klinik.example"}, []store.State{store.Rejected}},
		"unknown": {"its", "anna", "x", []string{"chen@uni.example", "bo@partner.example"}, []store.State{store.Unknown, store.Sent}},
		"sending": {"its", "anna", "x", []string{"frans@kommune.example"}, []store.State{store.Queued}},
	} {
		ids[name] = h.past(t, m).ID
	}
	v := h.visit(t).signIn("jonna")
	cases := map[string]string{
		"": "failed sending sent unknown", "state=sent": "sent", "state=failed": "failed", "state=unknown": "unknown", "state=sending": "sending", "state=cancelled": "",
		"mailbox=sikkermail@hr.aau.example": "failed sent", "mailbox=SIKKERMAIL@hr.aau.example": "failed sent", "recipient=Bo@partner.example": "sent unknown",
		"recipient=bo@partner.example": "unknown", "recipient=nobody@partner.example": "", "sender=" + h.people["anna"].ID: "sending unknown",
		"message-id=" + ids["sent"] + "@aau.example": "sent", "days=1": "failed sending sent unknown", "since=2100-01-01": "", "until=2001-01-01": "",
		"state=sent&recipient=eva@klinik.example": "", "mailbox=sikkermail@its.aau.example&state=unknown": "unknown",
	}
	for query, want := range cases {
		w := v.get("/admin/messages?" + query)
		for name, id := range ids {
			if found := strings.Contains(w.Body.String(), id); found != strings.Contains(want, name) || w.Code != http.StatusOK {
				t.Errorf("%q: %s is there: %v (%d)", query, name, found, w.Code)
			}
		}
	}
	for _, query := range []string{"state=pigeon", "sender=Anna", "since=27/11", "until=2026-13-01", "before=x", "recipient=" + strings.Repeat("x", 400)} {
		if w := v.get("/admin/messages?" + query); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `class="note stop"`) || strings.Contains(w.Body.String(), ids["sent"]) {
			t.Errorf("%q is taken: %d", query, w.Code)
		}
	}
}

func TestPagesFollowEachOtherWithoutAGap(t *testing.T) {
	t.Parallel()
	h := open(t)
	const all = 120
	want := map[string]bool{}
	for range all {
		want[h.past(t, mail{"hr", "clara", "x", []string{"bo@partner.example"}, []store.State{store.Sent}}).ID] = true
	}
	v := h.visit(t).signIn("david")
	next, link := "/admin/messages?state=sent&recipient=bo@partner.example", regexp.MustCompile(`href="([^"]+)" rel="next"`)
	seen := map[string]bool{}
	pages := 0
	for next != "" && pages < 10 {
		pages++
		page := v.get(next).Body.String()
		for _, found := range regexp.MustCompile(`/admin/messages/([0-9a-f-]{36})"`).FindAllStringSubmatch(page, -1) {
			if seen[found[1]] {
				t.Errorf("%s is there twice", found[1])
			}
			seen[found[1]] = true
		}
		next = ""
		if found := link.FindStringSubmatch(page); found != nil {
			next = strings.ReplaceAll(found[1], "&amp;", "&")
			if !strings.Contains(next, "state=sent") {
				t.Errorf("the next page forgets the search: %s", next)
			}
		}
	}
	if len(seen) != all || pages != 3 {
		t.Errorf("%d messages on %d pages", len(seen), pages)
	}
}

func TestADoubtIsDecidedOnceAndByThoseWhoMay(t *testing.T) {
	t.Parallel()
	for _, decision := range []struct {
		form url.Values
		end  store.State
	}{
		{url.Values{"decision": {"arrived"}}, store.Sent}, {url.Values{"decision": {"again"}, "sure": {"yes"}}, store.Queued},
	} {
		h := open(t)
		m := h.past(t, mail{"hr", "clara", "x", []string{"bo@partner.example", "eva@klinik.example"}, []store.State{store.Unknown, store.Sent}})
		one := fmt.Sprintf("/admin/messages/%s/copies/%s", m.ID, m.Deliveries[0].ID)
		sent := fmt.Sprintf("/admin/messages/%s/copies/%s", m.ID, m.Deliveries[1].ID)
		for persona, want := range map[string]int{"aase": http.StatusNotFound, "jonna": http.StatusForbidden, "anna": http.StatusForbidden} {
			if w := h.visit(t).signIn(persona).do(http.MethodPost, one, decision.form); w.Code != want {
				t.Errorf("%s decides: %d, want %d", persona, w.Code, want)
			}
		}
		v := h.visit(t).signIn("david")
		if w := v.get(one); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "bo@partner.example") || strings.Contains(w.Body.String(), "eva@klinik.example") {
			t.Errorf("the question: %d %s", w.Code, w.Body)
		}
		for _, form := range []url.Values{{}, {"decision": {"maybe"}}, {"decision": {"again"}}} {
			if w := v.do(http.MethodPost, one, form); w.Code != http.StatusBadRequest {
				t.Errorf("%v is taken for a decision: %d", form, w.Code)
			}
		}
		if w := v.do(http.MethodPost, sent, decision.form); w.Code != http.StatusConflict {
			t.Errorf("a copy that was sent is decided about: %d", w.Code)
		}
		if d := must(h.store.Delivery(t.Context(), m.Deliveries[0].ID)); d.State != store.Unknown {
			t.Fatalf("it is %s already", d.State)
		}
		w := v.do(http.MethodPost, one, decision.form)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/admin/messages/"+m.ID {
			t.Fatalf("deciding: %d %s", w.Code, w.Body)
		}
		if page := v.get("/admin/messages/" + m.ID).Body.String(); !strings.Contains(page, `role="status"`) || !strings.Contains(page, "En administrator har") {
			t.Errorf("what was decided is not said: %s", page)
		}
		if page := v.get("/admin/messages/" + m.ID).Body.String(); strings.Contains(page, `role="status"`) {
			t.Error("it is said twice")
		}
		if d := must(h.store.Delivery(t.Context(), m.Deliveries[0].ID)); d.State != decision.end {
			t.Errorf("it is %s, want %s", d.State, decision.end)
		}
		if w := v.do(http.MethodPost, one, decision.form); w.Code != http.StatusConflict {
			t.Errorf("deciding again: %d", w.Code)
		}
	}
}
