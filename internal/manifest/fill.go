package manifest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Options is what differs from one installation to another.
type Options struct {
	BaseURL    string // what Outlook calls the service, such as https://sikker.example.dk: scheme and host alone
	ClientID   string // of the add-in's app registration (GUID); the add-in's id is made from it
	Authority  string // where people sign in, such as https://login.microsoftonline.com: the sign-in dialog goes there
	Provider   string // the organisation
	SupportURL string // "" is none
	Version    string // such as 1.0.0.0
}

// FirstVersion is the version of an installation's first manifest.
const FirstVersion = "1.0.0.0"

// version is as the schema has it (OfficeAppManifestV1_1.xsd, Version), less what Microsoft's validator refuses: below 1.0.
var version = regexp.MustCompile(`^[1-9][0-9]{0,4}(\.[0-9]{1,5}){1,3}$`)

// Lengths of the schema (OfficeAppBasicTypesV1_0.xsd, OfficeAppManifestV1_1.xsd), in characters.
const (
	shortest = 125  // ShortString
	longest  = 250  // LongString
	maxURL   = 2048 // URL
	maxResid = 32
)

// ID is the add-in's id in Outlook. It is made from the app registration's, so that it stays when the host or the name changes, and an
// installation for tests, which has a registration of its own, is another add-in and not an update of the real one.
func ID(clientID string) (string, error) {
	client, err := uuid.Parse(clientID)
	if err != nil || len(clientID) != len(client.String()) {
		return "", errors.New("must be a client id (GUID)")
	}
	return uuid.NewSHA1(client, []byte("sendsikker add-in")).String(), nil
}

// Fill puts the options into the template. The error names every option that cannot be used, one a line.
func Fill(text []byte, o Options) ([]byte, error) {
	var faults []error
	bad := func(is bool, option, what string) {
		if is {
			faults = append(faults, fmt.Errorf("%s: %s", option, what))
		}
	}
	id, err := ID(o.ClientID)
	bad(err != nil, "client id", "must be a GUID")
	base, authority := strings.TrimSuffix(o.BaseURL, "/"), origin(o.Authority)
	// The pane calls the API beside it, and Outlook takes no path for an AppDomain.
	bad(base == "" || origin(base) != base, "base url", "must be scheme and host alone, such as https://sikker.example.dk")
	bad(authority == "", "authority", "must be an address")
	bad(!oneLine(o.Provider, shortest), "provider", fmt.Sprintf("must be one line of 1 to %d characters", shortest))
	bad(o.SupportURL != "" && (origin(o.SupportURL) == "" || !oneLine(o.SupportURL, maxURL)), "support url", "must be an address")
	bad(!version.MatchString(o.Version), "version", "must be numbers with dots, such as 1.0.0.0, and at least 1.0")
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	t, err := template.New("manifest.xml").Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("the manifest's template: %w", err)
	}
	// Escaped here, all of them, so that no place in the template can forget to.
	values := struct{ ID, Version, Provider, Base, SupportURL, Authority string }{
		id, escape(o.Version), escape(o.Provider), escape(base), escape(o.SupportURL), escape(authority),
	}
	var out bytes.Buffer
	if err := t.Execute(&out, values); err != nil {
		return nil, fmt.Errorf("the manifest's template: %w", err)
	}
	return out.Bytes(), nil
}

// origin is scheme and host of an http or https address, in lower case; "" where it is none.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(u.Host, `*;,"'<> `) {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

func oneLine(s string, most int) bool {
	return strings.TrimSpace(s) != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}
