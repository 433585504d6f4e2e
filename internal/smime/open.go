package smime

import (
	"bytes"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"aau.dk/sendsikker/internal/cms"
	"aau.dk/sendsikker/internal/smime/entity"
)

const (
	// DefaultMaxSize is what Open takes in, and gives out, unless told otherwise: what Exchange Online accepts at most,
	// 150 MB, in base64. Without OpenOptions.Hold it is defaultInMemory.
	DefaultMaxSize  = 208 << 20
	defaultInMemory = 64 << 20
	// maxLayers: RFC 2634 §1.1 knows three (signed, encrypted, signed); gateways may add a pair.
	maxLayers = 8
)

// Key opens what was encrypted for Certificate: cms.Key says what Private may be.
type Key = cms.Key

// OpenOptions says whom to trust, what time it is, and how much to take in.
type OpenOptions struct {
	Roots, Intermediates *x509.CertPool // nil Roots: no path is good; the machine's own roots are never used
	Now                  time.Time      // when the mail reached us: never the signer's own word for it
	MaxSize              int64          // 0: DefaultMaxSize
	Hold                 func() Hold    // where content is kept until it has been checked; nil: in memory
}

// Open decrypts and verifies a whole mail or entity, layer by layer. Keys are tried by the recipient's name in the message
// only.
//
// The error is a *fault.Fault, or what r or a Hold gave. Where an encrypted layer was taken off, everything that goes wrong
// from there on has the same code and sentence: whoever could tell bad padding from a bad signature could read the mail
// (Vaudenay 2002, EFAIL 2018). A clear-signed mail whose signature is bad comes back with its Layers, the error, and no
// content.
//
// A nil error does not mean that anybody signed: look at Layers. A weak or uncheckable signature counts as none.
func Open(r io.Reader, keys []Key, o OpenOptions) (*Opened, error) {
	if o.Now.IsZero() {
		return nil, errors.New("smime: opening needs the time of receipt")
	}
	if o.MaxSize <= 0 {
		o.MaxSize = DefaultMaxSize
		if o.Hold == nil {
			o.MaxSize = defaultInMemory
		}
	}
	if o.Hold == nil {
		o.Hold = func() Hold { return new(memory) }
	}
	w := &opener{keys: keys, options: o}
	err := w.run(&limited{r: r, left: o.MaxSize})
	var result *Opened
	if err == nil {
		if result, err = w.opened(); err == nil {
			return result, nil
		}
	}
	sealed := w.first != nil
	err = w.afterFailure(err)
	if err := w.drop(nil); err != nil {
		return nil, err
	}
	switch {
	case errors.Is(err, errTooLarge):
		return nil, tooLargeFault()
	case errors.Is(err, errHold):
		return nil, err
	case sealed && !errors.Is(err, errOutside):
		return nil, notOpenedFault()
	case sealed:
		return nil, openFault(err)
	}
	return &Opened{Layers: w.layers}, openFault(err)
}

// opener is one Open under way. A layer is read from source; an encrypted one streams into the next, a signed one goes into
// a hold and is read from there once its signatures have been looked at.
type opener struct {
	keys    []Key
	options OpenOptions
	layers  []Layer
	outer   []byte // the mail's own header

	open  []*entity.Entity // entities whose bodies have not been read to the end, outermost first
	first *cms.Decrypter   // the outermost encrypted layer
	holds []Hold
	hold  Hold // what the source is read from, nil where that is the mail or a layer that streams

	followed int // signers whose path was looked for
}

var (
	errTooDeep   = errors.New("smime: too many layers")
	errNoSigners = errors.New("smime: nobody signed")
	errTooLarge  = errors.New("smime: too large")
	// errOutside marks a failure that anybody on the mail's way can see, without a key.
	errOutside = errors.New("smime: the mail is broken outside its encryption")
)

func (o *opener) run(source io.Reader) error {
	for {
		e, err := entity.Read(source)
		switch n := len(o.layers); {
		case err != nil && !errors.Is(err, entity.ErrMalformed):
			return err
		case n == 0 && err != nil:
			return err
		case n > 0 && o.layers[n-1].Kind == Encrypted && (err != nil || (!e.Typed && !o.layers[n-1].Intact)):
			return cms.ErrDecrypt // noise: the content key was forged, and nothing else may be said
		case err != nil && o.hold == nil:
			return err
		case err != nil:
			return nil //nolint:nilerr // no entity, but a signature vouches for whatever stands under it
		}
		if len(o.layers) == 0 {
			o.outer = e.Header
		}
		protection := e.Protection()
		if protection != entity.Unprotected && len(o.layers) == maxLayers {
			return errTooDeep
		}
		if protection == entity.Unprotected && o.hold != nil {
			return nil
		}
		o.open = append(o.open, e)
		switch protection {
		case entity.Unprotected:
			return o.keep(e)
		case entity.ClearSigned:
			source, err = o.clear(e)
		case entity.CMS:
			source, err = o.cms(e)
		}
		if err != nil {
			return err
		}
	}
}

// keep holds an entity that no signature is over until every layer around it has been read to its end.
func (o *opener) keep(e *entity.Entity) error {
	hold := o.newHold()
	o.hold = hold
	if _, err := io.Copy(hold, io.MultiReader(bytes.NewReader(e.Header), e.Body)); err != nil {
		return err
	}
	if err := o.drain(); err != nil {
		return err
	}
	return o.drop(hold)
}

// drain reads every open layer to its end, from the inside out: only there do padding and authentication tags tell.
func (o *opener) drain() error {
	for len(o.open) > 0 {
		last := o.open[len(o.open)-1]
		o.open = o.open[:len(o.open)-1]
		if _, err := io.Copy(io.Discard, last.Body); err != nil {
			return err
		}
	}
	return nil
}

// afterFailure reads on to the end all the same, so that a failure takes as long as a success, wherever it is. What is wrong
// around the outermost encryption is said before anything else: it is there for all to see, and so is not changed by what
// the key brought to light.
func (o *opener) afterFailure(err error) error {
	if o.first == nil || errors.Is(err, errTooLarge) {
		return err
	}
	for o.drain() != nil { // each failing layer is taken off the list
	}
	if _, end := io.Copy(io.Discard, o.first); end != nil && !errors.Is(end, cms.ErrDecrypt) {
		return errors.Join(errOutside, end)
	}
	return err
}

func (o *opener) newHold() Hold {
	hold := &marked{o.options.Hold()}
	o.holds = append(o.holds, hold)
	return hold
}

// drop closes every hold but one. It is called as soon as the layers around that one have been read to their ends: a mail
// signed eight times over must not be held eight times.
func (o *opener) drop(kept Hold) error {
	var errs []error
	for _, h := range o.holds {
		if h != nil && h != kept {
			errs = append(errs, h.Close())
		}
	}
	o.holds = []Hold{kept}
	return errors.Join(errs...)
}

// limited is the end of what is taken in.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
