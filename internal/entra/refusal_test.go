package entra_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/entra"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/entraid"
)

// wrong is every kind of token that must not get in, and the code that says why.
var wrong = []struct {
	name  string
	token func(k *kit) string
	code  string
}{
	{"no token", func(*kit) string { return "" }, entra.CodeMissing},
	{"a token longer than any header", func(k *kit) string { return user(k, entraid.With("pad", strings.Repeat("x", 17<<10))) }, entra.CodeTooLarge},
	{"a word", func(*kit) string { return "hemmelig" }, entra.CodeMalformed},
	{"two parts", func(k *kit) string { return cut(user(k), 2) }, entra.CodeMalformed},
	{"four parts", func(k *kit) string { return user(k) + ".e30" }, entra.CodeMalformed},
	{"an encrypted token", func(k *kit) string { return user(k) + ".e30.e30" }, entra.CodeMalformed},
	{"the word Bearer before it", func(k *kit) string { return "Bearer " + user(k) }, entra.CodeMalformed},
	{"a line break in it", func(k *kit) string { return strings.Replace(user(k), ".", ".\r\n", 1) }, entra.CodeMalformed},
	{"padding in it", func(k *kit) string { return strings.Replace(user(k), ".", "=.", 1) }, entra.CodeMalformed},
	{"a header that is no JSON", func(k *kit) string { return "aGVq" + user(k)[strings.Index(user(k), "."):] }, entra.CodeMalformed},
	{"the JSON form of a JWS", func(k *kit) string { return `{"payload":"e30","signatures":[]}` }, entra.CodeMalformed},
	{"a payload that is no JSON", func(k *kit) string { return part(k, 1, "hej") }, entra.CodeMalformed},
	{"a payload that is null", func(k *kit) string { return part(k, 1, "null") }, entra.CodeMalformed},
	{"a signature of ten bytes", func(k *kit) string { return part(k, 2, "0123456789") }, entra.CodeMalformed},
	{"no kid", func(k *kit) string { return headed(k, "kid", nil) }, entra.CodeMalformed},
	{"an empty kid", func(k *kit) string { return headed(k, "kid", "") }, entra.CodeMalformed},
	{"a kid with a path", func(k *kit) string { return headed(k, "kid", "../../etc/passwd") }, entra.CodeMalformed},
	{"a kid of a thousand letters", func(k *kit) string { return headed(k, "kid", strings.Repeat("k", 1000)) }, entra.CodeMalformed},
	{"a kid that is a number", func(k *kit) string { return headed(k, "kid", 7) }, entra.CodeMalformed},
	{"a critical header", func(k *kit) string { return headed(k, "crit", []string{"b64"}) }, entra.CodeMalformed},
	{"aud as a list of ours and another", func(k *kit) string { return user(k, entraid.With("aud", []string{k.config.API, "x"})) }, entra.CodeMalformed},
	{"exp as a word", func(k *kit) string { return user(k, entraid.With("exp", "tomorrow")) }, entra.CodeMalformed},
	{"exp beyond the calendar", func(k *kit) string { return user(k, entraid.With("exp", 1e300)) }, entra.CodeMalformed},
	{"no exp", func(k *kit) string { return user(k, entraid.Without("exp")) }, entra.CodeMalformed},
	{"no nbf", func(k *kit) string { return user(k, entraid.Without("nbf")) }, entra.CodeMalformed},
	{"no iat", func(k *kit) string { return user(k, entraid.Without("iat")) }, entra.CodeMalformed},
	{"groups as a word", func(k *kit) string { return user(k, entraid.With("groups", entraid.Group(1))) }, entra.CodeMalformed},
	{"no azp", func(k *kit) string { return user(k, entraid.Without("azp")) }, entra.CodeMalformed},

	{"alg none", func(k *kit) string { return headed(k, "alg", "none") }, entra.CodeWrongAlgorithm},
	{"alg none with a signature", func(k *kit) string { return headed(k, "alg", "None") }, entra.CodeWrongAlgorithm},
	{"HS256 with the public key as the secret", func(k *kit) string { return headed(k, "alg", "HS256") }, entra.CodeWrongAlgorithm},
	{"RS512", func(k *kit) string { return headed(k, "alg", "RS512") }, entra.CodeWrongAlgorithm},
	{"PS256", func(k *kit) string { return headed(k, "alg", "PS256") }, entra.CodeWrongAlgorithm},
	{"the signature cut off", func(k *kit) string { return cut(user(k), 2) + "." }, entra.CodeWrongAlgorithm},
	{"Alg in another case", func(k *kit) string {
		return k.Issue(k.UserClaims(k.anna()), map[string]any{"alg": nil, "ALG": "RS256"})
	}, entra.CodeWrongAlgorithm},

	{"typ of a DPoP proof", func(k *kit) string { return headed(k, "typ", "dpop+jwt") }, entra.CodeWrongKind},
	{"an ID token of the shared registration", func(k *kit) string { return k.IssueID(k.anna(), k.config.API, "n") }, entra.CodeWrongKind},
	{"an ID token without nonce", func(k *kit) string { return k.IssueID(k.anna(), k.config.API, "") }, entra.CodeWrongKind},
	{"an ID token of somebody with the app role", func(k *kit) string {
		p := k.anna()
		p.Roles = []string{k.config.Role}
		return k.IssueID(p, k.config.API, "", entraid.With("azp", k.config.API), entraid.With("azpacr", "1"))
	}, entra.CodeWrongKind},
	{"an ID token that says idtyp app", func(k *kit) string { return k.IssueID(k.anna(), k.config.API, "n", entraid.With("idtyp", "app")) }, entra.CodeWrongKind},
	{"scp and idtyp app at once", func(k *kit) string { return user(k, entraid.With("idtyp", "app")) }, entra.CodeWrongKind},
	{"a user's token without scp", func(k *kit) string { return user(k, entraid.Without("scp")) }, entra.CodeWrongKind},
	{"an idtyp of the future", func(k *kit) string { return app(k, entraid.With("idtyp", "device")) }, entra.CodeWrongKind},
	{"an application by a public client, without idtyp", func(k *kit) string {
		return app(k, entraid.Without("idtyp"), entraid.With("azpacr", "0"))
	}, entra.CodeWrongKind},
	{"a user's claims under a client's, without idtyp", func(k *kit) string {
		return user(k, entraid.Without("scp"), entraid.Without("preferred_username"), entraid.With("azpacr", "1"))
	}, entra.CodeWrongKind},
	{"a person's name in an application's token, without idtyp", func(k *kit) string {
		return app(k, entraid.Without("idtyp"), entraid.With("preferred_username", "anna@aau.example"))
	}, entra.CodeWrongKind},
	{"a Graph token of a person", func(k *kit) string { p := k.anna(); return k.IssueGraph(k.caseSystem(), &p) }, entra.CodeWrongAudience},
	{"a Graph token of an application", func(k *kit) string { return k.IssueGraph(k.caseSystem(), nil) }, entra.CodeWrongAudience},
	{"a token for another API", func(k *kit) string { return user(k, entraid.With("aud", entraid.Group(9))) }, entra.CodeWrongAudience},
	{"an ID token for the add-in", func(k *kit) string { return k.IssueID(k.anna(), k.config.AddIn, "n") }, entra.CodeWrongAudience},
	{"no aud", func(k *kit) string { return user(k, entraid.Without("aud")) }, entra.CodeWrongAudience},
	{"aud as api:// with our id in a v2 token", func(k *kit) string { return user(k, entraid.With("aud", "api://"+k.config.API)) }, entra.CodeWrongAudience},
	{"a v1 token", func(k *kit) string {
		return user(k, entraid.With("ver", "1.0"), entraid.With("aud", "api://"+k.config.API),
			entraid.With("iss", "https://sts.windows.net/"+k.config.Tenant+"/"), entraid.Without("azp"), entraid.With("appid", k.config.AddIn))
	}, entra.CodeWrongVersion},
	{"a v1 token with the GUID as audience", func(k *kit) string { return user(k, entraid.With("ver", "1.0")) }, entra.CodeWrongVersion},
	{"no ver", func(k *kit) string { return user(k, entraid.Without("ver")) }, entra.CodeWrongVersion},
	{"another tenant", func(k *kit) string {
		return user(k, entraid.With("tid", entraid.Group(8)), entraid.With("iss", k.Authority()+"/"+entraid.Group(8)+"/v2.0"))
	}, entra.CodeWrongTenant},
	{"another tenant's tid with our issuer", func(k *kit) string { return user(k, entraid.With("tid", entraid.Group(8))) }, entra.CodeWrongTenant},
	{"no tid", func(k *kit) string { return user(k, entraid.Without("tid")) }, entra.CodeWrongTenant},
	{"our tid with another's issuer", func(k *kit) string { return user(k, entraid.With("iss", k.Authority()+"/"+entraid.Group(8)+"/v2.0")) }, entra.CodeWrongIssuer},
	{"a v1 issuer in a v2 token", func(k *kit) string {
		return user(k, entraid.With("iss", "https://sts.windows.net/"+k.config.Tenant+"/"))
	}, entra.CodeWrongIssuer},
	{"an issuer with a slash more", func(k *kit) string { return user(k, entraid.With("iss", k.Issuer()+"/")) }, entra.CodeWrongIssuer},
	{"no oid", func(k *kit) string { return user(k, entraid.Without("oid")) }, entra.CodeNoIdentity},
	{"an oid that is an address", func(k *kit) string { return user(k, entraid.With("oid", "anna@aau.example")) }, entra.CodeNoIdentity},
	{"OID in another case", func(k *kit) string {
		return user(k, entraid.Without("oid"), entraid.With("OID", k.anna().ID))
	}, entra.CodeNoIdentity},
	{"an application without oid", func(k *kit) string { return app(k, entraid.Without("oid")) }, entra.CodeNoIdentity},

	{"expired two minutes ago", func(k *kit) string { return user(k, at("exp", k, -2*time.Minute)) }, entra.CodeExpired},
	{"valid in two minutes", func(k *kit) string { return user(k, at("nbf", k, 2*time.Minute)) }, entra.CodeNotYetValid},
	{"issued in two minutes", func(k *kit) string { return user(k, at("iat", k, 2*time.Minute)) }, entra.CodeNotYetValid},
	{"from next year", func(k *kit) string {
		return user(k, at("iat", k, 8760*time.Hour), at("nbf", k, 8760*time.Hour), at("exp", k, 8761*time.Hour))
	}, entra.CodeNotYetValid},
	{"good for a year", func(k *kit) string { return user(k, at("exp", k, 8760*time.Hour)) }, entra.CodeLivesTooLong},

	{"a key that the tenant does not have", func(k *kit) string { return headed(k, "kid", "nobodys-key") }, entra.CodeUnknownKey},
	{"a claim changed after signing", func(k *kit) string {
		return mix(user(k), user(k, entraid.With("oid", k.config.Personas[1].ID)))
	}, entra.CodeBadSignature},
	{"a signature of zeros", func(k *kit) string { return part(k, 2, strings.Repeat("\x00", 256)) }, entra.CodeBadSignature},
	{"an alg confusion behind a good header", func(k *kit) string {
		return mix(headed(k, "alg", "HS256"), user(k))
	}, entra.CodeWrongAlgorithm},

	{"a client that nobody allowed", func(k *kit) string { return user(k, entraid.With("azp", entraid.Group(7))) }, entra.CodeClientNotAllowed},
	{"an application acting for a user", func(k *kit) string { return user(k, entraid.With("azp", k.caseSystem().ClientID)) }, entra.CodeClientNotAllowed},
	{"another scope", func(k *kit) string { return user(k, entraid.With("scp", "Mail.ReadSecure profile")) }, entra.CodeScopeMissing},
	{"a scope that begins with ours", func(k *kit) string { return user(k, entraid.With("scp", "Mail.SendSecure.All Mail.SendSecureX")) }, entra.CodeScopeMissing},
	{"our scope in another case", func(k *kit) string { return user(k, entraid.With("scp", "mail.sendsecure")) }, entra.CodeScopeMissing},
	{"a user with the app role and another scope", func(k *kit) string {
		return user(k, entraid.With("scp", "openid"), entraid.With("roles", []string{k.config.Role}))
	}, entra.CodeScopeMissing},
	{"an application that was given no role", func(k *kit) string { return k.IssueApplication(k.config.Applications[2]) }, entra.CodeRoleMissing},
	{"an application with the scope as its role", func(k *kit) string { return app(k, entraid.With("roles", []string{k.config.Scope})) }, entra.CodeRoleMissing},
}

func TestEveryWrongTokenIsRefusedAndSaysWhy(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.want(t, user(k), "")
	if len(wrong) < 30 {
		t.Fatalf("only %d wrong tokens", len(wrong))
	}
	for _, c := range wrong {
		t.Run(c.name, func(t *testing.T) {
			_, err := k.verifier.Verify(t.Context(), c.token(k))
			if err == nil {
				t.Fatal("was let in")
			}
			f := fault.From(err)
			if f.Code != c.code {
				t.Errorf("got %q, want %q (%v)", f.Code, c.code, err)
			}
			want := fault.Unauthenticated
			switch c.code {
			case entra.CodeClientNotAllowed, entra.CodeScopeMissing, entra.CodeRoleMissing:
				want = fault.Forbidden
			}
			if f.Kind != want {
				t.Errorf("kind %s, want %s", f.Kind, want)
			}
			if f.Say.DA == "" || f.Say.EN == "" {
				t.Error("says nothing to a person")
			}
			k.want(t, user(k), "") // and a good one still gets in
		})
	}
}

// A log line or an answer with a token in it is a key under the mat.
func TestNoErrorHoldsAnythingOfTheToken(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, c := range wrong {
		token := c.token(k)
		_, err := k.verifier.Verify(t.Context(), token)
		if err == nil {
			t.Fatalf("%s: was let in", c.name)
		}
		f := fault.From(err)
		text := fmt.Sprintf("%v %+v %s %s", err, f, f.Say.DA, f.Say.EN)
		secrets := []string{"anna@aau.example", k.anna().Name, k.anna().ID, k.config.AddIn, k.config.Tenant, "etc/passwd", "nobodys-key", "hemmelig"}
		for _, piece := range strings.Split(token, ".") {
			if len(piece) > 12 {
				secrets = append(secrets, piece, piece[:12])
			}
		}
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s: the error holds %.20q…: %s", c.name, secret, text)
			}
		}
	}
}

func user(k *kit, options ...entraid.Option) string { return k.IssueUser(k.anna(), options...) }
func app(k *kit, options ...entraid.Option) string {
	return k.IssueApplication(k.caseSystem(), options...)
}

// headed is Anna's good token with one header field changed; nil takes it away.
func headed(k *kit, name string, value any) string {
	return k.Issue(k.UserClaims(k.anna()), map[string]any{name: value})
}

func at(claim string, k *kit, from time.Duration) entraid.Option {
	return entraid.With(claim, k.ours.Now().Add(from).Unix())
}

// part is Anna's good token with one part replaced.
func part(k *kit, i int, content string) string {
	parts := strings.Split(user(k), ".")
	parts[i] = base64.RawURLEncoding.EncodeToString([]byte(content))
	return strings.Join(parts, ".")
}

func cut(token string, parts int) string {
	return strings.Join(strings.Split(token, ".")[:parts], ".")
}

// mix is the header and signature of one token around the payload of another.
func mix(outer, inner string) string {
	o, i := strings.Split(outer, "."), strings.Split(inner, ".")
	return o[0] + "." + i[1] + "." + o[2]
}
