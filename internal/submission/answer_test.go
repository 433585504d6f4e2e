package submission_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/submission"
)

// script is a server that says what it is told to: by command ("greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA",
// "dot"), and goes away at "". What is not in it is said as it should be.
type script map[string]string

const hello = "250-sandbox\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 1000000\r\n250-AUTH LOGIN XOAUTH2\r\n250 STARTTLS"

func (s script) says(w net.Conn, command, otherwise string) bool {
	said, ok := s[command]
	if !ok {
		said = otherwise
	}
	if said == "" {
		return false
	}
	_, err := fmt.Fprintf(w, "%s\r\n", said)
	return err == nil
}

// talk serves one connection.
func (s script) talk(conn net.Conn, config *tls.Config) {
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	if !s.says(conn, "greeting", "220 sandbox") {
		return
	}
	for {
		text, err := r.ReadString('\n')
		if err != nil {
			return
		}
		command, _, _ := strings.Cut(strings.TrimSpace(strings.ToUpper(text)), " ")
		_, secure := conn.(*tls.Conn)
		switch command {
		case "EHLO":
			name := "plain EHLO"
			if secure {
				name = "EHLO"
			}
			if !s.says(conn, name, hello) {
				return
			}
		case "STARTTLS":
			if !s.says(conn, command, "220 go") {
				return
			}
			if _, odd := s[command]; !odd {
				conn = tls.Server(conn, config)
				r = bufio.NewReader(conn)
			}
		case "AUTH":
			if !s.says(conn, command, "235 welcome") {
				return
			}
		case "DATA":
			if !s.says(conn, command, "354 go") {
				return
			}
			for line := ""; line != ".\r\n"; {
				if line, err = r.ReadString('\n'); err != nil {
					return
				}
			}
			if !s.says(conn, "dot", "250 2.0.0 OK") {
				return
			}
		default:
			if !s.says(conn, command, "250 2.0.0 OK") {
				return
			}
		}
	}
}

// serve starts it and gives a client of it.
func (s script) serve(t *testing.T, change func(*submission.Options)) *submission.Client {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(web.Close)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.talk(conn, &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12})
		}
	}()
	return client(t, func(o *submission.Options) {
		o.Address, o.Roots = listener.Addr().String(), roots
		if change != nil {
			change(o)
		}
	})
}

func TestEveryAnswerHasItsFault(t *testing.T) {
	t.Parallel()
	const words = " words of the server about bo@partner.example"
	for _, test := range []struct {
		at, said string
		kind     fault.Kind
		code     string
		after    time.Duration
	}{
		{"greeting", "421 4.3.2" + words, fault.Unavailable, "submission_unavailable", 30 * time.Second},
		{"greeting", "554 5.3.2" + words, fault.Unavailable, "submission_unavailable", 30 * time.Second},
		{"greeting", "HTTP/1.1 400 Bad Request", fault.Unavailable, "submission_unavailable", 0},
		{"greeting", "", fault.Unavailable, "submission_unavailable", 0},
		{"plain EHLO", "250 sandbox", fault.Unavailable, "submission_unavailable", 0},
		{"plain EHLO", "550 5.7.1" + words, fault.Unavailable, "submission_unavailable", 30 * time.Second},
		{"STARTTLS", "454 4.7.0" + words, fault.Unavailable, "submission_unavailable", 30 * time.Second},
		{"STARTTLS", "502 5.5.1" + words, fault.Unavailable, "submission_unavailable", 30 * time.Second},
		{"EHLO", "250-sandbox\r\n250 AUTH LOGIN PLAIN", fault.Unavailable, "submission_no_auth", 0},
		{"EHLO", "250-sandbox\r\n250-AUTH XOAUTH2\r\n250 SIZE 10", fault.TooLarge, "submission_too_large", 0},
		{"AUTH", "535 5.7.3" + words, fault.Unavailable, "submission_token_refused", 0},
		{"AUTH", "334 eyJzdGF0dXMiOiI0MDAifQ==\r\n535 5.7.3" + words, fault.Unavailable, "submission_token_refused", 0},
		{"AUTH", "535 5.7.139" + words, fault.Rejected, "submission_disabled", 0},
		{"AUTH", "454 4.7.0" + words, fault.Unavailable, "submission_token_refused", 0},
		{"MAIL", "530 5.7.57" + words, fault.Unavailable, "submission_token_refused", 0},
		{"MAIL", "432 4.3.2" + words, fault.Throttled, "submission_throttled", 20 * time.Second},
		{"MAIL", "451 4.7.0" + words, fault.Throttled, "submission_throttled", time.Minute},
		{"MAIL", "552 5.3.4" + words, fault.TooLarge, "submission_too_large", 0},
		{"MAIL", "550 5.7.60" + words, fault.Rejected, "submission_send_as_denied", 0},
		{"RCPT", "550 5.1.1" + words, fault.Rejected, "submission_invalid_recipients", 0},
		{"RCPT", "553" + words, fault.Rejected, "submission_invalid_recipients", 0},
		{"RCPT", "550 5.1.90" + words, fault.Rejected, "submission_daily_limit", 0},
		{"RCPT", "452 4.5.3" + words, fault.Unavailable, "submission_unavailable", 30 * time.Second},
		{"RCPT", "", fault.Unavailable, "submission_unavailable", 0},
		{"DATA", "554 5.6.0" + words, fault.Rejected, "submission_refused", 0},
		{"DATA", "250 2.0.0 what", fault.Unavailable, "submission_unavailable", 0},
		{"dot", "432 4.3.2" + words, fault.Throttled, "submission_throttled", 20 * time.Second},
		{"dot", "421 4.3.2" + words, fault.Unavailable, "submission_unavailable", 30 * time.Second},
		{"dot", "554 5.2.252" + words, fault.Rejected, "submission_send_as_denied", 0},
		{"dot", "552 5.2.3" + words, fault.TooLarge, "submission_too_large", 0},
		{"dot", "550 5.1.3" + words, fault.Rejected, "submission_invalid_recipients", 0},
		{"dot", "554 5.6.211" + words, fault.Rejected, "submission_refused", 0},
		{"dot", "", fault.Unclear, "submission_unclear", 0},
		{"dot", "200 perhaps", fault.Unclear, "submission_unclear", 0},
		{"dot", "354 more", fault.Unclear, "submission_unclear", 0},
		{"dot", "OK", fault.Unclear, "submission_unclear", 0},
		{"dot", "250" + strings.Repeat("-x\r\n250", 300_000) + " end", fault.Unclear, "submission_unclear", 0},
	} {
		t.Run(test.at+" "+strings.TrimSuffix(test.said[:min(len(test.said), 30)], words), func(t *testing.T) {
			t.Parallel()
			c := script{test.at: test.said}.serve(t, nil)
			f := want(t, send(t, c, sealed("bo@partner.example", 1000), "bo@partner.example"), test.kind, test.code)
			if f.RetryAfter != test.after {
				t.Errorf("wait %v", f.RetryAfter)
			}
		})
	}
}

func TestAServerThatFallsSilentIsUnclearAfterTheDotAndHarmlessBefore(t *testing.T) {
	t.Parallel()
	for at, kind := range map[string]fault.Kind{"greeting": fault.Unavailable, "RCPT": fault.Unavailable, "DATA": fault.Unavailable, "dot": fault.Unclear} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			c := script{at: "250-and then nothing"}.serve(t, nil)
			if at == "greeting" {
				c = script{at: "220-and then nothing"}.serve(t, nil)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			message := sealed("bo@partner.example", 1000)
			err := c.Submit(ctx, box, []string{"bo@partner.example"}, strings.NewReader(string(message)), int64(len(message)))
			code := map[fault.Kind]string{fault.Unavailable: "submission_unavailable", fault.Unclear: "submission_unclear"}[kind]
			if f := want(t, err, kind, code); !strings.Contains(f.Error(), "no answer in time") {
				t.Error(f)
			}
		})
	}
}

func TestNothingIsSaidToAServerThatNobodyVouchesFor(t *testing.T) {
	t.Parallel()
	heard := make(chan int, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		lines := bufio.NewReader(conn)
		_, _ = fmt.Fprint(conn, "220 sandbox\r\n")
		_, _ = lines.ReadString('\n')
		_, _ = fmt.Fprint(conn, hello+"\r\n")
		_, _ = lines.ReadString('\n')
		_, _ = fmt.Fprint(conn, "220 go\r\n")
		n, _ := tls.Server(conn, &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}).Read(make([]byte, 100))
		heard <- n
	}()
	c := client(t, func(o *submission.Options) { o.Address, o.Roots = listener.Addr().String(), x509.NewCertPool() })
	f := want(t, send(t, c, sealed("bo@partner.example", 10), "bo@partner.example"), fault.Unavailable, "submission_unavailable")
	if n := <-heard; n != 0 || !strings.Contains(f.Error(), "vouches") {
		t.Errorf("%v, %d bytes", f, n)
	}
}

func TestInternationalAddressesAndEightBitsNeedAServerThatTakesThem(t *testing.T) {
	t.Parallel()
	const plain = "250-sandbox\r\n250 AUTH XOAUTH2"
	ascii, danish := sealed("bo@partner.example", 10), append(sealed("bo@partner.example", 10), "blåbær\r\n"...)
	for name, test := range map[string]struct {
		script  script
		to      string
		message []byte
		code    string
	}{
		"an international address, offered":     {script{}, "bå@partner.example", ascii, ""},
		"an international address, not offered": {script{"EHLO": plain}, "bå@partner.example", ascii, "submission_invalid_recipients"},
		"eight bits, offered":                   {script{}, "bo@partner.example", danish, ""},
		"eight bits, not offered":               {script{"EHLO": plain}, "bo@partner.example", danish, "submission_lines"},
		"neither, not offered":                  {script{"EHLO": plain}, "bo@partner.example", ascii, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := send(t, test.script.serve(t, nil), test.message, test.to)
			if test.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			want(t, err, fault.Rejected, test.code)
		})
	}
}

func TestANewClientRefusesOptionsThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	good := submission.Options{Credential: credential{}}
	if _, err := submission.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*submission.Options){
		"no port":          func(o *submission.Options) { o.Address = "smtp.office365.com" },
		"no host":          func(o *submission.Options) { o.Address = ":587" },
		"no credential":    func(o *submission.Options) { o.Credential = nil },
		"a negative limit": func(o *submission.Options) { o.MaxMessage = -1 },
		"an absurd limit":  func(o *submission.Options) { o.MaxMessage = 1 << 40 },
	} {
		bad := good
		change(&bad)
		if _, err := submission.New(bad); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
