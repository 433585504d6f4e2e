package draft

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Normalize makes what means the same look the same: white space at the ends goes, letters are composed (NFC), the same
// address stands once over To, Cc and Bcc (the first wins), and a long thread keeps its first and its newest messages.
// The texts themselves are left as written. What cannot be used stays as it is, for Validate to name.
func (d *Draft) Normalize() {
	d.Mailbox = normalAddress(d.Mailbox)
	d.Subject = normalText(d.Subject)
	d.Importance = Importance(strings.ToLower(strings.TrimSpace(string(d.Importance))))
	d.Language = strings.ToLower(strings.TrimSpace(d.Language))
	d.InReplyTo = strings.TrimSpace(d.InReplyTo)

	seen := make(map[string]bool, len(d.To)+len(d.Cc)+len(d.Bcc))
	d.To, d.Cc, d.Bcc = keep(d.To, seen), keep(d.Cc, seen), keep(d.Bcc, seen)

	refs := make([]string, 0, len(d.References))
	for _, id := range d.References {
		if id = strings.TrimSpace(id); id != "" && !slices.Contains(refs[max(0, len(refs)-1):], id) {
			refs = append(refs, id)
		}
	}
	if len(refs) > MaxReferences {
		// RFC 5537 §3.4.4: shorten in the middle; the first one holds the thread together, the last ones the branch.
		refs = append(refs[:1:1], refs[len(refs)-MaxReferences+1:]...)
	}
	d.References = refs
}

// normalText composes letters, so that "å" from a Mac is the "å" that others search for. A tab is only a wide space here
// (RFC 5322 §2.2.2: WSP), and folded subjects are full of them.
func normalText(s string) string {
	return strings.TrimSpace(norm.NFC.String(strings.ReplaceAll(s, "\t", " ")))
}
