package proof_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
	"aau.dk/sendsikker/internal/proof"
	"aau.dk/sendsikker/internal/sandbox/exchange"
	"aau.dk/sendsikker/internal/submission"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

type credential struct{}

func (credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "good", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// byUpload and bySMTP are the two ways, as app wires them.
type byUpload struct{ *graph.Client }

func (p byUpload) Send(ctx context.Context, mailbox string, mime io.Reader, size int64) error {
	id, err := p.CreateDraft(ctx, mailbox, mime, size)
	if err != nil {
		return err
	}
	return p.Client.Send(ctx, mailbox, id)
}

type bySMTP struct {
	*graph.Client
	smtp *submission.Client
}

func (p bySMTP) Send(ctx context.Context, mailbox string, mime io.Reader, size int64) error {
	return p.smtp.Submit(ctx, mailbox, []string{mailbox}, mime, size)
}

// ways opens a pretend Exchange with the mailbox, and gives both ways to it.
func ways(t *testing.T, mailbox string, change func(*exchange.Config)) map[string]proof.Post {
	t.Helper()
	config := exchange.Config{Verify: func(string) (string, error) { return "app", nil }, Mailboxes: []exchange.Mailbox{{Address: mailbox}}, Seed: 1}
	if change != nil {
		change(&config)
	}
	server, err := exchange.New(config)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	door, err := server.OpenSubmission(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { web.Close(); _ = door.Close(); server.Close() })
	outlook, err := graph.New(graph.Options{BaseURL: web.URL + "/v1.0", Credential: credential{}, Large: graph.LargeUpload})
	if err != nil {
		t.Fatal(err)
	}
	smtp, err := submission.New(submission.Options{Address: door.Address, Roots: door.Roots, Credential: credential{}})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]proof.Post{"upload": byUpload{outlook}, "SMTP": bySMTP{outlook, smtp}}
}

// tenMegabytes of sealed mail, made once; its addresses follow.
var tenMegabytes = sync.OnceValue(func() []byte {
	cms := make([]byte, 7_300_000)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(cms)
	var out bytes.Buffer
	for text := base64.StdEncoding.EncodeToString(cms); text != ""; {
		n := min(76, len(text))
		out.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return out.Bytes()
})

func sample(mailbox string, body []byte) proof.Sample {
	head := "From: " + mailbox + "\r\nTo: " + mailbox + "\r\nSubject: proof\r\nMessage-ID: <proof@aau.example>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	mime := append([]byte(head), body...)
	return proof.Sample{Mailbox: mailbox, MessageID: "<proof@aau.example>", MIME: bytes.NewReader(mime), Size: int64(len(mime))}
}

// codes are the lines, with ! before those that say no.
func codes(t *testing.T, r proof.Report) string {
	t.Helper()
	var list []string
	for _, l := range r.Lines {
		code := l.Code
		if !l.OK {
			code = "!" + code
		}
		list = append(list, code)
		if l.What.DA == "" || l.What.EN == "" || l.Detail.DA == "" || l.Detail.EN == "" || (l.Fix.DA == "") != l.OK || (l.Fix.EN == "") != l.OK {
			t.Errorf("a line that does not say what it should: %+v", l)
		}
		if text := l.Detail.DA + l.Detail.EN; strings.Contains(text, "@") {
			t.Errorf("an address in a report: %s", text)
		}
	}
	return strings.Join(list, " ")
}

func TestASampleThatArrivesAsItWasIsProved(t *testing.T) {
	t.Parallel()
	const box = "sikkermail@its.aau.example"
	for _, way := range []string{"upload", "SMTP"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			r := proof.Run(t.Context(), ways(t, box, nil)[way], sample(box, tenMegabytes()), time.Now)
			if got := codes(t, r); !r.Proved() || got != "made sent arrived fetched type length digest" {
				t.Error(got)
			}
		})
	}
}

func TestWhatIsDamagedOnTheWayIsNotProved(t *testing.T) {
	t.Parallel()
	for mailbox, test := range map[string]struct{ lines, seen string }{
		"damaged-type@its.aau.example":  {"made sent arrived fetched !type length digest", "received: application/pkcs7-mime"},
		"damaged-bytes@its.aau.example": {"made sent arrived fetched type length !digest", "received: "},
	} {
		for _, way := range []string{"upload", "SMTP"} {
			t.Run(mailbox+" by "+way, func(t *testing.T) {
				t.Parallel()
				r := proof.Run(t.Context(), ways(t, mailbox, nil)[way], sample(mailbox, tenMegabytes()), time.Now)
				if got := codes(t, r); r.Proved() || got != test.lines {
					t.Errorf("%s", got)
				}
				for _, l := range r.Lines {
					if !l.OK && !strings.Contains(l.Detail.EN, test.seen) {
						t.Errorf("seen: %s", l.Detail.EN)
					}
				}
			})
		}
	}
}

func TestWhatDoesNotArriveEndsTheReportWithWhatToDo(t *testing.T) {
	t.Parallel()
	const box = "sikkermail@its.aau.example"
	small := []byte("QUJD\r\n")
	for name, test := range map[string]struct {
		mailbox, way string
		change       func(*exchange.Config)
		body         []byte
		lines, fix   string
	}{
		"it bounces":              {"bounces@its.aau.example", "upload", nil, small, "made sent !arrived", "MaxReceiveSize"},
		"it is too large":         {box, "SMTP", func(c *exchange.Config) { c.MaxSendSize = 1_000_000 }, tenMegabytes(), "made !sent", "MaxSendSize"},
		"no access":               {box, "upload", func(c *exchange.Config) { c.Allowed = func(_, _ string) bool { return false } }, small, "made !sent", "New-ManagementRoleAssignment"},
		"SMTP AUTH is off":        {"smtp-off@its.aau.example", "SMTP", nil, small, "made !sent", "SmtpClientAuthenticationDisabled"},
		"unclear, and it arrives": {"timeout-but-sent@its.aau.example", "SMTP", nil, small, "made !sent arrived fetched type length digest", "again"},
		"not base64":              {box, "upload", nil, []byte("?\r\n"), "!made", "Report"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			r := proof.Run(ctx, ways(t, test.mailbox, test.change)[test.way], sample(test.mailbox, test.body), time.Now)
			if got := codes(t, r); r.Proved() || got != test.lines {
				t.Errorf("%s", got)
			}
			for _, l := range r.Lines {
				if !l.OK && !strings.Contains(l.Fix.EN, test.fix) {
					t.Errorf("to do: %s", l.Fix.EN)
				}
			}
		})
	}
}

// returning is a post office that gives back something else.
type returning struct {
	mime string
	err  error
}

func (r returning) Send(context.Context, string, io.Reader, int64) error { return nil }
func (r returning) AwaitInbox(context.Context, string, string) (string, error) {
	return "id", nil
}
func (r returning) FetchMIME(context.Context, string, string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(r.mime)), r.err
}

func TestWhatExchangeMadeOfItIsToldApart(t *testing.T) {
	t.Parallel()
	const box = "sikkermail@its.aau.example"
	const sealed = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n"
	for name, test := range map[string]struct {
		back  returning
		lines string
	}{
		"the same, otherwise encoded": {returning{mime: sealed + "Content-Transfer-Encoding: binary\r\n\r\nABC"}, "made sent arrived fetched type length digest"},
		"the same, in capitals":       {returning{mime: "CONTENT-TYPE: Application/PKCS7-MIME; SMIME-TYPE=Enveloped-Data\r\nContent-Transfer-Encoding: BASE64\r\n\r\nQUJD"}, "made sent arrived fetched type length digest"},
		"an ordinary mail with a file": {returning{mime: "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + sealed + "Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--b--\r\n"},
			"made sent arrived fetched !type !length !digest"},
		"another type of S/MIME": {returning{mime: strings.Replace(sealed, "enveloped", "signed", 1) + "Content-Transfer-Encoding: base64\r\n\r\nQUJD"}, "made sent arrived fetched !type length digest"},
		"text added at the end":  {returning{mime: sealed + "Content-Transfer-Encoding: base64\r\n\r\nQUJDREVG"}, "made sent arrived fetched type !length !digest"},
		"no content type":        {returning{mime: "Subject: x\r\n\r\nABC"}, "made sent arrived fetched !type !length !digest"},
		"words after the base64": {returning{mime: sealed + "Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\nDisclaimer!"}, "made sent arrived !fetched"},
		"a header without end":   {returning{mime: "X: " + strings.Repeat("x", 1<<20)}, "made sent arrived !fetched"},
		"nothing":                {returning{}, "made sent arrived !fetched"},
		"an odd encoding":        {returning{mime: sealed + "Content-Transfer-Encoding: uuencode\r\n\r\nABC"}, "made sent arrived !fetched"},
		"a refusal": {returning{err: fault.New(fault.Rejected, "graph_forbidden", fault.Sentence{DA: "nej", EN: "no"}, errors.New(box))},
			"made sent arrived !fetched"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := proof.Run(t.Context(), test.back, sample(box, []byte("QUJD\r\n")), time.Now)
			if got := codes(t, r); got != test.lines || r.Proved() != !strings.Contains(got, "!") {
				t.Errorf("%s, proved: %v", got, r.Proved())
			}
		})
	}
}

func TestAReportThatStopsEarlyIsNoProof(t *testing.T) {
	t.Parallel()
	if (proof.Report{}).Proved() || (proof.Report{Lines: []proof.Line{{OK: true}, {OK: true}}}).Proved() {
		t.Error("less than every line is called a proof")
	}
}
