package chain_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/audit/chain"
)

func TestAFileOfTenThousandLinesThatIsWholePasses(t *testing.T) {
	t.Parallel()
	rows, checkpoints := history(10_000)
	text := file(t, rows, checkpoints, 0, nil)
	begun := time.Now()
	report := verify(t, text)
	took := time.Since(begun)
	if !report.Whole() || report.Entries != 10_000 || report.Checkpoints != 10 || report.To != 10_000 || report.OwnKey || report.Erased == 0 {
		t.Errorf("%+v", report)
	}
	t.Logf("%d lines, %d bytes, verified in %v", report.Lines, len(text), took)
	for name, part := range map[string][]byte{
		"its second half":  file(t, rows, checkpoints, 5_000, nil),
		"one row in fifty": file(t, rows, checkpoints, 0, func(l link) bool { return l.Sequence%50 == 0 }),
		"a part of a part": file(t, rows, checkpoints, 777, func(l link) bool { return l.Action == "grant_put" }),
	} {
		if report := verify(t, part); !report.Whole() || report.Entries == 0 {
			t.Errorf("%s: %+v", name, report)
		}
	}
}

// entryAt is the index, in the lines of the file of a whole history, of a row.
func entryAt(sequence int) int { return sequence + (sequence-1)/daily }

// reseal alters a row and makes its hash fit, as one who knows how it is made would.
func reseal(t *testing.T, line []byte, rows []link) []byte {
	t.Helper()
	var fields struct {
		Sequence uint64 `json:"sequence"`
	}
	if err := json.Unmarshal(line, &fields); err != nil {
		t.Fatal(err)
	}
	l := rows[fields.Sequence-1]
	l.Row.ActorID = "somebody-else"
	hash := chain.Follow(l.Previous, l.Sequence, l.Row.Line())
	line = bytes.Replace(line, []byte(rows[fields.Sequence-1].ActorID), []byte("somebody-else"), 1)
	return bytes.Replace(line, []byte(l.Hash.String()+`"}`), []byte(hash.String()+`"}`), 1)
}

func TestEveryDamageIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	rows, checkpoints := history(10_000)
	whole := bytes.SplitAfter(file(t, rows, checkpoints, 0, nil), []byte("\n"))
	whole = whole[:len(whole)-1]
	if len(whole) != 10_012 { // with the head, ten checkpoints and the end
		t.Fatalf("%d lines", len(whole))
	}
	byteOf := func(line []byte, at int) []byte {
		line = bytes.Clone(line)
		line[at] ^= 0x01
		return line
	}
	const n = 5_400
	at := entryAt(n)
	for name, c := range map[string]struct {
		damage func(lines [][]byte) [][]byte
		want   []string // what each finding begins with
	}{
		"one altered byte in a detail": {
			func(l [][]byte) [][]byte {
				l[at+2] = byteOf(l[at+2], bytes.Index(l[at+2], []byte("partner")))
				return l
			},
			[]string{"line 5408, sequence 5402: altered: its detail is not what was kept"},
		},
		"one altered byte in a time": {
			func(l [][]byte) [][]byte { l[at] = byteOf(l[at], bytes.Index(l[at], []byte(`:00.000Z"`))-1); return l },
			[]string{"line 5406, sequence 5400: altered: its hash is another"},
		},
		"one altered byte in a hash": {
			func(l [][]byte) [][]byte { l[at] = byteOf(l[at], len(l[at])-5); return l },
			[]string{"line 5406, sequence 5400: altered"},
		},
		"one altered byte in the hash before": {
			func(l [][]byte) [][]byte {
				l[at] = byteOf(l[at], bytes.Index(l[at], []byte(`"previous":"`))+14)
				return l
			},
			[]string{"line 5406, sequence 5400: altered"},
		},
		"one altered byte in a number": {
			func(l [][]byte) [][]byte { l[at] = byteOf(l[at], bytes.Index(l[at], []byte(`5400`))); return l },
			[]string{"line 5406, sequence 5400: altered"},
		},
		"one altered byte in the JSON": {
			func(l [][]byte) [][]byte { l[at] = byteOf(l[at], 0); return l },
			[]string{"line 5406, sequence 5400: unreadable"},
		},
		"one byte more, where JSON lets it stand": {
			func(l [][]byte) [][]byte { l[at] = bytes.Replace(l[at], []byte(","), []byte(", "), 1); return l },
			[]string{"line 5406, sequence 5400: altered: it is not spelt as it was written"},
		},
		"a missing line": {
			func(l [][]byte) [][]byte { return slices.Delete(l, at, at+1) },
			[]string{"line 5406, sequence 5400: missing"},
		},
		"three missing lines": {
			func(l [][]byte) [][]byte { return slices.Delete(l, at, at+3) },
			[]string{"line 5406, sequence 5400 to 5402: missing"},
		},
		"two neighbours swapped": {
			func(l [][]byte) [][]byte { l[at], l[at+1] = l[at+1], l[at]; return l },
			[]string{"line 5406, sequence 5401: moved: swapped with sequence 5400", "line 5407, sequence 5400: moved: swapped with sequence 5401"},
		},
		"two far from each other swapped": {
			func(l [][]byte) [][]byte { l[at], l[entryAt(9_000)] = l[entryAt(9_000)], l[at]; return l },
			[]string{"line 5406, sequence 9000: moved", "line 9009, sequence 5400: moved"},
		},
		"a truncated end": {
			func(l [][]byte) [][]byte { return l[:at] },
			[]string{"line 5406, sequence 5399: truncated"},
		},
		"a truncated line": {
			func(l [][]byte) [][]byte { l[at] = l[at][:80]; return l[:at+1] },
			[]string{"line 5406: unreadable", "line 5407, sequence 5399: truncated"},
		},
		"the end taken off the rows and put back": {
			func(l [][]byte) [][]byte { return append(l[:len(l)-3], l[len(l)-1]) },
			[]string{"line 10010: missing: checkpoints", "line 10010, sequence 10000: missing"},
		},
		"the beginning taken off": {
			func(l [][]byte) [][]byte {
				l[0] = bytes.Replace(l[0], []byte(`"after":0,"start":"`+chain.Hash{}.String()), []byte(`"after":2,"start":"`+rows[1].Hash.String()), 1)
				return slices.Delete(l, 1, 3)
			},
			[]string{"line 1, sequence 1 to 2: missing"},
		},
		"an inserted line, a copy of another": {
			func(l [][]byte) [][]byte { return slices.Insert(l, at, l[entryAt(77)]) },
			[]string{"line 5406, sequence 77: inserted"},
		},
		"an inserted line, made to fit the one before": {
			func(l [][]byte) [][]byte { return slices.Insert(l, at, reseal(t, l[at], rows)) },
			[]string{"line 5406, sequence 5400: inserted"},
		},
		"a line altered, and its hash made to fit": {
			func(l [][]byte) [][]byte { l[at] = reseal(t, l[at], rows); return l },
			[]string{"line 5406, sequence 5400: altered: line 5407 follows another row"},
		},
		"the last line altered, and its hash made to fit": {
			func(l [][]byte) [][]byte { l[entryAt(10_000)] = reseal(t, l[entryAt(10_000)], rows); return l },
			[]string{"line 10011, sequence 10000: rewritten: the rows up to here"},
		},
		"a forged signature": {
			func(l [][]byte) [][]byte {
				l[entryAt(5_000)+1] = bytes.Replace(l[entryAt(5_000)+1], []byte(base64.StdEncoding.EncodeToString(checkpoints[4].Signature)), []byte(base64.StdEncoding.EncodeToString(checkpoints[3].Signature)), 1)
				return l
			},
			[]string{"line 5006, sequence 5000: forged"},
		},
		"a missing checkpoint": {
			func(l [][]byte) [][]byte { return slices.Delete(l, entryAt(5_000)+1, entryAt(5_000)+2) },
			[]string{"line 6006: missing: checkpoints 5 to 5"},
		},
		"a detail taken out, as if it had been erased": {
			func(l [][]byte) [][]byte {
				i := bytes.Index(l[at+2], []byte(`"detail"`))
				j := bytes.Index(l[at+2], []byte(`"commitment"`))
				l[at+2] = slices.Delete(bytes.Clone(l[at+2]), i, j)
				return l
			},
			[]string{"line 10012: altered: 1429 details were erased when the file was made, and 1430"},
		},
		"lines after the end": {
			func(l [][]byte) [][]byte { return append(l, l[at]) },
			[]string{"line 10013: inserted: nothing stands after the end"},
		},
		"another format": {
			func(l [][]byte) [][]byte {
				l[0] = bytes.Replace(l[0], []byte("audit 1"), []byte("audit 2"), 1)
				return l
			},
			[]string{"line 1: altered"},
		},
		"a line far too long": {
			func(l [][]byte) [][]byte { l[at] = append(bytes.Repeat([]byte("x"), 5<<20), '\n'); return l },
			[]string{"line 5406, sequence 5400: unreadable: it is longer"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := verify(t, bytes.Join(c.damage(slices.Clone(whole)), nil))
			for i, f := range report.Findings {
				if i >= len(c.want) || !strings.HasPrefix(f.String(), c.want[i]) {
					t.Errorf("found: %v", f)
				}
			}
			if len(report.Findings) < len(c.want) || report.More > 0 {
				t.Errorf("%d findings and %d more, want %d", len(report.Findings), report.More, len(c.want))
			}
		})
	}
}

// Who has the database and makes all of the log anew, with a key of their own, is found by who has noted the key or a row.
func TestALogMadeAnewIsFoundByWhatWasNotedElsewhere(t *testing.T) {
	t.Parallel()
	rows, checkpoints := history(2_000)
	other, _ := history(2_000) // other salts: another log
	text := file(t, rows, checkpoints, 0, nil)
	check := func(what string, trust chain.Trust, want chain.What) {
		report, err := chain.Verify(bytes.NewReader(text), trust)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" && !report.Whole() || want != "" && (len(report.Findings) == 0 || report.Findings[0].What != want) {
			t.Errorf("%s: %+v", what, report.Findings)
		}
	}
	check("the file's own key", chain.Trust{}, "")
	check("another key", chain.Trust{Keys: []ed25519.PublicKey{publicOf(keyOf("another"))}}, chain.Forged)
	check("the row that was noted", chain.Trust{Known: &chain.Known{Sequence: 1_500, Hash: rows[1_499].Hash}}, "")
	check("a row that was noted of another log", chain.Trust{Known: &chain.Known{Sequence: 1_500, Hash: other[1_499].Hash}}, chain.Rewritten)
	check("a row that is not in it", chain.Trust{Known: &chain.Known{Sequence: 9_999, Hash: other[1_499].Hash}}, chain.Missing)
}

// Rows from one checkpoint on are made anew, hashes and all; the key has not been had.
func TestRowsMadeAnewDoNotFitWhatWasSigned(t *testing.T) {
	t.Parallel()
	rows, checkpoints := history(3_000)
	for i := 1_499; i < len(rows); i++ {
		rows[i].Row.Detail, rows[i].Row.ActorID = `{"recipients":[]}`, "somebody-else"
		rows[i].Link = rows[i].Row.Chain(rows[i-1].Hash, uint64(i+1))
	}
	report := verify(t, file(t, rows, checkpoints, 0, nil))
	if len(report.Findings) == 0 || report.Findings[0].What != chain.Rewritten || report.Findings[0].Sequence != 2_000 || report.Findings[0].Line != 2_003 {
		t.Errorf("%v", report.Findings)
	}
}
