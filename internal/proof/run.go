package proof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"aau.dk/sendsikker/internal/fault"
)

// arrivalTimeout is how long a mail to the own mailbox may take; Exchange needs seconds, and a minute when it is busy.
const arrivalTimeout = 10 * time.Minute

// Post is the way that is to be proved, and the eyes in the mailbox.
type Post interface {
	// Send sends the message from the mailbox to the mailbox itself, by the way that large mail is to go.
	Send(ctx context.Context, mailbox string, mime io.Reader, size int64) error
	AwaitInbox(ctx context.Context, mailbox, messageID string) (id string, err error)
	FetchMIME(ctx context.Context, mailbox, id string) (io.ReadCloser, error)
}

// Sample is a sealed message from the mailbox to itself.
type Sample struct {
	Mailbox   string
	MessageID string // "<…>", as in its header, and used once: another mail with it would be taken for this one
	MIME      io.ReaderAt
	Size      int64
}

// Run sends the sample, waits for it and compares. It does not fail: what goes wrong is a line that says so, and lines that
// could not be come to are missing, so a report is good only where Proved says it. The mail stays in the mailbox, where
// the administrator may open it as well.
func Run(ctx context.Context, post Post, s Sample, now func() time.Time) Report {
	var r Report
	sent, err := measure(io.NewSectionReader(s.MIME, 0, s.Size))
	if err == nil && !sent.isSealed() {
		err = errors.New("it is not sealed")
	}
	if err != nil {
		r.add(lineMade, false, asCause(err), sayFixReport)
		return r
	}
	r.add(lineMade, true, fault.Sentence{
		DA: fmt.Sprintf("%d byte, heraf %d byte CMS; %s", s.Size, sent.length, sent.contentType()),
		EN: fmt.Sprintf("%d bytes, %d of them CMS; %s", s.Size, sent.length, sent.contentType()),
	}, sayNothing)

	start := now()
	err = post.Send(ctx, s.Mailbox, io.NewSectionReader(s.MIME, 0, s.Size), s.Size)
	if err != nil {
		r.add(lineSent, false, fault.From(err).Say, fixFor(err))
		if fault.KindOf(err) != fault.Unclear {
			return r
		}
		// It may have been sent all the same, and what arrives tells something. A proof it is not.
	} else {
		r.add(lineSent, true, took(now().Sub(start)), sayNothing)
	}

	start = now()
	waiting, cancel := context.WithTimeout(ctx, arrivalTimeout)
	defer cancel()
	id, err := post.AwaitInbox(waiting, s.Mailbox, s.MessageID)
	if err != nil {
		r.add(lineArrived, false, fault.From(err).Say, sayFixArrival)
		return r
	}
	r.add(lineArrived, true, took(now().Sub(start)), sayNothing)

	got, err := fetch(ctx, post, s.Mailbox, id)
	if err != nil {
		r.add(lineFetched, false, asCause(err), sayFixFetch)
		return r
	}
	r.add(lineFetched, true, fault.Sentence{DA: got.contentType(), EN: got.contentType()}, sayNothing)
	r.compare(sent, got)
	return r
}

func fetch(ctx context.Context, post Post, mailbox, id string) (measured, error) {
	mime, err := post.FetchMIME(ctx, mailbox, id)
	if err != nil {
		return measured{}, err
	}
	got, err := measure(mime)
	return got, errors.Join(err, mime.Close())
}

// compare is the proof. Length and digest are told apart for the one who looks for the cause: a mail of another length was
// packed anew or cut off, one of the same length was changed in place.
func (r *Report) compare(sent, got measured) {
	differ := func(a, b string) fault.Sentence {
		if a == b {
			return fault.Sentence{DA: a, EN: a}
		}
		return fault.Sentence{DA: "sendt: " + a + "; modtaget: " + b, EN: "sent: " + a + "; received: " + b}
	}
	r.verdict(lineType, sent.media == got.media && sent.smimeType == got.smimeType, differ(sent.contentType(), got.contentType()), sayFixType)
	if !got.isSealed() {
		no := fault.Sentence{DA: "kan ikke sammenlignes: mailen er ikke længere ét krypteret indhold", EN: "cannot be compared: the mail is no longer one sealed content"}
		r.add(lineLength, false, no, sayFixType)
		r.add(lineDigest, false, no, sayFixType)
		return
	}
	r.verdict(lineLength, sent.length == got.length, differ(fmt.Sprint(sent.length), fmt.Sprint(got.length)), sayFixBytes)
	r.verdict(lineDigest, sent.digest == got.digest, differ(sent.digest, got.digest), sayFixBytes)
}

func took(d time.Duration) fault.Sentence {
	s := d.Seconds()
	return fault.Sentence{DA: strings.ReplaceAll(fmt.Sprintf("efter %.1f sekunder", s), ".", ","), EN: fmt.Sprintf("after %.1f seconds", s)}
}

// asCause is the sentence of a fault, or the words of an error of ours, which quotes nothing.
func asCause(err error) fault.Sentence {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f.Say
	}
	return fault.Sentence{DA: "mailen kan ikke læses: " + err.Error(), EN: "the mail cannot be read: " + err.Error()}
}
