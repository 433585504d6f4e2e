package cms

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // read only: what old mail was encrypted with
	"crypto/subtle"
	"errors"
	"io"
)

func cbcBlock(c ContentCipher, key []byte) (cipher.Block, error) {
	if c == DESEDE3CBC {
		return des.NewTripleDESCipher(key) //nolint:gosec // as above
	}
	return aes.NewCipher(key)
}

// cbcSealer encrypts content and pads it (RFC 5652 §6.3).
type cbcSealer struct{ mode cipher.BlockMode }

func (c cbcSealer) crypt(part []byte) error {
	c.mode.CryptBlocks(part, part)
	return nil
}

func (c cbcSealer) last(part []byte) ([]byte, error) {
	pad := c.mode.BlockSize() - len(part)%c.mode.BlockSize()
	for range pad {
		part = append(part, byte(pad))
	}
	return part, c.crypt(part)
}

func (cbcSealer) tail() ([]byte, error) { return nil, nil }

// cbcReader gives content without its padding (RFC 5652 §6.3). The last block is held back until its padding has been
// looked at. It reads to the end whatever it finds.
type cbcReader struct {
	src   io.Reader
	mode  cipher.BlockMode
	block int
	buf   []byte // room for the block held back and a chunk behind it
	ready []byte // plaintext in buf that may be given
	last  [aes.BlockSize]byte
	held  []byte // last, or nothing
	ended bool
	good  int
}

func newCBCReader(src io.Reader, mode cipher.BlockMode) *cbcReader {
	return &cbcReader{src: src, mode: mode, block: mode.BlockSize(), buf: make([]byte, aes.BlockSize+chunk)}
}

func (c *cbcReader) Read(p []byte) (int, error) {
	for len(c.ready) == 0 {
		if c.ended {
			return 0, io.EOF
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

func (c *cbcReader) next() error {
	start := copy(c.buf, c.held)
	n, err := io.ReadFull(c.src, c.buf[start:start+chunk])
	c.ended = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !c.ended {
		return err
	}
	end := start + n
	if n%c.block != 0 || end == 0 { // only at the end, for a chunk is a multiple of the block size
		return nil
	}
	c.mode.CryptBlocks(c.buf[start:end], c.buf[start:end])
	if !c.ended {
		c.held = c.last[:copy(c.last[:c.block], c.buf[end-c.block:end])]
		c.ready = c.buf[:end-c.block]
		return nil
	}
	pad, good := unpad(c.buf[end-c.block : end])
	c.good = good
	c.ready = c.buf[:end-subtle.ConstantTimeSelect(good, pad, c.block)]
	return nil
}

func (c *cbcReader) finish() (int, error) { return c.good, nil }

// unpad looks at every octet of the last block, whatever it finds: pad is 1 to the block's size, and good is 1 where it is
// there as it should be.
func unpad(block []byte) (pad, good int) {
	pad = int(block[len(block)-1])
	good = subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, len(block))
	for i := range block {
		padding := subtle.ConstantTimeLessOrEq(i+1, pad)
		good &= subtle.ConstantTimeSelect(padding, subtle.ConstantTimeByteEq(block[len(block)-1-i], byte(pad)), 1)
	}
	return pad, good
}
