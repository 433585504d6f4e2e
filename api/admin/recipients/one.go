package recipients

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/trust"
)

type shown struct {
	row
	Holder, Issuer string
	Fingerprint    []string // SHA-256, in pairs of octets, to be compared with its owner's
	Changes        bool
	Authority      bool // its issuer's own certificate came along and may be trusted
}

func (p page) one(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	e, err := p.Shelf.One(r.Context(), number(r))
	if err != nil {
		return frame.Answer{}, err
	}
	s := shown{
		row: rowOf(e), Holder: smime.DistinguishedName(e.Certificate.RawSubject), Issuer: smime.DistinguishedName(e.Certificate.RawIssuer),
		Changes: v.Is(frame.Administrator), Authority: len(e.Stored.Issuers) > 0 && e.Pending == trust.UnknownIssuer,
	}
	print := sha256.Sum256(e.Certificate.Raw)
	text := strings.ToUpper(hex.EncodeToString(print[:]))
	for i := 0; i < len(text); i += 4 {
		s.Fingerprint = append(s.Fingerprint, text[i:i+4])
	}
	return frame.Show("recipient.html", fault.Sentence{DA: "Et certifikat", EN: "A certificate"}, s), nil
}

// number is the id in the address; what is none is nobody's, and answered so.
func number(r *http.Request) string {
	if id := r.PathValue("id"); uuid.Validate(id) == nil {
		return id
	}
	return uuid.Nil.String()
}

func (p page) pin(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	file, err := upload(r)
	if err != nil {
		return frame.Answer{}, err
	}
	e, verdict, err := p.Shelf.Pin(r.Context(), v.Actor(), shelf.Pinning{For: r.FormValue("for"), File: file, Vouch: r.FormValue("vouch") == "yes"})
	if err != nil {
		return frame.Answer{}, err
	}
	told := fault.Sentence{DA: "Certifikatet er lagt ind. Det bruges fra nu af.", EN: "The certificate is pinned. It is used from now on."}
	if verdict.Code != trust.OK {
		told = fault.Sentence{DA: "Certifikatet er lagt ind, men kan ikke bruges nu: " + verdict.Say.DA, EN: "The certificate is pinned, but cannot be used now: " + verdict.Say.EN}
	}
	return frame.Go(listPath + "/" + e.ID).Tell(told), nil
}

// upload reads the one file of the form.
func upload(r *http.Request) ([]byte, error) {
	if err := r.ParseMultipartForm(maxForm); err != nil { //nolint:gosec // the body is bounded by the rule
		if large, is := errors.AsType[*http.MaxBytesError](err); is {
			return nil, large
		}
		return nil, noFile(err)
	}
	f, _, err := r.FormFile("certificate")
	if err != nil {
		return nil, noFile(err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil || len(text) == 0:
		return nil, noFile(err)
	case len(text) > maxFile:
		return nil, &http.MaxBytesError{Limit: maxFile}
	}
	return text, nil
}

func noFile(cause error) error {
	return fault.New(fault.Invalid, "certificate_missing", fault.Sentence{
		DA: "Vælg filen med certifikatet: .cer, .pem eller .p7b. Intet er ændret.", EN: "Choose the file with the certificate: .cer, .pem or .p7b. Nothing was changed.",
	}, cause)
}

func (p page) approve(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	how := shelf.Trust(r.PostFormValue("trust"))
	if how != shelf.ThisCertificate && how != shelf.ItsAuthority || r.PostFormValue("compared") != "yes" {
		return frame.Answer{}, fault.New(fault.Invalid, "not_compared", fault.Sentence{
			DA: "Vælg, hvor langt godkendelsen rækker, og bekræft, at du har sammenlignet fingeraftrykket med ejeren. Intet er ændret.",
			EN: "Choose how far the approval goes, and confirm that you have compared the fingerprint with its owner. Nothing was changed.",
		}, nil)
	}
	e, err := p.Shelf.Approve(r.Context(), v.Actor(), number(r), how)
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Go(listPath + "/" + e.ID).Tell(fault.Sentence{DA: "Certifikatet er godkendt.", EN: "The certificate is approved."}), nil
}

func (p page) delete(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	if r.PostFormValue("sure") != "yes" {
		return frame.Answer{}, fault.New(fault.Invalid, "not_confirmed", fault.Sentence{
			DA: "Bekræft, at certifikatet skal fjernes. Intet er ændret.", EN: "Confirm that the certificate is to be removed. Nothing was changed.",
		}, nil)
	}
	if err := p.Shelf.Delete(r.Context(), v.Actor(), number(r)); err != nil {
		return frame.Answer{}, err
	}
	return frame.Go(listPath).Tell(fault.Sentence{DA: "Certifikatet er fjernet.", EN: "The certificate is removed."}), nil
}
