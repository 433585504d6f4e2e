package spool

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
	"gocloud.dev/blob/s3blob"
)

// A piece of an object is what is held in memory until the store has it, and may be sent again. There are as many objects at
// once as there are copies of all messages that are being taken in, so pieces are small and few.
const (
	// s3Part is the least that S3 takes (Amazon S3 multipart upload limits: 5 MiB; 10,000 parts make 50 GB). Of a large object
	// three are in memory: one that is sent, one that is filled, and the first, until the collector has it.
	s3Part = 5 << 20
	// azureBlock: Azure sets no least size, and takes 50,000 (Scalability and performance targets for Blob storage): 50 GB.
	azureBlock  = 1 << 20
	azureBlocks = 2 // one is sent while the other is filled
	// endTimeout is for telling S3 that an upload is off, after whoever wanted it has gone.
	endTimeout = 10 * time.Second
)

// tuning is what differs between one store and another. The zero value leaves it to blob's driver.
type tuning struct {
	piece, pieces int
	s3            *s3.Client
}

// apply says whether what is written is to be uploaded in pieces.
func (t tuning) apply(o *blob.WriterOptions) bool {
	o.BufferSize, o.MaxConcurrency = t.piece, t.pieces
	if t.s3 == nil {
		return t.pieces > 0
	}
	// blob's options reach neither the threshold, below which an object is held as a whole (16 MiB), nor the time for ending an
	// upload (by default the context of the upload itself, which has been cancelled: its parts would lie there for ever).
	o.BeforeWrite = func(as func(any) bool) error {
		var manager *transfermanager.Client
		if !as(&manager) {
			return errors.New("the store is not the S3 that was opened")
		}
		*manager = *transfermanager.New(t.s3, func(o *transfermanager.Options) {
			o.PartSizeBytes, o.MultipartUploadThreshold, o.Concurrency = s3Part, s3Part, 1
			o.FailTimeout = endTimeout
			o.RequestChecksumCalculation = t.s3.Options().RequestChecksumCalculation
		})
		return nil
	}
	return true
}

// reading keeps Amazon's library from writing a line of its own for each object that comes without a checksum, as all do that
// were uploaded in parts to a store that is not Amazon's. Here age authenticates every byte.
func (t tuning) reading() *blob.ReaderOptions {
	return &blob.ReaderOptions{BeforeRead: func(as func(any) bool) error {
		var options *[]func(*s3.Options)
		if as(&options) {
			*options = append(*options, func(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true })
		}
		return nil
	}}
}

// Open opens the spool: a folder by its path, s3://BUCKET?region=REGION (and endpoint=URL&use_path_style=true for what is not
// Amazon's), or azblob://CONTAINER. Credentials come from where each cloud's own programs look for them: the environment, a
// profile, or the machine's identity. It makes no call to the store.
func Open(ctx context.Context, where string) (*Spool, error) {
	scheme, _, is := strings.Cut(where, "://")
	if !is {
		return OpenFolder(where)
	}
	u, err := url.Parse(where)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, errors.New("opening the spool: a store is given as s3://BUCKET?region=REGION or azblob://CONTAINER")
	}
	switch scheme {
	case s3blob.Scheme:
		return openS3(ctx, u)
	case azureblob.Scheme:
		return openAzure(ctx, u)
	}
	return nil, fmt.Errorf("opening the spool: %q is no kind of store that is known: a folder, s3 or azblob", scheme)
}

func openS3(ctx context.Context, u *url.URL) (*Spool, error) {
	bucket, err := new(s3blob.URLOpener).OpenBucketURL(ctx, u)
	if err != nil {
		return nil, failed("opening the spool in S3", err)
	}
	s := New(bucket)
	if !bucket.As(&s.tuning.s3) || s.tuning.s3.Options().Region == "" {
		return nil, errors.Join(errors.New("opening the spool in S3: add ?region=… (any word, where the endpoint is not Amazon's)"), bucket.Close())
	}
	return s, nil
}

func openAzure(ctx context.Context, u *url.URL) (*Spool, error) {
	service := azureblob.NewDefaultServiceURLOptions()
	if service.SASToken != "" && u.RawQuery != "" {
		return nil, errors.New("opening the spool in Azure: with a SAS token, the account is given in the environment: the token must not follow a URL elsewhere")
	}
	opener := &azureblob.URLOpener{MakeClient: azureblob.NewDefaultClient, ServiceURLOptions: *service}
	bucket, err := opener.OpenBucketURL(ctx, u)
	if err != nil {
		return nil, failed("opening the spool in Azure", err)
	}
	s := New(bucket)
	s.tuning = tuning{piece: azureBlock, pieces: azureBlocks}
	return s, nil
}
