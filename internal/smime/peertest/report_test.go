package peertest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const document = "../../../docs/interop.md"

// report writes what came of all the cells. It is the same on every run: nothing in it but the table of refusals, and
// versions by major and minor.
func report(t *testing.T, all map[cell]outcome) {
	t.Helper()
	var b strings.Builder
	b.WriteString(introduction)
	total := make(map[outcome]int)
	for _, what := range all {
		total[what]++
	}
	fmt.Fprintf(&b, "%d cells: %d work, %d that the peer cannot, %d failed.\n", len(all), total[ok], total[cannot], total[failed])
	writeReaders(&b, all)
	for _, p := range peers {
		fmt.Fprintf(&b, "\n## %s %s\n", p.name, p.version)
		for _, d := range directions {
			writePeer(&b, p, d, all)
		}
	}
	t.Logf("%d cells: %d work, %d that the peer cannot, %d failed", len(all), total[ok], total[cannot], total[failed])
	if err := os.MkdirAll(filepath.Dir(document), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(document, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

const introduction = `# Who reads what we write, and what we read

Written by ` + "`go test ./internal/smime/peertest`" + ` where all peers are installed; do not edit. Every cell is run: one mail is
sealed by package smime and opened by the peer, or the other way round, and compared byte for byte, with its signature
verified by the reader. Each envelope is tried around a mail signed detached (multipart/signed), opaque (signed-data) and not
at all; the signature inside is RSA v1.5 with SHA-256. Each signature is tried detached and opaque.

- **ok**: it works in every form.
- **cannot** (n): the peer refuses what RFC 8551, 5083, 5753, 8103, 8418 or 8419 allow, for the reason of that number. It was
  asked, and refused in the words that the test expects, or has no option by which it could be asked. What it would not read,
  package smime opened. If a peer of this version ever can, the test fails, so that this page does not stay wrong.
- What **failed** is never written here: the test fails instead.

BouncyCastle 1.72 has every algorithm that it is shown with here, but neither a class that reads AuthEnvelopedData for an EC
key nor one that writes ChaCha20-Poly1305; these two are in testdata/Peer.java, on its own agreement, key wrap and ciphers.

`

func writeReaders(b *strings.Builder, all map[cell]outcome) {
	b.WriteString("\n## In short: which peers read what we write\n\n| |")
	for _, c := range contents {
		fmt.Fprintf(b, " %s |", c)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(contents)) + "\n")
	for _, tr := range transports {
		fmt.Fprintf(b, "| %s |", tr)
		for _, c := range contents {
			var names []string
			for _, p := range peers {
				if p.envelopes && inEveryForm(all, cell{peer: p.name, direction: weWrite, transport: tr, content: c}) == ok {
					names = append(names, p.name)
				}
			}
			if len(names) == 0 {
				names = []string{"only we ourselves"}
			}
			fmt.Fprintf(b, " %s |", strings.Join(names, ", "))
		}
		b.WriteString("\n")
	}
}

// inEveryForm is what all forms have in common; failed where they differ.
func inEveryForm(all map[cell]outcome, c cell) outcome {
	var common outcome
	for _, f := range forms {
		c.form = f
		what, ran := all[c]
		if !ran {
			continue
		}
		if common != "" && common != what {
			return failed
		}
		common = what
	}
	return common
}

func writePeer(b *strings.Builder, p peerProgram, d direction, all map[cell]outcome) {
	var reasons []string
	say := func(c cell) string {
		if what := inEveryForm(all, c); what != cannot {
			return string(what)
		}
		r, _ := refusalOf(c)
		n := slices.Index(reasons, r.because) + 1
		if n == 0 {
			reasons = append(reasons, r.because)
			n = len(reasons)
		}
		return fmt.Sprintf("cannot (%d)", n)
	}
	count := make(map[outcome]int)
	for c, what := range all {
		if c.peer == p.name && c.direction == d {
			count[what]++
		}
	}
	fmt.Fprintf(b, "\n### %s %s\n\n%d cells: %d work, %d that it cannot.\n\n", p.name, d, count[ok]+count[cannot]+count[failed], count[ok], count[cannot])
	if p.envelopes {
		b.WriteString("| |")
		for _, c := range contents {
			fmt.Fprintf(b, " %s |", c)
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(contents)) + "\n")
		for _, tr := range transports {
			fmt.Fprintf(b, "| %s |", tr)
			for _, c := range contents {
				fmt.Fprintf(b, " %s |", say(cell{peer: p.name, direction: d, transport: tr, content: c}))
			}
			b.WriteString("\n")
		}
		b.WriteString("\n")
	}
	b.WriteString("| signature |")
	for _, s := range schemes {
		fmt.Fprintf(b, " %s |", s)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(schemes)) + "\n| |")
	for _, s := range schemes {
		fmt.Fprintf(b, " %s |", say(cell{peer: p.name, direction: d, scheme: s}))
	}
	b.WriteString("\n")
	for i, reason := range reasons {
		fmt.Fprintf(b, "\n%d. %s", i+1, reason+".")
	}
	if len(reasons) > 0 {
		b.WriteString("\n")
	}
}
