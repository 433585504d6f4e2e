package spool_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
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

const bucketName = "sendsikker"

// stored is an object, or a part of one. A forgetful store keeps no bytes.
type stored struct {
	bytes    []byte
	size     int64
	sum      string // CRC-32 in base64
	modified time.Time
}

// s3 answers as Amazon's store does to what the spool asks: single and multipart uploads that may exist on condition that
// nothing does, reading, deleting, and lists in pages.
type s3 struct {
	forgetful bool
	page      int

	mu      sync.Mutex
	objects map[string]stored
	uploads map[string]map[int]stored
	began   int
	// weather is asked first; true: it has answered. after is asked when all is done, before the answer.
	weather, after func(w http.ResponseWriter, r *http.Request) bool
}

func startS3(t testing.TB) (server *s3, where string) {
	t.Helper()
	server = &s3{page: 2, objects: map[string]stored{}, uploads: map[string]map[int]stored{}}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	return server, "s3://" + bucketName + "?region=eu-north-1&use_path_style=true&endpoint=" + url.QueryEscape(web.URL)
}

func (s *s3) set(weather, after func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.weather, s.after = weather, after
}

// left counts objects and uploads that nobody ended.
func (s *s3) left() (objects, uploads int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.objects), len(s.uploads)
}

func (s *s3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	weather, after := s.weather, s.after
	s.mu.Unlock()
	if weather != nil && weather(w, r) {
		return
	}
	name, is := strings.CutPrefix(r.URL.Path, "/"+bucketName)
	if name = strings.TrimPrefix(name, "/"); !is || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		s3Refuses(w, http.StatusForbidden, "AccessDenied")
		return
	}
	var body stored
	if r.Method == http.MethodPut || r.URL.Query().Has("uploadId") {
		var err error
		if body, err = s.read(r); err != nil { // cut off, or not what its sums say
			s3Refuses(w, http.StatusBadRequest, "IncompleteBody")
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := s.answer(r, name, body)
	if after != nil && after(w, r) {
		return
	}
	answer(w)
}

// answer does what is asked, and says how to say so.
func (s *s3) answer(r *http.Request, name string, body stored) func(http.ResponseWriter) {
	q := r.URL.Query()
	id, upload := q.Get("uploadId"), s.uploads[q.Get("uploadId")]
	switch {
	case id != "" && upload == nil:
		return refusal(http.StatusNotFound, "NoSuchUpload")
	case r.Method == http.MethodPost && q.Has("uploads"):
		s.began++
		id = strconv.Itoa(s.began)
		s.uploads[id] = map[int]stored{}
		return inXML("<InitiateMultipartUploadResult><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>")
	case r.Method == http.MethodPut && id != "":
		n, _ := strconv.Atoi(q.Get("partNumber"))
		upload[n] = body
		return func(w http.ResponseWriter) {
			w.Header().Set("ETag", strconv.Quote(body.sum))
			w.Header().Set("X-Amz-Checksum-Crc32", body.sum)
		}
	case r.Method == http.MethodPost && id != "":
		return s.complete(r, name, id, body)
	case r.Method == http.MethodDelete && id != "":
		delete(s.uploads, id)
		return status(http.StatusNoContent)
	case r.Method == http.MethodPut:
		return s.put(r, name, body)
	case r.Method == http.MethodDelete:
		delete(s.objects, name)
		return status(http.StatusNoContent)
	case name == "":
		return s.list(q)
	}
	o, found := s.objects[name]
	if !found {
		return refusal(http.StatusNotFound, "NoSuchKey")
	}
	return func(w http.ResponseWriter) {
		w.Header().Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Length", strconv.FormatInt(o.size, 10))
		if r.Method == http.MethodGet {
			_, _ = w.Write(o.bytes)
		}
	}
}

func (s *s3) put(r *http.Request, name string, o stored) func(http.ResponseWriter) {
	if _, taken := s.objects[name]; taken && r.Header.Get("If-None-Match") == "*" {
		return refusal(http.StatusPreconditionFailed, "PreconditionFailed")
	}
	o.modified = time.Now()
	s.objects[name] = o
	return tagged
}

// complete makes an object of the parts that are listed, if they are those that came: all of them, in order, with their sums.
func (s *s3) complete(r *http.Request, name, id string, list stored) func(http.ResponseWriter) {
	var asked struct {
		Part []struct {
			PartNumber          int
			ETag, ChecksumCRC32 string
		}
	}
	if xml.Unmarshal(list.bytes, &asked) != nil || len(asked.Part) != len(s.uploads[id]) {
		return refusal(http.StatusBadRequest, "MalformedXML")
	}
	var whole stored
	for i, p := range asked.Part {
		part := s.uploads[id][p.PartNumber]
		if p.PartNumber != i+1 || p.ETag != strconv.Quote(part.sum) || p.ChecksumCRC32 != part.sum {
			return refusal(http.StatusBadRequest, "InvalidPart")
		}
		if i < len(asked.Part)-1 && part.size < 5<<20 {
			return refusal(http.StatusBadRequest, "EntityTooSmall")
		}
		whole.size += part.size
		whole.bytes = append(whole.bytes, part.bytes...)
	}
	answer := s.put(r, name, whole)
	if s.objects[name].size == whole.size {
		delete(s.uploads, id)
	}
	return func(w http.ResponseWriter) {
		probe := httptest.NewRecorder()
		if answer(probe); probe.Code != http.StatusOK {
			answer(w)
			return
		}
		inXML("<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>")(w)
	}
}

func (s *s3) list(q url.Values) func(http.ResponseWriter) {
	var out strings.Builder
	names := slices.Sorted(maps.Keys(s.objects))
	from, _ := slices.BinarySearch(names, q.Get("continuation-token"))
	names = names[from:]
	if len(names) > s.page {
		fmt.Fprintf(&out, "<IsTruncated>true</IsTruncated><NextContinuationToken>%s</NextContinuationToken>", names[s.page])
		names = names[:s.page]
	}
	for _, name := range names {
		o := s.objects[name]
		fmt.Fprintf(&out, "<Contents><Key>%s</Key><Size>%d</Size><LastModified>%s</LastModified></Contents>", name, o.size, o.modified.UTC().Format(time.RFC3339))
	}
	return inXML("<ListBucketResult>" + out.String() + "</ListBucketResult>")
}

// read takes a body in, and believes it only when it is whole.
func (s *s3) read(r *http.Request) (stored, error) {
	digest, sum := sha256.New(), crc32.NewIEEE()
	keep := &bytes.Buffer{}
	to := io.MultiWriter(digest, sum)
	if !s.forgetful || r.Method == http.MethodPost {
		to = io.MultiWriter(digest, sum, keep)
	}
	var n int64
	var err error
	want := r.Header.Get("X-Amz-Content-Sha256")
	if strings.HasPrefix(want, "STREAMING-") {
		n, err = unchunk(to, bufio.NewReader(r.Body))
		if decoded, _ := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64); err == nil && n != decoded {
			err = io.ErrUnexpectedEOF
		}
	} else {
		n, err = io.Copy(to, r.Body)
		if err == nil && want != "UNSIGNED-PAYLOAD" && want != hex.EncodeToString(digest.Sum(nil)) {
			err = errors.New("another digest")
		}
	}
	o := stored{bytes: keep.Bytes(), size: n, sum: base64.StdEncoding.EncodeToString(sum.Sum(nil))}
	for _, told := range []string{r.Header.Get("X-Amz-Checksum-Crc32"), r.Trailer.Get("X-Amz-Checksum-Crc32")} {
		if err == nil && told != "" && told != o.sum {
			err = errors.New("another sum")
		}
	}
	return o, err
}

// unchunk reads aws-chunked: a hexadecimal length, the bytes, and so on until a length of 0 and the trailers.
func unchunk(to io.Writer, from *bufio.Reader) (n int64, err error) {
	for {
		head, err := from.ReadString('\n')
		if err != nil {
			return n, err
		}
		size, err := strconv.ParseInt(strings.SplitN(strings.TrimSpace(head), ";", 2)[0], 16, 64)
		if err != nil {
			return n, err
		}
		if size == 0 {
			_, err = io.Copy(io.Discard, from)
			return n, err
		}
		copied, err := io.CopyN(to, from, size)
		n += copied
		if err != nil {
			return n, err
		}
		if _, err := from.Discard(2); err != nil {
			return n, err
		}
	}
}

func tagged(w http.ResponseWriter) { w.Header().Set("ETag", `"e"`) }

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

func inXML(text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, xml.Header+text)
	}
}

func refusal(code int, name string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { s3Refuses(w, code, name) }
}

func s3Refuses(w http.ResponseWriter, code int, name string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(code)
	fmt.Fprintf(w, "%s<Error><Code>%s</Code><Message>the store's own words</Message></Error>", xml.Header, name)
}
