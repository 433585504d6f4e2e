package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// State is how a thing is.
type State string

const (
	OK   State = "ok"
	Warn State = "warning" // it works, and somebody should look at it
	Fail State = "fault"
)

// Line is what was found about one thing.
type Line struct {
	Area  string `json:"area"`
	State State  `json:"state"`
	Say   string `json:"say"`
	Fix   string `json:"fix,omitempty"`
}

// Report collects lines. The zero value is ready; it is for one goroutine.
type Report struct{ Lines []Line }

// OK says that something is as it should be.
func (r *Report) OK(area, say string, args ...any) { r.add(area, OK, "", say, args) }

// Warn says that somebody should look at something, and what to do.
func (r *Report) Warn(area, fix, say string, args ...any) { r.add(area, Warn, fix, say, args) }

// Fail says that something does not work, or is dangerous, and how it is mended.
func (r *Report) Fail(area, fix, say string, args ...any) { r.add(area, Fail, fix, say, args) }

// longest is what a line holds of what others have said: an answer of a server may be a book.
const longest = 600

func (r *Report) add(area string, state State, fix, say string, args []any) {
	r.Lines = append(r.Lines, Line{area, state, plain(fmt.Sprintf(say, args...)), plain(fix)})
}

// plain is one line that no terminal takes for a command.
func plain(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)), " ")
	if short := []rune(s); len(short) > longest {
		return string(short[:longest]) + "…"
	}
	return s
}

// Count is how many lines are in that state.
func (r *Report) Count(state State) (n int) {
	for _, l := range r.Lines {
		if l.State == state {
			n++
		}
	}
	return n
}

// Print writes the report for people.
func (r *Report) Print(w io.Writer) error {
	marks := map[State]string{OK: "✓", Warn: "!", Fail: "✗"}
	var b strings.Builder
	for _, l := range r.Lines {
		fmt.Fprintf(&b, "%s %s: %s\n", marks[l.State], l.Area, l.Say)
		if l.Fix != "" {
			fmt.Fprintf(&b, "    → %s\n", l.Fix)
		}
	}
	fmt.Fprintf(&b, "%d well, %d to look at, %d to mend.\n", r.Count(OK), r.Count(Warn), r.Count(Fail))
	_, err := io.WriteString(w, b.String())
	return err
}

// JSON writes the report for programs.
func (r *Report) JSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(struct {
		Well  int    `json:"well"`
		Look  int    `json:"to_look_at"`
		Mend  int    `json:"to_mend"`
		Lines []Line `json:"lines"`
	}{r.Count(OK), r.Count(Warn), r.Count(Fail), append([]Line{}, r.Lines...)})
}
