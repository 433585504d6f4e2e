package chain_test

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"aau.dk/sendsikker/internal/audit/chain"
)

// FuzzOneByte: whatever byte of a file is made another, and wherever one is put in or taken out, it is not whole any more.
func FuzzOneByte(f *testing.F) {
	rows, checkpoints := history(daily)
	text := file(f, rows[:daily], checkpoints, daily-12, func(l link) bool { return l.Sequence%3 > 0 })
	for at := range 200 {
		f.Add(uint(at*37), byte(at), uint8(at%3))
	}
	f.Fuzz(func(t *testing.T, at uint, b byte, how uint8) {
		at %= uint(len(text))
		damaged := bytes.Clone(text)
		switch how % 3 {
		case 0:
			damaged[at] = b
		case 1:
			damaged = append(append(bytes.Clone(text[:at]), b), text[at:]...)
		case 2:
			damaged = append(bytes.Clone(text[:at]), text[at+1:]...)
		}
		report := verify(t, damaged)
		if whole := report.Whole(); whole != bytes.Equal(damaged, text) {
			t.Errorf("whole: %v, with byte %d made %q", whole, at, b)
		}
	})
}

// FuzzVerify: no file makes the program fall over, or is whole without a signature by the key.
func FuzzVerify(f *testing.F) {
	rows, checkpoints := history(daily)
	f.Add([]byte{})
	f.Add([]byte("\n\n{}\n"))
	f.Add(file(f, rows, checkpoints, daily-2, nil))
	f.Add([]byte(`{"type":"omitted","from":18446744073709551615,"lines":["00"]}` + "\n" + `{"type":"entry","sequence":18446744073709551615}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		report, err := chain.Verify(bytes.NewReader(text), chain.Trust{Keys: []ed25519.PublicKey{publicOf(keyOf("nobody's"))}})
		if err != nil || report.Whole() {
			t.Errorf("%v %+v", err, report)
		}
	})
}
