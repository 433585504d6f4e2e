package partners

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/mailbox"
)

func TestACertificateThatFollowsIsOnShowBeforeItSigns(t *testing.T) {
	t.Parallel()
	list := slices.Clone(mailboxes())
	list[0].Next = &mailbox.Next{Certificate: list[1].Certificate, From: clock.Add(3 * day)}
	h := open(&database{list: list})
	link := "/certificates/" + list[0].Address
	for _, w := range newSpeech().all {
		page := ask(t, h, http.MethodGet, "/certificates?lang="+w.Tag).Body.String()
		if strings.Count(page, w.NextHelp) != 1 || !strings.Contains(page, w.date(clock.Add(3*day).UTC())) || !strings.Contains(page, `.next.cer"`) {
			t.Errorf("%s: the page does not tell of it", w.Tag)
		}
	}
	if got := ask(t, h, http.MethodGet, link+".next.cer"); !bytes.Equal(got.Body.Bytes(), list[1].Certificate.Raw) || !strings.Contains(got.Header().Get("Content-Disposition"), "next.cer") {
		t.Errorf("%d: another certificate", got.Code)
	}
	if got := ask(t, h, http.MethodGet, link+".cer"); !bytes.Equal(got.Body.Bytes(), list[0].Certificate.Raw) {
		t.Error("the one in use is not what is fetched for it")
	}
	for _, none := range []string{"/certificates/" + list[1].Address + ".next.cer", link + ".next.p7b", link + ".next.next.cer"} {
		if got := ask(t, h, http.MethodGet, none); got.Code != http.StatusNotFound {
			t.Errorf("%s: %d", none, got.Code)
		}
	}
}
