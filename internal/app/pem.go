package app

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// readPEM reads every certificate of the files; a file without one is a mistake.
func readPEM(files []string) ([]*x509.Certificate, error) {
	var list []*x509.Certificate
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		before := len(list)
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			if block.Type != "CERTIFICATE" {
				continue
			}
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			list = append(list, c)
		}
		if len(list) == before {
			return nil, fmt.Errorf("%s: no PEM certificate in it", name)
		}
	}
	return list, nil
}

// reloadingPair serves the files' newest certificate: they are renewed every few months, and nobody restarts for it.
type reloadingPair struct {
	certificate, key string
	mu               sync.Mutex
	pair             *tls.Certificate
	changed, checked time.Time
}

// checkEvery bounds how often the files are looked at, whatever the number of connections.
const checkEvery = time.Minute

func newReloadingPair(certificate, key string) (*reloadingPair, error) {
	p := &reloadingPair{certificate: certificate, key: key}
	return p, p.load()
}

func (p *reloadingPair) load() error {
	info, err := os.Stat(p.certificate)
	if err != nil {
		return err
	}
	if p.pair != nil && info.ModTime().Equal(p.changed) {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(p.certificate, p.key)
	if err != nil {
		return errors.New("the certificate and its key cannot be used together")
	}
	p.pair, p.changed = &pair, info.ModTime()
	return nil
}

func (p *reloadingPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.checked) > checkEvery {
		p.checked = time.Now()
		_ = p.load() // half-written files: the pair that works is kept, and they are looked at again
	}
	return p.pair, nil
}
