package chain_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/audit/chain"
)

func TestNoCellOfATableIsAFormula(t *testing.T) {
	t.Parallel()
	hostile := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =cmd|' /C calc'!A0", "\ufeff=1", "\u00a0@x", "＝1"}
	var b bytes.Buffer
	table, err := chain.NewTable(&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range hostile {
		r := chain.Row{ActorKind: text, ActorID: text, Action: text, Mailbox: text, MessageID: text, Summary: text, Detail: text + "\"\r\n,;"}
		if err := table.Entry(r, chain.Link{Sequence: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(lines) != len(hostile)+1 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	cells := 0
	for _, line := range lines[1:] {
		for _, cell := range line[2:9] {
			if cells++; !strings.HasPrefix(cell, "'") {
				t.Errorf("%q", cell)
			}
		}
	}
	if cells != 7*len(hostile) {
		t.Errorf("%d cells", cells)
	}
}
