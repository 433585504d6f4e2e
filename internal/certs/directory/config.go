package directory

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// How the connection is protected.
const (
	LDAPS    = "ldaps"    // TLS from the first byte
	StartTLS = "starttls" // RFC 4511 section 4.14; refused by the server is refused by us
	Off      = "off"      // everybody on the way sees who is looked up, and can hide what is there; nobody can forge
)

const (
	// maxSizeLimit and maxPageSize: Active Directory gives no more than 1,000 entries at a time (MaxPageSize), and ten such
	// pages are far more than the certificates of maxBatch people.
	maxSizeLimit, maxPageSize = 10_000, 1_000
	// maxTimeout: whoever waits is a person with a mail in front of them.
	maxTimeout = time.Minute
	// maxConnections: a public directory serves a whole country, and each connection may hold maxAnswer octets of ours.
	maxConnections = 16
)

// Config says where a directory is and how it is asked. What is empty is as Profile says, and then as "generic" says.
type Config struct {
	Name    string // what the administrator calls it: in sources, logs and metrics
	Profile string // "oces3", "d-trust", "dfn" or "generic"

	Host   string // host:port or host; the port is 636 with LDAPS and 389 without
	TLS    string // LDAPS, StartTLS or Off
	CAFile string // PEM; "" is the system's roots

	Base   string // distinguished name; "" is the root, which some directories take for everything
	Scope  string // "sub" or "one"
	Filter string // RFC 4515, with %s wherever the address goes, such as (mail=%s)

	AddressAttributes     []string // they say whose an entry is
	CertificateAttributes []string // hold certificates, or SignedData as RFC 2798 section 2.8 has it

	BindDN   string        // "" is anonymous
	Password func() string // asked at every log-in; nil is anonymous

	PageSize    int           // entries a page (RFC 2696); 0 is not in pages
	SizeLimit   int           // entries that one search may give
	Timeout     time.Duration // of one operation: connecting with log-in, and each search
	Connections int           // at most, at a time

	Trust []string // the trust profiles whose authorities may vouch for what is found; nil is all
}

var (
	// attributeDescriptionNames is RFC 4512 section 2.5: a name or an object identifier, and options.
	attributeDescriptionNames = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)+)(;[A-Za-z0-9-]+)*$`)
	hostNames                 = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	// plainNames can stand in a log line and in a metric's label without quotes.
	plainNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
)

// Check looks for everything that is wrong. The error names each setting, one a line.
func (c Config) Check() error {
	var faults []error
	bad := func(is bool, setting, what string) {
		if is {
			faults = append(faults, fmt.Errorf("%s: %s", setting, what))
		}
	}
	_, known := profileRows[c.Profile]
	bad(!known && c.Profile != "", "profile", "must be oces3, d-trust, dfn or generic")
	c = c.filled()

	bad(!plainNames.MatchString(c.Name), "name", "must be letters, digits, dots, dashes and underscores")
	bad(c.Host == "", "host", "is missing")
	if c.Host != "" {
		_, _, err := c.address()
		bad(err != nil, "host", "is not host:port")
	}
	bad(!slices.Contains([]string{LDAPS, StartTLS, Off}, c.TLS), "tls", "must be ldaps, starttls or off")
	_, err := c.roots()
	bad(err != nil, "ca-file", "cannot be read as PEM certificates")
	bad(c.CAFile != "" && c.TLS == Off, "ca-file", "is of no use with tls off")
	bad(c.Base == "" && c.Profile == profileOCES3, "base", "is missing")
	_, err = ldap.ParseDN(c.Base)
	bad(err != nil, "base", "is not a distinguished name")
	bad(c.Scope != "sub" && c.Scope != "one", "scope", "must be sub or one")
	if err := checkTemplate(c.Filter); err != nil {
		bad(true, "filter", err.Error())
	}
	described := func(names []string) bool {
		return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !attributeDescriptionNames.MatchString(n) })
	}
	bad(!described(c.AddressAttributes), "address-attributes", "must be attribute names")
	bad(!described(c.CertificateAttributes), "certificate-attributes", "must be attribute names")

	// RFC 4513 section 5.1.2: a name without a password is let in as nobody, and would look as if it had worked.
	bad(c.BindDN != "" && c.Password == nil, "password", "is missing")
	bad(c.BindDN == "" && c.Password != nil, "bind-dn", "is missing")
	// RFC 4513 section 6.3.1: a simple bind sends the password as it is.
	bad((c.BindDN != "" || c.Password != nil) && c.TLS == Off, "tls", "must not be off where there is a password to send")

	bad(c.PageSize < 0 || c.PageSize > maxPageSize, "page-size", "must be from 0 to "+strconv.Itoa(maxPageSize))
	bad(c.SizeLimit < 1 || c.SizeLimit > maxSizeLimit, "size-limit", "must be from 1 to "+strconv.Itoa(maxSizeLimit))
	bad(c.Timeout <= 0 || c.Timeout > maxTimeout, "timeout", "must be longer than nothing and at most "+maxTimeout.String())
	bad(c.Connections < 1 || c.Connections > maxConnections, "connections", "must be from 1 to "+strconv.Itoa(maxConnections))
	return errors.Join(faults...)
}

var errHost = errors.New("not host:port")

// address is where to connect, and the name that the server's certificate must bear.
func (c Config) address() (dial, name string, err error) {
	name, port, err := net.SplitHostPort(c.Host)
	if err != nil {
		name, port = c.Host, "389"
		if c.TLS == LDAPS {
			port = "636"
		}
	}
	if net.ParseIP(name) == nil && !hostNames.MatchString(name) {
		return "", "", errHost
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", errHost
	}
	return net.JoinHostPort(name, port), name, nil
}

var errNoPEM = errors.New("no certificate in the file")

// roots is nil for the system's.
func (c Config) roots() (*x509.CertPool, error) {
	if c.CAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errNoPEM
	}
	return pool, nil
}
