package entra_test

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

func TestAUserIsRecognised(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	got, err := k.verifier.Verify(t.Context(), user(k, entraid.With("uti", "AbC-_1"), entraid.With("roles", []string{"Admin"})))
	if err != nil {
		t.Fatal(err)
	}
	want := entra.Caller{
		Kind: entra.User, Tenant: k.config.Tenant, ID: k.anna().ID, Client: k.config.AddIn,
		Name: "Anna Eksempel", Address: "anna@aau.example", Groups: []string{entraid.Group(1)},
		Roles: []string{"Admin"}, TokenID: "AbC-_1",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAnApplicationIsRecognisedWithAndWithoutIdtyp(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for name, token := range map[string]string{"with": app(k), "without": app(k, entraid.Without("idtyp"))} {
		got, err := k.verifier.Verify(t.Context(), token)
		if err != nil {
			t.Fatalf("%s idtyp: %v", name, err)
		}
		a := k.caseSystem()
		if got.Kind != entra.Application || got.ID != a.ObjectID || got.Client != a.ClientID || got.Name != a.ClientID || got.Address != "" {
			t.Errorf("%s idtyp: %+v", name, got)
		}
	}
}

func TestNoApplicationGetsInWhereNoRoleIsSet(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *entra.Config) { c.Role = "" })
	k.want(t, app(k), entra.CodeRoleMissing)
	k.want(t, app(k, entraid.With("roles", []string{""})), entra.CodeRoleMissing)
	k.want(t, user(k), "")
}

func TestTooManyGroupsForATokenAreSaidToBeMissing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	ellen := k.config.Personas[4]
	cases := map[string]string{
		"as Entra says it":            k.IssueUser(ellen),
		"without the source":          k.IssueUser(ellen, entraid.Without("_claim_sources")),
		"with another source":         k.IssueUser(ellen, entraid.With("_claim_sources", map[string]any{"src2": map[string]any{}})),
		"with an empty source name":   k.IssueUser(ellen, entraid.With("_claim_names", map[string]string{"groups": ""})),
		"with a source that is a map": k.IssueUser(ellen, entraid.With("_claim_names", map[string]any{"groups": map[string]any{}})),
		"as the implicit flow says":   user(k, entraid.Without("groups"), entraid.With("hasgroups", true)),
	}
	for name, token := range cases {
		got, err := k.verifier.Verify(t.Context(), token)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !got.Overage || len(got.Groups) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got, err := k.verifier.Verify(t.Context(), user(k, entraid.With("_claim_names", map[string]string{"other": "src1"})))
	if err != nil || got.Overage || len(got.Groups) != 1 {
		t.Errorf("another distributed claim: %+v, %v", got, err)
	}
}

func TestThe200GroupsThatATokenHoldsFit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.anna()
	p.Groups = k.config.Personas[4].Groups[:200]
	token := k.IssueUser(p)
	t.Logf("%d bytes", len(token))
	got, err := k.verifier.Verify(t.Context(), token)
	if err != nil || len(got.Groups) != 200 || got.Overage {
		t.Errorf("%d groups, overage %v, %v", len(got.Groups), got.Overage, err)
	}
}

func TestOnlyGroupIDsCountAndGUIDsAreInLowerCase(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	got, err := k.verifier.Verify(t.Context(), user(k,
		entraid.With("oid", strings.ToUpper(k.anna().ID)),
		entraid.With("groups", []string{"Ledelsen", strings.ToUpper(entraid.Group(10)), entraid.Group(10), ""})))
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != k.anna().ID || !reflect.DeepEqual(got.Groups, []string{entraid.Group(10)}) {
		t.Errorf("%+v", got)
	}
}

func TestNamesAreSafeToShow(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	cases := []struct{ name, username, wantName, wantAddress string }{
		{"Åse Æble Øst", "aase@aau.example", "Åse Æble Øst", "aase@aau.example"},
		{"Anna\r\nBcc: x@y.example", "a@aau.example", "Anna Bcc: x@y.example", "a@aau.example"},
		{"Anna\x00\u202egro.live\u2066", "a@aau.example", "Annagro.live", "a@aau.example"},
		{"  \u200b ", "a@aau.example", "a@aau.example", "a@aau.example"},
		{"", "+45 12 34 56 78", "+45 12 34 56 78", ""},
		{"Anna", "Anna <a@aau.example>", "Anna", ""},
		{"Anna", "a@aau.example\r\n", "Anna", ""},
		{"Anna", "a@aau.example, b@aau.example", "Anna", ""},
		{"", "", k.anna().ID, ""},
		{strings.Repeat("å", 300), strings.Repeat("a", 300) + "@aau.example", strings.Repeat("å", 256), ""},
	}
	for _, c := range cases {
		got, err := k.verifier.Verify(t.Context(), user(k, entraid.With("name", c.name), entraid.With("preferred_username", c.username)))
		if err != nil {
			t.Errorf("%q: %v", c.name, err)
		} else if got.Name != c.wantName || got.Address != c.wantAddress || !utf8.ValidString(got.Name) {
			t.Errorf("%q, %q: got %q, %q", c.name, c.username, got.Name, got.Address)
		}
	}
}

func TestATokenIDThatCouldBreakALogLineIsLeftOut(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for uti, want := range map[string]string{"a\nb": "jti-1", strings.Repeat("a", 65): "jti-1", "": "jti-1", "ok": "ok"} {
		got, err := k.verifier.Verify(t.Context(), user(k, entraid.With("uti", uti), entraid.With("jti", "jti-1")))
		if err != nil || got.TokenID != want {
			t.Errorf("%q: got %q, %v", uti, got.TokenID, err)
		}
	}
}

func TestAClockThatIsWrongIsSaidAndALittleIsForgiven(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		ours     time.Duration // our clock against Entra's
		tokenAge time.Duration // what Entra's clock has moved since the token was issued
		code     string
		log      string
	}{
		{"ours is ten minutes slow", -10 * time.Minute, 0, entra.CodeNotYetValid, "valid in 300 s by this server's clock"},
		{"ours is five minutes slow, which Entra allows for", -5 * time.Minute, 0, "", ""},
		{"ours is ten minutes fast and the token has 5 left", 10 * time.Minute, 55 * time.Minute, entra.CodeExpired, "expired 300 s ago by this server's clock"},
		{"ours is ten minutes fast and the token is new", 10 * time.Minute, 0, "", ""},
		{"ours is 59 seconds fast at the end", 59 * time.Second, 60 * time.Minute, "", ""},
		{"ours is 61 seconds fast at the end", 61 * time.Second, 60 * time.Minute, entra.CodeExpired, "expired 61 s ago"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			token := user(k, at("exp", k, time.Hour))
			k.pass(c.tokenAge)
			k.ours.Add(c.ours)
			_, err := k.verifier.Verify(t.Context(), token)
			k.want(t, token, c.code)
			if err != nil && !strings.Contains(err.Error(), c.log) {
				t.Errorf("the log reads %q, want %q", err, c.log)
			}
		})
	}
}
