package spool

import (
	"context"
	"io"

	"gocloud.dev/blob"
)

// upload writes to an object store while it is written to.
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

func startUpload(ctx context.Context, bucket *blob.Bucket, name string, options *blob.WriterOptions) *upload {
	from, to := io.Pipe()
	u := &upload{ctx: ctx, to: to, done: make(chan struct{})}
	go func() {
		defer close(u.done)
		u.err = bucket.Upload(ctx, name, from, options)
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
