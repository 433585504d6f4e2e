package smimea

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"github.com/miekg/dns"
)

const (
	// datagram is the most that we take over UDP. It is what crosses every network in one piece (DNS flag day 2020), and
	// resolvers are set up for it; on this machine more would fit, and what does not fit comes over TCP.
	datagram = 1232
	// dialTime is more than a program on this machine takes to accept a connection.
	dialTime = 5 * time.Second
)

// question makes the message that asks for name.
//
// DO alone would have the resolver say whether the answer is secure; AD in a question says that we read AD in the answer (RFC
// 6840 section 5.7), for resolvers that wait for it. CD stays off: it would have bogus data handed out (RFC 4035 section 3.2.2).
func question(name string, kind uint16) *dns.Msg {
	query := new(dns.Msg).SetQuestion(name, kind).SetEdns0(datagram, true)
	query.AuthenticatedData = true
	return query
}

// ask gives the answer to one question, of whatever kind it is. RFC 8162 advises TCP, because certificates are large. Nearly
// every answer is "nothing there", and small: it is asked over UDP, and again over TCP where the answer says that it was cut.
// Over loopback no fragment gets lost or is slipped in.
func (s *Source) ask(ctx context.Context, query *dns.Msg) (*dns.Msg, error) {
	answer, err := s.exchange(ctx, "udp", query)
	if err == nil && answer.Truncated {
		if answer, err = s.exchange(ctx, "tcp", query); err == nil && answer.Truncated {
			return nil, errMalformed
		}
	}
	return answer, err
}

// exchange asks from a port of its own, which the kernel picks at random and lets hear the resolver alone.
func (s *Source) exchange(ctx context.Context, network string, query *dns.Msg) (*dns.Msg, error) {
	wire, err := query.Pack()
	if err != nil {
		return nil, errMalformed // owner and Config.Check have seen to it that this cannot happen
	}
	dialer := net.Dialer{Timeout: dialTime}
	conn, err := dialer.DialContext(ctx, network, s.config.Resolver)
	if err != nil {
		return nil, broken(ctx)
	}
	hangUp := func() { _ = conn.Close() } // whoever is reading then reads an error
	defer hangUp()
	defer context.AfterFunc(ctx, hangUp)()

	if network == "tcp" {
		return viaTCP(ctx, conn, query, wire)
	}
	return viaUDP(ctx, conn, query, wire)
}

// viaUDP waits for the answer to this question and passes over everything else: an answer that is late, or one that a stranger
// on this machine sent in the hope of hitting the right number.
func viaUDP(ctx context.Context, conn net.Conn, query *dns.Msg, wire []byte) (*dns.Msg, error) {
	if _, err := conn.Write(wire); err != nil {
		return nil, broken(ctx)
	}
	buffer := make([]byte, datagram)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return nil, broken(ctx) // nobody listens at the port, which the kernel tells, or the time is up
		}
		answer, err := unpack(buffer[:n], query)
		if err == nil || !errors.Is(err, errOther) {
			return answer, err
		}
	}
}

// viaTCP reads one message, with its length before it (RFC 1035 section 4.2.2).
func viaTCP(ctx context.Context, conn net.Conn, query *dns.Msg, wire []byte) (*dns.Msg, error) {
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...)); err != nil {
		return nil, broken(ctx)
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, broken(ctx)
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, message); err != nil {
		return nil, broken(ctx)
	}
	answer, err := unpack(message, query)
	if errors.Is(err, errOther) {
		return nil, errMalformed // on a connection of its own nothing else can be under way
	}
	return answer, err
}

// broken is why a connection gave nothing.
func broken(ctx context.Context) error {
	if ctx.Err() != nil {
		return errSilent
	}
	return errAway
}
