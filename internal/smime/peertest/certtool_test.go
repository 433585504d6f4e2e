package peertest

// gnuTLS is certtool, which knows SignedData and no other content type.
type gnuTLS struct{}

func (gnuTLS) encrypt(transport, content, []byte) ([]byte, error) { return nil, errNoOption }
func (gnuTLS) decrypt(*party, []byte) ([]byte, error)             { return nil, errNoOption }

func (gnuTLS) sign(s scheme, opaque bool, plain []byte) ([]byte, error) {
	d := newDesk()
	defer d.clear()
	verb := "--p7-detached-sign"
	if opaque {
		verb = "--p7-sign"
	}
	by := s.signer()
	// Without a time there are no signed attributes at all, and such a signature proves nothing in a mail.
	args := []string{verb, "--p7-time", "--load-privkey", by.keyFile, "--load-certificate", by.certFile,
		"--infile", d.put("plain", plain), "--outder", "--outfile", d.path("der")}
	switch s {
	case signPSS:
		args = append(args, "--sign-params", "RSA-PSS", "--hash", "SHA256")
	case signP384:
		args = append(args, "--hash", "SHA384")
	case signEd25519:
	default:
		args = append(args, "--hash", "SHA256")
	}
	if _, err := run(nil, "certtool", args...); err != nil {
		return nil, err
	}
	return d.get("der")
}

func (gnuTLS) verify(der, detached []byte) ([]byte, error) {
	d := newDesk()
	defer d.clear()
	args := []string{"--p7-verify", "--inder", "--infile", d.put("der", der), "--load-ca-certificate", lab().rootFile}
	if detached != nil {
		args = append(args, "--load-data", d.put("detached", detached))
	}
	if _, err := run(nil, "certtool", args...); err != nil {
		return nil, err
	}
	if detached != nil {
		return detached, nil
	}
	if _, err := run(nil, "certtool", "--p7-info", "--p7-show-data", "--inder", "--infile", d.path("der"), "--outfile", d.path("plain")); err != nil {
		return nil, err
	}
	return d.get("plain")
}

func (gnuTLS) version() (string, error) { return run(nil, "certtool", "--version") }
