package doctor

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/manifest"
)

// maxFetched is the largest file of an add-in that manifest.Check reads.
const maxFetched = 4 << 20

// outlookNames are the origins that show the pane in a frame: Outlook on the web, and new Outlook.
var outlookNames = []string{"https://outlook.office.com", "https://outlook.office365.com", "https://outlook.cloud.microsoft"}

// AddIn fetches what Outlook fetches. ours is the manifest that these settings make; nil is not compared.
func AddIn(ctx context.Context, r *Report, client *http.Client, publicURL string, ours []byte) {
	const area = "add-in's manifest"
	root := strings.TrimSuffix(publicURL, "/")
	got, err := get(ctx, client, root+"/manifest.xml")
	if err != nil {
		r.Fail(area, "Mend what stands above about https, and see whether the service runs.", "%s/manifest.xml cannot be fetched: %s.", root, dialWord(err))
		return
	}
	if got.status != http.StatusOK {
		r.Fail(area, "See whether a proxy passes /manifest.xml and /addin/ on to the service.", "%s/manifest.xml answers with status %d.", root, got.status)
		return
	}
	site := &remote{ctx: ctx, client: client, root: root + "/addin/", got: map[string]answer{}}
	if err := manifest.Check(got.body, manifest.Site{Root: site.root, Files: site}); err != nil {
		first, _, more := strings.Cut(err.Error(), "\n")
		if more {
			first += " (and more: sendsikker manifest)"
		}
		r.Fail(area, "If public-url is right, see whether a proxy changes, blocks or rewrites what lies below /addin/.", "As Outlook would fetch it, it has a fault: %s.", first)
		return
	}
	if ours != nil && !bytes.Equal(ours, got.body) {
		r.Warn(area, "Restart the service with these settings; then raise addin.version and give Microsoft the new manifest.", "What is served is another manifest than the settings make.")
	} else {
		r.OK(area, "Fetched and whole, with the %d files that it names.", len(site.got))
	}
	headers(ctx, r, client, root)
	icons(r, site)
}

// headers: a page that Outlook may not frame is an empty pane.
func headers(ctx context.Context, r *Report, client *http.Client, root string) {
	const area = "add-in's pages"
	got, err := get(ctx, client, root+"/addin/pane.html")
	if err != nil || got.status != http.StatusOK {
		r.Fail(area, "See whether a proxy passes /addin/ on to the service.", "/addin/pane.html cannot be fetched.")
		return
	}
	policies := got.header.Values("Content-Security-Policy")
	frame := ""
	for _, directive := range strings.Split(strings.Join(policies, ";"), ";") {
		if name, value, _ := strings.Cut(strings.TrimSpace(directive), " "); name == "frame-ancestors" {
			frame = value
		}
	}
	switch {
	case got.header.Get("X-Frame-Options") != "":
		r.Fail(area, "Have the proxy leave X-Frame-Options away from /addin/.", "Somebody on the way adds X-Frame-Options, and Outlook shows an empty pane.")
	case len(policies) != 1:
		r.Fail(area, "Have the proxy pass Content-Security-Policy on as it is, and add none of its own.", "There are %d content security policies instead of one.", len(policies))
	case !containsAll(frame, outlookNames):
		r.Fail(area, "Have the proxy pass Content-Security-Policy on as it is.", "Outlook may not show the pane: frame-ancestors does not name it.")
	default:
		r.OK(area, "Outlook, and whom the settings name, may show the pane.")
	}
}

func containsAll(list string, wanted []string) bool {
	have := " " + list + " "
	for _, w := range wanted {
		if !strings.Contains(have, " "+w+" ") {
			return false
		}
	}
	return true
}

// icons: with any Cache-Control Outlook shows a picture of its own (learn.microsoft.com, manifest/icon).
func icons(r *Report, site *remote) {
	const area = "add-in's icons"
	seen := 0
	for name, file := range site.got {
		if path.Ext(name) != ".png" {
			continue
		}
		seen++
		if file.header.Get("Cache-Control") != "" {
			r.Fail(area, "Have the proxy add no Cache-Control to /addin/icons/.", "Somebody on the way adds Cache-Control to %s, and Outlook shows a picture of its own.", name)
			return
		}
	}
	r.OK(area, "%d icons, without Cache-Control.", seen)
}

// remote is the add-in's folder, read over HTTPS.
type remote struct {
	ctx    context.Context // fs.FS has no place for one, and this lives for one call
	client *http.Client
	root   string
	got    map[string]answer
}

// Open fetches a file.
func (s *remote) Open(name string) (fs.File, error) {
	got, err := get(s.ctx, s.client, s.root+name)
	if err != nil || got.status != http.StatusOK {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	s.got[name] = got
	return &fetched{Reader: bytes.NewReader(got.body), name: name}, nil
}

type fetched struct {
	*bytes.Reader
	name string
}

func (f *fetched) Stat() (fs.FileInfo, error) { return info{f}, nil }
func (f *fetched) Close() error               { return nil }

type info struct{ file *fetched }

func (i info) Name() string     { return path.Base(i.file.name) }
func (i info) Size() int64      { return i.file.Reader.Size() }
func (info) Mode() fs.FileMode  { return 0o444 }
func (info) ModTime() time.Time { return time.Time{} }
func (info) IsDir() bool        { return false }
func (info) Sys() any           { return nil }
