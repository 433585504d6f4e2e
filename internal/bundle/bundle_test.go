package bundle_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"aau.dk/sendsikker/internal/bundle"
	"aau.dk/sendsikker/internal/sandbox/ca"
	"aau.dk/sendsikker/internal/sandbox/peer"
)

var chain = sync.OnceValue(func() []*x509.Certificate {
	authority, err := ca.NewForeign(ca.Options{})
	if err != nil {
		panic(err)
	}
	identity, err := authority.Issue(ca.Request{CommonName: "Bo", Address: "bo@partner.example"})
	if err != nil {
		panic(err)
	}
	return []*x509.Certificate{identity.Certificate, authority.Issuing().Certificate, authority.Root()}
})

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestEveryWayToWriteCertificatesIsRead(t *testing.T) {
	t.Parallel()
	all := chain()
	p7b := must(bundle.P7B(all))
	inPEM := append(append(block("CERTIFICATE", all[0].Raw), "friendly name: Bo\n"...), block("CERTIFICATE", all[1].Raw)...)
	cases := map[string]struct {
		file []byte
		want []*x509.Certificate
	}{
		"DER":                                  {all[0].Raw, all[:1]},
		"base64 without PEM lines":             {[]byte(base64.StdEncoding.EncodeToString(all[0].Raw)), all[:1]},
		"base64 in lines":                      {[]byte(folded(all[0].Raw)), all[:1]},
		"PEM with text between":                {inPEM, all[:2]},
		"PEM with Windows' line ends":          {bytes.ReplaceAll(inPEM, []byte("\n"), []byte("\r\n")), all[:2]},
		"PEM with a key, which is passed over": {append(block("PRIVATE KEY", []byte("secret")), inPEM...), all[:2]},
		"PEM with one twice":                   {append(bytes.Clone(inPEM), inPEM...), all[:2]},
		"PKCS #7":                              {p7b, all},
		"PKCS #7 in base64":                    {[]byte(folded(p7b)), all},
		"PKCS #7 in PEM":                       {block("PKCS7", p7b), all},
	}
	for name, c := range cases {
		got, err := bundle.Read(c.file)
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %d certificates, error %v; want %d", name, len(got), err, len(c.want))
			continue
		}
		for i := range got {
			if !got[i].Equal(c.want[i]) {
				t.Errorf("%s: certificate %d is another", name, i)
			}
		}
	}
}

func TestWhatIsNoFileOfCertificatesIsAnError(t *testing.T) {
	t.Parallel()
	all := chain()
	many := bytes.Repeat(block("CERTIFICATE", all[0].Raw), 300)
	cases := map[string]struct {
		file []byte
		want error
	}{
		"nothing":                   {nil, bundle.ErrNone},
		"text":                      {[]byte("Kære Bo, her er mit certifikat"), bundle.ErrNone},
		"a key alone":               {block("PRIVATE KEY", []byte("secret")), bundle.ErrNone},
		"a certificate cut short":   {all[0].Raw[:len(all[0].Raw)-1], bundle.ErrNone},
		"a broken one among others": {append(block("CERTIFICATE", all[0].Raw), block("CERTIFICATE", all[1].Raw[:40])...), bundle.ErrBroken},
		"PKCS #7 cut short":         {must(bundle.P7B(all))[:200], bundle.ErrNone},
		"too many":                  {many, bundle.ErrTooLarge},
		"too large":                 {make([]byte, bundle.MaxBytes+1), bundle.ErrTooLarge},
	}
	for name, c := range cases {
		if got, err := bundle.Read(c.file); !errors.Is(err, c.want) || got != nil {
			t.Errorf("%s: %d certificates, error %v; want %v", name, len(got), err, c.want)
		}
	}
}

func TestABundleOfNothingIsAMistake(t *testing.T) {
	t.Parallel()
	if _, err := bundle.P7B(nil); err == nil {
		t.Error("it was written")
	}
}

func TestOpensslAndWeReadEachOthersBundles(t *testing.T) {
	t.Parallel()
	peer.Need(t, "openssl", "openssl")
	all := chain()
	run := func(input []byte, arguments ...string) []byte {
		t.Helper()
		command := exec.CommandContext(t.Context(), "openssl", arguments...)
		command.Stdin = bytes.NewReader(input)
		output, err := command.Output()
		if err != nil {
			t.Fatalf("openssl %s: %v", strings.Join(arguments, " "), err)
		}
		return output
	}
	ours := run(must(bundle.P7B(all)), "pkcs7", "-inform", "DER", "-print_certs")
	if got := must(bundle.Read(ours)); len(got) != len(all) {
		t.Errorf("openssl found %d certificates in ours, want %d", len(got), len(all))
	}
	file := filepath.Join(t.TempDir(), "chain.pem")
	var text []byte
	for _, c := range all {
		text = append(text, block("CERTIFICATE", c.Raw)...)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := must(bundle.Read(run(nil, "crl2pkcs7", "-nocrl", "-certfile", file, "-outform", "DER"))); len(got) != len(all) {
		t.Errorf("we found %d certificates in openssl's, want %d", len(got), len(all))
	}
}

// FuzzRead: whatever the file, there is an error or there are certificates, each of which stands in the file.
func FuzzRead(f *testing.F) {
	all := chain()
	for _, seed := range [][]byte{all[0].Raw, block("CERTIFICATE", all[0].Raw), must(bundle.P7B(all)), block("PKCS7", must(bundle.P7B(all[:1]))), nil, []byte("x")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := bundle.Read(file)
		if (err == nil) != (len(got) > 0) {
			t.Fatalf("%d certificates, error %v", len(got), err)
		}
		for _, c := range got {
			if c == nil || len(c.Raw) == 0 || len(c.Raw) > len(file) {
				t.Fatal("a certificate from nowhere")
			}
		}
	})
}

func folded(der []byte) string {
	text := base64.StdEncoding.EncodeToString(der)
	var lines strings.Builder
	for len(text) > 64 {
		lines.WriteString(text[:64] + "\r\n")
		text = text[64:]
	}
	return lines.String() + text + "\r\n"
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
