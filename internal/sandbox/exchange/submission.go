package exchange

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	// maxSendSize is the default of a mailbox in Exchange Online; up to 150 MB may be set.
	maxSendSize = 35 << 20
	// maxLine holds an AUTH command with a token (RFC 4954 section 4: 12288).
	maxLine = 12288
	// maxRecipients is Exchange's default for one message.
	maxRecipients = 500
	// smtpPatience is how long the door waits for a silent client (RFC 5321 section 4.5.3.2.7: five minutes).
	smtpPatience = 5 * time.Minute
)

// Submission is the door for SMTP AUTH: smtp.office365.com:587 in small.
type Submission struct {
	Address string         // host and port, on loopback
	Roots   *x509.CertPool // who vouches for its certificate: itself

	server   *smtp.Server
	listener net.Listener
	done     chan error
}

// OpenSubmission listens until Close. listen "" is any free port on loopback.
func (s *Server) OpenSubmission(ctx context.Context, listen string) (*Submission, error) {
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	var settings net.ListenConfig
	listener, err := settings.Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("opening the submission door: %w", err)
	}
	if host, _, _ := net.SplitHostPort(listener.Addr().String()); !net.ParseIP(host).IsLoopback() {
		return nil, errors.Join(errors.New("the sandbox lets everybody in: it listens on loopback only"), listener.Close())
	}
	certificate, err := ownCertificate(time.Now())
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	d := &Submission{Address: listener.Addr().String(), Roots: x509.NewCertPool(), listener: listener, done: make(chan error, 1)}
	d.Roots.AddCert(certificate.Leaf)
	d.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &submitter{house: s, conn: c}, nil }))
	d.server.Domain = "sandbox.invalid"
	d.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	d.server.MaxLineLength = maxLine
	d.server.MaxMessageBytes = s.config.MaxSendSize
	d.server.MaxRecipients = maxRecipients
	d.server.EnableSMTPUTF8 = true
	d.server.ReadTimeout, d.server.WriteTimeout = smtpPatience, smtpPatience
	d.server.ErrorLog = log.New(io.Discard, "", 0) // it breaks connections on purpose
	go func() { d.done <- d.server.Serve(listener) }()
	return d, nil
}

// Close ends every connection. The server closes a listener only once it has begun to serve it, so it is closed here too.
func (d *Submission) Close() error {
	err := d.server.Close()
	_ = d.listener.Close()
	return errors.Join(err, <-d.done)
}

// ownCertificate vouches for itself, for a day each way: the clock of a test may stand elsewhere, the one of TLS does not.
func ownCertificate(now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sandbox.invalid"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}
