package archive

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxFiles is as many lists as the memory holds; see package crl.
	maxFiles = 256
	// maxTotal of all files. The lists that a Danish institution meets come to less than a tenth.
	maxTotal = 512 << 20

	suffix     = ".crl"
	temporary  = ".tmp"
	fileMode   = 0o600
	folderMode = 0o700
)

var errTooLarge = errors.New("the file is larger than any list")

// Archive is a folder of lists. It is safe for concurrent use in one process; a second one on the same folder does no harm.
type Archive struct {
	folder string
	mu     sync.Mutex // for counting and dropping
}

// New makes an archive of a folder, which is made when the first list comes.
func New(folder string) *Archive { return &Archive{folder: folder} }

// Get reads what lies under the key, of at most limit bytes, and when it was put there. Nothing is fs.ErrNotExist.
func (s *Archive) Get(key [32]byte, limit int64) ([]byte, time.Time, error) {
	file, err := os.Open(s.path(key))
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("opening a kept list: %w", cause(err))
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("looking at a kept list: %w", cause(err))
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, time.Time{}, errTooLarge
	}
	content, err := io.ReadAll(io.LimitReader(file, limit))
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("reading a kept list: %w", cause(err))
	}
	return content, info.ModTime(), nil
}

// Put keeps content under the key. It gets its name last, so that nobody reads half of it. It is not forced to the disk: what
// a power cut leaves is found damaged when it is verified, and fetched again.
func (s *Archive) Put(key [32]byte, content []byte, at time.Time) error {
	if err := os.MkdirAll(s.folder, folderMode); err != nil {
		return fmt.Errorf("making the folder for lists: %w", cause(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.makeRoom(s.path(key), int64(len(content))); err != nil {
		return fmt.Errorf("making room for a list: %w", cause(err))
	}
	name := filepath.Join(s.folder, rand.Text()+temporary)
	err := os.WriteFile(name, content, fileMode)
	if err == nil {
		err = os.Chtimes(name, at, at)
	}
	if err == nil {
		err = os.Rename(name, s.path(key))
	}
	if err != nil {
		return fmt.Errorf("keeping a list: %w", errors.Join(cause(err), cause(os.Remove(name))))
	}
	return nil
}

// Touch says that the list under the key was found to be still the newest then.
func (s *Archive) Touch(key [32]byte, at time.Time) error {
	return cause(os.Chtimes(s.path(key), at, at))
}

// path is a hash: an address or a name of somebody's choosing never becomes part of a path.
func (s *Archive) path(key [32]byte) string {
	return filepath.Join(s.folder, hex.EncodeToString(key[:])+suffix)
}

type kept struct {
	path string
	size int64
	at   time.Time
}

// makeRoom drops the lists that were fetched longest ago until one of size bytes fits, and what interrupted writes left.
// Files of others it leaves alone.
func (s *Archive) makeRoom(replaced string, size int64) error {
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		return err
	}
	var files []kept
	total := size
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		path := filepath.Join(s.folder, entry.Name())
		switch {
		case strings.HasSuffix(path, temporary):
			if time.Since(info.ModTime()) > time.Hour { // no write takes so long: its process is gone
				err = os.Remove(path)
			}
		case strings.HasSuffix(path, suffix) && path != replaced:
			files = append(files, kept{path, info.Size(), info.ModTime()})
			total += info.Size()
		}
		if err != nil {
			return err
		}
	}
	slices.SortFunc(files, func(a, b kept) int { return a.at.Compare(b.at) })
	for len(files) > 0 && (len(files) >= maxFiles || total > maxTotal) {
		if err := os.Remove(files[0].path); err != nil {
			return err
		}
		total -= files[0].size
		files = files[1:]
	}
	return nil
}

// cause leaves the path out of the error: the folder is the administrator's, and the log has no use for the hash.
func cause(err error) error {
	if with, ok := errors.AsType[*fs.PathError](err); ok {
		return with.Err
	}
	if with, ok := errors.AsType[*os.LinkError](err); ok {
		return with.Err
	}
	return err
}
