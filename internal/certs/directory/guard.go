package directory

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"sync/atomic"
)

// What a server may send before anybody has looked at it. The LDAP library has limits of its own (2 GiB a message, 1,000
// levels), copies the content once for every level, and makes some 200 octets of an empty element: too much for what a
// stranger may ask of a program that holds other people's mail.
const (
	// maxMessage is one entry: a person with a dozen certificates of 2 KiB, doubled by their chains, has 50 KiB.
	maxMessage = 1 << 20
	// maxAside is a message that is no entry, and the controls of any: results, references, a cookie.
	maxAside = 16 << 10
	// maxAnswer is what one operation may bring: Config.SizeLimit entries of 16 KiB, at its default.
	maxAnswer = 8 << 20
	// maxElements is the BER elements of one operation. An entry as we ask for it has some twenty.
	maxElements = 40_000
	// maxDepth: a value in an entry is on the sixth level, and nothing lies deeper (RFC 4511 appendix B).
	maxDepth = 8

	idSequence    = 0x30
	idSearchEntry = 0x64 // [APPLICATION 4], RFC 4511 section 4.5.2
)

var (
	errFrame = errors.New("not a message as RFC 4511 has it")
	errLimit = errors.New("the answer is larger than allowed")
)

// guard lets whole LDAP messages through that are well formed and within the limits, and nothing after one that is not.
type guard struct {
	net.Conn
	source *bufio.Reader
	frame  []byte // what has been looked at and is not yet read

	octets, elements atomic.Int64 // what this operation may still bring
	garbled          atomic.Value // the error, where the server broke a rule or a limit
}

func newGuard(conn net.Conn) *guard {
	g := &guard{Conn: conn, source: bufio.NewReader(conn)}
	g.refill()
	return g
}

// refill begins a new operation.
func (g *guard) refill() {
	g.octets.Store(maxAnswer)
	g.elements.Store(maxElements)
}

// Read is called by the library's one reader.
func (g *guard) Read(p []byte) (int, error) {
	if len(g.frame) == 0 {
		frame, err := g.next()
		if err != nil {
			if errors.Is(err, errFrame) || errors.Is(err, errLimit) {
				g.garbled.Store(err)
			}
			return 0, err
		}
		g.frame = frame
	}
	n := copy(p, g.frame)
	g.frame = g.frame[n:]
	return n, nil
}

func (g *guard) next() ([]byte, error) {
	frame, err := readFrame(g.source, min(maxMessage, g.octets.Load()))
	if err != nil {
		return nil, err
	}
	elements, err := checkFrame(frame)
	if err != nil {
		return nil, err
	}
	if g.octets.Add(-int64(len(frame))) < 0 || g.elements.Add(-int64(elements)) < 0 {
		return nil, errLimit
	}
	return frame, nil
}

// readFrame reads one SEQUENCE, and not one octet more. RFC 4511 section 5.1: lengths are definite.
func readFrame(r io.Reader, limit int64) ([]byte, error) {
	var head [6]byte // identifier, and a length of up to four octets
	n := 2
	if _, err := io.ReadFull(r, head[:n]); err != nil {
		return nil, err
	}
	if head[0] != idSequence {
		return nil, errFrame
	}
	length := int64(head[1])
	if length > 0x7f {
		n += int(length & 0x7f)
		if n == 2 || n > len(head) {
			return nil, errFrame
		}
		if _, err := io.ReadFull(r, head[2:n]); err != nil {
			return nil, err
		}
		length = 0
		for _, b := range head[2:n] {
			length = length<<8 | int64(b)
		}
	}
	if length > limit {
		return nil, errLimit
	}
	// The buffer grows with what comes, and not with what is promised.
	var frame bytes.Buffer
	frame.Write(head[:n])
	if _, err := io.CopyN(&frame, r, length); err != nil {
		return nil, err
	}
	return frame.Bytes(), nil
}

// checkFrame counts the elements of a message: LDAPMessage ::= SEQUENCE { messageID, protocolOp, controls [0] OPTIONAL }.
func checkFrame(frame []byte) (elements int, err error) {
	_, message, rest, ok := element(frame)
	if !ok || len(rest) > 0 {
		return 0, errFrame
	}
	for part := 0; len(message) > 0; part++ {
		id, content, rest, ok := element(message)
		if !ok {
			return 0, errFrame
		}
		if len(content) > maxAside && (part != 1 || id != idSearchEntry) {
			return 0, errLimit
		}
		n, err := walk(message[:len(message)-len(rest)], 2)
		if err != nil {
			return 0, err
		}
		elements += n
		message = rest
	}
	return elements + 1, nil
}

// walk counts what is in ber, which lies on this level.
func walk(ber []byte, level int) (elements int, err error) {
	if level > maxDepth && len(ber) > 0 {
		return 0, errLimit
	}
	for len(ber) > 0 {
		id, content, rest, ok := element(ber)
		if !ok {
			return 0, errFrame
		}
		if id&0x20 != 0 {
			n, err := walk(content, level+1)
			if err != nil {
				return 0, err
			}
			elements += n
		}
		elements++
		ber = rest
	}
	return elements, nil
}

// element cuts the first off: an identifier of one octet, for RFC 4511 knows no other, and a definite length.
func element(ber []byte) (id byte, content, rest []byte, ok bool) {
	if len(ber) < 2 || ber[0]&0x1f == 0x1f {
		return 0, nil, nil, false
	}
	id, length, ber := ber[0], int(ber[1]), ber[2:]
	if length > 0x7f {
		octets := length & 0x7f
		if octets == 0 || octets > 4 || octets > len(ber) {
			return 0, nil, nil, false
		}
		length = 0
		for _, b := range ber[:octets] {
			length = length<<8 | int(b)
		}
		ber = ber[octets:]
	}
	if length > len(ber) {
		return 0, nil, nil, false
	}
	return id, ber[:length], ber[length:], true
}
