package trust_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/trust"
)

const bo = "bo@partner.example"

// oddCase is one certificate and what is said about it. The zero values are: for bo, not bound, everything good, nothing fetched.
type oddCase struct {
	name        string
	certificate *x509.Certificate
	address     string
	bound       bool
	subject     func(*trust.Subject) // what else its finder says of it
	answers     answers
	lapsed      lapsed // in the place of answers, where not nil
	fetched     trust.IssuerSource
	profiles    []trust.Profile
	at          time.Time
	want        trust.Code
	warn        []trust.Code
}

func (c oddCase) judge(w world) trust.Verdict {
	if c.address == "" {
		c.address = bo
	}
	if c.profiles == nil {
		c.profiles = w.profiles()
	}
	if c.at.IsZero() {
		c.at = clock
	}
	deps := trust.Deps{Profiles: c.profiles, Revocation: c.answers, Issuers: c.fetched, Now: func() time.Time { return c.at }}
	if c.lapsed != nil {
		deps.Revocation = c.lapsed
	}
	subject := trust.Subject{Certificate: c.certificate, Address: c.address, Bound: c.bound}
	if c.subject != nil {
		c.subject(&subject)
	}
	return trust.NewJudge(deps).Judge(context.Background(), subject)
}

// day is the one that the sentence must name; the zero time where it names none.
func (c oddCase) day() time.Time {
	switch c.want {
	case trust.NotYetValid:
		return c.certificate.NotBefore
	case trust.Expired:
		return c.certificate.NotAfter
	default:
		return time.Time{}
	}
}

func run(t *testing.T, w world, cases []oddCase) {
	t.Helper()
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := c.judge(w)
			if got.Code != c.want {
				t.Fatalf("%s, want %s", got.Code, c.want)
			}
			if got.Good != (c.want == trust.OK) {
				t.Errorf("good is %v for %s", got.Good, got.Code)
			}
			checkSaid(t, c, got)
			checkWarnings(t, c, got)
			if !got.Evidence.CheckedAt.Equal(clock) && c.at.IsZero() {
				t.Errorf("checked at %v", got.Evidence.CheckedAt)
			}
			if got.Good && !restsOnSomething(got) {
				t.Errorf("a good verdict rests on %+v", got.Evidence)
			}
		})
	}
}

// restsOnSomething: a good verdict has a path and an answer for each certificate of it below the root, or somebody's word.
func restsOnSomething(v trust.Verdict) bool {
	path, answers := len(v.Evidence.Path), len(v.Evidence.Revocations)
	if len(v.Warnings) > 0 && v.Warnings[0].Code == trust.Vouched {
		return path == 1 && answers == 0 && v.Evidence.Profile == ""
	}
	return path >= 2 && answers == path-1 && v.Evidence.Profile != ""
}

var (
	adviceInDanish  = regexp.MustCompile(`(^|\. |, )(Bed|bed|Vent|Kontrollér|Prøv|kontakt)\b`)
	adviceInEnglish = regexp.MustCompile(`(^|\. |, )(Ask|ask|Wait|Check|Try|contact)\b`)
)

// checkSaid: both sentences are those of the code, name the day where there is one, and tell what to do.
func checkSaid(t *testing.T, c oddCase, got trust.Verdict) {
	t.Helper()
	checkSentence(t, got.Say)
	day := c.day()
	if day.IsZero() {
		day = clock
	} else if !strings.Contains(got.Say.EN, day.Format("2 January 2006")) ||
		!strings.Contains(got.Say.DA, fmt.Sprintf(" den %d. ", day.Day())) || !strings.Contains(got.Say.DA, fmt.Sprintf(" %d", day.Year())) {
		t.Errorf("the sentences do not name %v: %+v", day, got.Say)
	}
	if want := c.want.Say(day); got.Say != want {
		t.Errorf("said %+v, want %+v", got.Say, want)
	}
	if !got.Good && (!adviceInDanish.MatchString(got.Say.DA) || !adviceInEnglish.MatchString(got.Say.EN)) {
		t.Errorf("it does not say what to do: %+v", got.Say)
	}
}

func checkWarnings(t *testing.T, c oddCase, got trust.Verdict) {
	t.Helper()
	if len(got.Warnings) != len(c.warn) {
		t.Fatalf("warnings %v, want %v", got.Warnings, c.warn)
	}
	for i, warning := range got.Warnings {
		if warning.Code != c.warn[i] {
			t.Errorf("warning %s, want %s", warning.Code, c.warn[i])
		}
		checkSentence(t, warning.Say)
	}
}
