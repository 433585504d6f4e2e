package spool

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"gocloud.dev/blob/s3blob"
)

const (
	// s3Part is the least that S3 takes of a part but the last (Amazon S3 multipart upload limits: 5 MiB to 5 GiB, and 10,000
	// of them: 50 GB). One is held in memory for each object that is being written.
	s3Part = 5 << 20
	// smallPart is room for nearly every mail without attachments. What is larger gets a whole part at once.
	smallPart = 512 << 10
	// maxPause is the longest between two of the library's three tries: somebody waits, and can come again.
	maxPause = 500 * time.Millisecond
	// endTimeout is for telling S3 that an upload is off, after whoever wanted it has gone.
	endTimeout = 10 * time.Second
)

func openS3(ctx context.Context, u *url.URL) (*Spool, error) {
	for _, word := range []string{"ssetype", "kmskeyid"} {
		if u.Query().Has(word) {
			return nil, errors.New("opening the spool in S3: how the bucket encrypts is set as its default encryption, not in the URL")
		}
	}
	bucket, err := new(s3blob.URLOpener).OpenBucketURL(ctx, u)
	if err != nil {
		return nil, failed("opening the spool in S3", err)
	}
	s := New(bucket)
	var client *s3.Client
	if !bucket.As(&client) || client.Options().Region == "" {
		return nil, errors.Join(errors.New("opening the spool in S3: add ?region=… (any word, where the endpoint is not Amazon's)"), bucket.Close())
	}
	client = s3.New(client.Options(), func(o *s3.Options) { o.Retryer = retry.AddWithMaxBackoffDelay(o.Retryer, maxPause) })
	s.store = func(ctx context.Context, name string) io.WriteCloser {
		return &s3Object{ctx: ctx, client: client, bucket: aws.String(u.Host), name: aws.String(name)}
	}
	return s, nil
}

// s3Object writes one object: in one request if it is small, in parts otherwise. blob's own writer would do the same with
// eight parts of 8 MiB in memory, and when its context ends it would ask S3 under that context to forget the parts, in vain:
// they would lie there, and be paid for, until somebody looked.
type s3Object struct {
	ctx          context.Context
	client       *s3.Client
	bucket, name *string
	part         []byte
	upload       *string // nil until there is more than one part
	parts        []types.CompletedPart
	err          error
}

func (o *s3Object) Write(p []byte) (n int, err error) {
	for n < len(p) && o.err == nil {
		if len(o.part) == s3Part { // and there is more: so this one is not the last
			o.err = o.send()
			continue
		}
		take := min(len(p)-n, s3Part-len(o.part))
		o.grow(take)
		o.part = append(o.part, p[n:n+take]...)
		n += take
	}
	return n, o.err
}

// grow makes room for n bytes more, and never for more than a part.
func (o *s3Object) grow(n int) {
	room := smallPart
	if len(o.part)+n > smallPart {
		room = s3Part
	}
	if room > cap(o.part) {
		o.part = append(make([]byte, 0, room), o.part...)
	}
}

// checksum is CRC-32, as for all that this library sends, unless the URL says that the store does not know it
// (request_checksum_calculation=when_required).
func (o *s3Object) checksum() types.ChecksumAlgorithm {
	if o.client.Options().RequestChecksumCalculation == aws.RequestChecksumCalculationWhenRequired {
		return ""
	}
	return types.ChecksumAlgorithmCrc32
}

// send uploads the part that is full.
func (o *s3Object) send() error {
	if o.upload == nil {
		begun, err := o.client.CreateMultipartUpload(o.ctx, &s3.CreateMultipartUploadInput{
			Bucket: o.bucket, Key: o.name, ContentType: aws.String(contentType), ChecksumAlgorithm: o.checksum(),
		})
		if err != nil {
			return err
		}
		o.upload = begun.UploadId
	}
	number := aws.Int32(int32(len(o.parts) + 1))
	sent, err := o.client.UploadPart(o.ctx, &s3.UploadPartInput{
		Bucket: o.bucket, Key: o.name, UploadId: o.upload, PartNumber: number, Body: bytes.NewReader(o.part), ChecksumAlgorithm: o.checksum(),
	})
	if err != nil {
		return err
	}
	o.parts = append(o.parts, types.CompletedPart{PartNumber: number, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32})
	o.part = o.part[:0]
	return nil
}

// Close makes the object exist unless one of its name does (conditional writes: If-None-Match, for both kinds of request), or
// forgets it where anything has failed or the context has ended.
func (o *s3Object) Close() error {
	if o.err == nil {
		o.err = o.ctx.Err()
	}
	if o.err == nil {
		o.err = o.end()
	}
	if o.err != nil && o.upload != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(o.ctx), endTimeout)
		defer cancel()
		// Where this fails, too, the bucket's lifecycle rule is left (doc.go). The first error is the one that tells why.
		_, _ = o.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: o.bucket, Key: o.name, UploadId: o.upload})
	}
	o.part = nil
	return o.err
}

func (o *s3Object) end() error {
	if o.upload == nil {
		_, err := o.client.PutObject(o.ctx, &s3.PutObjectInput{
			Bucket: o.bucket, Key: o.name, ContentType: aws.String(contentType), IfNoneMatch: aws.String("*"),
			Body: bytes.NewReader(o.part), ChecksumAlgorithm: o.checksum(),
		})
		return err
	}
	if err := o.send(); err != nil {
		return err
	}
	_, err := o.client.CompleteMultipartUpload(o.ctx, &s3.CompleteMultipartUploadInput{
		Bucket: o.bucket, Key: o.name, UploadId: o.upload, IfNoneMatch: aws.String("*"),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: o.parts},
	})
	return err
}

// quietly keeps Amazon's library from writing a line of its own for each object that comes without a checksum, as many do from
// stores that are not Amazon's. Here age authenticates every byte.
func quietly(as func(any) bool) error {
	var options *[]func(*s3.Options)
	if as(&options) {
		*options = append(*options, func(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true })
	}
	return nil
}
