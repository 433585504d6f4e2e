package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"gocloud.dev/gcerrors"
)

var (
	// ErrFull: the disk or the store has no room. Somebody must make some; what is accepted already is safe.
	ErrFull = errors.New("the spool is full")
	// ErrGone: the store answered, and holds no such object.
	ErrGone = errors.New("no such spool object")
)

// maxCode bounds what is repeated of a store's own words.
const maxCode = 64

// fullCodes are how object stores say that there is no room: MinIO's disks, MinIO's and Ceph's quotas (their lists of error
// codes). Amazon's and Microsoft's stores have no end.
func fullCode(code string) bool {
	switch code {
	case "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded":
		return true
	}
	return false
}

// failure says what went wrong in words of ours. The causes stay for errors.Is and are never printed: Azure's URLs may hold a
// token, and an answer's body whatever it likes.
type failure struct {
	what   string
	causes []error
}

func (f *failure) Error() string   { return f.what }
func (f *failure) Unwrap() []error { return f.causes }

func failed(tried string, err error) error {
	if known, ok := errors.AsType[*failure](err); ok {
		return known // it says already what was tried
	}
	status, code := answered(err)
	f := &failure{what: tried + ": " + describe(err, status, code), causes: []error{err}}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || status == 507 || fullCode(code) { // RFC 4918 section 11.5
		f.causes = append(f.causes, ErrFull)
	}
	if gone(err) {
		f.causes = append(f.causes, ErrGone)
	}
	return f
}

// describe tells an operator enough to act on.
func describe(err error, status int, code string) string {
	if status != 0 {
		return fmt.Sprintf("the store answered %d %s", status, code)
	}
	if away, ok := errors.AsType[*url.Error](err); ok {
		return "the store cannot be reached: " + away.Err.Error()
	}
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return file.Op + ": " + file.Err.Error()
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Op + ": " + link.Err.Error()
	}
	return err.Error()
}

// answered is the status and the error code of a store that said no; 0 when none did.
func answered(err error) (status int, code string) {
	if azure, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return azure.StatusCode, plain(azure.ErrorCode)
	}
	// smithy-go's two errors of an S3 answer, by what they have in common with every other of theirs.
	if s3, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		status = s3.HTTPStatusCode()
	}
	if s3, ok := errors.AsType[interface {
		error
		ErrorCode() string
	}](err); ok && status != 0 {
		code = plain(s3.ErrorCode())
	}
	return status, code
}

// plain is a code that looks like one.
func plain(code string) string {
	if len(code) > maxCode || strings.ContainsFunc(code, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return ""
	}
	return code
}

// gone says whether the store has answered that it has no such object. blob's NotFound is wider: a name server that is away, a
// bucket or container that is not there (a spelling mistake in the configuration) are no reason to take a mail for lost.
func gone(err error) bool {
	if err == nil || gcerrors.Code(err) != gcerrors.NotFound {
		return false
	}
	if _, away := errors.AsType[*net.DNSError](err); away {
		return false
	}
	if azure, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return azure.ErrorCode == string(bloberror.BlobNotFound)
	}
	_, code := answered(err)
	return code != "NoSuchBucket"
}
