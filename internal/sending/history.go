package sending

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/lookalike"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/store"
)

// maxCorrespondents of a caller are remembered by the preflight: more than anybody writes to regularly, and few enough to compare
// every new address with.
const maxCorrespondents = 500

// history is what is known of a caller's own earlier mails, as far as it is about a draft. Nothing in it is about anybody else's.
type history struct {
	list    []store.Correspondent // the last one first
	written map[string]bool       // by the key of the address
	asked   map[string]bool       // the draft's recipients, the same way
	sealed  bool
}

// same is the key of an address where it is only asked whether two are the same to people, who do not tell Bo from bo.
func same(address string) string { return strings.ToLower(draft.Key(address)) }

// recall asks for it: once, and a second time where the draft answers a mail and that alone can tell.
func (s *Service) recall(ctx context.Context, c mailbox.Caller, d *draft.Draft) (history, error) {
	list, err := s.Store.Correspondents(ctx, c.ID, maxCorrespondents)
	if err != nil {
		return history{}, interrupted(ctx, err)
	}
	h := history{list: list, written: make(map[string]bool, len(list)), asked: map[string]bool{}}
	for _, r := range d.Recipients() {
		h.asked[same(r.Address)] = true
	}
	for _, one := range list {
		key := same(one.Address)
		h.written[key] = true
		h.sealed = h.sealed || one.Sealed && h.asked[key]
	}
	if !h.sealed && d.InReplyTo != "" {
		if h.sealed, err = s.Store.SentSealed(ctx, c.ID, d.InReplyTo); err != nil {
			return history{}, interrupted(ctx, err)
		}
	}
	return h, nil
}

// mailbox is the one of the usable ones to send the draft as.
func (h history) mailbox(usable []mailbox.Mailbox) (address string, why Why) {
	for _, one := range h.list {
		if h.asked[same(one.Address)] && slices.ContainsFunc(usable, func(m mailbox.Mailbox) bool { return m.Address == one.Mailbox }) {
			return one.Mailbox, Recent
		}
	}
	if len(usable) == 1 {
		return usable[0].Address, Only
	}
	return usable[0].Address, First
}

// similar warns of recipients whom the caller has not written to lately and whose address is easily taken for one of somebody whom
// they have.
func (h history) similar(p Plan) []Warning {
	var known *lookalike.Known
	var warnings []Warning
	for _, r := range p.Recipients {
		address := r.Recipient.Address
		if h.written[same(address)] {
			continue
		}
		if known == nil { // most mails go to nobody new
			written := make([]string, len(h.list))
			for i, one := range h.list {
				written[i] = one.Address
			}
			known = lookalike.Of(written)
		}
		if like, is := known.Like(address); is {
			warnings = append(warnings, Warning{Code: "similar_address", Address: address, Similar: like, Say: fault.Sentence{
				DA: fmt.Sprintf("Adressen ligner %s, som du har skrevet til før, men det er en anden. Se efter, at den er rigtig.", like),
				EN: fmt.Sprintf("The address looks like %s, which you have written to before, but it is another one. Check that it is right.", like),
			}})
		}
	}
	return warnings
}
