package peertest

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
)

// jars are Debian's names for BouncyCastle.
var jars = []string{"/usr/share/java/bcprov.jar", "/usr/share/java/bcpkix.jar", "/usr/share/java/bcutil.jar", "/usr/share/java/bcmail.jar"}

// bouncyCastle is testdata/Peer.java, compiled here and run as one process: Java takes half a second to start.
type bouncyCastle struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

var castle = sync.OnceValues(func() (*bouncyCastle, error) {
	classes := strings.Join(append(jars, lab().folder), ":")
	if _, err := run(nil, "javac", "-cp", classes, "-d", lab().folder, "testdata/Peer.java"); err != nil {
		return nil, err
	}
	cmd := exec.Command("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classes, "Peer")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	atTheEnd(func() { _ = in.Close(); _ = cmd.Wait() })
	return &bouncyCastle{in: in, out: bufio.NewReaderSize(out, 1<<20)}, nil
})

func (b *bouncyCastle) ask(verb string, fields ...[]byte) ([]byte, error) {
	request := base64.StdEncoding.EncodeToString([]byte(verb))
	for _, f := range fields {
		request += " " + base64.StdEncoding.EncodeToString(f)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := fmt.Fprintln(b.in, request); err != nil {
		return nil, fmt.Errorf("the Java program is gone: %w", err)
	}
	answer, err := b.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the Java program is gone: %w", err)
	}
	result, is := strings.CutPrefix(strings.TrimSuffix(answer, "\n"), "ok ")
	if !is {
		return nil, errors.New(strings.TrimSpace(answer))
	}
	return base64.StdEncoding.DecodeString(result)
}

func (b *bouncyCastle) encrypt(t transport, c content, plain []byte) ([]byte, error) {
	padding := "v1.5"
	if t == rsaOAEP {
		padding = "OAEP"
	}
	return b.ask("encrypt", []byte(c), []byte(padding), t.recipient().certPEM, plain)
}

func (b *bouncyCastle) decrypt(to *party, der []byte) ([]byte, error) {
	return b.ask("decrypt", to.keyPEM, to.certPEM, der)
}

func (b *bouncyCastle) sign(s scheme, opaque bool, plain []byte) ([]byte, error) {
	form := "detached"
	if opaque {
		form = "opaque"
	}
	name := map[scheme]string{signRSA: "SHA256withRSA", signPSS: "SHA256withRSAandMGF1", signP256: "SHA256withECDSA", signP384: "SHA384withECDSA", signEd25519: "Ed25519"}[s]
	by := s.signer()
	return b.ask("sign", []byte(name), []byte(form), by.keyPEM, by.certPEM, plain)
}

func (b *bouncyCastle) verify(der, detached []byte) ([]byte, error) {
	root := pemOf("CERTIFICATE", lab().root.Raw)
	if detached == nil {
		return b.ask("verify", root, der)
	}
	return b.ask("verify", root, der, detached)
}

func (b *bouncyCastle) version() (string, error) {
	said, err := b.ask("version")
	return string(said), err
}
