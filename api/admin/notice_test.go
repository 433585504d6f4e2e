package admin_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/store"
)

var noticed = regexp.MustCompile(`name="noticed" value="([0-9]+)"`)

func TestAReportIsSentAgainOnceByThoseWhoMay(t *testing.T) {
	t.Parallel()
	h := open(t)
	m := h.past(t, mail{"hr", "clara", "x", []string{"bo@partner.example"}, []store.State{store.Rejected}})
	one, form := "/admin/messages/"+m.ID, func(v *visit) url.Values {
		found := noticed.FindStringSubmatch(v.get("/admin/messages/" + m.ID).Body.String())
		if found == nil {
			t.Fatal("there is no form")
		}
		return url.Values{"noticed": {found[1]}}
	}
	david := h.visit(t).signIn("david")
	if strings.Contains(david.get(one).Body.String(), "/notice") {
		t.Error("a report is offered again before there is a first one")
	}
	if w := david.do(http.MethodPost, one+"/notice", url.Values{"noticed": {"0"}}); w.Code != http.StatusConflict {
		t.Errorf("it is asked for all the same: %d", w.Code)
	}
	if err := h.store.SetNotice(t.Context(), m.ID, "report"); err != nil {
		t.Fatal(err)
	}
	seen := form(david)
	for persona, want := range map[string]int{"aase": http.StatusNotFound, "jonna": http.StatusForbidden, "anna": http.StatusForbidden} {
		if w := h.visit(t).signIn(persona).do(http.MethodPost, one+"/notice", seen); w.Code != want {
			t.Errorf("%s asks: %d, want %d", persona, w.Code, want)
		}
	}
	if strings.Contains(h.visit(t).signIn("jonna").get(one).Body.String(), "/notice") {
		t.Error("an auditor is offered to ask")
	}
	for _, bad := range []url.Values{{}, {"noticed": {"x"}}, {"noticed": {"-1"}}} {
		if w := david.do(http.MethodPost, one+"/notice", bad); w.Code != http.StatusBadRequest {
			t.Errorf("%v: %d", bad, w.Code)
		}
	}
	before := must(h.store.Message(t.Context(), m.ID)).NoticeAt
	leads(t, "the first click", david.do(http.MethodPost, one+"/notice", seen))
	says(t, "what was done", david.get(one), "indbakke igen om et øjeblik")
	asked := must(h.store.Message(t.Context(), m.ID)).NoticeAt
	if !asked.After(before) {
		t.Fatal("nothing was asked for")
	}
	leads(t, "the second click", david.do(http.MethodPost, one+"/notice", seen))
	says(t, "what was done", david.get(one), "allerede bestilt")
	if now := must(h.store.Message(t.Context(), m.ID)).NoticeAt; !now.Equal(asked) {
		t.Error("two clicks asked twice")
	}
	if err := h.store.NoticePut(t.Context(), m.ID, "report", asked); err != nil {
		t.Fatal(err)
	}
	says(t, "the time line", david.get(one), "Fejlrapport lagt i funktionspostkassen igen")
	leads(t, "another, by an administrator who sees the page as it is", h.visit(t).signIn("iben").do(http.MethodPost, one+"/notice", form(h.visit(t).signIn("iben"))))

	if _, err := h.store.ChainAudit(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	rows := must(h.store.AuditPage(t.Context(), store.AuditFilter{Action: string(audit.NoticeAsked)}, 0, 10))
	if len(rows) != 2 || rows[0].ActorID != h.people["iben"].ID || rows[1].ActorID != h.people["david"].ID || rows[1].MessageID != m.ID || !strings.Contains(rows[1].Detail, `"before"`) {
		t.Errorf("the log has %+v", rows)
	}
}
