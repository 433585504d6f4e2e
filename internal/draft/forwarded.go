package draft

import (
	"bytes"
	"io"
)

// maxForwarded is how much of an attached message is held to see whether it can stand as it is: constant memory, and more
// than nearly all mails without attachments of their own.
const maxForwarded = 1 << 20

// message reads the start of an attached message and decides how it can travel byte for byte.
//
// RFC 2046 §5.2.1 forbids base64 for message/rfc822, and Thunderbird, Roundcube and Zimbra show such a part as empty. Our
// entities are 7-bit, so 8bit is no way out, and re-encoding what is inside would break its signatures. Therefore: what is
// already 7-bit with CRLF and legal lines stands as it is, a forwarded message that mail programs open in place; anything
// else, and anything larger than maxForwarded, goes as application/octet-stream in base64 with its .eml name, a file that
// opens with a double click. Either way the receiver gets every byte.
//
// head is what was read; if not asItIs, content holds the rest.
func message(content io.Reader) (head []byte, asItIs bool, err error) {
	head, err = io.ReadAll(io.LimitReader(content, maxForwarded+1))
	if err != nil {
		return nil, false, err
	}
	return head, len(head) <= maxForwarded && startsWithField(head) && sevenBit(head), nil
}

// sevenBit is RFC 2045 §2.7: ASCII without NUL, lines of at most 998 octets, CR and LF only together.
func sevenBit(b []byte) bool {
	for line := range bytes.SplitSeq(b, []byte("\r\n")) {
		if len(line) > 998 {
			return false
		}
		for _, c := range line {
			if c == 0 || c >= 0x80 || c == '\r' || c == '\n' {
				return false
			}
		}
	}
	return true
}

// startsWithField tells a message from something that only claims to be one.
func startsWithField(b []byte) bool {
	name, _, found := bytes.Cut(b[:min(len(b), lineLength)], []byte(":"))
	return found && fieldName(string(name))
}

// fieldName is RFC 5322 §2.2: visible ASCII without a colon.
func fieldName(s string) bool {
	for _, b := range []byte(s) {
		if b <= ' ' || b > '~' || b == ':' {
			return false
		}
	}
	return s != ""
}
