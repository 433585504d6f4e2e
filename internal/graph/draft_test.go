package graph_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/sandbox/exchange"
)

func TestADraftIsStoredFoundSentAndFoundAgainUnderTheSameID(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	c := client(t, h.url, nil)
	cms := noise(100_000)
	mime := sealed("Bo <bo@partner.example>", cms)
	id, err := c.CreateDraft(t.Context(), box, bytes.NewReader(mime), int64(len(mime)))
	if err != nil {
		t.Fatal(err)
	}
	if place, err := c.Find(t.Context(), box, id, messageID, nil); err != nil || place != graph.PlaceDraft {
		t.Fatalf("after create it is %q, %v", place, err)
	}
	if err := c.Send(t.Context(), box, id); err != nil {
		t.Fatal(err)
	}
	got := wait(t, h, "bo@partner.example", 1)
	if len(wait(t, h, "kopi@partner.example", 1)) != 1 || !slices.Equal(got[0].Recipients, []string{"bo@partner.example", "kopi@partner.example"}) {
		t.Errorf("went to %v", got[0].Recipients)
	}
	if !bytes.HasSuffix(got[0].Raw, mime) {
		t.Error("the message did not arrive as it was made")
	}
	if place, err := c.Find(t.Context(), box, id, messageID, nil); err != nil || place != graph.PlaceSent {
		t.Fatalf("after send it is %q, %v", place, err)
	}
	if place, err := c.Find(t.Context(), box, "", messageID, []string{"KOPI@partner.example", "bo@partner.example"}); err != nil || place != graph.PlaceSent {
		t.Errorf("by Message-ID it is %q, %v", place, err)
	}
	if place, err := c.Find(t.Context(), box, "", messageID, []string{"bo@partner.example"}); err != nil || place != graph.PlaceNowhere {
		t.Errorf("a copy for others is taken for ours: %q, %v", place, err)
	}
	post := h.log.all()[0]
	if post.header.Get("Content-Type") != "text/plain" || post.length != int64(base64.StdEncoding.EncodedLen(len(mime))) {
		t.Errorf("sent as %s with Content-Length %d", post.header.Get("Content-Type"), post.length)
	}
	for _, s := range h.log.all() {
		if s.header.Get("Prefer") != `IdType="ImmutableId"` || s.header.Get("Content-Encoding") != "" {
			t.Errorf("%s has Prefer %q, Content-Encoding %q", s.path, s.header.Get("Prefer"), s.header.Get("Content-Encoding"))
		}
	}
}

func TestAMailboxWithOddCharactersIsOneSegment(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	c := client(t, h.url, nil)
	const odd = "o'brien/x+y@its.aau.example"
	mime := bytes.ReplaceAll(sealed("bo@partner.example", noise(10)), []byte(box), []byte(odd))
	id, err := c.CreateDraft(t.Context(), odd, bytes.NewReader(mime), int64(len(mime)))
	if err != nil {
		t.Fatal(err)
	}
	if path := h.log.all()[0].path; strings.Count(path, "/") != 4 || !strings.Contains(path, "%2F") {
		t.Errorf("path %s", path)
	}
	if place, err := c.Find(t.Context(), odd, "no/such'id", "<it's@x>", nil); err != nil || place != graph.PlaceNowhere {
		t.Errorf("%q, %v", place, err)
	}
	if err := c.Discard(t.Context(), odd, id); err != nil || len(h.exchange.Messages(odd, "drafts")) != 0 {
		t.Errorf("discard: %v", err)
	}
	if err := c.Discard(t.Context(), odd, "gone"); err != nil {
		t.Errorf("discarding what is not there: %v", err)
	}
	before := len(h.log.all())
	for _, bad := range []string{"", ".", "..", "a\x00b", "\xff", strings.Repeat("x", 5000)} {
		_, err := c.CreateDraft(t.Context(), bad, bytes.NewReader(mime), int64(len(mime)))
		want(t, err, fault.Rejected, "graph_mailbox_unknown")
		want(t, c.Send(t.Context(), odd, bad), fault.Internal, "graph_source")
	}
	if len(h.log.all()) != before {
		t.Error("a bad segment reached the server")
	}
}

func TestAMessageOverTheLimitIsRefusedBeforeGraphIsAsked(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	c := client(t, h.url, nil)
	_, err := c.CreateDraft(t.Context(), box, strings.NewReader(""), c.MaxMessage()+1)
	want(t, err, fault.TooLarge, "graph_too_large")
	if len(h.log.all()) != 0 || c.MaxMessage() != graph.MaxMIME {
		t.Errorf("%d requests, limit %d", len(h.log.all()), c.MaxMessage())
	}
}

func TestTheSilent200AboveTheTenantsLimitIsTooLarge(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *exchange.Config) { c.RequestLimit = 1 << 20 })
	c := client(t, h.url, nil)
	mime := sealed("bo@partner.example", noise(1_500_000))
	_, err := c.CreateDraft(t.Context(), box, bytes.NewReader(mime), int64(len(mime)))
	want(t, err, fault.TooLarge, "graph_too_large")
	if n := len(h.exchange.Messages(box, "")); n != 0 || len(h.log.all()) != 1 {
		t.Errorf("%d messages, %d requests", n, len(h.log.all()))
	}
}

func TestTheLargestMIMEMessageFitsIntoOneRequest(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	c := client(t, h.url, nil)
	mime := sealed("bo@partner.example", noise(10))
	mime = append(mime, bytes.Repeat([]byte("\r\n"), (graph.MaxMIME-len(mime))/2)...)
	if _, err := c.CreateDraft(t.Context(), box, bytes.NewReader(mime), int64(len(mime))); err != nil {
		t.Fatal(err)
	}
}

func TestAMessageWithAnotherSizeThanStatedBecomesNoDraft(t *testing.T) {
	t.Parallel()
	mime := sealed("bo@partner.example", noise(50_000))
	for name, test := range map[string]struct {
		mime io.Reader
		size int64
	}{
		"shorter":        {bytes.NewReader(mime), int64(len(mime)) + 1},
		"longer":         {bytes.NewReader(mime), int64(len(mime)) - 1},
		"longer, by 24K": {bytes.NewReader(mime), 24 << 10},
		"empty":          {bytes.NewReader(nil), 0},
		"unreadable":     {io.MultiReader(bytes.NewReader(mime[:30_000]), broken{}), int64(len(mime))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			_, err := client(t, h.url, nil).CreateDraft(t.Context(), box, test.mime, test.size)
			want(t, err, fault.Internal, "graph_source")
			if n := len(h.exchange.Messages(box, "")); n != 0 {
				t.Errorf("%d drafts", n)
			}
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }
