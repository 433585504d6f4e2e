package peertest

type openSSL struct{}

func (openSSL) encrypt(t transport, c content, plain []byte) ([]byte, error) {
	d := newDesk()
	defer d.clear()
	flag := map[content]string{aes128CBC: "-aes-128-cbc", aes256CBC: "-aes-256-cbc", aes256GCM: "-aes-256-gcm", chaCha20: "-chacha20-poly1305"}[c]
	args := []string{"cms", "-encrypt", "-binary", flag, "-outform", "DER", "-in", d.put("plain", plain), "-out", d.path("der"), "-recip", t.recipient().certFile}
	switch t {
	case rsaOAEP:
		args = append(args, "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256")
	case ecdhP256, ecdhP384:
		args = append(args, "-keyopt", "ecdh_kdf_md:sha256")
	case rsaV15, ecX25519: // have nothing to choose
	}
	if _, err := run(nil, "openssl", args...); err != nil {
		return nil, err
	}
	return d.get("der")
}

// decrypt goes by the exit status alone: openssl leaves the plaintext lying where the tag of an AEAD was wrong.
func (openSSL) decrypt(to *party, der []byte) ([]byte, error) {
	d := newDesk()
	defer d.clear()
	if _, err := run(nil, "openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", d.put("der", der),
		"-inkey", to.keyFile, "-recip", to.certFile, "-out", d.path("plain")); err != nil {
		return nil, err
	}
	return d.get("plain")
}

func (openSSL) sign(s scheme, opaque bool, plain []byte) ([]byte, error) {
	d := newDesk()
	defer d.clear()
	by := s.signer()
	args := []string{"cms", "-sign", "-binary", "-in", d.put("plain", plain), "-outform", "DER", "-out", d.path("der"), "-signer", by.certFile, "-inkey", by.keyFile}
	if opaque {
		args = append(args, "-nodetach")
	}
	switch s {
	case signPSS:
		args = append(args, "-keyopt", "rsa_padding_mode:pss") // only after -signer
	case signP384:
		args = append(args, "-md", "sha384")
	case signEd25519:
		args = append(args, "-md", "sha512")
	case signRSA, signP256: // SHA-256 is the default
	}
	if _, err := run(nil, "openssl", args...); err != nil {
		return nil, err
	}
	return d.get("der")
}

func (openSSL) verify(der, detached []byte) ([]byte, error) {
	d := newDesk()
	defer d.clear()
	args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", d.put("der", der), "-CAfile", lab().rootFile, "-out", d.path("plain")}
	if detached != nil {
		args = append(args, "-content", d.put("detached", detached))
	}
	if _, err := run(nil, "openssl", args...); err != nil {
		return nil, err
	}
	return d.get("plain")
}

func (openSSL) version() (string, error) { return run(nil, "openssl", "version") }
