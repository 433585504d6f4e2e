package audit

import (
	"encoding/json"
	"fmt"
	"time"
)

// Action is what was done.
type Action string

const (
	MessageAccepted  Action = "message_accepted"
	MessageCancelled Action = "message_cancelled"
	DeliveryResolved Action = "delivery_resolved"
	NoticeAsked      Action = "notice_asked"
	MailboxPut       Action = "mailbox_put"
	MailboxSet       Action = "mailbox_set"
	MailboxTried     Action = "mailbox_tried"
	GrantPut         Action = "grant_put"
	GrantDeleted     Action = "grant_deleted"

	KeyRequested Action = "mailbox_key_requested"
	KeyHeld      Action = "mailbox_key_held"
	KeyPlanned   Action = "mailbox_key_planned"
	KeySwitched  Action = "mailbox_key_switched"
	KeyDropped   Action = "mailbox_key_dropped"

	CertificatePut       Action = "certificate_put"
	CertificateHarvested Action = "certificate_harvested"
	CertificateApproved  Action = "certificate_approved"
	CertificateDeleted   Action = "certificate_deleted"
	AuthorityPut         Action = "authority_put"
	AuthorityDeleted     Action = "authority_deleted"
	SourceTried          Action = "source_tried"

	BackupRestored Action = "backup_restored"
	DetailErased   Action = "detail_erased" // of rows whose time is over
	LogShortened   Action = "log_shortened" // by rows whose time is over
	LogExported    Action = "log_exported"

	SignedIn                  Action = "admin_signed_in"
	SignedOutEverywhere       Action = "admin_signed_out_everywhere"
	LocalAdministratorPut     Action = "local_administrator_put"
	LocalAdministratorDeleted Action = "local_administrator_deleted"
)

// Actor is who did it.
type Actor struct {
	Kind string // "user", "application", "system" or "operator" (the command line)
	ID   string // object id; for an operator the account name
}

// Entry is one line of the log.
type Entry struct {
	At        time.Time
	Actor     Actor
	Action    Action
	Mailbox   string
	MessageID string // "" when it is not about one
	Detail    any    // becomes JSON
	// Summary is what stays of Detail when that is erased after its time: nothing about a person. It becomes JSON.
	Summary any
	// Before and After are what was changed; who stores the change fills them in. nil is that there was, or is, nothing.
	Changed       bool
	Before, After any
}

// Recipient is how one recipient of a message was protected.
type Recipient struct {
	Address     string `json:"address"`
	Field       string `json:"field"`
	Route       string `json:"route"`
	Certificate string `json:"certificate,omitempty"` // SHA-256
	Source      string `json:"source,omitempty"`
}

// Message is the detail of MessageAccepted.
type Message struct {
	HeaderID   string      `json:"message_id"`
	TokenID    string      `json:"token_id,omitempty"`
	Client     string      `json:"client,omitempty"`
	Profile    string      `json:"profile,omitempty"` // of what was sealed, as are the next two
	Why        string      `json:"why,omitempty"`     // the reason for Profile, in words
	Headers    string      `json:"headers,omitempty"` // what was done for the header: off, sign or hide
	Recipients []Recipient `json:"recipients"`
}

// Summary is what stays of a Message: by which profile, and how many recipients went which way.
type Summary struct {
	Profile string         `json:"profile,omitempty"`
	Headers string         `json:"headers,omitempty"`
	Routes  map[string]int `json:"routes,omitempty"`
}

// JSON is the detail as it is kept. A change stands in it as before and after.
func (e Entry) JSON() ([]byte, error) {
	detail := []byte("{}")
	if e.Detail != nil {
		var err error
		if detail, err = json.Marshal(e.Detail); err != nil || !e.Changed {
			return detail, err
		}
	}
	if !e.Changed {
		return detail, nil
	}
	fields := map[string]any{}
	if err := json.Unmarshal(detail, &fields); err != nil {
		return nil, fmt.Errorf("a change is told by named fields: %w", err)
	}
	fields["before"], fields["after"] = e.Before, e.After
	return json.Marshal(fields)
}

// SummaryJSON is the summary as it is kept; "" where there is none.
func (e Entry) SummaryJSON() (string, error) {
	if e.Summary == nil {
		return "", nil
	}
	text, err := json.Marshal(e.Summary)
	return string(text), err
}

// Change is the detail of a change: what was before it, and what after.
type Change struct {
	Before any `json:"before"`
	After  any `json:"after"`
}
