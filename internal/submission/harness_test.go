package submission_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/sandbox/exchange"
	"aau.dk/sendsikker/internal/submission"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	box    = "sikkermail@its.aau.example"
	bearer = "eyJ-a-secret-bearer"
)

// credential is azidentity's place: one method.
type credential struct {
	token string
	err   error
}

func (c credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(o.Scopes) != 1 || o.Scopes[0] != "https://outlook.office365.com/.default" {
		return azcore.AccessToken{}, errors.New("wrong scope")
	}
	return azcore.AccessToken{Token: c.token, ExpiresOn: time.Now().Add(time.Hour)}, c.err
}

type house struct {
	exchange *exchange.Server
	door     *exchange.Submission
}

// open starts a pretend Exchange with its submission door.
func open(t *testing.T, change func(*exchange.Config)) house {
	t.Helper()
	config := exchange.Config{
		Verify: func(string) (string, error) { return "", errors.New("this is not Graph") },
		VerifySMTP: func(token string) (string, error) {
			if token != bearer {
				return "", errors.New("not ours")
			}
			return "app-1", nil
		},
		Mailboxes: []exchange.Mailbox{{Address: box, Name: "Sikker mail ITS"}, {Address: "smtp-off@its.aau.example"}},
		Domains:   []string{"its.aau.example"},
		Seed:      1,
	}
	if change != nil {
		change(&config)
	}
	server, err := exchange.New(config)
	if err != nil {
		t.Fatal(err)
	}
	door, err := server.OpenSubmission(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := door.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return house{server, door}
}

func (h house) client(t *testing.T, change func(*submission.Options)) *submission.Client {
	t.Helper()
	return client(t, func(o *submission.Options) {
		o.Address, o.Roots = h.door.Address, h.door.Roots
		if change != nil {
			change(o)
		}
	})
}

func client(t *testing.T, change func(*submission.Options)) *submission.Client {
	t.Helper()
	options := submission.Options{Credential: credential{token: bearer}}
	change(&options)
	c, err := submission.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// send submits a message to the addresses, with these in its To field.
func send(t *testing.T, c *submission.Client, message []byte, to ...string) error {
	t.Helper()
	return c.Submit(t.Context(), box, to, bytes.NewReader(message), int64(len(message)))
}

// sealed is a message such as package smime makes.
func sealed(to string, n int) []byte {
	cms := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(cms)
	var out bytes.Buffer
	out.WriteString("From: <" + box + ">\r\nTo: " + to + "\r\nSubject: [...]\r\nMessage-ID: <9f1c@its.aau.example>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	text := base64.StdEncoding.EncodeToString(cms)
	for len(text) > 0 {
		n := min(76, len(text))
		out.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return out.Bytes()
}

func (h house) wait(t *testing.T, address string, n int) []exchange.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	got, err := h.exchange.Wait(ctx, address, n)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// want checks a fault, and that nothing of the server or of ours leaks through it.
func want(t *testing.T, err error, kind fault.Kind, code string) *fault.Fault {
	t.Helper()
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		t.Fatalf("got %v, want a fault %s", err, code)
	}
	if f.Kind != kind || f.Code != code {
		t.Errorf("got %s %s, want %s %s (%v)", f.Kind, f.Code, kind, code, f)
	}
	if f.Say.DA == "" || f.Say.EN == "" {
		t.Error("a fault without a sentence")
	}
	text := f.Error() + f.Say.DA + f.Say.EN
	for _, secret := range []string{bearer, box, "its.aau.example", "partner.example", "127.0.0.1", "words of the server"} {
		if strings.Contains(text, secret) {
			t.Errorf("the fault holds %q: %s", secret, text)
		}
	}
	return f
}
