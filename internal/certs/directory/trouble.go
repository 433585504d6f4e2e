package directory

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/go-ldap/ldap/v3"

	"aau.dk/sendsikker/internal/fault"
)

// Codes of the faults that a Directory gives. Each is fault.Unavailable: it is never the sender's to mend, and may be over
// when they try again.
const (
	CodeSilent      = "directory_silent"       // no answer in time, or not asked because it has not answered for a while
	CodeUnreachable = "directory_unreachable"  // nobody takes the connection
	CodeTLS         = "directory_tls"          // no encrypted connection with somebody who proves to be the directory
	CodeLogin       = "directory_login"        // our name or password is refused
	CodeBase        = "directory_base_missing" // the base is not there, or not for us to see
	CodeRefused     = "directory_refused"      // it answered, and the answer is no
	CodeGarbled     = "directory_garbled"      // what it sends is no LDAP, or more than a limit of ours
	CodePartial     = "directory_partial"      // it has more than it gave
)

var sayTroubleRows = map[string]fault.Sentence{
	CodeSilent: {
		DA: "Et katalog med certifikater svarer ikke. Prøv igen om lidt, og kontakt it-support, hvis det varer ved.",
		EN: "A directory of certificates does not answer. Try again shortly, and contact IT support if it goes on.",
	},
	CodeUnreachable: {
		DA: "Et katalog med certifikater kan ikke nås. Kontrollér værtsnavn, port og firewall.",
		EN: "A directory of certificates cannot be reached. Check host name, port and firewall.",
	},
	CodeTLS: {
		DA: "Der kan ikke laves en sikker forbindelse (TLS) til et katalog med certifikater. Kontrollér dets certifikat, CA-filen og indstillingen for TLS.",
		EN: "No secure connection (TLS) can be made to a directory of certificates. Check its certificate, the CA file and the TLS setting.",
	},
	CodeLogin: {
		DA: "Et katalog med certifikater afviser vores login. Kontrollér brugernavn og adgangskode.",
		EN: "A directory of certificates refuses our log-in. Check user name and password.",
	},
	CodeBase: {
		DA: "Et katalog med certifikater har ikke den base, vi søger i, eller vi må ikke se den. Kontrollér base og rettigheder.",
		EN: "A directory of certificates does not have the base that we search, or we may not see it. Check base and rights.",
	},
	CodeRefused: {
		DA: "Et katalog med certifikater afviser vores opslag. Kontrollér rettigheder, base og filter.",
		EN: "A directory of certificates refuses our look-up. Check rights, base and filter.",
	},
	CodeGarbled: {
		DA: "Et katalog med certifikater svarer noget, vi ikke kan bruge. Kontrollér, at værtsnavn og port hører til et LDAP-katalog.",
		EN: "A directory of certificates answers what we cannot use. Check that host name and port are those of an LDAP directory.",
	},
	CodePartial: {
		DA: "Et katalog med certifikater gav kun en del af det, det har. Prøv igen, og bed it-support om at se på grænserne for opslag, hvis det varer ved.",
		EN: "A directory of certificates gave only a part of what it has. Try again, and have IT support look at the limits for look-ups if it goes on.",
	},
}

// trouble makes the fault of a code. cause must hold no address, filter, password or words of the server: see bare and result.
func trouble(code string, cause error) *fault.Fault {
	return fault.New(fault.Unavailable, code, sayTroubleRows[code], cause)
}

// causes of our own.
var (
	errLost     = errors.New("the connection ended before the answer did")
	errPanicked = errors.New("the library gave up on the answer")
	errBusy     = errors.New("all connections to the directory are in use")
	errClosed   = errors.New("the directory has been closed")
	errPaused   = errors.New("it has failed several times and is given a rest")
	errPassword = errors.New("there is no password")
	errMore     = errors.New("there are more entries, or values, than a limit allows")
)

// bare is an error of the network without the addresses in it.
func bare(err error) error {
	if of, is := errors.AsType[*net.DNSError](err); is {
		if of.IsNotFound {
			return errors.New("no such host")
		}
		return errors.New("the host's name cannot be looked up")
	}
	if of, is := errors.AsType[*net.OpError](err); is {
		return of.Err
	}
	return err
}

// result makes an error of the LDAP library one of ours. Its own text may quote the filter and the server's words: only the
// code is kept.
func result(err error) *fault.Fault {
	if errors.Is(err, ldap.ErrSizeLimitExceeded) { // the library's, of a server that gives more than it was asked for
		return trouble(CodePartial, errMore)
	}
	of, is := errors.AsType[*ldap.Error](err)
	if !is {
		return trouble(CodeSilent, errLost)
	}
	cause := fmt.Errorf("LDAP result %d (%s)", of.ResultCode, ldap.LDAPResultCodeMap[of.ResultCode])
	switch of.ResultCode {
	case ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultTimeLimitExceeded, ldap.LDAPResultAdminLimitExceeded:
		return trouble(CodePartial, cause)
	case ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax:
		return trouble(CodeBase, cause)
	case ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInappropriateAuthentication:
		return trouble(CodeLogin, cause)
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable:
		return trouble(CodeSilent, cause)
	case ldap.ErrorNetwork:
		// Also what the library makes of an answer that it cannot read.
		return trouble(CodeSilent, errLost)
	case ldap.ErrorMalformedPacket, ldap.ErrorUnexpectedMessage, ldap.ErrorUnexpectedResponse:
		return trouble(CodeGarbled, cause)
	}
	return trouble(CodeRefused, cause)
}

// secured is what went wrong with TLS. crypto/tls quotes the server's certificate, which is public, and nothing else.
func secured(err error) *fault.Fault {
	if of, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return trouble(CodeTLS, of.Err)
	}
	return trouble(CodeTLS, bare(err))
}

// ended is the fault for a wait that ctx has ended. Who has gone away (Canceled) says nothing about the directory.
func ended(ctx context.Context) *fault.Fault { return trouble(CodeSilent, ctx.Err()) }
