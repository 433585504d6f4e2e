package chain

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

const (
	// maxLine holds a mail to ten thousand recipients, of whom each takes some 250 bytes.
	maxLine = 4 << 20
	// maxAhead lines are looked at to find the next row: more than that between two rows are no file of ours.
	maxAhead = 64
)

type kind string

const (
	isHead       kind = "log"
	isEntry      kind = "entry"
	isOmitted    kind = "omitted"
	isCheckpoint kind = "checkpoint"
	isEnd        kind = "end"
	isUnreadable kind = ""
)

// item is a line as far as it can be read.
type item struct {
	line       int
	kind       kind
	fault      error // why it is not as it was written; of a row, also that its hash is another
	row        Row
	link       Link
	head       headLine
	from       uint64 // of what is omitted
	lines      []Hash
	checkpoint Checkpoint
	end        End
	digest     Hash // of the file before it, where it is the end
}

// first is the sequence of the row, or of the first that is omitted; the end stands where one more row would.
func (i item) first() (uint64, bool) {
	switch i.kind {
	case isEntry:
		return i.link.Sequence, true
	case isOmitted:
		return i.from, true
	case isEnd:
		return i.end.To + 1, true
	case isHead, isCheckpoint, isUnreadable:
	}
	return 0, false
}

// reader reads lines and looks ahead.
type reader struct {
	from   *bufio.Reader
	digest hash.Hash
	lines  int
	ahead  []item
	done   bool
	err    error
}

func newReader(r io.Reader) *reader {
	return &reader{from: bufio.NewReaderSize(r, 64<<10), digest: sha256.New()}
}

// next gives the next line; false is the end of the file.
func (r *reader) next() (item, bool) {
	if len(r.ahead) == 0 && !r.fill() {
		return item{}, false
	}
	i := r.ahead[0]
	r.ahead = r.ahead[1:]
	return i, true
}

// peek gives the next line that has a sequence, without taking it.
func (r *reader) peek() (item, bool) {
	for n := range maxAhead {
		if n == len(r.ahead) && !r.fill() {
			break
		}
		if _, has := r.ahead[n].first(); has {
			return r.ahead[n], true
		}
	}
	return item{}, false
}

func (r *reader) fill() bool {
	if r.done {
		return false
	}
	before := r.digestNow()
	text, err := r.readLine()
	if err != nil && !errors.Is(err, errLong) {
		r.done = true
		if !errors.Is(err, io.EOF) {
			r.err = err
		}
		if text == nil {
			return false
		}
	}
	r.lines++
	i := parse(text)
	if err != nil {
		i = item{fault: errors.New("it ends in the middle")}
		if errors.Is(err, errLong) {
			i.fault = fmt.Errorf("it is longer than the %d bytes that a line may have", maxLine)
		}
	}
	i.line = r.lines
	if i.kind == isEnd {
		i.digest = before
	}
	r.ahead = append(r.ahead, i)
	return true
}

func (r *reader) digestNow() (h Hash) {
	r.digest.Sum(h[:0])
	return h
}

var errLong = errors.New("the line is too long")

// readLine gives a line without its line feed; a last one without a line feed comes with io.EOF. Of one that is too long nothing is
// kept.
func (r *reader) readLine() ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := r.from.ReadSlice('\n')
		r.digest.Write(part)
		if long = long || len(line)+len(part) > maxLine; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && len(line) == 0 && !long:
			return nil, err
		case err != nil:
			return append([]byte{}, line...), err
		case long:
			return nil, errLong
		}
		return line[:len(line)-1], nil
	}
}

// parse reads a line of any kind. What is not spelt as it was written still says what it can, so that it can be named.
func parse(text []byte) item {
	var what struct {
		Type kind `json:"type"`
	}
	if err := json.Unmarshal(text, &what); err != nil {
		return item{fault: errors.New("it is not JSON")}
	}
	i := item{kind: what.Type}
	switch what.Type {
	case isHead:
		i.head, i.fault = decode[headLine](text)
		if i.fault == nil && i.head.Format != format {
			i.fault = fmt.Errorf("its format is not %q", format)
		}
	case isEntry:
		line, err := decode[entryLine](text)
		row, link, err2 := line.parse()
		i.row, i.link, i.fault = row, link, errors.Join(err, err2)
		if i.fault == nil {
			i.fault = sound(row, link)
		}
	case isOmitted:
		line, err := decode[omittedLine](text)
		i.from, i.fault = line.From, err
		if len(line.Lines) == 0 || len(line.Lines) > maxOmitted || line.From > line.From+maxOmitted {
			return item{fault: fmt.Errorf("it omits none, or more than %d rows", maxOmitted)}
		}
		for _, text := range line.Lines {
			h, err := parseHash(text)
			i.fault = errors.Join(i.fault, err)
			i.lines = append(i.lines, h)
		}
	case isCheckpoint:
		line, err := decode[checkpointLine](text)
		checkpoint, err2 := line.parse()
		i.checkpoint, i.fault = checkpoint, errors.Join(err, err2)
	case isEnd:
		line, err := decode[endLine](text)
		end, err2 := line.parse()
		i.end, i.fault = end, errors.Join(err, err2)
	default:
		return item{fault: errors.New("it is of no kind that there is")}
	}
	return i
}

// sound says whether the row is what its own hash says.
func sound(r Row, l Link) error {
	if r.Salt != nil && Commit(r.Salt, r.Detail) != r.Commitment {
		return errors.New("its detail is not what was kept")
	}
	if Follow(l.Previous, l.Sequence, r.Line()) != l.Hash {
		return errors.New("its hash is another")
	}
	return nil
}

// Sound says whether a row and its place are what their hash says.
func Sound(r Row, l Link) bool { return sound(r, l) == nil }

// trimmed is an error's text on one line.
func trimmed(err error) string {
	if err == nil {
		return ""
	}
	text := bytes.ReplaceAll([]byte(err.Error()), []byte("\n"), []byte("; "))
	return string(text[:min(len(text), 200)])
}
