package admin_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sandbox/entraid"
	"aau.dk/sendsikker/internal/store"
)

// phonebook is the directory, or a closed one.
type phonebook struct{ closed bool }

func (b phonebook) all() []mailbox.Named {
	list := []mailbox.Named{{Kind: "group", ID: entraid.Group(1), Name: "It-afdelingen"}, {Kind: "application", ID: "a9900000-0000-4000-8000-00000000a002", Name: "Sagssystem"}}
	for _, p := range entraid.University().Personas {
		list = append(list, mailbox.Named{Kind: "person", ID: p.ID, Name: p.Name, Address: p.Address})
	}
	return list
}

func (b phonebook) answer() error {
	if b.closed {
		return fault.New(fault.Rejected, "graph_directory_forbidden", fault.Sentence{DA: "Vi må ikke slå op.", EN: "We may not look."}, nil)
	}
	return nil
}

func (b phonebook) Search(_ context.Context, kind, text string) (found []mailbox.Named, err error) {
	for _, n := range b.all() {
		if n.Kind == kind && strings.Contains(strings.ToLower(n.Name), strings.ToLower(text)) {
			found = append(found, n)
		}
	}
	return found, b.answer()
}

func (b phonebook) Members(context.Context, string, int) ([]mailbox.Named, bool, error) {
	return b.all()[2:4], false, b.answer()
}

func (b phonebook) Named(_ context.Context, grants []store.Grant) (found []mailbox.Named, err error) {
	for _, n := range b.all() {
		for _, g := range grants {
			if g.Kind == n.Kind && g.Subject == n.ID {
				found = append(found, n)
			}
		}
	}
	if b.closed {
		found = nil
	}
	return found, b.answer()
}

func TestRightsAreGivenBySearchAndTakenBackAfterAQuestion(t *testing.T) {
	t.Parallel()
	h := open(t)
	david := h.visit(t).signIn("david")
	says(t, "the list", david.get("/admin/grants"), "HR", "ingen kan sende")
	says(t, "nobody yet", david.get("/admin/grants/hr"), "Ingen kan sende fra postkassen")
	page := says(t, "a search", david.get("/admin/grants/hr?kind=person&q=clara"), "Clara Eksempel", "Lad sende")
	if strings.Contains(page, "Gør til lokal administrator") {
		t.Error("a local administrator is offered to appoint others")
	}
	for _, g := range []store.Grant{{Kind: "person", Subject: h.people["clara"].ID}, {Kind: "group", Subject: entraid.Group(1)}, {Kind: "application", Subject: "a9900000-0000-4000-8000-00000000a002"}} {
		leads(t, "given", david.do(http.MethodPost, "/admin/grants/hr/give", url.Values{"kind": {g.Kind}, "subject": {g.Subject}}))
	}
	says(t, "who and why", david.get("/admin/grants/hr"), "Clara Eksempel", "har selv adgang", "Anna Eksempel", "medlem af <bdi>It-afdelingen</bdi>", "Sagssystem", "Adgangen er givet")
	says(t, "a search for one who has it", david.get("/admin/grants/hr?kind=person&q=clara"), "kan sende")
	take := "/admin/grants/hr/take?kind=person&subject=" + h.people["clara"].ID
	says(t, "the question", david.get(take), "Clara Eksempel", "sikkermail@hr.aau.example")
	leads(t, "taken", david.do(http.MethodPost, "/admin/grants/hr/take", url.Values{"kind": {"person"}, "subject": {h.people["clara"].ID}}))
	if w := david.do(http.MethodPost, "/admin/grants/hr/take", url.Values{"kind": {"person"}, "subject": {h.people["clara"].ID}}); w.Code != http.StatusNotFound {
		t.Errorf("twice: %d", w.Code)
	}
	if w := david.do(http.MethodPost, "/admin/grants/hr/give", url.Values{"kind": {"everybody"}, "subject": {"*"}}); w.Code != http.StatusBadRequest {
		t.Errorf("everybody: %d", w.Code)
	}
	if list := must(h.store.Grants(t.Context(), "hr")); len(list) != 2 {
		t.Errorf("left: %v", list)
	}

	h.book.closed = true
	says(t, "a closed directory", david.get("/admin/grants/hr"), "Vi må ikke slå op.", entraid.Group(1), "De kan stadig sende")
	says(t, "an id", david.get("/admin/grants/hr?kind=person&q="+h.people["birk"].ID), "Lad sende", h.people["birk"].ID)
}

func TestOnlyAdministratorsAppointLocalOnes(t *testing.T) {
	t.Parallel()
	h := open(t)
	iben, jonna := h.visit(t).signIn("iben"), h.visit(t).signIn("jonna")
	clara := url.Values{"kind": {"person"}, "subject": {h.people["clara"].ID}}
	says(t, "a search", iben.get("/admin/grants/its?q=clara"), "Gør til lokal administrator")
	leads(t, "appointed", iben.do(http.MethodPost, "/admin/grants/its/appoint", clara))
	says(t, "the page", iben.get("/admin/grants/its"), "Clara Eksempel", "Fjern")
	says(t, "Clara's list", h.visit(t).signIn("clara").get("/admin/mailboxes"), "sikkermail@its.aau.example")
	if page := says(t, "an auditor's", jonna.get("/admin/grants/its?q=clara"), "Clara Eksempel"); strings.Contains(page, "<form method=\"post\" action=\"/admin/grants") {
		t.Error("an auditor is offered changes")
	}
	says(t, "the question", iben.get("/admin/grants/its/take?care=yes&kind=person&subject="+h.people["clara"].ID), "se efter")
	leads(t, "dismissed", iben.do(http.MethodPost, "/admin/grants/its/dismiss", clara))
	if w := h.visit(t).signIn("clara").get("/admin/mailboxes"); w.Code != http.StatusForbidden {
		t.Errorf("Clara afterwards: %d", w.Code)
	}
	if _, err := h.store.ChainAudit(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	for action, change := range map[audit.Action]string{
		audit.LocalAdministratorPut: `"before":null`, audit.LocalAdministratorDeleted: `"after":null`,
	} {
		rows := must(h.store.AuditPage(t.Context(), store.AuditFilter{Action: string(action), Actor: h.people["iben"].ID}, 0, 10))
		if len(rows) != 1 || rows[0].Mailbox != "sikkermail@its.aau.example" || !strings.Contains(rows[0].Detail, change) || !strings.Contains(rows[0].Detail, h.people["clara"].ID) {
			t.Errorf("%s: the log has %+v", action, rows)
		}
	}
}

func TestLocalAdministratorsSeeEachOtherAndAppointNobody(t *testing.T) {
	t.Parallel()
	h := open(t)
	clara := url.Values{"kind": {"person"}, "subject": {h.people["clara"].ID}}
	leads(t, "appointed", h.visit(t).signIn("iben").do(http.MethodPost, "/admin/grants/hr/appoint", clara))
	david := h.visit(t).signIn("david")
	page := says(t, "the page", david.get("/admin/grants/hr?kind=person&q=anna"), "David Eksempel", "Clara Eksempel", "udpeges af en administrator", "Lad sende")
	if strings.Contains(page, "care=yes") || strings.Contains(page, "Gør til lokal administrator") {
		t.Error("a local administrator is offered to change who looks after the mailbox")
	}
	for _, form := range []url.Values{clara, {"kind": {"person"}, "subject": {h.people["david"].ID}}} {
		for _, do := range []string{"appoint", "dismiss"} {
			if w := david.do(http.MethodPost, "/admin/grants/hr/"+do, form); w.Code != http.StatusForbidden {
				t.Errorf("%s: %d", do, w.Code)
			}
		}
	}
	if w := david.get("/admin/grants/hr/take?care=yes&kind=person&subject=" + h.people["clara"].ID); w.Code != http.StatusForbidden {
		t.Errorf("the question: %d", w.Code)
	}
	if list := must(h.store.LocalAdministrators(t.Context(), "hr")); len(list) != 2 {
		t.Errorf("left: %v", list)
	}
}
