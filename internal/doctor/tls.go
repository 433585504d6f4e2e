package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"time"
)

const (
	// dialTime is for one connection: Outlook gives up on an add-in long before.
	dialTime = 10 * time.Second
	// tlsWarn is when a certificate that is renewed by a program should have been: ninety-day ones are, a third of their life before the end.
	tlsWarn = 14 * 24 * time.Hour
)

// Certificate looks at the pair of files that HTTPS is served with. It gives the leaf, nil where there is none.
func Certificate(r *Report, certificateFile, keyFile, publicURL string, roots *x509.CertPool, now time.Time) *x509.Certificate {
	const area = "https certificate"
	pair, err := tls.LoadX509KeyPair(certificateFile, keyFile)
	if err != nil {
		r.Fail(area, "Give a PEM chain, your own certificate first, and its unencrypted key, as tls.certificate and tls.key; the service must be able to read both.",
			"The certificate and the key cannot be used together: %v.", err)
		return nil
	}
	chain := make([]*x509.Certificate, 0, len(pair.Certificate))
	for _, der := range pair.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			r.Fail(area, "Take the broken certificate out of the file.", "A certificate in the file cannot be read.")
			return nil
		}
		chain = append(chain, c)
	}
	chainIs(r, area, chain, publicURL, roots, now)
	return chain[0]
}

// chainIs says whether a caller takes the chain for the public address.
func chainIs(r *Report, area string, chain []*x509.Certificate, publicURL string, roots *x509.CertPool, now time.Time) {
	leaf, above := chain[0], x509.NewCertPool()
	for _, c := range chain[1:] {
		above.AddCert(c)
	}
	host := ""
	if u, err := url.Parse(publicURL); err == nil {
		host = u.Hostname()
	}
	if err := leaf.VerifyHostname(host); err != nil {
		r.Fail(area, "Have a certificate issued for the name that callers use, or change public-url.", "It is not for %s.", host)
		return
	}
	switch left := leaf.NotAfter.Sub(now); {
	case left <= 0:
		r.Fail(area, "Renew it. The service picks the new files up within a minute.", "It expired on %s.", leaf.NotAfter.Format(time.DateOnly))
		return
	case now.Before(leaf.NotBefore):
		r.Fail(area, "Look at this machine's clock, or wait.", "It is not valid before %s.", leaf.NotBefore.Format(time.DateOnly))
		return
	case left < tlsWarn:
		r.Warn(area, "Renew it now, and see why it was not renewed by itself.", "It expires on %s.", leaf.NotAfter.Format(time.DateOnly))
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: above, CurrentTime: now}); err != nil {
		r.Fail(area, "Put the issuer's intermediate certificates after your own in the file. An authority of your own must be known to everybody's machines, and to this one.",
			"Its chain does not end at an authority that this machine trusts.")
		return
	}
	r.OK(area, "For %s, whole chain, valid to %s.", host, leaf.NotAfter.Format(time.DateOnly))
}

// Public connects to the public address as Outlook does. ours is what should be met there; nil where a proxy has its own.
func Public(ctx context.Context, r *Report, publicURL string, ours *x509.Certificate, roots *x509.CertPool, now time.Time) {
	const area = "https from outside"
	u, err := url.Parse(publicURL)
	if err != nil || u.Scheme != "https" {
		r.Fail(area, "Set public-url to https:// and the host's name.", "The public address is not https.")
		return
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	// The chain is judged below, in words: the handshake's own error is one of many kinds, and nothing is sent here.
	dialer := tls.Dialer{Config: &tls.Config{ServerName: u.Hostname(), InsecureSkipVerify: true}} //nolint:gosec // see above
	raw, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		r.Fail(area, "See whether the name leads here (DNS), the service runs, and firewalls and the proxy let port "+port+" through, from this machine, too.", "%s cannot be reached: %s.", publicURL, dialWord(err))
		return
	}
	defer func() { _ = raw.Close() }()
	connection, is := raw.(*tls.Conn)
	if !is || len(connection.ConnectionState().PeerCertificates) == 0 {
		r.Fail(area, "See what answers at that address.", "Nobody there shows a certificate.")
		return
	}
	state := connection.ConnectionState()
	if state.Version < tls.VersionTLS12 {
		r.Fail(area, "Turn TLS 1.2 and 1.3 on at the proxy, and the older ones off.", "It speaks an outdated TLS.")
		return
	}
	if ours != nil && !bytes.Equal(ours.Raw, state.PeerCertificates[0].Raw) {
		r.Warn(area, "If a proxy stands in front, say so with tls.proxy; if the files were renewed just now, wait a minute.", "Another certificate is met there than in the settings' file.")
	}
	chainIs(r, area, state.PeerCertificates, publicURL, roots, now)
}

// dialWord is the kind of failure. The library's own words name addresses of machines inside.
func dialWord(err error) string {
	if dns, is := errors.AsType[*net.DNSError](err); is {
		return map[bool]string{true: "the name does not exist", false: "the name could not be looked up"}[dns.IsNotFound]
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	if op, is := errors.AsType[*net.OpError](err); is && op.Op == "dial" {
		return "no connection"
	}
	return "no TLS answer"
}
