package app

import (
	"cmp"
	"net/http"
	"strings"

	"aau.dk/sendsikker/api/addin"
	"aau.dk/sendsikker/internal/manifest"
)

// addInSettings is what the Outlook add-in is told beside what the service knows anyway.
type addInSettings struct {
	ClientID   string // of the add-in's app registration
	Authority  string // where people sign in, with the tenant
	SupportURL string // "" is none
	Version    string // of the manifest
	Office     string // where office.js is: an address, or a path of ours
	Rules      addin.Rules
	Ancestors  []string // beside Outlook: origins, or 'self'
}

// provider stands in the add-in where an organisation has no name.
const provider = "Send sikker"

// manifest is what Outlook reads of this service.
func (w wiring) manifest() ([]byte, error) {
	return manifest.Fill(w.Assets.Manifest, manifest.Options{
		BaseURL: w.PublicURL, ClientID: w.AddIn.ClientID, Authority: w.AddIn.Authority, Provider: cmp.Or(w.Organisation, provider),
		SupportURL: w.AddIn.SupportURL, Version: w.AddIn.Version,
	})
}

// addIn is the add-in as it is served.
func (w wiring) addIn() (*addin.Site, error) {
	filled, err := w.manifest()
	if err != nil {
		return nil, err
	}
	return addin.New(addin.Deps{
		Manifest: filled, Files: w.Assets.AddIn, PublicURL: w.PublicURL, Office: w.AddIn.Office, Rules: w.AddIn.Rules, Ancestors: w.AddIn.Ancestors,
		Settings: addin.Settings{
			ClientID: w.AddIn.ClientID, Authority: w.AddIn.Authority, Scope: "api://" + w.Entra.Audience + "/" + w.Entra.Scope,
			Organisation: cmp.Or(w.Organisation, provider), Domains: w.Domains, CertificatesPage: strings.TrimSuffix(w.PublicURL, "/") + "/certificates",
			SupportURL: w.AddIn.SupportURL,
		},
	})
}

// mounted puts further handlers before the service's own, each for what begins with its path.
func mounted(own http.Handler, extra map[string]http.Handler) http.Handler {
	if len(extra) == 0 {
		return own
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for path, handler := range extra {
			if strings.HasPrefix(r.URL.Path, path) || r.URL.Path == strings.TrimSuffix(path, "/") {
				handler.ServeHTTP(w, r)
				return
			}
		}
		own.ServeHTTP(w, r)
	})
}
