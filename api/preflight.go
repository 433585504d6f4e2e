package api

import (
	"context"
	"fmt"
	"net/mail"
	"strings"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/sending"
)

// Preflight tells how each recipient would be reached, what to look out for, and which mailbox it would be sent as.
func (s *server) Preflight(ctx context.Context, r contract.PreflightRequestObject) (contract.PreflightResponseObject, error) {
	d := &draft.Draft{
		Mailbox: value(r.Body.Mailbox), To: mailAddresses(r.Body.To), Cc: mailAddresses(r.Body.Cc), Bcc: mailAddresses(r.Body.Bcc),
		InReplyTo: value(r.Body.InReplyTo),
	}
	if err := s.Limits.People(callerOf(ctx).ID, recipientsOf(d), false); err != nil {
		return nil, err
	}
	p, err := s.Sending.Preflight(ctx, callerOf(ctx), d)
	if err != nil {
		return nil, err
	}
	answer := contract.Preflight200JSONResponse{
		Mailbox: p.Mailbox, MailboxWhy: contract.PreflightMailboxWhy(p.MailboxWhy), SealedBefore: p.SealedBefore,
		Sendable: p.Sendable(), Say: verdict(p.Plan), Recipients: []contract.PreflightRecipient{}, Warnings: []contract.Warning{},
		Silent: append([]string{}, p.Silent...), MaxContentBytes: s.Sending.Room(p.Plan),
	}
	if size := r.Body.ContentBytes; size != nil && *size > answer.MaxContentBytes {
		answer.Sendable, answer.Say = false, tooLarge(answer.MaxContentBytes)
		answer.Warnings = append(answer.Warnings, contract.Warning{Code: "too_large", Say: answer.Say})
	}
	for _, r := range p.Recipients {
		one := contract.PreflightRecipient{
			Address: r.Recipient.Address, Name: optional(r.Recipient.Name), Route: contract.Route(r.Verdict.Route),
			Code: r.Verdict.Code, Say: say(r.Verdict.Say), Certificate: certificate(r.Shown()),
		}
		if others := p.Alternatives[r.Recipient.Address]; len(others) > 0 {
			one.Alternatives = &others
		}
		answer.Recipients = append(answer.Recipients, one)
	}
	for _, w := range p.Warnings {
		answer.Warnings = append(answer.Warnings, contract.Warning{Code: w.Code, Address: optional(w.Address), Similar: optional(w.Similar), Say: say(w.Say)})
	}
	return answer, nil
}

func recipientsOf(d *draft.Draft) int { return len(d.To) + len(d.Cc) + len(d.Bcc) }

// tooLarge says what can be sent, in the megabytes that people see beside their files.
func tooLarge(limit int64) contract.Sentence {
	megabytes := fmt.Sprintf("%.1f", float64(limit)/1_000_000)
	return contract.Sentence{
		Da: fmt.Sprintf("Mailen er for stor: tekst og filer må tilsammen fylde %s MB. Fjern eller formindsk filer, eller del mailen.", strings.Replace(megabytes, ".", ",", 1)),
		En: fmt.Sprintf("The mail is too large: text and files together may take %s MB. Remove or shrink files, or split the mail.", megabytes),
	}
}

func verdict(p sending.Plan) contract.Sentence {
	blocked := 0
	for _, r := range p.Recipients {
		if r.Verdict.Route == "refused" {
			blocked++
		}
	}
	switch {
	case blocked > 0:
		return contract.Sentence{
			Da: fmt.Sprintf("Kan ikke sendes: %d af %d modtagere kan ikke få sikker mail.", blocked, len(p.Recipients)),
			En: fmt.Sprintf("Cannot be sent: %d of %d recipients cannot receive secure mail.", blocked, len(p.Recipients)),
		}
	case len(p.Recipients) == 1:
		return contract.Sentence{Da: "Kan sendes sikkert til modtageren.", En: "Can be sent securely to the recipient."}
	}
	return contract.Sentence{
		Da: fmt.Sprintf("Kan sendes sikkert til alle %d modtagere.", len(p.Recipients)),
		En: fmt.Sprintf("Can be sent securely to all %d recipients.", len(p.Recipients)),
	}
}

func mailAddresses(list *[]contract.Address) []mail.Address {
	if list == nil {
		return nil
	}
	out := make([]mail.Address, len(*list))
	for i, a := range *list {
		out[i].Address = a.Address
		if a.Name != nil {
			out[i].Name = *a.Name
		}
	}
	return out
}

func certificate(c *sending.Certificate) *contract.CertificateInfo {
	if c == nil {
		return nil
	}
	return &contract.CertificateInfo{Subject: c.Subject, Issuer: c.Issuer, ValidTo: c.ValidTo, Sha256: c.SHA256, Source: c.Source}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
