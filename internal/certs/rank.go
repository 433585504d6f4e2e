package certs

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// maxCandidates of one source are looked at for one address. A roll-over leaves two or three; a directory that anybody may
// write to could hold thousands, and each may cost a signature check. Counted by source, they hide nothing of another.
const maxCandidates = 16

// rank puts the best first: by standing, then the newest, then the one that lasts longest, then the fingerprint, so that the
// same facts always give the same answer.
//
// The newest wins because an organisation that renews deploys the new key and may forget the old one.
func rank(candidates []Candidate) {
	slices.SortFunc(candidates, func(a, b Candidate) int {
		return cmp.Or(
			cmp.Compare(a.standing(), b.standing()),
			b.Certificate.NotBefore.Compare(a.Certificate.NotBefore),
			b.Certificate.NotAfter.Compare(a.Certificate.NotAfter),
			bytes.Compare(a.Certificate.Raw, b.Certificate.Raw),
			cmp.Compare(a.Source, b.Source),
		)
	})
}

// standing is whose word comes first. An administrator's on this very address; ours on our own mailboxes; an administrator's
// on the whole domain, because where mail is opened by a gateway a personal certificate found elsewhere may be one that
// nobody there holds the key of any more; then what was found.
func (c Candidate) standing() int {
	switch {
	case c.Source == SourcePinned && !c.Domain:
		return 0
	case c.Source == SourceMailbox:
		return 1
	case c.Source == SourcePinned:
		return 2
	}
	return 3
}

// merge ranks, makes one of the candidates that are the same certificate, and leaves out what is too many.
func merge(candidates []Candidate) (kept []Candidate, omitted int) {
	candidates = slices.DeleteFunc(slices.Clone(candidates), func(c Candidate) bool { return c.Certificate == nil })
	rank(candidates)
	at := make(map[string]int, len(candidates))
	for _, candidate := range candidates {
		if i, seen := at[string(candidate.Certificate.Raw)]; seen {
			kept[i].learn(candidate)
			continue
		}
		at[string(candidate.Certificate.Raw)] = len(kept)
		kept = append(kept, candidate)
	}
	all := len(kept)
	of := map[string]int{}
	kept = slices.DeleteFunc(kept, func(c Candidate) bool {
		of[c.Source]++
		return of[c.Source] > maxCandidates
	})
	return kept, all - len(kept)
}

// learn takes what another source knows of the same certificate: who ties it to the address or vouches for it does so wherever
// else it is found, and what one source may not vouch for another may.
func (c *Candidate) learn(other Candidate) {
	c.Bound = c.Bound || other.Bound
	c.Vouched = c.Vouched || other.Vouched
	if c.Profiles != nil && other.Profiles != nil {
		c.Profiles = append(slices.Clone(c.Profiles), other.Profiles...)
	} else {
		c.Profiles = nil
	}
	c.Issuers = append(slices.Clone(c.Issuers), other.Issuers...)
	if c.Capabilities == nil {
		c.Capabilities = other.Capabilities
	}
}

// spellings are the forms under which sources are asked for address. The domain is always in its DNS form. The local
// part is asked for as given, because by RFC 5321 section 2.4 only the recipient's own server may say what it means and
// SMIMEA names hash it as it is; and in lower case, because no mail system in use tells Bo from bo, people write both,
// and stores and directories hold what somebody else once wrote. package trust compares without case as well, so that
// the second form finds nothing that the first would have had refused, but for what is bound to it; and that only those
// whom it is bound to can read.
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
