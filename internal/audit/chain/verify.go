package chain

import (
	"crypto/ed25519"
	"fmt"
	"io"
	"slices"
)

// Known is a row that somebody has noted elsewhere: a log that was written anew as a whole, signatures and all, does not have it.
type Known struct {
	Sequence uint64
	Hash     Hash
}

// Trust is whom to believe.
type Trust struct {
	Keys  []ed25519.PublicKey // none: the keys that the file names, which proves that it is whole and not whose it is
	Known *Known
}

// verifier goes through a file.
type verifier struct {
	from     *reader
	trust    Trust
	keys     map[string]ed25519.PublicKey
	report   Report
	start    Hash
	expected uint64
	last     place
	missing  []Finding
	extra    []Finding // rows that stand where another should, or where none should
	held     *item     // the second of two that were swapped
	number   uint64    // of the last checkpoint
	loose    bool      // a line that may have been a checkpoint could not be read
	shown    uint64    // rows that stand in the file, as they were or not
	met      bool      // the row that was noted
	ended    bool
}

// place is the row before the next one.
type place struct {
	line     int
	sequence uint64
	hash     Hash
	known    bool // hash is known
	sound    bool // and nothing has been said against that row
}

// Verify reads a file that Writer wrote, and names all that is not as it was. The error is of reading alone.
func Verify(r io.Reader, trust Trust) (Report, error) {
	v := &verifier{from: newReader(r), trust: trust, keys: map[string]ed25519.PublicKey{}}
	for _, k := range trust.Keys {
		v.keys[KeyID(k)] = k
	}
	v.report.OwnKey = len(trust.Keys) == 0
	v.begin()
	for {
		i, more := v.from.next()
		if !more {
			break
		}
		v.step(i)
	}
	v.finish()
	v.report.Lines = v.from.lines
	v.report.sort()
	return v.report, v.from.err
}

// begin reads the head.
func (v *verifier) begin() {
	i, more := v.from.next()
	if !more {
		return
	}
	keys, err := i.head.keys()
	if i.kind != isHead || i.fault != nil || err != nil {
		why := "the first line must be the head of a log"
		if i.kind == isHead {
			why = "the head is not as it was written"
		}
		v.report.find(Finding{Line: i.line, What: Altered, Why: why})
	}
	if v.report.OwnKey {
		v.keys = keys
	}
	start, err := parseHash(i.head.Start)
	v.start, v.expected = start, i.head.After+1
	v.last = place{line: i.line, sequence: i.head.After, hash: start, known: i.kind == isHead && err == nil, sound: i.fault == nil}
	if i.kind == isHead {
		v.report.After = i.head.After
		return
	}
	if next, has := v.from.peek(); has {
		v.expected, _ = next.first()
	}
	v.report.After = v.expected - 1
	if i.kind != isUnreadable {
		v.step(i)
	}
}

func (v *verifier) step(i item) {
	if v.ended {
		v.report.find(Finding{Line: i.line, What: Inserted, Why: "nothing stands after the end"})
		return
	}
	switch i.kind {
	case isEntry:
		v.shown++
		v.entry(i)
	case isOmitted:
		v.omitted(i)
	case isCheckpoint:
		v.checkpoint(i)
	case isEnd:
		v.end(i)
	case isHead:
		v.report.find(Finding{Line: i.line, What: Inserted, Why: "a second head"})
	case isUnreadable:
		v.unreadable(i)
	}
}

// unreadable stands for the row that is expected, where the next one is the one after that.
func (v *verifier) unreadable(i item) {
	f := Finding{Line: i.line, What: Unreadable, Why: trimmed(i.fault)}
	if next, has := v.from.peek(); has {
		if first, _ := next.first(); first == v.expected+1 {
			f.Sequence = v.expected
			v.shown++
			v.skip(i.line)
		} else {
			v.loose = true
		}
	}
	v.report.find(f)
}

// skip goes past a row whose hash nobody knows.
func (v *verifier) skip(line int) {
	v.last = place{line: line, sequence: v.expected}
	v.expected++
}

func (v *verifier) finish() {
	if !v.ended {
		why := fmt.Sprintf("the file ends after sequence %d, without the signed end", v.last.sequence)
		v.report.find(Finding{Line: v.from.lines + 1, Sequence: v.last.sequence, What: Truncated, Why: why})
	}
	v.report.To, v.report.Last = v.last.sequence, v.last.hash
	for _, e := range v.extra {
		if at := slices.IndexFunc(v.missing, func(m Finding) bool { return m.Sequence <= e.Sequence && e.Sequence <= max(m.To, m.Sequence) }); at >= 0 {
			e.What, e.Why = Moved, fmt.Sprintf("the row stands out of its place, which is before line %d", v.missing[at].Line)
			v.missing = slices.Replace(v.missing, at, at+1, without(v.missing[at], e.Sequence)...)
		}
		v.report.find(e)
	}
	for _, m := range v.missing {
		v.report.find(m)
	}
	if k := v.trust.Known; k != nil && !v.met {
		v.report.find(Finding{Line: v.from.lines, Sequence: k.Sequence, What: Missing, Why: "the row that was noted elsewhere is not in the file"})
	}
}

// without is what is left missing when one row has been found elsewhere.
func without(m Finding, sequence uint64) []Finding {
	var rest []Finding
	to := max(m.To, m.Sequence)
	if m.Sequence < sequence {
		before := m
		before.To = sequence - 1
		rest = append(rest, before)
	}
	if sequence < to {
		after := m
		after.Sequence, after.To = sequence+1, to
		rest = append(rest, after)
	}
	return rest
}

// lack notes rows that are not where they should be. A file may be made to lack a million, one by one.
func (v *verifier) lack(line int, from, to uint64) {
	if len(v.missing) == maxFindings {
		v.report.More++
		return
	}
	v.missing = append(v.missing, Finding{Line: line, Sequence: from, To: to, What: Missing, Why: "not in the file, or not in its place"})
}

func (v *verifier) surplus(i item, why string) {
	if len(v.extra) == maxFindings {
		v.report.More++
		return
	}
	first, _ := i.first()
	v.extra = append(v.extra, Finding{Line: i.line, Sequence: first, What: Inserted, Why: why})
}
