package crl

import (
	"time"

	"aau.dk/sendsikker/internal/trust"
	"aau.dk/sendsikker/internal/trust/crl/point"
)

// tally gathers what the lists of one certificate say of it. One complete list is enough in nearly every case. Lists for
// some reasons only are added up until every reason is covered (RFC 5280 section 6.3.2, reasons_mask).
type tally struct {
	subject subject
	now     time.Time
	current []finding
	late    []finding // of lists that have gone out of date
}

// finding is what one list says.
type finding struct {
	reasons point.Reasons
	revoked bool
	answer  trust.Revocation // without its status
}

// add asks a complete list that lay at the address, sharpened by the delta lists that belong to it, the oldest first.
func (t *tally) add(list *List, deltas []*List, address string) error {
	reasons := t.subject.covered(list, address)
	if reasons == 0 {
		return errScope
	}
	found := finding{reasons: reasons, answer: trust.Revocation{Source: "crl", ThisUpdate: list.thisUpdate, NextUpdate: list.nextUpdate}}
	number := list.number
	found.answer.RevokedAt, found.revoked = list.entries.find(t.subject.issuer, t.subject.serial)
	for _, delta := range deltas {
		if !delta.addsTo(list) {
			continue
		}
		since, revoked := delta.entries.find(t.subject.issuer, t.subject.serial)
		switch {
		case revoked:
			found.answer.RevokedAt, found.revoked = since, true
		case !delta.current(t.now):
			// What is out of date may add and never take off: see answer.
			continue
		case delta.entries.removes(t.subject.issuer, t.subject.serial):
			found.answer.RevokedAt, found.revoked = time.Time{}, false
		}
		// RFC 5280 section 5.2.4: together they are the complete list of the delta's number.
		number, found.answer.ThisUpdate = delta.number, delta.thisUpdate
		if delta.nextUpdate.Before(found.answer.NextUpdate) {
			found.answer.NextUpdate = delta.nextUpdate
		}
	}
	if number != nil {
		found.answer.Number = number.String()
	}
	if list.current(t.now) {
		t.current = append(t.current, found)
	} else {
		t.late = append(t.late, found)
	}
	return nil
}

// settled is whether no other list could change the answer.
func (t *tally) settled() bool {
	_, revoked := revokedIn(t.current)
	return revoked || covered(t.current) == point.All
}

// answer says what all of it comes to, and cause why it is unknown if it is.
//
// A list that is out of date proves nothing good, but revoked stays revoked: no authority takes a revocation back except one
// for certificateHold (RFC 5280 section 5.3.1), and that it has taken it back could only be learnt from the list that is
// missing. Not to send to somebody whose certificate was let go again is a delay; to send to a thief is not.
func (t *tally) answer(cause error) trust.Revocation {
	if found, revoked := revokedIn(t.current); revoked {
		found.Status = trust.StatusRevoked
		return found
	}
	if covered(t.current) == point.All {
		good := soonest(t.current)
		good.Status = trust.StatusGood
		return good
	}
	if found, revoked := revokedIn(t.late); revoked {
		found.Status = trust.StatusRevoked
		return found
	}
	unknown := trust.Revocation{Status: trust.StatusUnknown, Cause: cause}
	switch at, lapsed := t.lapsed(); {
	case lapsed:
		unknown.LapsedAt = at
	case len(t.current) > 0:
		unknown.Cause = errReasons
	}
	return unknown
}

// lapsed is when the newest good answer ended: of the best mirror, or else of the first of those lists that together were one.
func (t *tally) lapsed() (at time.Time, known bool) {
	for _, found := range t.late {
		if found.reasons == point.All && found.answer.NextUpdate.After(at) {
			at = found.answer.NextUpdate
		}
	}
	if at.IsZero() && len(t.late) > 0 && covered(t.current)|covered(t.late) == point.All {
		at = soonest(t.late).NextUpdate
	}
	return at, !at.IsZero()
}

func covered(findings []finding) point.Reasons {
	var reasons point.Reasons
	for _, found := range findings {
		reasons |= found.reasons
	}
	return reasons
}

func revokedIn(findings []finding) (trust.Revocation, bool) {
	for _, found := range findings {
		if found.revoked {
			return found.answer, true
		}
	}
	return trust.Revocation{}, false
}

// soonest is the answer that goes out of date first: with it goes the whole.
func soonest(findings []finding) trust.Revocation {
	first := findings[0].answer
	for _, found := range findings[1:] {
		if found.answer.NextUpdate.Before(first.NextUpdate) {
			first = found.answer
		}
	}
	return first
}
