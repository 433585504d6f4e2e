package frame

import (
	"cmp"
	"fmt"
	"iter"
	"strings"
	"time"
)

// Outcome is a state in words, with the class of its look: a sign and a word, and never a colour alone.
type Outcome struct{ Class, Say string }

// OutcomeOf says a state of a message, of a copy or of a recipient. undecided is that a person must decide about some of it.
func (p Shown) OutcomeOf(state string, undecided bool) Outcome {
	switch {
	case state == "unknown" || undecided:
		return Outcome{"stop", p.Say("uafklaret", "unclear")}
	case state == "sent":
		return Outcome{"good", p.Say("sendt", "sent")}
	case state == "failed" || state == "rejected":
		return Outcome{"warn", p.Say("ikke sendt", "not sent")}
	case state == "cancelled":
		return Outcome{"wait", p.Say("fortrudt", "taken back")}
	}
	return Outcome{"wait", p.Say("på vej", "on its way")}
}

// Brief is how long an answer took.
func (p Shown) Brief(d time.Duration) string {
	if d < time.Millisecond {
		return p.Say("under 1 ms", "less than 1 ms")
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// UseOf says by its class whether a certificate is used.
func (p Shown) UseOf(class string) Outcome {
	switch class {
	case "good":
		return Outcome{class, p.Say("i brug", "in use")}
	case "warn":
		return Outcome{class, p.Say("venter på godkendelse", "waiting for approval")}
	case "stop":
		return Outcome{class, p.Say("kan ikke bruges", "cannot be used")}
	}
	return Outcome{class, p.Say("endnu ikke set efter", "not looked at yet")}
}

// SourceName is where a certificate was found, in words.
func (p Shown) SourceName(source string) string {
	if name, is := strings.CutPrefix(source, "ldap:"); is {
		return p.Say("kataloget ", "the directory ") + name
	}
	switch source {
	case "pinned":
		return p.Say("det, en administrator har lagt ind", "what an administrator has pinned")
	case "mailbox":
		return p.Say("vores egne postkasser", "our own mailboxes")
	case "harvested":
		return p.Say("signeret mail", "signed mail")
	case "smimea":
		return p.Say("modtagerens DNS", "the recipient's DNS")
	}
	return source
}

// NameIn is whom a certificate's long name is about, as people would say it: common name and organisation. All of it, where it has
// neither.
func (p Shown) NameIn(long string) string {
	var name, organisation string
	for part := range attributes(long) {
		if value, is := strings.CutPrefix(part, "CN="); is && name == "" {
			name = plain(value)
		} else if value, is := strings.CutPrefix(part, "O="); is && organisation == "" {
			organisation = plain(value)
		}
	}
	switch {
	case name == "" && organisation == "":
		return long
	case name == "" || organisation == "" || name == organisation:
		return cmp.Or(name, organisation)
	}
	return name + ", " + organisation
}

// attributes are what stands between the commas and pluses that are not escaped (RFC 4514 §2.4).
func attributes(long string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := 0
		for i := 0; i < len(long); i++ {
			switch long[i] {
			case '\\':
				i++ // whatever it is
			case ',', '+':
				if !yield(long[start:i]) {
					return
				}
				start = i + 1
			}
		}
		yield(long[start:])
	}
}

// plain takes back what smime.DistinguishedName does to a value.
func plain(value string) string {
	var out strings.Builder
	escaped := false
	for _, letter := range value {
		if escaped = letter == '\\' && !escaped; !escaped {
			out.WriteRune(letter)
		}
	}
	return out.String()
}
