package sandbox_test

import (
	"bytes"
	"crypto/x509"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"golang.org/x/crypto/ocsp"

	"aau.dk/sendsikker/internal/sandbox"
)

// inDirectory looks somebody up as the service does.
func inDirectory(t *testing.T, u *sandbox.University, address string) []*x509.Certificate {
	t.Helper()
	c, err := ldap.DialURL("ldap://" + u.Directory.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	got, err := c.Search(ldap.NewSearchRequest("c=dk", ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 2, 0, false,
		"(mail="+ldap.EscapeFilter(address)+")", []string{"mail", "userCertificate;binary"}, nil))
	if err != nil {
		t.Fatal(err)
	}
	var list []*x509.Certificate
	for _, entry := range got.Entries {
		for _, der := range entry.GetRawAttributeValues("userCertificate;binary") {
			certificate, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, certificate)
		}
	}
	return list
}

func recipient(t *testing.T, u *sandbox.University, address string) sandbox.Recipient {
	t.Helper()
	i := slices.IndexFunc(u.Recipients, func(r sandbox.Recipient) bool { return r.Address == address })
	if i < 0 {
		t.Fatalf("%s is nobody", address)
	}
	return u.Recipients[i]
}

func TestTheDirectoryHasThoseAndOnlyThoseWhoAreSaidToBeInIt(t *testing.T) {
	t.Parallel()
	u := open(t)
	listed := 0
	for _, r := range u.Recipients {
		got := inDirectory(t, u, strings.ToUpper(r.Address))
		want := 0
		if r.InDirectory {
			listed++
			want = 1
			if r.Older != nil {
				want = 2
			}
			if subject := r.Identity.Certificate.Subject.String(); !slices.Contains(r.Identity.Certificate.EmailAddresses, r.Address) && !strings.Contains(subject, "1.2.840.113549.1.9.1=") {
				t.Errorf("%s: the address is not in the certificate", r.Address)
			}
		}
		if len(got) != want || (want > 0 && !got[len(got)-1].Equal(r.Identity.Certificate)) {
			t.Errorf("%s: %d certificates in the directory, want %d", r.Address, len(got), want)
		}
	}
	if listed != 5 {
		t.Errorf("%d people are in the directory", listed)
	}
	_, page := get(t, u.URL+"/")
	if !strings.Contains(page, "ldap://"+u.Directory.Address()) || !strings.Contains(page, "gitte@region.example") {
		t.Error("the front page says nothing of the directory")
	}
}

func TestAtARollOverBothCertificatesAreValid(t *testing.T) {
	t.Parallel()
	r := recipient(t, open(t), "skifter@partner.example")
	older, newer, now := r.Older.Certificate, r.Identity.Certificate, time.Now()
	if older.NotBefore.After(newer.NotBefore) || older.NotAfter.After(newer.NotAfter) || bytes.Equal(older.RawSubjectPublicKeyInfo, newer.RawSubjectPublicKeyInfo) {
		t.Error("the older certificate is not the older, or has the same key")
	}
	for _, one := range []*x509.Certificate{older, newer} {
		if now.Before(one.NotBefore) || now.AddDate(0, 2, 0).After(one.NotAfter) {
			t.Errorf("valid from %v until %v", one.NotBefore, one.NotAfter)
		}
	}
}

func TestWhatIsRevokedIsSaidByListAndByResponder(t *testing.T) {
	t.Parallel()
	u := open(t)
	revoked, alone := recipient(t, u, "spaerret@region.example").Identity, recipient(t, u, "ocsp@partner.example").Identity
	if got := revoked.Certificate.CRLDistributionPoints; len(got) != 1 {
		t.Fatalf("lists at %v", got)
	}
	_, der := get(t, revoked.Certificate.CRLDistributionPoints[0])
	list, err := x509.ParseRevocationList([]byte(der))
	if err != nil || len(list.RevokedCertificateEntries) != 1 || list.RevokedCertificateEntries[0].SerialNumber.Cmp(revoked.Certificate.SerialNumber) != 0 {
		t.Errorf("the list: %v", err)
	}
	if len(alone.Certificate.CRLDistributionPoints) != 0 || len(alone.Certificate.OCSPServer) != 1 {
		t.Fatalf("lists at %v, responders at %v", alone.Certificate.CRLDistributionPoints, alone.Certificate.OCSPServer)
	}
	request, err := ocsp.CreateRequest(alone.Certificate, alone.Chain[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	call, err := http.NewRequestWithContext(t.Context(), http.MethodPost, alone.Certificate.OCSPServer[0], bytes.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	call.Header.Set("Content-Type", "application/ocsp-request")
	answer, err := http.DefaultClient.Do(call)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ocsp.ParseResponseForCert(body, alone.Certificate, alone.Chain[0]); err != nil || got.Status != ocsp.Good {
		t.Errorf("the responder: %+v, %v", got, err)
	}
}
