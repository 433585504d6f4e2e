package graph_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/sandbox/exchange"
)

func TestANoticeIsAFinishedMessageInTheInboxAndThereOnce(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	c := client(t, h.url, nil)
	note := graph.Note{
		Subject: "Kvittering: sendt sikkert", HTML: "<p>Mailen er sendt æøå</p>", From: mail.Address{Name: "Send sikker", Address: box},
		At: time.Date(2026, 11, 23, 12, 34, 56, 0, time.FixedZone("CET", 3600)), InternetMessageID: "<kvittering'1@its.aau.example>", InReplyTo: messageID,
	}
	id, err := c.PutNotice(t.Context(), box, note)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.PutNotice(t.Context(), box, note)
	if err != nil || again != id {
		t.Errorf("a second one: %v", err)
	}
	items := h.exchange.Messages(box, "inbox")
	if len(items) != 1 {
		t.Fatalf("%d notices", len(items))
	}
	i := items[0]
	if i.ID != id || i.IsDraft || i.IsRead || i.Subject != note.Subject || i.BodyHTML != note.HTML || i.InternetMessageID != note.InternetMessageID ||
		!i.Received.Equal(note.At) || !i.Sent.Equal(note.At) || i.Properties["string 0x1042"] != messageID || i.From != box || !slices.Equal(i.To, []string{box}) {
		t.Errorf("it is %+v", i)
	}
	if n := h.log.count(http.MethodPost, ""); n != 1 {
		t.Errorf("%d creates", n)
	}
	note.HTML, note.InternetMessageID = strings.Repeat("x", 4_000_000), "<other@its.aau.example>"
	_, err = c.PutNotice(t.Context(), box, note)
	want(t, err, fault.TooLarge, "graph_too_large")
	note.InternetMessageID = ""
	_, err = c.PutNotice(t.Context(), box, note)
	want(t, err, fault.Internal, "graph_source")
}

func TestACopyIsFoundAmongManyWithItsMessageID(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	c := client(t, h.url, nil)
	const copies = 60 // more than a page
	for n := range copies {
		mime := bytes.Replace(sealed(fmt.Sprintf("bcc%d@partner.example", n), noise(10)), []byte("Cc:"), []byte("X-Cc:"), 1)
		if _, err := c.CreateDraft(t.Context(), box, bytes.NewReader(mime), int64(len(mime))); err != nil {
			t.Fatal(err)
		}
	}
	// The oldest is on the last page.
	if place, err := c.Find(t.Context(), box, "AAkA-gone", messageID, []string{"bcc0@partner.example"}); err != nil || place != graph.PlaceDraft {
		t.Errorf("%q, %v", place, err)
	}
	if place, err := c.Find(t.Context(), box, "", messageID, []string{"nobody@partner.example"}); err != nil || place != graph.PlaceNowhere {
		t.Errorf("%q, %v", place, err)
	}
}

func TestGroupsAreAskedForByTwenties(t *testing.T) {
	t.Parallel()
	var all, member []string
	for n := range 45 {
		all = append(all, fmt.Sprintf("g%02d", n))
	}
	member = []string{"g00", "g19", "g20", "g44", "elsewhere"}
	h := open(t, func(c *exchange.Config) {
		c.Members = func(person string) []string {
			if person != "oid-1" {
				return nil
			}
			return member
		}
	})
	c := client(t, h.url, nil)
	got, err := c.MemberOf(t.Context(), "oid-1", append(all, "g00", "g44"))
	if err != nil || !slices.Equal(got, []string{"g00", "g19", "g20", "g44"}) {
		t.Errorf("%v, %v", got, err)
	}
	if n := h.log.count(http.MethodPost, "/checkMemberGroups"); n != 3 {
		t.Errorf("%d requests for 45 groups", n)
	}
	if got, err := c.MemberOf(t.Context(), "oid-2", all); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := c.MemberOf(t.Context(), "oid-1", nil); err != nil || len(got) != 0 {
		t.Errorf("no groups asked: %v, %v", got, err)
	}
}

func TestAGroupThatNobodyAskedAboutGrantsNothing(t *testing.T) {
	t.Parallel()
	url, _ := answering(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"value":["g1","G2","admins"]}`) })
	got, err := client(t, url, nil).MemberOf(t.Context(), "oid-1", []string{"g1", "g2"})
	if err != nil || !slices.Equal(got, []string{"g1"}) {
		t.Errorf("%v, %v", got, err)
	}
}
