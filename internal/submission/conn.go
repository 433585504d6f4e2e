package submission

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

const (
	dialTimeout = 15 * time.Second
	// stall is how long one block of the message may take to leave (RFC 5321 section 4.5.3.2.5: three minutes).
	stall = 3 * time.Minute
	// commandTimeout and dotTimeout are RFC 5321 section 4.5.3.2: five minutes for a command, ten for the answer to the dot.
	commandTimeout = 5 * time.Minute
	dotTimeout     = 10 * time.Minute
	// wholeTimeout is for all of it: 150 MB at 1 Mbit/s, and an answer.
	wholeTimeout = 40 * time.Minute
	// quitTimeout is for the farewell, which changes nothing any more.
	quitTimeout = 5 * time.Second
	// maxAnswers bounds what the server may say in one connection; with 1000 recipients it says under 200 KB.
	maxAnswers = 1 << 20
	// helloName is what EHLO says. A name of ours would stand in the trace of every mail, and say where in the house it came
	// from; the server knows us by the token.
	helloName = "localhost"
)

var errTalkative = errors.New("submission: the server says too much")

// line is the connection: every write has stall to be done, and what the server may say has an end. The client library sets
// deadlines around commands only, and reads replies of any number of lines.
type line struct {
	net.Conn
	left int64
}

func (l *line) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTalkative
	}
	n, err := l.Conn.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

func (l *line) Write(p []byte) (int, error) {
	if err := l.SetWriteDeadline(time.Now().Add(stall)); err != nil {
		return 0, err
	}
	return l.Conn.Write(p)
}

// dial connects, and breaks the connection when the context ends. The returned function ends that watch.
func dial(ctx context.Context, address string) (net.Conn, func(), error) {
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return &line{Conn: conn, left: maxAnswers}, func() { stop(); _ = conn.Close() }, nil
}

// networkReason puts an error of the network into words of ours: its own hold addresses.
func networkReason(err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "nobody that we trust vouches for the server's certificate"
	}
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled by the caller"
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, errTalkative):
		return "the answers do not end"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return "no connection"
	}
	return "the connection broke, or what came is not SMTP"
}
