package graph_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/mail"
	"runtime"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
)

func upload(o *graph.Options) { o.Large = graph.LargeUpload }

func TestALargeSealedMessageArrivesWithTheSameCMSAndHeader(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cms  int
		read func([]byte) io.Reader
		puts int
	}{
		"2.3 MB, attached in one request":            {2_300_000, func(b []byte) io.Reader { return bytes.NewReader(b) }, 0},
		"3.05 MB, where the meaning of 3 MB decides": {3_050_000, func(b []byte) io.Reader { return bytes.NewReader(b) }, 0},
		"3.5 MB, by session":                         {3_500_000, func(b []byte) io.Reader { return bytes.NewReader(b) }, 1},
		"12 MB, from a stream that cannot seek":      {12_000_001, func(b []byte) io.Reader { return io.MultiReader(bytes.NewReader(b)) }, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			c := client(t, h.url, upload)
			cms := noise(test.cms)
			text := sealed("Bo Ærlig <bo@partner.example>, chen@uni.example", cms)
			id, err := c.CreateDraft(t.Context(), box, test.read(text), int64(len(text)))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Send(t.Context(), box, id); err != nil {
				t.Fatal(err)
			}
			got, err := mail.ReadMessage(bytes.NewReader(wait(t, h, "bo@partner.example", 1)[0].Raw))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, got.Body))
			if err != nil || !bytes.Equal(body, cms) {
				t.Errorf("the CMS is another one: %d bytes, %v", len(body), err)
			}
			media, parameters, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
			if err != nil || media != "application/pkcs7-mime" || parameters["smime-type"] != "enveloped-data" || parameters["name"] != "smime.p7m" {
				t.Errorf("Content-Type %q", got.Header.Get("Content-Type"))
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
			if err != nil || subject != "Spørgsmål om løn" {
				t.Errorf("subject %q", subject)
			}
			for field, value := range map[string]string{
				"Message-ID": messageID, "In-Reply-To": "<first@partner.example>",
				"References": "<zero@partner.example> <first@partner.example>", "Importance": "high",
			} {
				if got.Header.Get(field) != value {
					t.Errorf("%s is %q, want %q", field, got.Header.Get(field), value)
				}
			}
			to, err := got.Header.AddressList("To")
			if err != nil || len(to) != 2 || to[0].Name != "Bo Ærlig" || to[1].Address != "chen@uni.example" {
				t.Errorf("To: %v, %v", to, err)
			}
			if cc, err := got.Header.AddressList("Cc"); err != nil || len(cc) != 1 || cc[0].Name != "Kopi, Modtager" {
				t.Errorf("Cc: %v, %v", cc, err)
			}
			puts := 0
			for _, s := range h.log.all() {
				if s.method != http.MethodPut {
					continue
				}
				puts++
				if s.header.Get("Authorization") != "" || s.length >= 4_000_000 {
					t.Errorf("a PUT of %d bytes, with a token: %v", s.length, s.header.Get("Authorization") != "")
				}
			}
			if puts != test.puts {
				t.Errorf("%d PUTs, want %d", puts, test.puts)
			}
		})
	}
}

func TestOnlyEnvelopedDataMayBeLarge(t *testing.T) {
	t.Parallel()
	text := big()
	for name, change := range map[string][2]string{
		"a message in clear":  {"application/pkcs7-mime; smime-type=enveloped-data", "text/plain"},
		"authEnveloped-data":  {"enveloped-data", "authEnveloped-data"},
		"no smime-type":       {"; smime-type=enveloped-data", ""},
		"another encoding":    {"Encoding: base64", "Encoding: 8bit"},
		"no content type":     {"Content-Type:", "X-Content-Type:"},
		"signed, not sealed ": {"enveloped-data", "signed-data"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			changed := bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1)
			if bytes.Equal(changed, text) {
				t.Fatal("the case changes nothing")
			}
			_, err := client(t, h.url, upload).CreateDraft(t.Context(), box, bytes.NewReader(changed), int64(len(changed)))
			want(t, err, fault.TooLarge, "graph_too_large")
			if len(h.log.all()) != 0 {
				t.Error("Graph was asked")
			}
		})
	}
}

func TestAHalfMadeLargeDraftIsDeleted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		kind   fault.Kind
		code   string
	}{
		"the session leads to another host": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, `{"uploadUrl":"http://127.0.0.1:1/upload/x"}`)
		}, fault.Unavailable, "graph_unreadable"},
		"the session leads to a host that looks like it": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusCreated)
			fmt.Fprintf(w, `{"uploadUrl":"http://%s@127.0.0.1:1/upload/x"}`, r.Host)
		}, fault.Unavailable, "graph_unreadable"},
		"the session is refused": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"error":{"code":"ErrorAccessDenied","message":"Graph's own words"}}`)
		}, fault.Rejected, "graph_forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			url, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/createUploadSession") {
					test.answer(w, r)
					return
				}
				forward(t, h.url, w, r)
			})
			text := big()
			_, err := client(t, url, upload).CreateDraft(t.Context(), box, bytes.NewReader(text), int64(len(text)))
			want(t, err, test.kind, test.code)
			if n := len(h.exchange.Messages(box, "drafts")); n != 0 {
				t.Errorf("%d drafts are left", n)
			}
			if n := len(h.exchange.Messages(box, "deleteditems")); n != 1 {
				t.Errorf("%d drafts were deleted", n)
			}
		})
	}
}

func forward(t *testing.T, to string, w http.ResponseWriter, r *http.Request) {
	request, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.RequestURI(), r.Body)
	if err != nil {
		t.Error(err)
		return
	}
	request.Header, request.ContentLength = r.Header.Clone(), r.ContentLength
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	w.WriteHeader(response.StatusCode)
	_, _ = io.Copy(w, response.Body)
}

// uploadOnly plays Graph and Outlook for one upload, with ranges of its choosing.
func uploadOnly(t *testing.T, put http.HandlerFunc) string {
	url, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		case r.Method == http.MethodPut:
			put(w, r)
		case strings.HasSuffix(r.URL.Path, "/createUploadSession"):
			w.WriteHeader(http.StatusCreated)
			fmt.Fprintf(w, `{"uploadUrl":"http://%s/up"}`, r.Host)
		default:
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, `{"id":"AAkA1"}`)
		}
	})
	return url
}

func TestAnUploadContinuesWhereTheServerStopped(t *testing.T) {
	t.Parallel()
	cms := noise(5_000_000)
	var got []byte
	url := uploadOnly(t, func(w http.ResponseWriter, r *http.Request) {
		var first, last, total int64
		if _, err := fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &total); err != nil || first != int64(len(got)) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		part, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		// Takes no more than 1,000,000 bytes of any range.
		got = append(got, part[:min(len(part), 1_000_000)]...)
		if int64(len(got)) == total {
			w.WriteHeader(http.StatusCreated)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `{"nextExpectedRanges":["%d-%d"]}`, len(got), total-1)
	})
	text := sealed("bo@partner.example", cms)
	if _, err := client(t, url, upload).CreateDraft(t.Context(), box, bytes.NewReader(text), int64(len(text))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, cms) {
		t.Errorf("%d bytes arrived, or others", len(got))
	}
}

func TestAnUploadThatAsksForOtherBytesEnds(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"the same again": `{"nextExpectedRanges":["0-"]}`, "beyond the end": `{"nextExpectedRanges":["99999999-"]}`,
		"negative": `{"nextExpectedRanges":["-5"]}`, "two": `{"nextExpectedRanges":["1-2","4-"]}`, "none": `{}`, "words": `{"nextExpectedRanges":["x"]}`,
		"not JSON": `<html>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := uploadOnly(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				fmt.Fprint(w, answer)
			})
			text := big()
			_, err := client(t, url, upload).CreateDraft(t.Context(), box, bytes.NewReader(text), int64(len(text)))
			want(t, err, fault.Unavailable, "graph_unreadable")
		})
	}
}

// Not parallel: it measures what the whole process allocates.
func TestALargeMessageDoesNotLieInMemory(t *testing.T) {
	url := uploadOnly(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		var first, last, total int64
		_, _ = fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &total)
		if last+1 == total {
			w.WriteHeader(http.StatusCreated)
			return
		}
		fmt.Fprintf(w, `{"nextExpectedRanges":["%d"]}`, last+1)
	})
	c := client(t, url, upload)
	allocated := func(cms int) uint64 {
		text := sealed("bo@partner.example", noise(cms))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := c.CreateDraft(t.Context(), box, bytes.NewReader(text), int64(len(text))); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := allocated(5_000_000), allocated(12_000_000)
	t.Logf("allocated in all: %d bytes for 5 MB, %d for 12 MB", small, large)
	// One chunk of 3.9 MB, and per request a little.
	if large > 6_000_000 || large > small+500_000 {
		t.Errorf("12 MB took %d bytes of memory, 5 MB took %d", large, small)
	}
}
