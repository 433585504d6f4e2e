package ocsp

import (
	"crypto/x509"
	"errors"
	"time"

	"aau.dk/sendsikker/internal/trust"
)

const (
	// refreshAfter is how old a held answer may be before it is asked for anew, so that a revocation is known within the hour
	// though the old answer has days left. It goes on being used while the question is under way.
	refreshAfter = time.Hour
	// failureRest is how long nobody asks again after a failure: long enough to leave a struggling responder alone, short
	// enough that "try again shortly" is honest. The same goes for a responder that does not know the certificate (yet).
	failureRest = time.Minute
	// maxHeld bounds what is held; an entry has some 600 bytes. A university writes to some thousands in a month.
	maxHeld = 4096
)

var errOlder = errors.New("the answer is older than the one held")

// entry is what is held of a question. Its fields are guarded by Source.mu.
type entry struct {
	issuer   string // subject of the authority
	answered bool   // answer is one
	answer   Answer
	asked    time.Time     // when it came
	newest   time.Time     // thisUpdate of the newest answer that was good or revoked
	err      error         // of the last question
	failed   time.Time     // when that was
	running  chan struct{} // closed when the question under way ends; nil when there is none
	used     time.Time
}

// isFinal: only certificateHold can be taken back (RFC 5280 section 5.3.1). Whatever a responder says later, and however
// silent it becomes, the certificate is revoked.
func (a Answer) isFinal() bool { return a.Status == trust.StatusRevoked && !a.OnHold }

// isDue is whether a question should be put now. What is from the future was done by a clock that has been set back since, and
// is not waited for.
func (e *entry) isDue(now time.Time) bool {
	age, rested := now.Sub(e.asked), now.Sub(e.failed)
	switch {
	case e.running != nil, e.answer.isFinal(), e.err != nil && rested >= 0 && rested < failureRest:
		return false
	case !e.answered, !now.Before(e.answer.Until), age < 0:
		return true
	case e.answer.Status == trust.StatusUnknown:
		return age >= failureRest
	}
	return age >= refreshAfter
}

// take keeps an answer, or notes that there was none.
func (e *entry) take(answer Answer, err error, now time.Time) {
	unknown := answer.Status == trust.StatusUnknown
	switch {
	case err != nil:
	case answer.ThisUpdate.Before(e.newest) && !answer.isFinal():
		err = errOlder // somebody plays an answer again, from before a revocation and still in its time
	case unknown && e.answered && e.answer.Status == trust.StatusRevoked:
		err = errUnknown // "on hold" ends with "good", not with a responder that forgot
	}
	if e.err = err; err != nil {
		e.failed = now
		return
	}
	if !unknown {
		e.newest = answer.ThisUpdate
	}
	answer.Responder = nil // it has been judged, and thousands of them would be heavy
	e.answered, e.answer, e.asked = true, answer, now
}

// say is what the entry amounts to at now.
func (e *entry) say(now time.Time) trust.Revocation {
	if !e.answered {
		return trust.Revocation{Status: trust.StatusUnknown, Cause: errors.Join(errNone, e.err)}
	}
	said := trust.Revocation{
		Status: e.answer.Status, Source: "ocsp", RevokedAt: e.answer.RevokedAt,
		ThisUpdate: e.answer.ThisUpdate, NextUpdate: e.answer.NextUpdate,
	}
	if said.Status == trust.StatusUnknown {
		said.Cause = errors.Join(errUnknown, e.err)
	}
	if said.Status == trust.StatusGood && !now.Before(e.answer.Until) {
		said.Status, said.LapsedAt, said.Cause = trust.StatusUnknown, e.answer.Until, errors.Join(errNone, e.err)
	}
	return said // "on hold" outlives its time: it ends when a newer answer says so
}

// entryOf wants the lock held. It is nil where there is no room: all that is held is being asked about at this moment.
func (s *Source) entryOf(about question, issuer *x509.Certificate, now time.Time) *entry {
	held := s.held[about]
	if held == nil {
		if !s.makeRoom() {
			return nil
		}
		held = &entry{issuer: string(issuer.RawSubject)}
		s.held[about] = held
	}
	held.used = now
	return held
}

// makeRoom wants the lock held. It drops the entry that nobody has used for longest; known revocations last of all.
func (s *Source) makeRoom() bool {
	if len(s.held) < maxHeld {
		return true
	}
	var oldest question
	var worst *entry
	for about, held := range s.held {
		if held.running != nil {
			continue
		}
		final, worstIsFinal := held.answer.isFinal(), worst != nil && worst.answer.isFinal()
		if worst == nil || worstIsFinal && !final || worstIsFinal == final && held.used.Before(worst.used) {
			oldest, worst = about, held
		}
	}
	delete(s.held, oldest)
	return worst != nil
}
