package spool

import (
	"context"
	"errors"
	"io"
	"net/url"

	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
)

// A block is what is held in memory until Azure has it. Azure sets no least size and takes 50,000 of them (Scalability and
// performance targets for Blob storage): 50 GB. One is sent while the other is filled.
const (
	azureBlock  = 1 << 20
	azureBlocks = 2
)

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
	s.store = func(ctx context.Context, name string) io.WriteCloser { return startUpload(ctx, bucket, name) }
	return s, nil
}

// upload writes to Azure while it is written to.
//
// QUIRK: blob's own writer for Azure (gocloud.dev v0.47.0, azureblob.writer.Close; November 2026) closes its pipe a second time
// when an upload fails at the end, after it has set it to nil, and panics: each conflict, each refusal would. blob's Upload reads
// from a pipe of ours and has no such end. It is also told of an upload that is abandoned by an error where the bytes come from,
// and not only by its context, so nothing looks like the end of an object but the end.
type upload struct {
	ctx  context.Context
	to   *io.PipeWriter
	done chan struct{}
	err  error // once done
}

func startUpload(ctx context.Context, bucket *blob.Bucket, name string) *upload {
	from, to := io.Pipe()
	u := &upload{ctx: ctx, to: to, done: make(chan struct{})}
	go func() {
		defer close(u.done)
		u.err = bucket.Upload(ctx, name, from, &blob.WriterOptions{
			ContentType: contentType, IfNotExist: true, BufferSize: azureBlock, MaxConcurrency: azureBlocks,
		})
		from.CloseWithError(u.err) // whoever writes on is told why
	}()
	return u
}

func (u *upload) Write(p []byte) (int, error) { return u.to.Write(p) }

// Close ends the object, or abandons it where the context has ended. The answer is the store's.
func (u *upload) Close() error {
	u.to.CloseWithError(u.ctx.Err()) // nil is the end
	<-u.done
	return u.err
}
