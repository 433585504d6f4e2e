package config

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Front is how the service shows itself: what the add-in's manifest is made of.
type Front struct {
	PublicURL    string `name:"public-url" help:"What callers call this service, such as https://sikker.example.dk." placeholder:"URL"`
	Organisation string `help:"The organisation's name, on its public page of certificates and in the add-in." placeholder:"NAME"`

	AddIn AddIn `embed:"" prefix:"addin-" group:"The Outlook add-in"`
}

// AddIn is the settings of the Outlook add-in. Those of its manifest (client id, support address, version) hold when an administrator has given
// Microsoft the new manifest, the others at the next opening.
type AddIn struct {
	ClientID   string `name:"client-id" help:"Client id of the add-in's app registration (GUID). Without it, the first of entra-clients." placeholder:"GUID"`
	SupportURL string `name:"support-url" help:"Where people get help with the add-in." placeholder:"URL"`
	Version    string `default:"1.0.0.0" help:"Version of the manifest; raise it with every change, or Microsoft does not take the change for one." placeholder:"N.N.N.N"`

	CPR     string `name:"cpr" default:"block" help:"What the send guard does when an ordinary mail to somebody outside holds a CPR number: block, ask or off." placeholder:"RULE"`
	Marked  string `default:"block" help:"The same for a draft that is marked for secure sending." placeholder:"RULE"`
	Channel string `default:"ask" help:"The same for an answer to a mail that came in sealed, and a new one to the same people." placeholder:"RULE"`

	Office         string   `default:"https://appsforoffice.microsoft.com/lib/1/hosted/office.js" help:"Where Microsoft's office.js is." placeholder:"URL"`
	FrameAncestors []string `name:"frame-ancestors" help:"Further origins that may show the add-in in a frame, such as https://outlook.example.dk." placeholder:"ORIGIN"`
}

// manifestVersion is what Outlook takes: numbers with dots, at least 1.0.
var manifestVersion = regexp.MustCompile(`^[1-9][0-9]{0,4}(\.[0-9]{1,5}){1,3}$`)

// longestProvider is ProviderName's in Microsoft's schema of a manifest.
const longestProvider = 125

// check is of the settings of the add-in, and of what its manifest needs of the others.
func (c *Front) check(bad func(is bool, setting, what string), isGUID func(string) bool) {
	public := strings.TrimSuffix(c.PublicURL, "/")
	bad(!isHTTPS(c.PublicURL) || !isOrigin(public), "public-url", "must be https:// and host alone, in lower case: the add-in calls the API beside it")
	bad(utf8.RuneCountInString(c.Organisation) > longestProvider || strings.ContainsFunc(c.Organisation, unicode.IsControl), "organisation", "must be one line of at most 125 characters")
	a := c.AddIn
	bad(a.ClientID != "" && !isGUID(a.ClientID), "addin-client-id", "must be a client id (GUID)")
	bad(a.SupportURL != "" && !isHTTPS(a.SupportURL), "addin-support-url", "must be an https address")
	bad(!manifestVersion.MatchString(a.Version), "addin-version", "must be numbers with dots, such as 1.0.0.0, and at least 1.0")
	for _, r := range []struct{ setting, rule string }{{"addin-cpr", a.CPR}, {"addin-marked", a.Marked}, {"addin-channel", a.Channel}} {
		bad(!oneOf(r.rule, "off", "ask", "block"), r.setting, "must be off, ask or block")
	}
	bad(!isHTTPS(a.Office), "addin-office", "must be an https address")
	for _, origin := range a.FrameAncestors {
		bad(!isOrigin(origin), "addin-frame-ancestors", "each must be https:// and host alone")
	}
}

// isOrigin: scheme and host and nothing else, written as browsers compare them.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && isHTTPS(s) && s == "https://"+strings.ToLower(u.Host) && !strings.ContainsAny(s, "*;, '\"")
}
