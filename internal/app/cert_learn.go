package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"aau.dk/sendsikker/internal/certs/shelf"
	"aau.dk/sendsikker/internal/hold"
	"aau.dk/sendsikker/internal/smime"
)

type certLearn struct {
	withShelf
	File string `arg:"" help:"The mail, as it arrived: an RFC 822 file. It must be signed, and not encrypted." type:"existingfile"`
}

// Run learns, and says what.
func (c *certLearn) Run(ctx context.Context, console console) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	opened, err := smime.Open(file, nil, smime.OpenOptions{
		Now: time.Now(), MaxSize: smime.DefaultMaxSize, Hold: func() smime.Hold { return hold.New("", smime.DefaultMaxSize) },
	})
	if err != nil {
		return errors.Join(inWords(err), opened.Close())
	}
	mail, found := signedMail(opened)
	if err := opened.Close(); err != nil {
		return err
	}
	if !found {
		return errors.New("there is no signature in the mail that covers it and fits")
	}
	return c.open(ctx, console, func(f *finders) error {
		got, err := f.shelf.Harvest(ctx, mail)
		if err != nil {
			return err
		}
		fmt.Fprintln(console.out, map[shelf.Learnt]string{
			shelf.Kept:    "Learnt: it is used from now on.",
			shelf.Pending: "Learnt, but it waits for a decision: sendsikker cert list --pending.",
			shelf.Old:     "Nothing learnt: something at least as new is known of this sender.",
			shelf.Ignored: "Nothing learnt.",
		}[got.Learnt])
		if got.Verdict.Code != "" {
			printVerdict(console, got.Verdict)
		}
		return nil
	})
}

// signedMail is what can be learnt from an opened mail: from the signature of its author, or else from the first that fits.
func signedMail(o *smime.Opened) (shelf.SignedMail, bool) {
	var found shelf.SignedMail
	for _, layer := range o.Layers {
		for _, signature := range layer.Signatures {
			if !signature.Good || found.Signer != nil && !signature.FromAgrees {
				continue
			}
			der, err := signature.Capabilities.DER()
			if err != nil || len(signature.Capabilities) == 0 {
				der = nil
			}
			found = shelf.SignedMail{
				From: o.From, Signer: signature.Certificate, EncryptTo: signature.EncryptTo, Bag: signature.Bag, Capabilities: der, SignedAt: signature.SigningTime,
			}
			if signature.FromAgrees {
				return found, o.From != ""
			}
		}
	}
	return found, found.Signer != nil && o.From != ""
}
