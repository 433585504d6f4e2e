package addin

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// outlooks are the origins of Outlook on the web, which new Outlook for Windows is as well. Not outlook.live.com: nobody signs in to an
// organisation's service with a private mailbox.
const outlooks = "https://outlook.office.com https://outlook.office365.com https://outlook.cloud.microsoft"

// microsoftAjax is what Microsoft's office.js loads beside itself at start in Outlook on the web; without it, Office.onReady never comes. The
// file alone and not its host, which also has old libraries that would let a page run anything.
const microsoftAjax = "https://ajax.aspnetcdn.com/ajax/3.5/MicrosoftAjax.js"

// policies are the content security policies of the pages. Scripts and styles are files, never in the page; what office.js would tell
// Microsoft of its use (browser.pipe.aria.microsoft.com) is not let out.
type policies struct{ pane, guard string }

func newPolicies(d Deps) (policies, error) {
	scripts := "'self'"
	if !strings.HasPrefix(d.Office, "/") {
		office := origin(d.Office)
		if office == "" {
			return policies{}, fmt.Errorf("office.js: %q is no address", d.Office)
		}
		scripts += " " + office + " " + microsoftAjax
	}
	authority := origin(d.Settings.Authority)
	if authority == "" {
		return policies{}, errors.New("the add-in's authority is no address")
	}
	ancestors := outlooks
	for _, a := range d.Ancestors {
		if a != "'self'" && (a == "" || origin(a) != a) {
			return policies{}, fmt.Errorf("frame ancestors: %q is neither scheme and host alone nor 'self'", a)
		}
		ancestors += " " + a
	}
	common := "default-src 'none'; script-src " + scripts + "; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors " + ancestors
	return policies{
		pane:  common + "; connect-src 'self' " + authority,
		guard: common + "; connect-src 'none'", // it decides by what it has: nothing of a draft leaves
	}, nil
}

func (p policies) of(page string) string {
	if page == "guard.html" {
		return p.guard
	}
	return p.pane
}

// origin is scheme and host of an address; "" where it is none, or has what would be read as something else in a policy.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(u.Host, "*;, '\"\t\r\n") {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
