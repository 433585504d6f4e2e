package audit

import (
	"encoding/json"
	"time"
)

// Action is what was done.
type Action string

const (
	MessageAccepted  Action = "message_accepted"
	MessageCancelled Action = "message_cancelled"
	DeliveryResolved Action = "delivery_resolved"
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

// JSON is the detail as it is kept.
func (e Entry) JSON() ([]byte, error) {
	if e.Detail == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(e.Detail)
}

// Change is the detail of a change: what was before it, and what after.
type Change struct {
	Before any `json:"before"`
	After  any `json:"after"`
}
