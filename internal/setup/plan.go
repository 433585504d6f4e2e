package setup

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Plan is what the administrator has decided.
type Plan struct {
	BaseURL      string   // https:// and host
	Tenant       string   // GUID
	Domains      []string // the organisation's own mail domains
	Organisation string
	Mailboxes    []string // function mailboxes to begin with
	Outside      string   // a mailbox that must stay closed; "" is none
}

// domainNames is a DNS name with at least one dot, in A-label form (RFC 1035 section 2.3.1, RFC 5890 section 2.3.2.1); localNames what
// Exchange takes without quotes (RFC 5322 section 3.2.3, dot-atom).
var (
	domainNames = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)
	localNames  = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*$`)
)

const (
	// longest is ProviderName's in Microsoft's schema of an add-in's manifest, which this becomes.
	longest = 125
	// most is more than an organisation begins with; the others are added by the same script, run again.
	most = 500
)

// Check names everything that is wrong, one a line, and brings what may be written in several ways into one.
func (p *Plan) Check() error {
	var faults []error
	bad := func(is bool, flag, what string) {
		if is {
			faults = append(faults, fmt.Errorf("%s: %s", flag, what))
		}
	}
	p.BaseURL = strings.TrimSuffix(p.BaseURL, "/")
	u, err := url.Parse(p.BaseURL)
	bad(err != nil || u.Scheme != "https" || u.Hostname() == "" || p.BaseURL != "https://"+strings.ToLower(u.Host) || !domainNames.MatchString(u.Hostname()),
		"--base-url", "must be https:// and the host's name alone, in lower case")
	id, err := uuid.Parse(p.Tenant)
	bad(err != nil || len(p.Tenant) != 36, "--tenant", "must be the tenant's GUID")
	p.Tenant = id.String()
	bad(len(p.Domains) == 0 || len(p.Domains) > most, "--domain", "give the organisation's own mail domains")
	for i, d := range p.Domains {
		p.Domains[i] = strings.ToLower(strings.TrimSpace(d))
		bad(!domainNames.MatchString(p.Domains[i]), "--domain", "each must be a domain such as example.dk")
	}
	bad(utf8.RuneCountInString(p.Organisation) > longest || !utf8.ValidString(p.Organisation) || strings.ContainsFunc(p.Organisation, hidden) || p.Organisation != "" && strings.TrimSpace(p.Organisation) == "",
		"--organisation", "must be one line of at most 125 characters")
	bad(len(p.Mailboxes) > most, "--mailbox", fmt.Sprintf("at most %d at a time", most))
	for _, m := range p.Mailboxes {
		bad(!p.isOurs(m), "--mailbox", "each must be an address in one of the domains")
	}
	bad(p.Outside != "" && (!p.isOurs(p.Outside) || slices.ContainsFunc(p.Mailboxes, func(m string) bool { return strings.EqualFold(m, p.Outside) })),
		"--outside", "must be an address in one of the domains, and none of the function mailboxes")
	return errors.Join(faults...)
}

// hidden characters would show an administrator another text than the one that counts.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

func (p *Plan) isOurs(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	return ok && localNames.MatchString(local) && len(address) <= 254 && slices.Contains(p.Domains, strings.ToLower(domain))
}

// host is the public host, with the port if there is one.
func (p *Plan) host() string { return strings.TrimPrefix(p.BaseURL, "https://") }
