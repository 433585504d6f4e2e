package sending

import (
	"context"
	"errors"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/route"
)

const (
	maxAlternatives = 3                 // a person chooses among three; openapi.yaml has the same limit
	maxCandidates   = 8                 // of one domain are judged: some have expired since they were of use
	spareCandidates = 2 * maxCandidates // are read, because some of them are recipients already
	maxPlaces       = 10                // whoever has refused recipients at more domains needs another way, not another address
	// alternativeTime is how long a suggestion may take: nobody would wait longer for one.
	alternativeTime = 2 * time.Second
)

// alternatives are other addresses at the places of refused recipients that can be reached now: those that the caller has sent to
// sealed, the last first, and those that an administrator has tied a certificate to. An address that some other colleague's mail
// taught the service is none of them: it would tell whom strangers write to.
func (s *Service) alternatives(ctx context.Context, p Plan, past history) (map[string][]string, error) {
	if len(p.Silent) > 0 {
		return nil, nil // who has just not answered is not asked again in the same breath; the way out is to try again
	}
	var domains []string
	refused := map[string][]string{} // by domain
	for _, r := range p.Recipients {
		domain := domainOf(same(r.Recipient.Address))
		if r.Verdict.Route != route.Refused || anybodys(domain) {
			continue
		}
		if refused[domain] == nil {
			if len(domains) == maxPlaces {
				continue
			}
			domains = append(domains, domain)
		}
		refused[domain] = append(refused[domain], r.Recipient.Address)
	}
	if len(domains) == 0 {
		return nil, nil
	}
	candidates, err := s.candidates(ctx, domains, past)
	if err != nil {
		return nil, err
	}
	reachable, err := s.reachable(ctx, candidates)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, domain := range domains {
		for _, address := range refused[domain] {
			found[address] = reachable[domain]
		}
	}
	return found, nil
}

// candidates are by domain, in the order in which they are offered.
func (s *Service) candidates(ctx context.Context, domains []string, past history) (map[string][]string, error) {
	pinned, err := s.Store.PinnedAt(ctx, domains, spareCandidates)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	candidates := make(map[string][]string, len(domains))
	for _, domain := range domains {
		candidates[domain] = nil
	}
	taken := map[string]bool{}
	add := func(address string) {
		key := same(address)
		domain := domainOf(key)
		list, wanted := candidates[domain]
		if wanted && len(list) < maxCandidates && !taken[key] && !past.asked[key] {
			taken[key] = true
			candidates[domain] = append(list, address)
		}
	}
	for _, one := range past.list {
		if one.Sealed {
			add(one.Address)
		}
	}
	for _, address := range pinned {
		add(address)
	}
	return candidates, nil
}

// reachable keeps those that mail can be sealed for now: one question for all of them.
func (s *Service) reachable(ctx context.Context, candidates map[string][]string) (map[string][]string, error) {
	var all []string
	for _, list := range candidates {
		all = append(all, list...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	brief, cancel := context.WithTimeout(ctx, alternativeTime)
	defer cancel()
	found, err := s.Certificates.Find(brief, all)
	switch {
	case err != nil && brief.Err() != nil && ctx.Err() == nil:
		return nil, nil
	case errors.Is(err, certs.ErrStore):
		return nil, unavailable(err)
	case err != nil:
		return nil, err
	}
	reachable := make(map[string][]string, len(candidates))
	for domain, list := range candidates {
		for _, address := range list {
			usable := s.Policy.Decide(route.Facts{Address: address, Certificate: facts(found[address])}).Route == route.SMIME
			if usable && len(reachable[domain]) < maxAlternatives {
				reachable[domain] = append(reachable[domain], address)
			}
		}
	}
	return reachable, nil
}

// anybodys is whether the domain is that of a provider where anybody has an address, under whatever country's: two people there have
// nothing to do with each other, and to offer one for the other would be to send what is confidential to a stranger. The list cannot be
// complete, and whoever is offered an address sees it before choosing it; a firm that it names by mistake only loses the offer.
func anybodys(domain string) bool {
	name, rest, _ := strings.Cut(domain, ".")
	if strings.Contains(rest, ".") && !strings.HasPrefix(rest, "co.") && rest != "tele.dk" {
		return false
	}
	switch name {
	case "gmail", "googlemail", "outlook", "hotmail", "live", "msn", "yahoo", "ymail", "icloud", "me", "mac", "aol", "gmx", "web", "mail", "email",
		"proton", "protonmail", "pm", "tuta", "tutanota", "fastmail", "zoho", "yandex", "online",
		"c", "post", "privat", "webspeed", "tdcadsl", "get2net", "stofanet", "jubii", "ofir", "youmail", "fibermail", "energimail", "mailme", "sol":
		return true
	}
	return false
}
