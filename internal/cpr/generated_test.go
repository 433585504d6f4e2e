package cpr

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
)

// generator makes the same texts as its twin in addin/test/guard/generated.ts. No number that looks real needs to be committed.
type generator struct {
	Seed     uint32   `json:"seed"`
	Texts    int      `json:"texts"`
	Block    int      `json:"block"`
	Pieces   []string `json:"pieces"`
	Expected []string `json:"expected"`
	state    uint32
}

// pick is a linear congruential generator (Numerical Recipes' constants), whose low bits are poor.
func (g *generator) pick(n int) int {
	g.state = g.state*1664525 + 1013904223
	return int(g.state>>8) % n
}

func (g *generator) text() string {
	var b strings.Builder
	for n := 3 + g.pick(22); n > 0; n-- {
		for _, r := range g.Pieces[g.pick(len(g.Pieces))] {
			if r == '?' {
				r = rune('0' + g.pick(10))
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

func newGenerator(t testing.TB) *generator {
	t.Helper()
	body, err := os.ReadFile("testdata/generated.json")
	if err != nil {
		t.Fatal(err)
	}
	var g generator
	if err := json.Unmarshal(body, &g); err != nil {
		t.Fatal(err)
	}
	if g.Texts < 2000 || g.Block < 1 || len(g.Pieces) < 50 {
		t.Fatal("generated.json is too small to say anything")
	}
	g.state = g.Seed
	return &g
}

func answer(text string) string {
	var b strings.Builder
	scan(newUnits(text), func(f found) bool {
		fmt.Fprintf(&b, "%d:%d:%s:%s,", f.start, f.end, f.number, f.why)
		return true
	})
	return b.String() + "|" + Mask(text) + "\n"
}

func TestGoAndTypeScriptAgreeOnGeneratedTexts(t *testing.T) {
	t.Parallel()
	g := newGenerator(t)
	var got []string
	with := 0
	sum := fnv.New32a()
	for i := 1; i <= g.Texts; i++ {
		text := g.text()
		if Contains(text) {
			with++
		}
		for _, u := range utf16.Encode([]rune(answer(text))) {
			sum.Write([]byte{byte(u), byte(u >> 8)})
		}
		if i%g.Block == 0 {
			got = append(got, fmt.Sprintf("%08x", sum.Sum32()))
			sum.Reset()
		}
	}
	if strings.Join(got, " ") != strings.Join(g.Expected, " ") {
		t.Errorf("the answers have changed; if they were meant to, change the twin and put these in generated.json:\n%s", strings.Join(got, " "))
	}
	if with < g.Texts/10 || with > g.Texts*9/10 {
		t.Errorf("%d of %d texts have a number: too few of one kind to compare", with, g.Texts)
	}
}
