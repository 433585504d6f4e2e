package exchange_test

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestAMailFromOutlookGoesToItsEnvelope(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	const mail = "From: <anna@its.aau.example>\r\nTo: <bo@partner.example>\r\nBcc: <x@partner.example>\r\nSubject: Hej\r\n\r\nOrd\r\n"
	if err := h.server.Post("anna@its.aau.example", []string{"bo@partner.example", "skjult@partner.example", box}, []byte(mail)); err != nil {
		t.Fatal(err)
	}
	ctx, late := context.WithTimeout(t.Context(), 10*time.Second)
	defer late()
	for _, address := range []string{"bo@partner.example", "skjult@partner.example", box} {
		arrived, err := h.server.Wait(ctx, address, 1)
		if err != nil {
			t.Fatal(err)
		}
		if raw := string(arrived[0].Raw); !strings.Contains(raw, "Ord") || strings.Contains(raw, "Bcc:") || arrived[0].From != "anna@its.aau.example" {
			t.Errorf("%s: %s", address, raw)
		}
	}
	if len(h.server.Messages(box, "inbox")) != 1 || len(h.server.Messages("anna@its.aau.example", "sentitems")) != 1 {
		t.Error("it does not lie where it should")
	}
	for name, c := range map[string]struct {
		from, to, mail string
	}{
		"from outside":  {"eve@evil.example", "bo@partner.example", mail},
		"to nobody":     {box, "", mail},
		"to no address": {box, "bo@", mail},
		"no mail":       {box, "bo@partner.example", "\x00"},
	} {
		var to []string
		if c.to != "" {
			to = []string{c.to}
		}
		if err := h.server.Post(c.from, to, []byte(c.mail)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
