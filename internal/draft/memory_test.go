package draft_test

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/draft"
)

const (
	large    = 200 << 20
	medium   = 50 << 20
	mayTake  = 8 << 20 // allocated in all, not only at once
	pageSize = 1 << 16
)

// endless is n bytes of lines of text, never held whole.
func endless(n int64) io.Reader {
	return io.LimitReader(lines(strings.Repeat(strings.Repeat("x", 79)+"\n", pageSize/80)), n)
}

type lines string

func (l lines) Read(p []byte) (int, error) { return copy(p, l), nil }

// Not parallel: it counts what the whole process allocates.
func TestMemoryDoesNotGrowWithTheMessage(t *testing.T) {
	cases := map[string]func() draft.Entity{
		"a file": func() draft.Entity {
			return draft.Compose(sound(), &list{files: []*draft.Attachment{{Name: "stor.bin", Content: endless(large)}}})
		},
		"a forwarded message": func() draft.Entity {
			content := io.MultiReader(strings.NewReader("Subject: x\r\n\r\n"), endless(medium))
			return draft.Compose(sound(), &list{files: []*draft.Attachment{{Name: "stor.eml", Type: "message/rfc822", Content: content}}})
		},
		"a whole message": func() draft.Entity {
			_, e, err := draft.ReadMessage(io.MultiReader(strings.NewReader("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n"),
				endless(medium), strings.NewReader("\n--b--\n")))
			if err != nil {
				t.Fatal(err)
			}
			return e
		},
	}
	for name, make := range cases {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			n, err := make().WriteTo(io.Discard)
			runtime.ReadMemStats(&after)
			if err != nil || n < medium {
				t.Fatalf("%d bytes: %v", n, err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > mayTake {
				t.Errorf("%d MB took %d KB of memory", n>>20, took>>10)
			} else {
				t.Logf("%d MB took %d KB of memory", n>>20, took>>10)
			}
		})
	}
}
