package spool

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"gocloud.dev/blob/azureblob"
	"gocloud.dev/blob/s3blob"
)

// contentType keeps stores from guessing at what is ciphertext anyway.
const contentType = "application/age"

// Open opens the spool: a folder by its path, s3://BUCKET?region=REGION (and endpoint=URL&use_path_style=true for what is not
// Amazon's), or azblob://CONTAINER. Credentials come from where each cloud's own programs look for them: the environment, a
// profile, or the machine's identity. It makes no call to the store.
//
// What is held in memory for each object that is being written: age's 64 KiB, and 5 MiB for S3 or 2 MiB for Azure.
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
