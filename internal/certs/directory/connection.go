package directory

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// startTLSRequest is message 1, an ExtendedRequest for 1.3.6.1.4.1.1466.20037 without a value (RFC 4511 section 4.14.1).
const startTLSRequest = "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"

// idExtendedResponse is [APPLICATION 24], RFC 4511 section 4.12.
const idExtendedResponse = 24

// connection is one to the server, for one operation at a time.
type connection struct {
	raw   net.Conn
	guard *guard
	ldap  *ldap.Conn
}

// dialer knows how a connection is made.
type dialer struct {
	Config
	tls *tls.Config // nil with Off
}

func newDialer(c Config) (dialer, error) {
	d := dialer{Config: c}
	if c.TLS == Off {
		return d, nil
	}
	roots, err := c.roots()
	if err != nil {
		return d, err
	}
	_, name, err := c.address()
	if err != nil {
		return d, err
	}
	d.tls = &tls.Config{RootCAs: roots, ServerName: name, MinVersion: tls.VersionTLS12}
	return d, nil
}

// connect dials, secures and logs in, all within Timeout.
func (d dialer) connect(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	address, _, err := d.address()
	if err != nil {
		return nil, trouble(CodeUnreachable, err)
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ended(ctx)
		}
		return nil, trouble(CodeUnreachable, bare(err))
	}
	secure, err := d.secure(ctx, raw)
	if err != nil {
		_ = raw.Close() // the first error tells more
		return nil, err
	}
	c := &connection{raw: raw, guard: newGuard(secure)}
	c.ldap = ldap.NewConn(c.guard, d.tls != nil)
	c.ldap.Start()
	if err := d.login(ctx, c); err != nil {
		c.drop()
		return nil, err
	}
	return c, nil
}

// secure gives the connection that LDAP is spoken on: with TLS and a checked certificate, or with Off as it is. There is no
// way from one to the other.
func (d dialer) secure(ctx context.Context, raw net.Conn) (net.Conn, error) {
	if d.tls == nil {
		return raw, nil
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	if d.TLS == StartTLS {
		if err := startTLS(raw); err != nil {
			if ctx.Err() != nil {
				return nil, ended(ctx)
			}
			return nil, err
		}
	}
	secure := tls.Client(raw, d.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, ended(ctx)
		}
		return nil, secured(err)
	}
	return secure, nil
}

var errStartTLS = errors.New("the server will not start TLS")

// startTLS asks for TLS on a plain connection. The library has a method for it that no deadline ends. Nothing is read ahead
// here: what somebody adds in clear behind the answer meets the TLS handshake, which it ends, and never the reader of LDAP
// (CVE-2011-0411 was the other way).
func startTLS(raw net.Conn) error {
	if _, err := raw.Write([]byte(startTLSRequest)); err != nil {
		return trouble(CodeTLS, bare(err))
	}
	frame, err := readFrame(raw, maxAside)
	if err != nil {
		return trouble(CodeTLS, bare(err))
	}
	if _, err := checkFrame(frame); err != nil {
		return trouble(CodeTLS, err)
	}
	packet, err := ber.DecodePacketErr(frame)
	if err != nil || len(packet.Children) < 2 || packet.Children[0].Value != int64(1) ||
		packet.Children[1].ClassType != ber.ClassApplication || packet.Children[1].Tag != idExtendedResponse {
		return trouble(CodeTLS, errFrame)
	}
	if ldap.GetLDAPError(packet) != nil {
		return trouble(CodeTLS, errStartTLS)
	}
	return nil
}

// login binds. Without a name the connection stays anonymous, which it is from the beginning (RFC 4513 section 4).
func (d dialer) login(ctx context.Context, c *connection) error {
	if d.BindDN == "" {
		return nil
	}
	if d.tls == nil {
		return trouble(CodeTLS, errStartTLS) // Check has refused it; a password in clear is worth a second look
	}
	password := d.Password()
	if password == "" {
		return trouble(CodeLogin, errPassword)
	}
	return c.do(ctx, func(conn *ldap.Conn) error {
		err := conn.Bind(d.BindDN, password)
		if err == nil {
			return nil
		}
		refused := result(err)
		if refused.Code == CodeRefused || refused.Code == CodeBase {
			return trouble(CodeLogin, refused.Cause)
		}
		return refused
	})
}

// do runs one operation, and gives up when ctx ends: the library waits for nothing but the connection, so it is closed.
func (c *connection) do(ctx context.Context, operation func(*ldap.Conn) error) (err error) {
	stop := context.AfterFunc(ctx, c.drop)
	defer stop()
	defer func() {
		if recover() != nil { // whatever a stranger made the library do, it ends this connection and not the program
			c.drop()
			err = trouble(CodeGarbled, errPanicked)
		}
	}()
	c.guard.refill()
	if err = operation(c.ldap); err == nil {
		return nil
	}
	if cause, is := c.guard.garbled.Load().(error); is {
		return trouble(CodeGarbled, cause)
	}
	if ctx.Err() != nil {
		return ended(ctx)
	}
	return err
}

// sound is whether the connection can serve once more.
func (c *connection) sound() bool { return !c.ldap.IsClosing() }

// drop ends the connection; the library's reader finds out and ends the rest. Its own Close waits for a writer that may be
// waiting for the server.
func (c *connection) drop() { _ = c.raw.Close() }
