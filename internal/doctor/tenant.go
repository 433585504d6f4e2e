package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	// clockWarn is when somebody should look; clockFail is where tokens begin to be refused (Entra dates its own back by five minutes).
	clockWarn, clockFail = 30 * time.Second, 4 * time.Minute
)

// Tenant is where Entra is asked.
type Tenant struct {
	Client    *http.Client // must not follow redirects
	Authority string
	ID        string
	Now       func() time.Time
}

// Discovery looks whether the tenant answers, is the one that was meant, and what time it is there.
func (t Tenant) Discovery(ctx context.Context, r *Report) (answers bool) {
	const area = "entra tenant"
	asked := t.Now()
	got, err := get(ctx, t.Client, t.Authority+"/"+t.ID+"/v2.0/.well-known/openid-configuration")
	if err != nil {
		r.Fail(area, "Let this machine reach login.microsoftonline.com on port 443 (and entra.authority, if that is another).", "Entra cannot be reached: %s.", dialWord(err))
		return false
	}
	took := t.Now().Sub(asked)
	var document struct {
		Issuer string `json:"issuer"`
	}
	if got.status != http.StatusOK || json.Unmarshal(got.body, &document) != nil {
		r.Fail(area, "Set entra.tenant to the directory (tenant) id that the Entra admin centre shows.", "Entra knows no tenant %s (status %d).", t.ID, got.status)
		return false
	}
	if !strings.Contains(document.Issuer, t.ID) {
		r.Fail(area, "Set entra.tenant to the directory (tenant) id, and not to a name or 'common'.", "Entra's issuer is that of another tenant.")
		return false
	}
	r.OK(area, "Entra answers for tenant %s.", t.ID)
	t.clock(r, got.header.Get("Date"), asked.Add(took/2))
	return true
}

func (t Tenant) clock(r *Report, date string, here time.Time) {
	const area, fix = "clock", "Set the clock by NTP (chrony or systemd-timesyncd): tokens and certificates are judged by it."
	there, err := http.ParseTime(date)
	if err != nil {
		r.Warn(area, "Compare this machine's clock by hand.", "Entra's answer has no readable date.")
		return
	}
	off := here.Sub(there.Add(500 * time.Millisecond)).Round(time.Second) // Date has whole seconds
	direction := "behind"
	if off > 0 {
		direction = "ahead"
	}
	switch by := off.Abs(); {
	case by >= clockFail:
		r.Fail(area, fix, "This machine is %s %s.", by, direction)
	case by >= clockWarn:
		r.Warn(area, fix, "This machine is %s %s.", by, direction)
	default:
		r.OK(area, "Within %s of Entra's.", clockWarn)
	}
}

// aadstsNames is how Entra names what is wrong.
var aadstsNames = regexp.MustCompile(`AADSTS[0-9]{4,9}`)

// Registration is an app registration that people sign in with.
type Registration struct {
	Name     string // in words, such as "the add-in's app registration"
	Platform string // of its redirect addresses, as Entra names it
	Setting  string // where its client id stands
	Client   string
	Scope    string
}

// Redirects asks Entra, without signing anybody in, whether it would send people back to these addresses.
func (t Tenant) Redirects(ctx context.Context, r *Report, of Registration, addresses ...string) {
	const area = "redirect addresses"
	for _, address := range addresses {
		q := url.Values{
			"client_id": {of.Client}, "redirect_uri": {address}, "response_type": {"code"}, "scope": {of.Scope}, "prompt": {"none"}, "state": {"doctor"},
			"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}, // RFC 7636, appendix B: nobody redeems a code
		}
		got, err := get(ctx, t.Client, t.Authority+"/"+t.ID+"/oauth2/v2.0/authorize?"+q.Encode())
		if err != nil {
			r.Fail(area, "Try again.", "Entra gave no answer about %s.", address)
			continue
		}
		said := aadstsNames.FindString(string(got.body))
		switch {
		case said == "AADSTS50011", said == "AADSTS500113", said == "AADSTS900971":
			r.Fail(area, "On "+of.Name+", Authentication, add it as a redirect address of the platform "+of.Platform+", to the letter.", "%s is not registered.", address)
		case said == "AADSTS700016":
			r.Fail(area, "Set "+of.Setting+" to "+of.Name+" in tenant "+t.ID+".", "Entra knows no program %s.", of.Client)
			return
		case got.status >= 300 && got.status < 400 || got.status == http.StatusOK && (said == "" || said == "AADSTS50058"):
			r.OK(area, "%s is registered.", address)
		default:
			r.Warn(area, "Look at "+of.Name+", Authentication.", "Entra's answer about %s is unclear (status %d %s).", address, got.status, said)
		}
	}
}

var errTooLong = errors.New("the answer is too long")

// answer is what came back. The body is nobody's to print.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// get fetches, with a limit.
func get(ctx context.Context, client *http.Client, address string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*dialTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, fmt.Errorf("asking: %w", err)
	}
	request.Header.Set("User-Agent", "SendSikker doctor")
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxFetched+1))
	if err == nil && len(body) > maxFetched {
		err = errTooLong
	}
	return answer{response.StatusCode, response.Header, body}, err
}
