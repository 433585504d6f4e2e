package addin

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
)

// Deps is all that the add-in is made of.
type Deps struct {
	Manifest  []byte   // filled in
	Files     fs.FS    // addin/dist
	PublicURL string   // what Outlook calls us: scheme and host
	Office    string   // where office.js is: an address, or a path of ours
	Settings  Settings // what the pages are told
	Rules     Rules    // what the send guard is told, beside the domains
	Ancestors []string // origins that may frame the pages beside Outlook's, or 'self'
}

// Site is the add-in as it is served.
type Site struct{ files map[string]*file }

const (
	// manifestPath and allowedPath are fixed, the second by Microsoft (learn.microsoft.com, "Use SSO in event-based activation").
	manifestPath = "/manifest.xml"
	allowedPath  = "/.well-known/microsoft-officeaddins-allowed.json"
	folder       = "/addin/"
	guardScript  = "guard.js"
)

// New reads the files and makes of them what is served. The error names everything that is wrong, one a line.
func New(d Deps) (*Site, error) {
	s := &Site{files: map[string]*file{}}
	policy, err := newPolicies(d)
	if err != nil {
		return nil, err
	}
	guard, err := guardSettings(d)
	if err != nil {
		return nil, err
	}
	pages, err := newFiller(d)
	if err != nil {
		return nil, err
	}
	var faults []error
	err = fs.WalkDir(d.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		kind := kindOf(name)
		if kind == "" {
			faults = append(faults, fmt.Errorf("addin/%s: files of this kind are not served", name))
			return nil
		}
		body, err := fs.ReadFile(d.Files, name)
		if err != nil {
			return err
		}
		f := &file{kind: kind, cache: revalidated, policy: noPage, body: body}
		switch {
		case path.Ext(name) == ".html":
			if f.body, err = pages.fill(body); err != nil {
				faults = append(faults, fmt.Errorf("addin/%s: %w", name, err))
			}
			f.policy = policy.of(name)
		case name == guardScript:
			f.body, f.cache = slices.Concat(guard, body), "max-age=300"
		case hashed.MatchString(name):
			f.cache = "public, max-age=31536000, immutable"
		case path.Ext(name) == ".png":
			// With any Cache-Control, Outlook shows an icon of its own (learn.microsoft.com, manifest/icon).
			f.cache = ""
		}
		s.files[folder+name] = f
		return nil
	})
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	s.files[manifestPath] = &file{kind: "application/xml; charset=utf-8", cache: revalidated, policy: noPage, body: d.Manifest}
	s.files[allowedPath] = &file{kind: "application/json", cache: revalidated, policy: noPage, body: allowed(d)}
	for _, f := range s.files {
		f.seal()
	}
	return s, nil
}

// hashed are the files whose name changes with their content: esbuild's chunks.
var hashed = regexp.MustCompile(`-[A-Z0-9]{8}\.js$`)

// kindOf is the media type of a file; "" is of a kind that the add-in does not have.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".png":
		return "image/png"
	}
	return ""
}

// Policy is the content security policy of the page at a path, which says who may frame it.
func (s *Site) Policy(path string) string {
	if f, found := s.files[path]; found {
		return f.policy
	}
	return noPage
}

// Serve answers a GET or HEAD; false is that there is no such file, and nothing was written. A path is looked up as it stands: there is no
// folder to climb out of.
func (s *Site) Serve(w http.ResponseWriter, r *http.Request) bool {
	f, found := s.files[r.URL.Path]
	if found {
		f.send(w, r)
	}
	return found
}
