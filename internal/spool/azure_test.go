package spool_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const account = "sendsikker"

// azure answers as Azure's Blob service does to what the spool asks.
type azure struct {
	forgetful bool
	page      int

	mu      sync.Mutex
	objects map[string]stored
	blocks  map[string]map[string]stored // by name, then by id: not part of anything before the list is committed
	weather func(w http.ResponseWriter, r *http.Request) bool
}

func startAzure(t testing.TB) (server *azure, where string) {
	t.Helper()
	server = &azure{page: 2, objects: map[string]stored{}, blocks: map[string]map[string]stored{}}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	return server, "azblob://" + bucketName + "?protocol=http&domain=" + u.Host
}

func (a *azure) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.weather != nil && a.weather(w, r) {
		return
	}
	name, is := strings.CutPrefix(r.URL.Path, "/"+account+"/"+bucketName)
	if name = strings.TrimPrefix(name, "/"); !is || !strings.HasPrefix(r.Header.Get("Authorization"), "SharedKey "+account+":") {
		azureRefuses(w, http.StatusForbidden, "AuthenticationFailed")
		return
	}
	var body stored
	if r.Method == http.MethodPut {
		keep := &bytes.Buffer{}
		to := io.Writer(keep)
		if a.forgetful && r.URL.Query().Get("comp") != "blocklist" {
			to = io.Discard
		}
		n, err := io.Copy(to, r.Body)
		if err != nil || n != r.ContentLength {
			azureRefuses(w, http.StatusBadRequest, "IncompleteBody")
			return
		}
		body = stored{bytes: keep.Bytes(), size: n, modified: time.Now()}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer(w, r, name, body)
}

func (a *azure) answer(w http.ResponseWriter, r *http.Request, name string, body stored) {
	q := r.URL.Query()
	o, found := a.objects[name]
	switch {
	case r.Method == http.MethodPut && q.Get("comp") == "block":
		if a.blocks[name] == nil {
			a.blocks[name] = map[string]stored{}
		}
		a.blocks[name][q.Get("blockid")] = body
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodPut && found && r.Header.Get("If-None-Match") == "*":
		azureRefuses(w, http.StatusConflict, "BlobAlreadyExists")
	case r.Method == http.MethodPut && q.Get("comp") == "blocklist":
		a.commit(w, name, body)
	case r.Method == http.MethodPut:
		a.objects[name] = body
		w.WriteHeader(http.StatusCreated)
	case q.Get("comp") == "list":
		a.list(w, q)
	case !found:
		azureRefuses(w, http.StatusNotFound, "BlobNotFound")
	case r.Method == http.MethodDelete:
		delete(a.objects, name)
		w.WriteHeader(http.StatusAccepted)
	default:
		w.Header().Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Length", strconv.FormatInt(o.size, 10))
		if r.Method == http.MethodGet {
			_, _ = w.Write(o.bytes)
		}
	}
}

func (a *azure) commit(w http.ResponseWriter, name string, list stored) {
	var ids struct{ Latest []string }
	whole := stored{modified: time.Now()}
	err := xml.Unmarshal(list.bytes, &ids)
	for _, id := range ids.Latest {
		block, found := a.blocks[name][id]
		if !found {
			err = io.ErrUnexpectedEOF
		}
		whole.size += block.size
		whole.bytes = append(whole.bytes, block.bytes...)
	}
	if err != nil {
		azureRefuses(w, http.StatusBadRequest, "InvalidBlockList")
		return
	}
	delete(a.blocks, name)
	a.objects[name] = whole
	w.WriteHeader(http.StatusCreated)
}

func (a *azure) list(w http.ResponseWriter, q url.Values) {
	names := slices.Sorted(maps.Keys(a.objects))
	from, _ := slices.BinarySearch(names, q.Get("marker"))
	names = names[from:]
	next := ""
	if len(names) > a.page {
		next, names = names[a.page], names[:a.page]
	}
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprintf(w, "%s<EnumerationResults><Blobs>", xml.Header)
	for _, name := range names {
		o := a.objects[name]
		fmt.Fprintf(w, "<Blob><Name>%s</Name><Properties><Last-Modified>%s</Last-Modified><Etag>e</Etag><Content-Length>%d</Content-Length></Properties></Blob>",
			name, o.modified.UTC().Format(http.TimeFormat), o.size)
	}
	fmt.Fprintf(w, "</Blobs><NextMarker>%s</NextMarker></EnumerationResults>", next)
}

func azureRefuses(w http.ResponseWriter, code int, name string) {
	w.Header().Set("x-ms-error-code", name)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(code)
	fmt.Fprintf(w, "%s<Error><Code>%s</Code><Message>the store's own words</Message></Error>", xml.Header, name)
}
