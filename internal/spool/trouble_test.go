package spool_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/gcerrors"

	"aau.dk/sendsikker/internal/spool"
)

// cut breaks the connection off without an answer.
func cut(w http.ResponseWriter, _ *http.Request) bool {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
	return true
}

// halfway reads some of what comes, and breaks off.
func halfway(w http.ResponseWriter, r *http.Request) bool {
	_, _ = r.Body.Read(make([]byte, 1000))
	return cut(w, r)
}

// on answers so where the query has a word, such as uploadId; "" is everywhere. Only the first n times.
func on(word, method string, n int32, do func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	var times atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method || word != "" && !r.URL.Query().Has(word) || times.Add(1) > n {
			return false
		}
		return do(w, r)
	}
}

func refuses(code int, name string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body) // as a store does: an answer before the end would be a connection that is cut
		s3Refuses(w, code, name)
		return true
	}
}

const always = 1 << 30

func TestAnObjectInAnUnreliableStoreExistsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	const small, large = 40_000, 11 << 20
	cases := []struct {
		name           string
		size           int
		weather, after func(http.ResponseWriter, *http.Request) bool
		kept           bool   // Close says so
		exists         bool   // it does
		says           string // where it is not kept
	}{
		{"it is busy once", small, on("", "PUT", 1, refuses(503, "SlowDown")), nil, true, true, ""},
		{"it is busy for one part once", large, on("partNumber", "PUT", 1, refuses(503, "SlowDown")), nil, true, true, ""},
		{"it cuts the connection in the middle of a part once", large, on("partNumber", "PUT", 1, halfway), nil, true, true, ""},
		{"it stays busy", small, on("", "PUT", always, refuses(503, "SlowDown")), nil, false, false, "answered 503 SlowDown"},
		{"it cuts every connection in the middle", small, on("", "PUT", always, halfway), nil, false, false, "cannot be reached"},
		{"it cuts every connection in the middle of a part", large, on("partNumber", "PUT", always, halfway), nil, false, false, "cannot be reached"},
		{"it forbids the second part", large, func(w http.ResponseWriter, r *http.Request) bool {
			return r.URL.Query().Get("partNumber") == "2" && refuses(403, "AccessDenied")(w, r)
		}, nil, false, false, "answered 403 AccessDenied"},
		{"it forbids the end", large, on("uploadId", "POST", always, refuses(403, "AccessDenied")), nil, false, false, "answered 403 AccessDenied"},
		{"it has stored everything, and the answer is lost", small, nil, on("", "PUT", 1, cut), false, true, "answered 412 PreconditionFailed"},
		{"it has no such bucket", small, on("", "PUT", always, refuses(404, "NoSuchBucket")), nil, false, false, "answered 404 NoSuchBucket"},
		{"its quota is used up", small, on("", "PUT", always, refuses(403, "QuotaExceeded")), nil, false, false, "answered 403 QuotaExceeded"},
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, where := startS3(t)
			s := opened(t, where)
			server.set(c.weather, c.after)
			err := write(t.Context(), s, "m", noise(c.size))
			server.set(nil, nil)
			if (err == nil) != c.kept {
				t.Fatalf("kept: %v", err)
			}
			if err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "own words") || strings.Contains(err.Error(), "http:")) {
				t.Errorf("%v", err)
			}
			if errors.Is(err, spool.ErrFull) != strings.Contains(c.says, "Quota") {
				t.Errorf("full: %v", err)
			}
			objects, uploads := server.left()
			if exists := objects == 1; exists != c.exists || uploads != 0 {
				t.Errorf("%d objects, %d uploads that nobody ended", objects, uploads)
			}
			if c.exists && !bytes.Equal(read(t, s, "m"), noise(c.size)) {
				t.Error("it exists, and is another")
			}
		})
	}
}

func TestOnlyAnAnswerThatThereIsNoSuchObjectMeansThatItIsGone(t *testing.T) {
	t.Parallel()
	server, where := startS3(t)
	s := opened(t, where)
	server.set(refuses(404, "NoSuchBucket"), nil)
	if _, err := s.Open(t.Context(), "m", messageKey()); err == nil || errors.Is(err, spool.ErrGone) {
		t.Errorf("without a bucket: %v", err)
	}
	pretend, where := startAzure(t)
	s = opened(t, where)
	pretend.weather = func(w http.ResponseWriter, _ *http.Request) bool {
		azureRefuses(w, 404, "ContainerNotFound")
		return true
	}
	if _, err := s.Open(t.Context(), "m", messageKey()); err == nil || errors.Is(err, spool.ErrGone) {
		t.Errorf("without a container: %v", err)
	}
	if err := s.Delete(t.Context(), "m"); err == nil {
		t.Error("without a container, an object was deleted")
	}
	nowhere := opened(t, "azblob://"+bucketName+"?protocol=http&domain=no-such-host.invalid")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := nowhere.Delete(ctx, "m"); err == nil {
		t.Error("without a name server, an object was deleted")
	}
}

func TestAnErrorRepeatsNoURLAndNoWordsOfTheStore(t *testing.T) {
	t.Parallel()
	err := spool.Failed("storing a spool object", &url.Error{Op: "Put", URL: "https://x.blob.core.windows.net/c/m?sig=hemmelig", Err: syscall.ECONNREFUSED})
	if got := err.Error(); got != "storing a spool object: the store cannot be reached: connection refused" {
		t.Errorf("%q", got)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error("its cause is lost")
	}
	pretend, where := startAzure(t)
	pretend.weather = func(w http.ResponseWriter, _ *http.Request) bool {
		azureRefuses(w, 403, "AuthorizationFailure")
		return true
	}
	err = write(t.Context(), opened(t, where), "m", noise(10))
	if err == nil || err.Error() != "storing a spool object: the store answered 403 AuthorizationFailure" {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNoSpoolIsRefusedWhenItIsOpened(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, where, says string }{
		{"another kind of store", "gs://bucket", "gs"},
		{"no bucket", "s3://?region=x", "s3://BUCKET"},
		{"a password", "s3://u:hemmelig@bucket?region=x", "s3://BUCKET"},
		{"an encryption that would not be used", "s3://bucket?region=x&ssetype=aws:kms", "default encryption"},
		{"no region", "s3://bucket?endpoint=http://127.0.0.1:1", "region"},
		{"an unknown word", "s3://bucket?region=x&colour=red", "colour"},
		{"an unknown word for Azure", "azblob://container?colour=red", "colour"},
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := spool.Open(t.Context(), c.where)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hemmelig") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAnAzureTokenFollowsNoURLElsewhere(t *testing.T) {
	t.Setenv("AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=hemmelig")
	_, err := spool.Open(t.Context(), "azblob://container?domain=elsewhere.example")
	if err == nil || strings.Contains(err.Error(), "hemmelig") {
		t.Errorf("%v", err)
	}
}

// slow is a store that can be made to answer nothing, and counts the objects that were begun.
type slow struct {
	driver.Bucket
	begun  int
	silent bool
	err    error
}

type slowWriter struct {
	ctx context.Context
	*slow
}

func (s *slow) NewTypedWriter(ctx context.Context, _, _ string, _ *driver.WriterOptions) (driver.Writer, error) {
	s.begun++
	return slowWriter{ctx, s}, s.err
}

func (w slowWriter) Write(p []byte) (int, error) {
	if w.silent {
		<-w.ctx.Done()
		return 0, w.ctx.Err()
	}
	return len(p), nil
}

func (w slowWriter) Close() error                                           { return w.ctx.Err() }
func (s *slow) Delete(context.Context, string, *driver.DeleteOptions) error { return nil }
func (s *slow) ErrorCode(error) gcerrors.ErrorCode                          { return gcerrors.Unknown }
func (s *slow) ErrorAs(error, any) bool                                     { return false }
func (s *slow) Close() error                                                { return nil }

func TestAStoreThatIsSilentIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := spool.New(blob.NewBucket(&slow{silent: true}))
		began := time.Now()
		err := write(t.Context(), s, "m", noise(200_000))
		if err == nil || !strings.Contains(err.Error(), "too long") {
			t.Errorf("%v", err)
		}
		if waited := time.Since(began); waited > 5*time.Minute {
			t.Errorf("after %v", waited)
		}
		if err := s.Ready(t.Context()); err == nil {
			t.Error("it is ready")
		}
	})
}

func TestAskingWhetherItIsReadyCostsTheStoreLittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &slow{}
		s := spool.New(blob.NewBucket(store))
		ask := func(times int, pause time.Duration) (errs int) {
			for range times {
				if s.Ready(t.Context()) != nil {
					errs++
				}
				time.Sleep(pause)
			}
			return errs
		}
		if errs := ask(60, time.Second); errs != 0 || store.begun != 4 {
			t.Errorf("in a minute %d objects were written, and %d answers were no", store.begun, errs)
		}
		time.Sleep(time.Minute)
		store.begun, store.err = 0, syscall.ENOSPC
		if errs := ask(100, 10*time.Millisecond); errs != 100 || store.begun != 1 {
			t.Errorf("in a second %d objects were tried, and %d of 100 answers were no", store.begun, errs)
		}
		if err := s.Ready(t.Context()); !errors.Is(err, spool.ErrFull) {
			t.Errorf("%v", err)
		}
		store.err = nil
		time.Sleep(time.Second)
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("a second after there is room: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		time.Sleep(time.Minute)
		store.silent = true
		if s.Ready(ctx) == nil {
			t.Error("an answer without asking")
		}
		store.silent = false
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("whoever asked before gave up, and that counts: %v", err)
		}
	})
}

func TestWhatAProcessThatWasKilledHasLeftInAFolderCanBeSwept(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "spool")
	s := opened(t, folder)
	if err := write(t.Context(), s, "m.1", noise(10)); err != nil {
		t.Fatal(err)
	}
	w, err := s.Create(t.Context(), "m.2", messageKey())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Abort)
	left := names(t, s)
	if len(left) != 2 || left[0] != "m.1" || !strings.HasSuffix(left[1], ".tmp") {
		t.Fatalf("%q", left)
	}
	if err := s.Delete(t.Context(), left[1]); err != nil {
		t.Fatal(err)
	}
	if got := names(t, s); !slices.Equal(got, []string{"m.1"}) {
		t.Errorf("%q", got)
	}
	if w.Close() == nil { // it was swept while it was written: then it is not accepted
		t.Error("an object without a file was kept")
	}
}

func TestAListOfAFolderThatWorksIsNotDisturbed(t *testing.T) {
	t.Parallel()
	s := opened(t, filepath.Join(t.TempDir(), "spool"))
	if err := write(t.Context(), s, "a", noise(10)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 100 {
			if err := errors.Join(write(t.Context(), s, "b", noise(10)), s.Delete(t.Context(), "b")); err != nil {
				t.Error(err)
			}
		}
	}()
	for running := true; running; {
		select {
		case <-ended:
			running = false
		default:
		}
		if got := names(t, s); !slices.Contains(got, "a") {
			t.Fatalf("%q", got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range s.List(ctx, time.Now().Add(time.Hour)) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a list whose context has ended: %v", err)
		}
	}
}
