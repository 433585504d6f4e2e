package graph_test

import (
	"context"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/graph"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// calls are the calls of the package, each of which makes exactly one request when it is refused.
var calls = map[string]func(context.Context, *graph.Client) error{
	"create": func(ctx context.Context, c *graph.Client) error {
		mime := string(sealed("bo@partner.example", noise(1000)))
		_, err := c.CreateDraft(ctx, box, strings.NewReader(mime), int64(len(mime)))
		return err
	},
	"send": func(ctx context.Context, c *graph.Client) error { return c.Send(ctx, box, "AAkA1") },
	"find": func(ctx context.Context, c *graph.Client) error {
		_, err := c.Find(ctx, box, "AAkA1", "", nil)
		return err
	},
	"notice": func(ctx context.Context, c *graph.Client) error {
		_, err := c.PutNotice(ctx, box, graph.Note{From: mail.Address{Address: box}, InternetMessageID: "<n@its.aau.example>"})
		return err
	},
	"groups": func(ctx context.Context, c *graph.Client) error {
		_, err := c.MemberOf(ctx, "person-1", []string{"g1"})
		return err
	},
	"discard": func(ctx context.Context, c *graph.Client) error { return c.Discard(ctx, box, "AAkA1") },
}

func TestEveryAnswerThatIsNotTheDocumentedOneHasItsFault(t *testing.T) {
	t.Parallel()
	const quick, away, unclear = fault.Throttled, fault.Unavailable, fault.Unclear
	type row struct {
		call   string
		status int
		error  string // Graph's code
		header map[string]string
		kind   fault.Kind
		code   string
		after  time.Duration
	}
	rows := []row{
		{"send", 429, "ApplicationThrottled", map[string]string{"Retry-After": "17"}, quick, "graph_throttled", 17 * time.Second},
		{"send", 429, "ApplicationThrottled", map[string]string{"Retry-After": "Mon, 23 Nov 2026 12:01:30 GMT"}, quick, "graph_throttled", 90 * time.Second},
		{"send", 429, "ApplicationThrottled", nil, quick, "graph_throttled", 0},
		{"send", 429, "", map[string]string{"Retry-After": "soon"}, quick, "graph_throttled", 0},
		{"send", 429, "", map[string]string{"Retry-After": "-4"}, quick, "graph_throttled", 0},
		{"send", 429, "", map[string]string{"Retry-After": "9223372036854775807"}, quick, "graph_throttled", time.Hour},
		{"send", 429, "", map[string]string{"Retry-After": "Mon, 23 Nov 2020 12:00:00 GMT"}, quick, "graph_throttled", 0},
		{"create", 429, "ApplicationThrottled", map[string]string{"Retry-After": "1"}, quick, "graph_throttled", time.Second},
		{"send", 503, "ErrorServerBusy", map[string]string{"Retry-After": "5"}, away, "graph_busy", 5 * time.Second},
		{"create", 503, "ErrorServerBusy", nil, away, "graph_busy", 0},
		{"send", 504, "UnknownError", nil, unclear, "graph_unclear", 0},
		{"create", 504, "UnknownError", nil, away, "graph_unavailable", 0},
		{"send", 500, "", nil, unclear, "graph_unclear", 0},
		{"send", 502, "", nil, unclear, "graph_unclear", 0},
		{"send", 408, "", nil, unclear, "graph_unclear", 0},
		{"send", 409, "ErrorIrresolvableConflict", nil, unclear, "graph_unclear", 0},
		{"send", 200, "", nil, unclear, "graph_unclear", 0},
		{"send", 201, "", nil, unclear, "graph_unclear", 0},
		{"send", 204, "", nil, unclear, "graph_unclear", 0},
		{"send", 302, "", map[string]string{"Location": "/elsewhere"}, unclear, "graph_unclear", 0},
		{"send", 404, "ErrorItemNotFound", nil, unclear, "graph_draft_gone", 0},
		{"send", 400, "ErrorInvalidOperation", nil, unclear, "graph_draft_gone", 0},
		{"send", 404, "ErrorInvalidUser", nil, fault.Rejected, "graph_mailbox_unknown", 0},
		{"create", 404, "ErrorInvalidUser", nil, fault.Rejected, "graph_mailbox_unknown", 0},
		{"find", 404, "MailboxNotEnabledForRESTAPI", nil, fault.Rejected, "graph_mailbox_unknown", 0},
		{"groups", 404, "Request_ResourceNotFound", nil, fault.Rejected, "graph_person_unknown", 0},
		{"create", 200, "", nil, away, "graph_unavailable", 0},
		{"create", 202, "", nil, away, "graph_unavailable", 0},
		{"create", 301, "", map[string]string{"Location": "/elsewhere"}, away, "graph_unavailable", 0},
		{"create", 307, "", map[string]string{"Location": "/elsewhere"}, away, "graph_unavailable", 0},
		{"create", 401, "InvalidAuthenticationToken", nil, away, "graph_token_refused", 0},
		{"send", 401, "InvalidAuthenticationToken", map[string]string{"WWW-Authenticate": `Bearer claims="eyJ", x`}, away, "graph_token_refused", 0},
		{"send", 401, "", map[string]string{"WWW-Authenticate": `Bearer claims=`}, away, "graph_token_refused", 0},
		{"send", 403, "ErrorSendAsDenied", nil, fault.Rejected, "graph_send_as_denied", 0},
		{"send", 400, "ErrorSendAsDenied", nil, fault.Rejected, "graph_send_as_denied", 0},
		{"create", 403, "ErrorAccessDenied", nil, fault.Rejected, "graph_forbidden", 0},
		{"notice", 403, "", nil, fault.Rejected, "graph_forbidden", 0},
		{"send", 400, "ErrorInvalidRecipients", nil, fault.Rejected, "graph_invalid_recipients", 0},
		{"create", 400, "ErrorMimeContentInvalidBase64String", nil, fault.Rejected, "graph_refused", 0},
		{"create", 413, "", nil, fault.TooLarge, "graph_too_large", 0},
		{"create", 400, "ErrorMessageSizeExceeded", nil, fault.TooLarge, "graph_too_large", 0},
		{"send", 413, "ErrorMessageSizeExceeded", nil, fault.TooLarge, "graph_too_large", 0},
		{"create", 507, "ErrorQuotaExceeded", nil, fault.Rejected, "graph_mailbox_full", 0},
		{"discard", 500, "", nil, away, "graph_unavailable", 0},
		{"discard", 404, "", nil, away, "graph_unavailable", 0},
		{"find", 201, "", nil, away, "graph_unavailable", 0},
		{"groups", 204, "", nil, away, "graph_unavailable", 0},
	}
	for _, r := range rows {
		t.Run(fmt.Sprintf("%s %d %s %v", r.call, r.status, r.error, r.header), func(t *testing.T) {
			t.Parallel()
			url, log := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range r.header {
					w.Header().Set(name, value)
				}
				w.Header().Set("request-id", "0f8fad5b-d9cb-469f-a165-70867728950e")
				w.WriteHeader(r.status)
				if r.status != http.StatusNoContent {
					fmt.Fprintf(w, `{"error":{"code":%q,"message":"Graph's own words about %s","innerError":{"date":"never","request-id":"r-1"}}}`, r.error, box)
				}
			})
			c := client(t, url, func(o *graph.Options) { o.Now = func() time.Time { return now } })
			f := want(t, calls[r.call](t.Context(), c), r.kind, r.code)
			if f.RetryAfter != r.after {
				t.Errorf("wait %v, want %v", f.RetryAfter, r.after)
			}
			cause := f.Cause.Error()
			if !strings.Contains(cause, fmt.Sprintf("status %d", r.status)) || !strings.Contains(cause, "request-id") || r.error != "" && !strings.Contains(cause, r.error) {
				t.Errorf("the log learns too little: %s", cause)
			}
			if n := len(log.all()); n != 1 {
				t.Errorf("%d requests, want exactly one", n)
			}
		})
	}
}

func TestASentenceThatSaysNotSentIsNeverAboutAnUnclearSend(t *testing.T) {
	t.Parallel()
	url, _ := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGatewayTimeout) })
	f := want(t, client(t, url, nil).Send(t.Context(), box, "AAkA1"), fault.Unclear, "graph_unclear")
	if f.Kind.Next() != fault.LookFirst || strings.Contains(f.Say.DA, "ikke sendt") {
		t.Errorf("says %q", f.Say.DA)
	}
}

func TestADocumentedStatusIsSuccessWhateverElseComesWithIt(t *testing.T) {
	t.Parallel()
	// 202 with Retry-After has been taken for a reason to repeat, and made duplicates.
	url, log := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, "cut off")
	})
	if err := client(t, url, nil).Send(t.Context(), box, "AAkA1"); err != nil || len(log.all()) != 1 {
		t.Errorf("%v, %d requests", err, len(log.all()))
	}
}

func TestEveryCallIsObservedByAFixedWordAndItsStatus(t *testing.T) {
	t.Parallel()
	url, _ := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	var seen []string
	c := client(t, url, func(o *graph.Options) {
		o.Observe = func(operation string, status int, _ time.Duration) {
			seen = append(seen, fmt.Sprint(operation, " ", status))
		}
	})
	for _, call := range []string{"create", "send", "find", "notice", "groups", "discard"} {
		_ = calls[call](t.Context(), c)
	}
	if err := c.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	expect := []string{"create_draft 418", "send 418", "find 418", "find_notice 418", "check_member_groups 418", "discard 418", "token 200"}
	if !slices.Equal(seen, expect) {
		t.Errorf("observed %q", seen)
	}
}
