package chain

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"time"
)

// checkpoint holds the rows before it against what was signed.
func (v *verifier) checkpoint(i item) {
	c := i.checkpoint
	if i.fault != nil {
		v.report.find(Finding{Line: i.line, Sequence: c.Sequence, What: Altered, Why: "the checkpoint: " + trimmed(i.fault)})
		v.loose = true
		return
	}
	if !v.signed(i.line, c.Sequence, c.Key, c.bytes(), c.Signature) {
		v.loose = true
		return
	}
	v.report.Checkpoints++
	switch {
	case v.number == 0 || v.loose || c.Number == v.number+1:
	case c.Number > v.number:
		v.report.find(Finding{Line: i.line, What: Missing, Why: fmt.Sprintf("checkpoints %d to %d are not in the file", v.number+1, c.Number-1)})
	default:
		v.report.find(Finding{Line: i.line, Sequence: c.Sequence, What: Moved, Why: fmt.Sprintf("checkpoint %d stands after checkpoint %d", c.Number, v.number)})
	}
	v.number, v.loose = max(v.number, c.Number), false
	v.witness(i.line, c.Sequence, c.Hash, "on "+c.At.Format(time.DateOnly))
}

// witness holds the last row against a signed word about it.
func (v *verifier) witness(line int, sequence uint64, hash Hash, when string) {
	switch {
	case sequence == v.last.sequence:
		if v.last.known && v.last.sound && v.last.hash != hash {
			v.report.find(Finding{Line: line, Sequence: sequence, What: Rewritten, Why: "the rows up to here are not those that were signed " + when})
			v.last.sound = false // said once
		}
		return
	case sequence >= v.expected:
		v.lack(line, v.expected, sequence)
	default:
		v.report.find(Finding{Line: line, Sequence: sequence, What: Moved, Why: fmt.Sprintf("what was signed %s stands after sequence %d", when, v.last.sequence)})
		return
	}
	v.last = place{line: line, sequence: sequence, hash: hash, known: true, sound: true}
	v.expected = sequence + 1
}

// end holds the file against what was signed when it was made.
func (v *verifier) end(i item) {
	v.ended = true
	e := i.end
	if i.fault != nil {
		v.report.find(Finding{Line: i.line, What: Altered, Why: "the end: " + trimmed(i.fault)})
		return
	}
	if !v.signed(i.line, e.To, e.Key, e.bytes(), e.Signature) {
		return
	}
	v.report.SignedAt = e.At
	if e.After != v.report.After || e.Start != v.start {
		what := Finding{Line: 1, What: Altered, Why: "the head is not the one that the file was signed with"}
		if e.After < v.report.After {
			what = Finding{Line: 1, Sequence: e.After + 1, To: v.report.After, What: Missing, Why: "rows have been taken off the beginning"}
		}
		v.report.find(what)
	}
	if e.Checkpoint > v.number && !v.loose {
		v.report.find(Finding{Line: i.line, What: Missing, Why: fmt.Sprintf("checkpoints up to %d are not in the file", e.Checkpoint)})
	}
	v.witness(i.line, e.To, e.Last, "when the file was made")
	if !v.report.Whole() || len(v.missing)+len(v.extra) > 0 {
		return
	}
	switch {
	case e.Entries != v.shown:
		v.report.find(Finding{Line: i.line, What: Altered, Why: fmt.Sprintf("the file was made with %d rows shown and has %d", e.Entries, v.shown)})
	case e.Erased != v.report.Erased:
		v.report.find(Finding{Line: i.line, What: Altered, Why: fmt.Sprintf("%d details were erased when the file was made, and %d are not in it", e.Erased, v.report.Erased)})
	case e.Digest != i.digest:
		v.report.find(Finding{Line: i.line, What: Altered, Why: "the file is not, byte for byte, as it was made"})
	}
}

// signed says whether a key that is believed has signed it.
func (v *verifier) signed(line int, sequence uint64, key string, text, signature []byte) bool {
	public, known := v.keys[key]
	switch {
	case !known:
		v.report.find(Finding{Line: line, Sequence: sequence, What: Forged, Why: "signed by a key that is not to be believed here"})
	case !ed25519.Verify(public, text, signature):
		v.report.find(Finding{Line: line, Sequence: sequence, What: Forged, Why: "the signature is not by the key that it names"})
	default:
		if !slices.Contains(v.report.Keys, key) {
			v.report.Keys = append(v.report.Keys, key)
		}
		return true
	}
	return false
}
