package chain

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// maxFindings are told; more are counted.
const maxFindings = 1000

// What is what is wrong with a file.
type What string

const (
	Unreadable What = "unreadable" // the line cannot be read, or not all of it
	Altered    What = "altered"    // the row, checkpoint or head is not what it was
	Missing    What = "missing"
	Moved      What = "moved" // the row is out of its place
	Inserted   What = "inserted"
	Forged     What = "forged"    // the signature is not by the key
	Rewritten  What = "rewritten" // the rows fit each other and not what was signed
	Truncated  What = "truncated"
)

// Finding is one thing that is wrong.
type Finding struct {
	Line     int    // of the file, from 1; of what is missing, the line after it
	Sequence uint64 // of the row; 0 where it is about none, or cannot be said
	To       uint64 // the last of several rows; 0 where it is one
	What     What
	Why      string
}

func (f Finding) String() string {
	text := fmt.Sprintf("line %d", f.Line)
	switch {
	case f.To > f.Sequence:
		text += fmt.Sprintf(", sequence %d to %d", f.Sequence, f.To)
	case f.Sequence > 0:
		text += fmt.Sprintf(", sequence %d", f.Sequence)
	}
	return text + ": " + string(f.What) + ": " + f.Why
}

// Report is what there is to say of a file.
type Report struct {
	Lines       int
	Entries     uint64 // rows that are shown and as they were
	Erased      uint64 // of these, rows whose detail has been erased after its time
	Omitted     uint64 // rows that stand there as hashes
	After, To   uint64 // the file holds the rows after the first, up to the second
	Last        Hash   // of the last row
	Checkpoints uint64
	SignedAt    time.Time // when the file was made, if its end is signed
	Keys        []string  // by which something was signed
	OwnKey      bool      // nobody said which key to believe: the file's own was
	Findings    []Finding // by line
	More        int       // findings that are not told
}

// Whole says that nothing is wrong.
func (r *Report) Whole() bool { return len(r.Findings) == 0 && r.More == 0 }

func (r *Report) find(f Finding) {
	if len(r.Findings) == maxFindings {
		r.More++
		return
	}
	r.Findings = append(r.Findings, f)
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Sequence, b.Sequence))
	})
}
