package smime_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
)

// smallRSA is a key of 1024 bits, which crypto/rsa does not make any more without being told to. It protects nothing.
func smallRSA() crypto.Signer {
	block, _ := pem.Decode([]byte(rsa1024))
	return must(x509.ParsePKCS8PrivateKey(block.Bytes)).(crypto.Signer)
}

func edLeaf() identity {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return issue(key, &x509.Certificate{Subject: pkix.Name{CommonName: "ed"}, KeyUsage: x509.KeyUsageDigitalSignature}, foreign())
}

func p224Leaf() identity { return mailLeaf("p224@partner.example", ecKey(elliptic.P224()), foreign()) }

const rsa1024 = `-----BEGIN PRIVATE KEY-----
MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBANF2daHPe200lE1W
hFi5LcXOebfaDOMZMDHyf9+pGdhBArdrAzZ8yAf6HMr7kE0hBjqVC+tUenN41TeN
00UuvSpAH/EzQ4dlq71FEs+UWgVFthdBOMZTuZMLkiB57d53ldkd0eT5zz+GSNuN
q/f7bguH6SuIXPVGqZRzJN3GH0u3AgMBAAECgYEAjt2ZRhBaQxYFwOotwsYrLiuy
YW/cMllPwgGArnCMLC/LRoc63cMmPCqf0OLcfX703KgkRRKNoozcANQ/MYS7iAXk
uCxmJdVR14/IQJVnNmorn/x7GgR8sWiS49fb0YwqZu//m1qOuFXXjUGQJIcIMQaK
UfIwWOJprxfXuKNyp2ECQQDqL6FMxQHjJxfXq7+fd76Oybp8JYxN3S/kN3OMqDtE
UwU5dlbp4UlgWeeFzijMFtS0025cTIKWYhxqCsBhfCJrAkEA5PlHwvM/026ad8f2
VeyteSDDoJw/6aUwv44aKSIfIlUFopLKXgjuT3GgkcoHCj+A9ocb9rKe+jZe5XyG
qVIG5QJAKEsBqb/Lz1WOmKEIW1uzAcZbu7iKJ2uDLfUMgIsBh4PxRi3CToNgqJ9P
YopSIqta9bHbLy5K2a0Pzn8DEsLU+QJAGdDVO3CriI4W0lx0NJnbsSV1iP0044Xh
aid+YZbcRcWqPfso39NH8yMPhIBvrMMeKi1vhK/85p8MsfkJQbvi1QJAbmnxbzHS
y8qM7KnVkstECunaR+hzPtrJb8Br5XsYgafWx+UXYXkqx1s4nRDoIpWoqXCR0A4G
+7CeTVP5FdOv/w==
-----END PRIVATE KEY-----
`
