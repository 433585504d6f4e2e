package smime_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

// BenchmarkComparison prints one table: our program beside openssl's pipes, whole processes from file to file with RSA-2048, and
// Seal and Open beside the sum of their primitives. The sides take turns, so that a busy machine is busy for both. It is run by
// "make bench", once.
func BenchmarkComparison(b *testing.B) {
	peer.Need(b, "openssl", "openssl")
	r := newRace(b)
	fmt.Printf("\nwhole processes, median            openssl      ours   ratio   goal      CPU time     ratio\n")
	for _, s := range sizes {
		runs := 21
		goalSeal, goalOpen := "", ""
		if s.n > 10<<20 {
			runs, goalSeal, goalOpen = 9, "≤ 0.50", "≤ 0.20"
		}
		r.turns("seal "+s.name, goalSeal, runs, r.opensslSeal(s.n), r.ourSeal(s.n))
		r.turns("open "+s.name, goalOpen, runs, r.opensslOpen(), r.ourOpen())
	}
	r.turns("start, and no more", "", 21, "openssl version", r.program+" version")

	idle, floor := r.peak(r.program+" version"), r.peak("true")
	const large = 150 << 20
	fmt.Printf("\npeak RSS, 150 MB                   openssl      ours           (ours idle: %d MB; nothing below %d MB can be measured)\n", idle>>20, floor>>20)
	theirPeak, ourPeak := r.peak(r.opensslSeal(large)), r.peak(r.ourSeal(large))
	fmt.Printf("  %-30s %7d MB %6d MB\n", "seal", theirPeak>>20, ourPeak>>20)
	theirPeak, ourPeak = r.peak(r.opensslOpen()), r.peak(r.ourOpen())
	fmt.Printf("  %-30s %7d MB %6d MB\n", "open", theirPeak>>20, ourPeak>>20)

	fmt.Printf("\nin one process, median          primitives      ours   ratio   goal\n")
	for _, s := range sizes {
		runs, goal := 41, ""
		if s.n > 10<<20 {
			runs, goal = 15, "≤ 1.30"
		}
		mail := mimeOf(s.n)
		theirs, ours := inTurns(runs, func() { sealPrimitives(mail) }, func() { sealOnce(mail, 1) })
		row("seal "+s.name, theirs, ours, goal)
		fmt.Println()
		sealed := seal(b, sender(), string(mail), []identity{alice()})[0]
		text := []byte(base64.StdEncoding.EncodeToString(mail))
		theirs, ours = inTurns(runs, func() { openPrimitives(text) }, func() { openOnce(sealed) })
		row("open "+s.name, theirs, ours, "")
		fmt.Println()
	}
}

func row(what string, theirs, ours time.Duration, goal string) {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Printf("  %-28s %8.1f ms %6.1f ms %7.2f   %-6s", what, ms(theirs), ms(ours), float64(ours)/float64(theirs), goal)
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func inTurns(runs int, first, second func()) (time.Duration, time.Duration) {
	var a, b []time.Duration
	timed := func(do func()) time.Duration {
		start := time.Now()
		do()
		return time.Since(start)
	}
	for range runs {
		a, b = append(a, timed(first)), append(b, timed(second))
	}
	return median(a), median(b)
}

// race is the two programs and a folder with what they work on.
type race struct {
	b               *testing.B
	folder, program string
}

func newRace(b *testing.B) *race {
	r := &race{b: b, folder: b.TempDir()}
	r.program = filepath.Join(r.folder, "sendsikker")
	build := exec.Command("go", "build", "-trimpath", "-o", r.program, "../..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	r.put("signer.pem", append(sender().keyPEM(), certPEM(sender().cert)...))
	r.put("recipient.pem", append(alice().keyPEM(), certPEM(alice().cert)...))
	r.put("recipient.crt", certPEM(alice().cert))
	r.put("ca.crt", certPEM(plainRSA().cert))
	return r
}

func (r *race) put(name string, text []byte) {
	if err := os.WriteFile(filepath.Join(r.folder, name), text, 0o600); err != nil {
		r.b.Fatal(err)
	}
}

// content writes a mail of one size, piece by piece: what this process once held counts as its children's memory (execve(2)
// does not begin ru_maxrss anew).
func (r *race) content(size int) {
	file := must(os.Create(filepath.Join(r.folder, "content.eml")))
	must(file.WriteString(benchHead))
	piece := strings.Repeat(benchLine, 400)
	for written := 0; written < size; written += len(piece) {
		must(file.WriteString(piece[:min(len(piece), (size-written)/len(benchLine)*len(benchLine)+len(benchLine))]))
	}
	if err := file.Close(); err != nil {
		r.b.Fatal(err)
	}
}

func (r *race) opensslSeal(size int) string {
	r.content(size)
	return "openssl cms -sign -in content.eml -signer signer.pem -inkey signer.pem -stream -binary | " +
		"openssl cms -encrypt -aes256 -binary -stream -outform SMIME -out theirs.eml recipient.crt"
}

func (r *race) ourSeal(size int) string {
	r.content(size)
	return r.program + " smime seal --profile compat --sign signer.pem --to recipient.crt --out ours.eml content.eml"
}

func (r *race) opensslOpen() string {
	return "openssl cms -decrypt -in theirs.eml -inkey recipient.pem -recip recipient.pem | openssl cms -verify -CAfile ca.crt -out theirs.txt"
}

// ourOpen opens what openssl wrote: both read the same.
func (r *race) ourOpen() string {
	return r.program + " smime open --key recipient.pem --anchors ca.crt --out ours.txt theirs.eml"
}

// run is through a shell, which costs both sides the same.
func (r *race) run(line string) *os.ProcessState {
	command := exec.Command("bash", "-o", "pipefail", "-c", line)
	command.Dir = r.folder
	if out, err := command.CombinedOutput(); err != nil {
		r.b.Fatalf("%s: %v\n%s", line, err, out)
	}
	return command.ProcessState
}

// turns prints a row. Beside the time that passed stands the time that processors worked, which a busy machine changes less.
func (r *race) turns(what, goal string, runs int, theirs, ours string) {
	r.run(theirs) // once for nothing: files come from memory afterwards
	r.run(ours)
	var theirWork, ourWork []time.Duration
	worked := func(list *[]time.Duration, line string) func() {
		return func() {
			state := r.run(line)
			*list = append(*list, state.UserTime()+state.SystemTime())
		}
	}
	a, b := inTurns(runs, worked(&theirWork, theirs), worked(&ourWork, ours))
	row(what, a, b, goal)
	x, y := median(theirWork), median(ourWork)
	fmt.Printf(" %5d %5d ms %7.2f\n", x.Milliseconds(), y.Milliseconds(), float64(y)/float64(x))
}

// peak is the largest resident set of any process in the line, in octets.
func (r *race) peak(line string) int64 {
	usage, ok := r.run(line).SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10 // Linux counts in KiB
}
