package certs

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// maxCandidates are looked at for one address. A roll-over leaves two or three; a directory that anybody may write to
// could hold thousands, and each may cost a signature check.
const maxCandidates = 16

// rank puts the best first: pinned before our own mailboxes before the rest, then the newest, then the one that lasts
// longest, then the fingerprint, so that the same facts always give the same answer.
//
// The newest wins because an organisation that renews deploys the new key and may forget the old one.
func rank(candidates []Candidate) {
	slices.SortFunc(candidates, func(a, b Candidate) int {
		return cmp.Or(
			cmp.Compare(standing(a.Source), standing(b.Source)),
			b.Certificate.NotBefore.Compare(a.Certificate.NotBefore),
			b.Certificate.NotAfter.Compare(a.Certificate.NotAfter),
			bytes.Compare(a.Certificate.Raw, b.Certificate.Raw),
			cmp.Compare(a.Source, b.Source),
		)
	})
}

func standing(source string) int {
	switch source {
	case SourcePinned:
		return 0
	case SourceMailbox:
		return 1
	}
	return 2
}

// merge ranks, makes one of the candidates that are the same certificate, and leaves out what is too many.
// The one kept is the best ranked; it is bound if any of them is, because a binding is about the certificate and the
// address and not about where else the certificate is found.
func merge(candidates []Candidate) (kept []Candidate, omitted int) {
	candidates = slices.DeleteFunc(slices.Clone(candidates), func(c Candidate) bool { return c.Certificate == nil })
	rank(candidates)
	at := make(map[string]int, len(candidates))
	for _, candidate := range candidates {
		if i, seen := at[string(candidate.Certificate.Raw)]; seen {
			kept[i].Bound = kept[i].Bound || candidate.Bound
			continue
		}
		at[string(candidate.Certificate.Raw)] = len(kept)
		kept = append(kept, candidate)
	}
	if len(kept) > maxCandidates {
		return kept[:maxCandidates], len(kept) - maxCandidates
	}
	return kept, 0
}

// spellings are the forms under which sources are asked for address. The domain is always in its DNS form. The local
// part is asked for as given, because by RFC 5321 section 2.4 only the recipient's own server may say what it means and
// SMIMEA names hash it as it is; and in lower case, because no mail system in use tells Bo from bo, people write both,
// and stores and directories hold what somebody else once wrote. package trust compares without case as well, so that
// the second form can find nothing that the first would have had refused.
func spellings(address string) []string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return []string{address}
	}
	local, domain := address[:at], address[at+1:]
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	} else {
		domain = strings.ToLower(domain)
	}
	if lower := strings.ToLower(local); lower != local {
		return []string{local + "@" + domain, lower + "@" + domain}
	}
	return []string{local + "@" + domain}
}
