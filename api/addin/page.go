package addin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
)

// Settings is what the pane and the sign-in dialog must know. Everybody can read it.
type Settings struct {
	ClientID         string   `json:"clientId"`  // of the add-in's app registration
	Authority        string   `json:"authority"` // where people sign in, with the tenant
	Scope            string   `json:"scope"`     // in full: api://…/Mail.SendSecure
	Organisation     string   `json:"organisation"`
	Domains          []string `json:"domains"` // the organisation's own, in lower case
	CertificatesPage string   `json:"certificatesPage"`
	SupportURL       string   `json:"supportURL"` // "" is none
}

// Rules is how hard the send guard is: off, ask or block.
type Rules struct {
	CPR     string `json:"cpr"`     // a CPR number to somebody outside
	Marked  string `json:"marked"`  // a draft that is marked for secure sending
	Channel string `json:"channel"` // an answer to what came in sealed
}

// filler fills pages in.
type filler struct{ values *strings.Replacer }

func newFiller(d Deps) (filler, error) {
	if d.Settings.Domains == nil {
		d.Settings.Domains = []string{}
	}
	settings, err := json.Marshal(d.Settings)
	if err != nil {
		return filler{}, fmt.Errorf("the add-in's settings: %w", err)
	}
	return filler{strings.NewReplacer("{{office}}", html.EscapeString(d.Office), "{{settings}}", html.EscapeString(string(settings)))}, nil
}

// placeholder is everything that looks like one: a misspelt one would be shown to people.
var placeholder = regexp.MustCompile(`\{\{[^{}]*\}\}`)

// fill reads a page that somebody of ours wrote, and refuses what could not work.
func (f filler) fill(page []byte) ([]byte, error) {
	for _, p := range placeholder.FindAll(page, -1) {
		if !bytes.Equal(p, []byte("{{office}}")) && !bytes.Equal(p, []byte("{{settings}}")) {
			return nil, fmt.Errorf("nothing is known of %q", p)
		}
	}
	if !bytes.Contains(page, []byte(`src="{{office}}"`)) {
		return nil, errors.New(`the page does not load office.js: <script src="{{office}}"> is missing`)
	}
	return []byte(f.values.Replace(string(page))), nil
}

// guardSettings is the line before the guard's bundle: the bundle's address stands in the manifest, which changes slowly, and its
// rules may change at any time.
func guardSettings(d Deps) ([]byte, error) {
	for _, rule := range []string{d.Rules.CPR, d.Rules.Marked, d.Rules.Channel} {
		if rule != "off" && rule != "ask" && rule != "block" {
			return nil, fmt.Errorf("the send guard's rules must each be off, ask or block, and not %q", rule)
		}
	}
	domains := d.Settings.Domains
	if domains == nil {
		domains = []string{}
	}
	// encoding/json escapes <, >, & and the two separators of lines that end a JavaScript string, so this is JavaScript too.
	text, err := json.Marshal(struct {
		Domains []string `json:"domains"`
		Rules   Rules    `json:"rules"`
	}{domains, d.Rules})
	if err != nil {
		return nil, fmt.Errorf("the send guard's settings: %w", err)
	}
	return []byte("var SendSikkerSettings=" + string(text) + ";\n"), nil
}

// allowed lets classic Outlook's engine run the guard's script with what needs a known origin.
func allowed(d Deps) []byte {
	text, _ := json.Marshal(map[string][]string{"allowed": {strings.TrimSuffix(d.PublicURL, "/") + folder + guardScript}}) // strings always marshal
	return append(text, '\n')
}
