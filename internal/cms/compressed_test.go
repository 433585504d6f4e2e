package cms

import (
	"bytes"
	"compress/zlib"
	"crypto/rand"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// compressed is a CompressedData (RFC 3274 §1.1) around octets that need not be zlib.
func compressed(scheme, inner asn1.ObjectIdentifier, octets []byte) []byte {
	var b cryptobyte.Builder
	addContentInfo(&b, OIDCompressedData, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		algorithm{oid: scheme}.add(b)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(inner)
			b.AddASN1(tagContext0.Constructed(), func(b *cryptobyte.Builder) { b.AddASN1OctetString(octets) })
		})
	})
	return b.BytesOrPanic()
}

func deflated(content, dictionary []byte) []byte {
	var b bytes.Buffer
	w := must(zlib.NewWriterLevelDict(&b, zlib.BestCompression, dictionary))
	must(w.Write(content))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// text compresses to half.
func text(n int) []byte {
	raw := make([]byte, n/2)
	rand.Read(raw)
	return hex.AppendEncode(nil, raw)
}

func decompress(src io.Reader, limit int64) ([]byte, error) {
	m, err := ReadMessage(src)
	if err != nil {
		return nil, err
	}
	r, err := m.Decompress(limit)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestCompressedContentComesBack(t *testing.T) {
	t.Parallel()
	for name, content := range map[string][]byte{
		"nothing":                            nil,
		"a short mail":                       signedContent,
		"a megabyte of the same":             make([]byte, freeExpansion),
		"more, that compresses as text does": text(3 << 20),
	} {
		got, err := decompress(iotest.OneByteReader(bytes.NewReader(compressed(oidZlib, OIDData, deflated(content, nil)))), int64(len(content)))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %v, %d octets", name, err, len(got))
		}
	}
}

func TestCompressedContentThatIsTooMuchOrBrokenIsMalformed(t *testing.T) {
	t.Parallel()
	mail := deflated(signedContent, nil)
	whole := compressed(oidZlib, OIDData, mail)
	for name, c := range map[string]struct {
		der   []byte
		limit int64
		want  error
	}{
		"one octet more than allowed":    {whole, int64(len(signedContent)) - 1, ErrMalformed},
		"a bomb":                         {compressed(oidZlib, OIDData, deflated(make([]byte, 64<<20), nil)), 1 << 40, ErrMalformed},
		"a bomb, and little allowed":     {compressed(oidZlib, OIDData, deflated(make([]byte, 64<<20), nil)), 1000, ErrMalformed},
		"no zlib":                        {compressed(oidZlib, OIDData, signedContent), 1000, ErrMalformed},
		"nothing":                        {compressed(oidZlib, OIDData, nil), 1000, ErrMalformed},
		"cut":                            {compressed(oidZlib, OIDData, mail[:len(mail)-1]), 1000, ErrMalformed},
		"a checksum that is wrong":       {compressed(oidZlib, OIDData, append(bytes.Clone(mail[:len(mail)-1]), mail[len(mail)-1]^1)), 1000, ErrMalformed},
		"octets behind it":               {compressed(oidZlib, OIDData, append(bytes.Clone(mail), 'x')), 1000, ErrMalformed},
		"another stream behind it":       {compressed(oidZlib, OIDData, append(bytes.Clone(mail), mail...)), 1000, ErrMalformed},
		"a dictionary that is not there": {compressed(oidZlib, OIDData, deflated(signedContent, signedContent)), 1000, ErrMalformed},
		"a message that is cut":          {whole[:len(whole)-1], 1000, ErrMalformed},
		"another scheme":                 {compressed(asn1.ObjectIdentifier{1, 2, 3}, OIDData, mail), 1000, ErrUnsupported},
		"content that is not id-data":    {compressed(oidZlib, OIDSignedData, mail), 1000, ErrUnsupported},
		"no compressed data":             {sealed(nil, AES256CBC, ecPair().cert), 1000, ErrWrongType},
	} {
		if got, err := decompress(bytes.NewReader(c.der), c.limit); !errors.Is(err, c.want) || int64(len(got)) > c.limit {
			t.Errorf("%s: %v, want %v; %d octets", name, err, c.want, len(got))
		}
	}
}

func TestASourceThatFailsIsNotBlamedOnTheCompression(t *testing.T) {
	t.Parallel()
	whole := compressed(oidZlib, OIDData, deflated(bytes.Repeat(signedContent, 20), nil))
	broken := errors.New("the disk is on fire")
	for n := range whole {
		if _, err := decompress(io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(broken)), 1000); !errors.Is(err, broken) {
			t.Errorf("after %d octets: %v", n, err)
		}
	}
}

// Property: nothing panics, and what comes out is bounded by the limit, and by the message where it is larger than the free part.
func FuzzDecompress(f *testing.F) {
	f.Add(compressed(oidZlib, OIDData, deflated(signedContent, nil)), int64(1000))
	f.Add(compressed(oidZlib, OIDData, deflated(make([]byte, 2*freeExpansion), nil)), int64(10*freeExpansion))
	f.Fuzz(func(t *testing.T, in []byte, limit int64) {
		got, err := decompress(bytes.NewReader(in), limit)
		if err != nil && !promised(err) {
			t.Fatal(err)
		}
		if n := int64(len(got)); n > max(limit, 0) || n > freeExpansion+maxExpansion*int64(len(in)+4096) {
			t.Fatalf("%d octets out of %d, limit %d", n, len(in), limit)
		}
	})
}
