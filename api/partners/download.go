package partners

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"strings"

	"aau.dk/sendsikker/internal/bundle"
)

const (
	// maxFile is the longest "address.ext" that is looked up: an address has at most 254 octets (RFC 5321 section 4.5.3.1.3,
	// without the brackets).
	maxFile = 254 + len(nextName) + len(".cer")
	// nextName stands behind the address of a certificate that follows.
	nextName = ".next"
	// maxFilename keeps the name of a fetched file below what old file systems and archives take.
	maxFilename = 100
)

// download gives one of the files of a mailbox. An address that we do not have, and an ending that we do not have, are one 404.
func (p *pages) download(w http.ResponseWriter, r *http.Request, file string) {
	ending := path.Ext(file)
	if len(file) > maxFile || ending != ".cer" && ending != ".p7b" && ending != ".vcf" {
		p.absent(w, r)
		return
	}
	shown, err := p.shelf.get(r.Context())
	if err != nil {
		p.away(w, r)
		return
	}
	address := strings.TrimSuffix(file, ending)
	found, known := shown.find(address)
	if before, next := strings.CutSuffix(address, nextName); !known && next && ending == ".cer" {
		if found, known = shown.find(before); known && found.Next != nil {
			found.Certificate, found.Address = found.Next.Certificate, found.Address+nextName
		} else {
			known = false
		}
	}
	if !known {
		p.absent(w, r)
		return
	}
	c, err := p.fileOf(found, ending)
	if err != nil {
		p.log.LogAttrs(r.Context(), slog.LevelError, "a certificate's file cannot be written", slog.String("ending", ending), slog.Any("err", err))
		p.away(w, r)
		return
	}
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", filename(found.Address, ending)))
	send(w, r, c)
}

func (p *pages) fileOf(e entry, ending string) (content, error) {
	switch ending {
	case ".cer": // RFC 2585 section 4.1
		return content{Type: "application/pkix-cert", Body: e.Certificate.Raw}, nil
	case ".p7b": // what Windows registers it as; RFC 5273 section 3 has application/pkcs7-mime for .p7c, which opens as mail
		body, err := bundle.P7B(append([]*x509.Certificate{e.Certificate}, e.Chain...))
		return content{Type: "application/x-pkcs7-certificates", Body: body}, err
	default: // RFC 6350 section 10.1
		source := ""
		if p.base != "" {
			source = p.base + e.link + ending
		}
		return content{Type: "text/vcard; charset=utf-8", Body: vcard(e.Mailbox, p.organisation, source)}, nil
	}
}

// filename is ASCII without anything that a header field, a shell or a file system reads as more than a letter.
func filename(address, ending string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("@._-", r) {
			return r
		}
		return '_'
	}, address)
	safe = strings.TrimLeft(safe, ".-")
	return safe[:min(len(safe), maxFilename)] + ending
}
