package draft_test

import (
	"bufio"
	"bytes"
	"io"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"

	"aau.dk/sendsikker/internal/draft"
)

// readBack parses a header block with go-message, after checking that it holds the fields that are meant and no others.
func readBack(t *testing.T, h draft.Header) mail.Header {
	t.Helper()
	var out bytes.Buffer
	n, err := h.WriteTo(&out)
	if err != nil {
		t.Fatalf("writing the header: %v", err)
	}
	if n != int64(out.Len()) {
		t.Errorf("WriteTo says %d bytes, but wrote %d", n, out.Len())
	}
	if strings.Contains(strings.ReplaceAll(out.String(), "\r\n", ""), "\n") || strings.Contains(out.String(), "\r\n\r\n") {
		t.Fatalf("line ends: %q", out.String())
	}
	for line := range strings.SplitSeq(out.String(), "\r\n") {
		if len(line) > 998 || strings.TrimSpace(line) == "" && line != "" {
			t.Errorf("an unusable line %q", line)
		}
	}
	parsed, err := textproto.ReadHeader(bufio.NewReader(strings.NewReader(out.String() + "\r\n")))
	if err != nil {
		t.Fatalf("go-message cannot read %q: %v", out.String(), err)
	}
	meant := []string{"From", "Date", "Message-Id", "Mime-Version"}
	for name, there := range map[string]bool{
		"To": len(h.To) > 0, "Cc": len(h.Cc) > 0, "Subject": h.Subject != "", "In-Reply-To": h.InReplyTo != "",
		"References": len(h.References) > 0, "Importance": h.Importance == draft.High || h.Importance == draft.Low,
		"X-Priority": h.Importance == draft.High || h.Importance == draft.Low,
	} {
		if there {
			meant = append(meant, name)
		}
	}
	var got []string
	for fields := parsed.Fields(); fields.Next(); {
		got = append(got, fields.Key())
	}
	slices.Sort(meant)
	slices.Sort(got)
	if !slices.Equal(got, meant) {
		t.Fatalf("fields %v, want %v", got, meant)
	}
	m := mail.Header{}
	m.Header.Header = parsed
	return m
}

func sameAddresses(t *testing.T, m mail.Header, field string, want []netmail.Address) {
	t.Helper()
	got, err := m.AddressList(field)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%s: %d addresses, want %d (%v)", field, len(got), len(want), err)
	}
	for i := range got {
		if *got[i] != want[i] {
			t.Errorf("%s[%d]: %+v, want %+v", field, i, *got[i], want[i])
		}
	}
}

func TestEveryFieldOfTheHeaderIsReadAsItWasMeant(t *testing.T) {
	t.Parallel()
	subjects := []string{
		"", "hej", "Rødgrød med fløde", "a  b", strings.Repeat("x", 255), strings.Repeat("å", 255), strings.Repeat("hej ", 63) + "x",
		"🎉👩‍🔬", "=?utf-8?q?=0D=0ABcc:_eve@evil.example?=", "ord =?utf-8?B?DQpCY2M6?= ord", "kolon: semikolon; \"anførsel\" \\", "?= slut",
	}
	names := []string{
		"", "Bo", "Bo Ærø", "Å", `Bo "Bobs" \ Ærø`, "Ærø, Bo (ITS)", "Bo, Ærø", "bo@other.example", "=?utf-8?q?=0D=0ABcc:?=",
		strings.Repeat("ø", 255), strings.Repeat("navn ", 50) + "x", "<eve@evil.example>", "日本 太郎", `""""""""""""""""""""""""""""""""""""""""`,
	}
	addresses := []string{"bo@partner.example", "Bo.Aero+x@partner.example", strings.Repeat("x", 64) + "@partner.example", "o'neill&co/x=y@partner.example"}
	for _, subject := range subjects {
		var to []netmail.Address
		for i, name := range names {
			to = append(to, address(name, addresses[i%len(addresses)]))
		}
		h := draft.Header{
			From: address("Sikker mail, ITS Ærø", "sikkermail@its.aau.example"), To: to, Cc: to[:3], Subject: subject,
			Date: time.Date(2026, 11, 23, 14, 5, 0, 0, time.FixedZone("", 3600)), MessageID: "<1@aau.example>", InReplyTo: "<0@x.example>",
			References: []string{"<a@x.example>", "<" + strings.Repeat("b", 200) + "@x.example>", "<0@x.example>"}, Importance: draft.High,
		}
		m := readBack(t, h)
		sameAddresses(t, m, "From", []netmail.Address{h.From})
		sameAddresses(t, m, "To", h.To)
		sameAddresses(t, m, "Cc", h.Cc)
		if got, err := m.Subject(); err != nil || got != subject {
			t.Errorf("subject %q, want %q (%v)", got, subject, err)
		}
		if got, err := m.Date(); err != nil || !got.Equal(h.Date) {
			t.Errorf("date %v, want %v (%v)", got, h.Date, err)
		}
		if got, err := m.MsgIDList("References"); err != nil || "<"+strings.Join(got, "> <")+">" != strings.Join(h.References, " ") {
			t.Errorf("references %q (%v)", got, err)
		}
		if got, err := m.MessageID(); err != nil || got != "1@aau.example" {
			t.Errorf("message id %q (%v)", got, err)
		}
		if m.Get("Importance") != "high" || m.Get("X-Priority") != "1" {
			t.Error("the importance is lost")
		}
	}
}

func TestAnInternationalAddressIsWrittenAsMailProgramsUnderstandIt(t *testing.T) {
	t.Parallel()
	h := headerOf(sound())
	h.To = []netmail.Address{address("Bo", "bo@blåbær.example"), address("Åse", "åse@blåbær.example")}
	var out strings.Builder
	if _, err := h.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "<bo@xn--blbr-roah.example>") || !strings.Contains(out.String(), "<åse@xn--blbr-roah.example>") {
		t.Errorf("got %q", out.String())
	}
}

// injections are what somebody might try in any text.
var injections = map[string]string{
	"a CR LF":                 "x\r\nBcc: eve@evil.example",
	"an LF":                   "x\nBcc: eve@evil.example",
	"a CR":                    "x\rBcc: eve@evil.example",
	"a NUL":                   "x\x00y",
	"a line separator":        "x\u2028Bcc: eve@evil.example",
	"a paragraph separator":   "x\u2029y",
	"a next line":             "x\u0085y",
	"an escape":               "x\x1b[2Jy",
	"an override":             "x\u202egnp.exe",
	"an isolate":              "x\u2067y\u2069",
	"half a letter":           "x\xc3",
	"CR LF and a blank line":  "x\r\n\r\n<script>",
	"a folded line":           "x\r\n Bcc: eve@evil.example",
	"a delete":                "x\x7f",
	"a vertical tab":          "x\vy",
	"an embedding":            "x\u202ay\u202c",
	"a deprecated shaping":    "x\u206ay",
	"a surrogate, as in WTF8": "x\xed\xa0\x80",
}

func TestNoTextBecomesAnotherField(t *testing.T) {
	t.Parallel()
	fields := map[string]func(*draft.Draft, *draft.Header, string){
		"the subject": func(d *draft.Draft, h *draft.Header, s string) { d.Subject, h.Subject = s, s },
		"a name": func(d *draft.Draft, h *draft.Header, s string) {
			d.To[0].Name, h.To = s, []netmail.Address{address(s, "bo@partner.example")}
		},
		"an address": func(d *draft.Draft, h *draft.Header, s string) {
			d.To[0].Address, h.To = s+"@partner.example", []netmail.Address{address("", s+"@partner.example")}
		},
		"a domain": func(d *draft.Draft, h *draft.Header, s string) {
			d.Cc = []netmail.Address{address("", "bo@"+s+".example")}
			h.Cc = d.Cc
		},
		"the mailbox": func(d *draft.Draft, h *draft.Header, s string) {
			d.Mailbox, h.From.Address = s+"@aau.example", s+"@aau.example"
		},
		"what it answers": func(d *draft.Draft, h *draft.Header, s string) { d.InReplyTo, h.InReplyTo = "<"+s+"@x>", "<"+s+"@x>" },
		"a reference": func(d *draft.Draft, h *draft.Header, s string) {
			d.References, h.References = []string{"<" + s + "@x>"}, []string{"<" + s + "@x>"}
		},
	}
	for where, set := range fields {
		for what, s := range injections {
			t.Run(what+" in "+where, func(t *testing.T) {
				t.Parallel()
				d := sound()
				h := headerOf(d)
				set(d, &h, s)
				err := d.Validate()
				if got := code(t, err); got != "draft_invalid" {
					t.Errorf("Validate: %s", got)
				}
				// What white space Normalize may take away must not be what made it unusable.
				d.Normalize()
				if d.Validate() == nil {
					t.Error("usable after Normalize")
				}
				n, err := h.WriteTo(io.Discard)
				if got := code(t, err); got != "header_unusable" || n != 0 {
					t.Errorf("WriteTo: %s after %d bytes", got, n)
				}
				if strings.Contains(err.Error(), "evil") {
					t.Error("the error holds the sender's text")
				}
			})
		}
	}
}

func FuzzHeader(f *testing.F) {
	f.Add("Bo Ærø", "bo@partner.example", "Rødgrød", "<a@b>")
	f.Add(`"\`, "bo@blåbær.example", "=?utf-8?q?=0D=0A?=", "<>")
	f.Add("a\r\nb", "a@b.c", " x  y ", "<a@b> <c@d>")
	f.Add(strings.Repeat("å", 300), "å@b.c", strings.Repeat("x", 300), "<å>")
	for _, s := range injections {
		f.Add(s, s+"@x.example", s, "<"+s+">")
	}
	// Whatever is written is read by go-message as the same names, addresses and subject, in the fields that were meant.
	f.Fuzz(func(t *testing.T, name, addr, subject, id string) {
		h := headerOf(&draft.Draft{To: []netmail.Address{address(name, addr), address("", "bo@partner.example")}, Subject: subject, InReplyTo: id})
		if _, err := h.WriteTo(io.Discard); err != nil {
			code(t, err)
			return
		}
		m := readBack(t, h)
		if got, err := m.Subject(); err != nil || got != subject {
			t.Errorf("subject %q, want %q (%v)", got, subject, err)
		}
		got, err := m.AddressList("To")
		if err != nil || len(got) != 2 {
			t.Fatalf("%q <%q>: %d recipients (%v)", name, addr, len(got), err)
		}
		if got[0].Name != name || draft.Key(got[0].Address) != draft.Key(addr) {
			t.Errorf("%q <%q>, want %q <%q>", got[0].Name, got[0].Address, name, addr)
		}
	})
}
