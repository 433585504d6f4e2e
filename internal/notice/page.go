package notice

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"aau.dk/sendsikker/internal/fault"
)

const (
	maxSubject = 255 // runes: Exchange Online's "Subject length limit"
	maxWords   = 600 // runes of any one text: certificates and names come from strangers, and 500 recipients must fit in a Graph request
)

// page is what the layout shows: the same facts once in each language, then the technical ones.
type page struct {
	Language, Title string
	Error           bool
	Blocks          []block
	Details         details
}

type block struct {
	Language, Headline string
	Groups             []group
	Facts              []fact
	Clock              string // which time it is that is shown
}

type group struct {
	Bad, Unclear, Good bool // one of them
	Heading, Lead      string
	Rows               []row
	Colleagues         string
}

type row struct{ Name, Address, How, When string }

type fact struct{ Label, Value string }

type details struct {
	Heading string
	Facts   []fact
	Holders []holder
}

type holder struct {
	Address      string
	Certificates [][]fact
}

func newPage(n Notice) (page, error) {
	zone, err := copenhagen()
	if err != nil {
		return page{}, err
	}
	first, second := "da", "en"
	if n.Language == "en" {
		first, second = second, first
	}
	p := page{Language: first, Error: n.Kind() == ErrorReport, Title: n.title(first), Details: n.details(first)}
	for _, language := range []string{first, second} {
		p.Blocks = append(p.Blocks, n.block(language, zone))
	}
	return p, nil
}

func (n Notice) title(language string) string {
	return cut(n.headline().In(language)+" – "+n.subject(language), maxSubject)
}

func (n Notice) subject(language string) string {
	if s := clean(n.Subject); s != "" {
		return s
	}
	return say("(uden emne)", "(no subject)").In(language)
}

func (n Notice) headline() fault.Sentence {
	var bad, unknown, good int
	safe := true
	for _, r := range n.Recipients {
		switch r.outcome() {
		case failed:
			bad++
		case sent:
			good++
			safe = safe && secure(r.Route)
		case unclear:
			unknown++
		}
	}
	return headline(bad, unknown, good, safe)
}

func (n Notice) block(language string, zone *time.Location) block {
	b := block{
		Language: language, Headline: n.headline().In(language),
		Clock: say("Alle tider er dansk tid.", "All times are Danish time.").In(language),
		Facts: known([]fact{
			{say("Emne", "Subject").In(language), n.subject(language)},
			{say("Sendt fra", "Sent from").In(language), clean(n.Mailbox)},
			{say("Sendt af", "Sent by").In(language), clean(n.PressedBy)},
			{say("Modtaget af Send sikker", "Received by Send sikker").In(language), moment(n.AcceptedAt, zone, language)},
		}),
	}
	for _, o := range []outcome{failed, unclear, sent} {
		if g, there := n.group(o, language, zone); there {
			b.Groups = append(b.Groups, g)
		}
	}
	return b
}

func (n Notice) group(o outcome, language string, zone *time.Location) (g group, there bool) {
	title, lead := heading(o)
	g = group{Bad: o == failed, Unclear: o == unclear, Good: o == sent, Heading: title.In(language), Lead: lead.In(language)}
	if o == sent && n.Kind() == ErrorReport {
		g.Lead = once().In(language) + " " + g.Lead
	}
	internal := 0
	for _, r := range n.Recipients {
		switch {
		case r.outcome() != o:
		case r.mentioned():
			g.Rows = append(g.Rows, r.row(language, zone))
		default:
			internal++
		}
	}
	if internal > 0 {
		g.Colleagues = colleagues(internal, len(g.Rows) > 0).In(language)
	}
	return g, internal > 0 || len(g.Rows) > 0
}

func (r Recipient) row(language string, zone *time.Location) row {
	text := how(r.Route).In(language)
	if o := r.outcome(); o != sent {
		if text = clean(r.Say.In(language)); text == "" {
			text = noReason(o).In(language)
		}
	}
	name := clean(r.Name)
	if name == clean(r.Address) {
		name = ""
	}
	return row{Name: name, Address: clean(r.Address), How: text, When: moment(r.At, zone, language)}
}

// details stand once, with both words where they differ: who reads a fingerprint reads either.
func (n Notice) details(language string) details {
	both := func(da, en string) string {
		if language == "en" {
			da, en = en, da
		}
		return da + " / " + en
	}
	d := details{
		Heading: both("Tekniske oplysninger", "Technical details"),
		Facts:   known([]fact{{"Message-ID", clean(n.MessageID)}}),
	}
	for _, r := range n.Recipients {
		h := holder{Address: clean(r.Address)}
		for _, c := range r.Certificates {
			until := ""
			if !c.NotAfter.IsZero() {
				until = c.NotAfter.UTC().Format(time.DateOnly) // certificates count in UTC, RFC 5280 §4.1.2.5
			}
			h.Certificates = append(h.Certificates, known([]fact{
				{both("Certifikat", "Certificate"), clean(c.Subject)},
				{both("Udsteder", "Issuer"), clean(c.Issuer)},
				{both("Gyldigt til", "Valid to"), until},
				{"SHA-256", groups(clean(c.SHA256))},
			}))
		}
		if len(h.Certificates) > 0 && r.mentioned() {
			d.Holders = append(d.Holders, h)
		}
	}
	return d
}

// known leaves out what nobody knows.
func known(facts []fact) []fact {
	kept := facts[:0]
	for _, f := range facts {
		if f.Value != "" {
			kept = append(kept, f)
		}
	}
	return kept
}

// clean shows what cannot be seen: control characters and marks that turn the reading direction (UAX #9 §2) become a
// replacement sign, so that a certificate's subject cannot write over the line that it stands on.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r), r >= '\u2028' && r <= '\u202e', r >= '\u2066' && r <= '\u206f':
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
	return cut(strings.TrimSpace(s), maxWords)
}

func cut(s string, runes int) string {
	r := []rune(s)
	if len(r) <= runes {
		return s
	}
	return string(r[:runes-1]) + "…"
}

// groups of four are what people compare without losing their place.
func groups(s string) string {
	var out strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return out.String()
}

func count(n int) string { return strconv.Itoa(n) }
