package api

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sending"
)

func TestWhatWasAcceptedIsNeverCalledUnsent(t *testing.T) {
	t.Parallel()
	gone := fault.New(fault.Unavailable, "storage_unavailable", fault.Sentence{DA: "Intet er sendt.", EN: "Nothing was sent."}, nil)
	h, _ := open(t, useCase{
		submit: func(sending.Submission) (string, error) { return "7e4a4700-0000-4000-8000-000000000001", nil },
		read:   func() (sending.Message, error) { return sending.Message{}, gone },
	})
	w := ask(t, h, http.MethodPost, "/v1/messages?mailbox=a@b.example", strings.NewReader("To: a@b.example\r\n\r\nx"), "Content-Type", "message/rfc822")
	p := problemOf(t, w)
	if p.Code != "accepted_not_shown" || w.Code != http.StatusBadGateway || strings.Contains(p.Say.Da, "Intet er sendt") || !strings.Contains(p.Say.Da, "Send den ikke igen") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestAPartThatIsEncodedIsRefused(t *testing.T) {
	t.Parallel()
	read := func(s sending.Submission) (string, error) {
		_, err := s.Entity.WriteTo(io.Discard)
		return "", errors.Join(err, errors.New("read to the end"))
	}
	h, _ := open(t, useCase{submit: read})
	body := func(draftField, fileField string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"draft\"\r\n" + draftField + "\r\n" + `{"mailbox":"a@b.example","body":{"text":"x"}}` + "\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n" + fileField + "\r\naGVq\r\n--b--\r\n"
	}
	const field = "Content-Transfer-Encoding: "
	for _, c := range []struct{ name, body, code string }{
		{"bytes as they are", body(field+"binary\r\n", field+"8BIT\r\n"), "internal"},
		{"a file in base64", body("", field+"base64\r\n"), "part_encoded"},
		{"a file in quoted-printable", body("", field+" Quoted-Printable\r\n"), "part_encoded"},
		{"a draft in base64", body(field+"base64\r\n", ""), "part_encoded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := ask(t, h, http.MethodPost, "/v1/messages", strings.NewReader(c.body), "Content-Type", "multipart/form-data; boundary=b")
			if p := problemOf(t, w); p.Code != c.code {
				t.Errorf("got %s: %s", p.Code, w.Body)
			}
		})
	}
}

func TestTheDigestDoesNotDependOnHowTheBytesArrive(t *testing.T) {
	t.Parallel()
	digests := map[string]bool{}
	h, _ := open(t, useCase{submit: func(s sending.Submission) (string, error) {
		if _, err := s.Entity.WriteTo(io.Discard); err != nil {
			return "", err
		}
		digests[string(s.Digest())] = true
		return "", errors.New("enough")
	}})
	attached := "Subject: x\r\n\r\nhej med dig\r\n"
	form := "--b\r\nContent-Disposition: form-data; name=\"draft\"\r\n\r\n" + `{"mailbox":"a@b.example","body":{"text":"x"}}` + "\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.eml\"\r\nContent-Type: message/rfc822\r\n\r\n" + attached + "\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.bin\"\r\n\r\n" + strings.Repeat("æ", 5000) + "\r\n--b--\r\n"
	message := "To: a@b.example\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nhej\r\n--c--\r\nepilogue\r\n" + strings.Repeat("x\r\n", 50_000)
	for kind, body := range map[string]string{"multipart/form-data; boundary=b": form, "message/rfc822": message} {
		clear(digests)
		tried := 0
		for _, size := range []int{1, 7, 61, 512, 4093, 1 << 20} {
			tried++
			w := ask(t, h, http.MethodPost, "/v1/messages?mailbox=a@b.example", &morsels{strings.NewReader(body), size}, "Content-Type", kind)
			if p := problemOf(t, w); p.Code != "internal" {
				t.Fatalf("got %s", w.Body)
			}
		}
		if len(digests) != 1 || tried == 0 {
			t.Errorf("%s: %d digests of the same content: a second press would be another mail, or a conflict", kind, len(digests))
		}
	}
}

// morsels hands out its bytes a few at a time, as a network does.
type morsels struct {
	from io.Reader
	size int
}

func (m *morsels) Read(p []byte) (int, error) { return m.from.Read(p[:min(len(p), m.size)]) }

// meter counts what was read of a body.
type meter struct {
	io.Reader
	read int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.read += int64(n)
	return n, err
}

// A caller who sends slowly, as often as they can, leaves room for others.
func TestACallerHasSoManyMailsOnTheirWayAndNoMore(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	h, _ := open(t, useCase{submit: func(sending.Submission) (string, error) {
		begun <- struct{}{}
		<-end
		return "", errors.New("told so")
	}})
	send := func(bearer string) *httptest.ResponseRecorder {
		return ask(t, h, http.MethodPost, "/v1/messages?mailbox=a@b.example", strings.NewReader("To: a@b.example\r\n\r\nx"), "Content-Type", "message/rfc822", "Authorization", "Bearer "+bearer)
	}
	codes := make(chan int)
	for range maxUploadsEach {
		go func() { codes <- send(good).Code }()
		<-begun
	}
	if w := send(good); w.Code != http.StatusTooManyRequests || problemOf(t, w).Code != "too_many_uploads" || w.Header().Get("Retry-After") != "5" {
		t.Errorf("one too many: %d %s", w.Code, w.Body)
	}
	go func() { codes <- send(good + "x").Code }()
	<-begun // somebody else
	close(end)
	for range maxUploadsEach + 1 {
		if code := <-codes; code != http.StatusInternalServerError {
			t.Errorf("%d", code)
		}
	}
	go func() { <-begun }()
	if w := send(good); w.Code != http.StatusInternalServerError {
		t.Errorf("the places are not given back: %d", w.Code)
	}
}

func TestAnUploadIsNotReadBeforeSomebodyTakesIt(t *testing.T) {
	t.Parallel()
	const size, ahead = 4 << 20, 128 << 10 // what buffers read ahead of the file
	file := strings.Repeat("x", size)
	for name, c := range map[string]struct{ target, kind, body string }{
		"a form": {"/v1/messages", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"draft\"\r\n\r\n" +
			`{"mailbox":"a@b.example","body":{"text":"x"}}` + "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n" + file + "\r\n--b--\r\n"},
		"a mail": {"/v1/messages?mailbox=a@b.example", "message/rfc822", "To: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n" + file + "\r\n--b--\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := &meter{Reader: strings.NewReader(c.body)}
			taken := int64(-1)
			h, _ := open(t, useCase{submit: func(sending.Submission) (string, error) {
				taken = body.read
				return "", errors.New("that is all")
			}})
			w := ask(t, h, http.MethodPost, c.target, body, "Content-Type", c.kind)
			if taken < 0 {
				t.Fatalf("nobody took it: %s", w.Body)
			}
			if taken > ahead {
				t.Errorf("%d bytes of %d were read before", taken, size)
			}
		})
	}
}
