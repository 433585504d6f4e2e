package cms

import (
	"bufio"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"aau.dk/sendsikker/internal/cms/ber"
)

const (
	// maxExpansion is how much larger than its compressed form content may be; zlib reaches 1,032, text about 10.
	maxExpansion = 200
	// freeExpansion is content that is too little to do harm: a short mail of one repeated line is not refused.
	freeExpansion = 1 << 20
)

// decompressed reads the content of a CompressedData as it streams in.
type decompressed struct {
	r      *ber.Reader
	source *counted
	octets *bufio.Reader
	zlib   io.ReadCloser
	limit  int64
	out    int64
	err    error
}

// Decompress reads as far as the content of a CompressedData (RFC 3274), and gives a reader for it. Its error at the end is
// io.EOF, ErrMalformed, also where there is more than limit octets, or the source's own.
func (m *Message) Decompress(limit int64) (io.Reader, error) {
	if !m.Type.Equal(OIDCompressedData) {
		return nil, ErrWrongType
	}
	if _, err := m.r.DER(ber.IDInteger, ber.SmallElement); err != nil { // version
		return nil, err
	}
	a, err := algorithmFrom(m.r)
	if err != nil {
		return nil, err
	}
	if !a.oid.Equal(oidZlib) {
		return nil, fmt.Errorf("%w: compression", ErrUnsupported)
	}
	if err := m.r.Into(ber.IDSequence); err != nil {
		return nil, err
	}
	inner, err := m.r.OID()
	if err != nil {
		return nil, err
	}
	if !inner.Equal(OIDData) { // RFC 8551 §3.6: a MIME entity
		return nil, fmt.Errorf("%w: compressed content that is not id-data", ErrUnsupported)
	}
	if err := m.r.Into(0xa0); err != nil {
		return nil, err
	}
	h, err := m.r.Expect(ber.IDOctets, ber.IDOctetsParts)
	if err != nil {
		return nil, err
	}
	octets, err := m.r.Octets(h)
	if err != nil {
		return nil, err
	}
	source := &counted{src: octets}
	d := &decompressed{r: m.r, source: source, octets: bufio.NewReader(source), limit: limit}
	if d.zlib, err = zlib.NewReader(d.octets); err != nil {
		return nil, d.reason(err)
	}
	return d, nil
}

func (d *decompressed) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.zlib.Read(p)
	d.out += int64(n)
	switch {
	case d.out > d.limit, d.out > freeExpansion && d.out/maxExpansion > d.source.n:
		n, err = 0, malformed("the compressed content is too large")
	case errors.Is(err, io.EOF):
		err = d.finish()
	case err != nil:
		err = d.reason(err)
	}
	d.err = err
	return n, err
}

// finish reads what stands behind the content. More octets behind the compressed stream would be a hiding place.
func (d *decompressed) finish() error {
	if _, err := d.octets.ReadByte(); err == nil {
		return malformed("octets behind the compressed content")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	if err := d.r.Finish(); err != nil {
		return err
	}
	return io.EOF
}

// reason tells a stream that is not zlib from a source that fails.
func (d *decompressed) reason(err error) error {
	if d.source.err != nil {
		return d.source.err
	}
	return fmt.Errorf("%w: compressed content: %w", ErrMalformed, err)
}

// counted is the compressed octets, and what went wrong with them.
type counted struct {
	src io.Reader
	n   int64
	err error
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}
