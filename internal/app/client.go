package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/contract"
)

// client calls the service as a REST client does.
type client struct{ url, token string }

// clientFor signs in as somebody who may send as the mailbox.
func (w *world) clientFor(address string) (client, error) {
	u := w.university
	for _, m := range u.Mailboxes {
		if !strings.EqualFold(m.Address, address) {
			continue
		}
		for _, p := range u.Tenant.Personas {
			for _, id := range m.People {
				if p.ID == id {
					return client{w.url(), u.Entra.IssueUser(p)}, nil
				}
			}
			for _, g := range p.Groups {
				for _, granted := range m.Groups {
					if g == granted {
						return client{w.url(), u.Entra.IssueUser(p)}, nil
					}
				}
			}
		}
	}
	return client{}, fmt.Errorf("nobody in the sandbox may send as %s", address)
}

func (c client) send(ctx context.Context, mailbox string, message []byte) (*contract.Message, *contract.Problem, error) {
	target := c.url + "/v1/messages?mailbox=" + url.QueryEscape(mailbox)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(message))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", "message/rfc822")
	request.Header.Set("Idempotency-Key", uuid.NewString())
	var accepted contract.Message
	problem, err := c.do(request, http.StatusAccepted, &accepted)
	return &accepted, problem, err
}

// wait asks until every copy has ended and the receipt or report is written.
func (c client) wait(ctx context.Context, id uuid.UUID) (*contract.Message, error) {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/v1/messages/"+id.String(), nil)
		if err != nil {
			return nil, err
		}
		var m contract.Message
		problem, err := c.do(request, http.StatusOK, &m)
		if err == nil && problem != nil {
			err = errors.New(problem.Say.En)
		}
		if err != nil {
			return nil, err
		}
		if m.Notice != nil {
			return &m, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("the mail has not ended in time")
		case <-time.After(pollPause):
		}
	}
}

func (c client) do(request *http.Request, want int, into any) (*contract.Problem, error) {
	request.Header.Set("Authorization", "Bearer "+c.token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == want {
		return nil, json.Unmarshal(body, into)
	}
	var p contract.Problem
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, fmt.Errorf("the service answered %s", answer.Status)
	}
	return &p, nil
}
