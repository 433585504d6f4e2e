package entra

import (
	"time"

	"aau.dk/sendsikker/internal/fault"
)

// The codes are part of the API's contract.
const (
	CodeMissing        = "token_missing"
	CodeTooLarge       = "token_too_large"
	CodeMalformed      = "token_malformed"
	CodeWrongAlgorithm = "token_wrong_algorithm"
	CodeWrongAudience  = "token_wrong_audience"
	CodeWrongVersion   = "token_wrong_version"
	CodeWrongTenant    = "token_wrong_tenant"
	CodeWrongIssuer    = "token_wrong_issuer"
	CodeWrongKind      = "token_wrong_kind"
	CodeNoIdentity     = "token_without_identity"
	CodeExpired        = "token_expired"
	CodeNotYetValid    = "token_not_yet_valid"
	CodeLivesTooLong   = "token_lives_too_long"
	CodeUnknownKey     = "token_unknown_key"
	CodeBadSignature   = "token_bad_signature"

	CodeClientNotAllowed = "client_not_allowed"
	CodeScopeMissing     = "scope_missing"
	CodeRoleMissing      = "role_missing"

	CodeKeysUnavailable = "keys_unavailable"
)

type refusal struct {
	kind fault.Kind
	say  fault.Sentence
}

var unusable = fault.Sentence{
	DA: "Dit login kan ikke bruges her. Log ind igen, og kontakt support, hvis det ikke hjælper.",
	EN: "Your sign-in cannot be used here. Sign in again, and contact support if that does not help.",
}

// refusals is the one table from code to kind and words. A person meets the sentences about signing in; the others are
// read by whoever writes a client, so they say what that client must do.
var refusals = map[string]refusal{
	CodeMissing: {fault.Unauthenticated, fault.Sentence{
		DA: "Du er ikke logget ind. Log ind, og prøv igen.",
		EN: "You are not signed in. Sign in and try again."}},
	CodeExpired: {fault.Unauthenticated, fault.Sentence{
		DA: "Dit login er udløbet. Log ind igen.",
		EN: "Your sign-in has expired. Sign in again."}},
	CodeNotYetValid: {fault.Unauthenticated, fault.Sentence{
		DA: "Dit login gælder ikke endnu, fordi urene ikke er enige. Prøv igen om lidt, og kontakt support, hvis det fortsætter.",
		EN: "Your sign-in is not valid yet, because the clocks disagree. Try again shortly, and contact support if it goes on."}},
	CodeWrongTenant: {fault.Unauthenticated, fault.Sentence{
		DA: "Du er logget ind med en konto fra en anden organisation. Log ind med din arbejdskonto her.",
		EN: "You are signed in with an account of another organisation. Sign in with your work account here."}},
	CodeWrongAudience: {fault.Unauthenticated, fault.Sentence{
		DA: "Adgangstokenet er udstedt til en anden tjeneste. Programmet, der kalder, skal bede om et token til Send sikker.",
		EN: "The access token is meant for another service. The calling program must ask for a token for Send sikker."}},
	CodeWrongVersion: {fault.Unauthenticated, fault.Sentence{
		DA: "Adgangstokenet har den gamle form (v1). Administratoren skal sætte requestedAccessTokenVersion til 2 i appregistreringen.",
		EN: "The access token has the old form (v1). The administrator must set requestedAccessTokenVersion to 2 in the app registration."}},
	CodeWrongKind: {fault.Unauthenticated, fault.Sentence{
		DA: "Det sendte token er ikke et adgangstoken til Send sikker. Programmet, der kalder, skal sende adgangstokenet, ikke ID-tokenet.",
		EN: "The token sent is not an access token for Send sikker. The calling program must send the access token, not the ID token."}},
	CodeTooLarge:       {fault.Unauthenticated, unusable},
	CodeMalformed:      {fault.Unauthenticated, unusable},
	CodeWrongAlgorithm: {fault.Unauthenticated, unusable},
	CodeWrongIssuer:    {fault.Unauthenticated, unusable},
	CodeNoIdentity:     {fault.Unauthenticated, unusable},
	CodeLivesTooLong:   {fault.Unauthenticated, unusable},
	CodeUnknownKey:     {fault.Unauthenticated, unusable},
	CodeBadSignature:   {fault.Unauthenticated, unusable},

	CodeClientNotAllowed: {fault.Forbidden, fault.Sentence{
		DA: "Det program, du bruger, må ikke bruge Send sikker. Kontakt din administrator.",
		EN: "The program that you use may not use Send sikker. Contact your administrator."}},
	CodeScopeMissing: {fault.Forbidden, fault.Sentence{
		DA: "Programmet mangler tilladelse til at sende for dig. Log ind igen, og giv tilladelsen, eller kontakt din administrator.",
		EN: "The program lacks permission to send for you. Sign in again and give the permission, or contact your administrator."}},
	CodeRoleMissing: {fault.Forbidden, fault.Sentence{
		DA: "Programmet mangler rollen, der giver lov til at sende sikkert. Administratoren kan tildele den i Entra.",
		EN: "The program lacks the role that allows it to send securely. The administrator can assign it in Entra."}},

	CodeKeysUnavailable: {fault.Unavailable, fault.Sentence{
		DA: "Dit login kan ikke kontrolleres lige nu, fordi Microsoft ikke svarer os. Intet er sendt. Prøv igen om lidt.",
		EN: "Your sign-in cannot be checked right now, because Microsoft does not answer us. Nothing was sent. Try again shortly."}},
}

// refuse makes the fault of a code. The cause is for the log and is made of our own words and numbers only.
func refuse(code string, cause error) *fault.Fault {
	f := fault.New(refusals[code].kind, code, refusals[code].say, cause)
	if code == CodeKeysUnavailable {
		f.RetryAfter = keysAskGap + time.Second
	}
	return f
}
