package chain

import "fmt"

// entry puts a row in its place, or says why it has none.
func (v *verifier) entry(i item) {
	sequence := i.link.Sequence
	if v.held != nil { // the first of two that were swapped, which stands second
		second := *v.held
		v.held = nil
		v.take(i)
		v.take(second)
		return
	}
	next, has := v.from.peek()
	following, _ := next.first()
	switch {
	case sequence == v.expected:
		v.take(i)
	case has && following == v.expected+1 && i.fault != nil:
		// Its number is what was altered, or that too.
		v.report.find(Finding{Line: i.line, Sequence: v.expected, What: Altered, Why: "where this row was stands another: " + trimmed(i.fault)})
		v.skip(i.line)
	case has && following == v.expected+1:
		v.surplus(i, "another row stood here")
		v.lack(i.line, v.expected, v.expected)
		v.skip(i.line)
	case has && following == v.expected && sequence == v.expected+1 && next.kind == isEntry:
		v.report.find(Finding{Line: i.line, Sequence: sequence, What: Moved, Why: fmt.Sprintf("swapped with sequence %d in line %d", following, next.line)})
		v.report.find(Finding{Line: next.line, Sequence: following, What: Moved, Why: fmt.Sprintf("swapped with sequence %d in line %d", sequence, i.line)})
		v.held = &i
	case has && following == v.expected && sequence == v.last.sequence && i.fault == nil && next.kind == isEntry &&
		next.link.Previous == i.link.Hash && v.last.hash != i.link.Hash:
		// Two rows with one number, and it is this one that the next follows: the other was put in.
		v.extra = append(v.extra, Finding{Line: v.last.line, Sequence: sequence, What: Inserted, Why: fmt.Sprintf("the row with this number stands in line %d", i.line)})
		v.last = place{line: i.line, sequence: sequence, hash: i.link.Hash, known: true, sound: true}
	case sequence > v.expected && (!has || following != v.expected):
		v.lack(i.line, v.expected, sequence-1)
		v.expected, v.last = sequence, place{}
		v.take(i)
	default:
		v.surplus(i, "no row with this number belongs here")
	}
}

// take is a row in its place: it must be what its hash says, and follow the one before.
func (v *verifier) take(i item) {
	switch {
	case i.fault != nil:
		v.report.find(Finding{Line: i.line, Sequence: i.link.Sequence, What: Altered, Why: trimmed(i.fault)})
	case v.last.known && v.last.sound && i.link.Previous != v.last.hash:
		// This row is sound, and another stood before it: that one was altered, and its hash made to fit.
		v.report.find(Finding{Line: v.last.line, Sequence: v.last.sequence, What: Altered, Why: fmt.Sprintf("line %d follows another row than this", i.line)})
	}
	if i.fault == nil {
		v.report.Entries++
		if i.row.Salt == nil {
			v.report.Erased++
		}
	}
	v.last = place{line: i.line, sequence: i.link.Sequence, hash: i.link.Hash, known: true, sound: i.fault == nil}
	v.expected = i.link.Sequence + 1
	v.noted()
}

// omitted goes through rows of which only the hashes are here.
func (v *verifier) omitted(i item) {
	if i.fault != nil {
		v.report.find(Finding{Line: i.line, Sequence: i.from, To: i.from + uint64(len(i.lines)) - 1, What: Altered, Why: trimmed(i.fault)})
	}
	if i.from < v.expected {
		v.surplus(i, "rows with these numbers do not belong here")
		return
	}
	if i.from > v.expected {
		v.lack(i.line, v.expected, i.from-1)
		v.last = place{}
	}
	sound := i.fault == nil && v.last.sound
	for n, line := range i.lines {
		sequence := i.from + uint64(n)
		v.last = place{line: i.line, sequence: sequence, hash: Follow(v.last.hash, sequence, line), known: v.last.known, sound: sound}
		v.noted()
	}
	v.report.Omitted += uint64(len(i.lines))
	v.expected = v.last.sequence + 1
}

// noted holds the row against the one that somebody noted elsewhere.
func (v *verifier) noted() {
	k := v.trust.Known
	if k == nil || k.Sequence != v.last.sequence || !v.last.known {
		return
	}
	v.met = true
	if k.Hash != v.last.hash {
		v.report.find(Finding{Line: v.last.line, Sequence: k.Sequence, What: Rewritten, Why: "the row that was noted elsewhere had another hash"})
	}
}
