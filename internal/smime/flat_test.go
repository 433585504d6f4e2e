package smime_test

import (
	"bytes"
	"crypto/x509"
	"io"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/hold"
	"aau.dk/sendsikker/internal/smime"
)

// Not parallel: what other tests hold would be counted.
func TestAMailOf150MBIsSealedAndOpenedWithLittleMemory(t *testing.T) {
	const size, most = 150 << 20, 48 << 20
	sender().signer()
	recipient := alice()
	folder := t.TempDir()
	debug.FreeOSMemory()
	idle := heap()
	watch := newWatch()

	sealed, sink := io.Pipe()
	failed := make(chan error, 1)
	go func() {
		w, err := smime.Seal(smime.Compat(), sender().signer(), now(), smime.Envelope{Recipients: []*x509.Certificate{recipient.cert}, To: sink})
		if err == nil {
			_, err = io.Copy(w, io.LimitReader(&endless{text: []byte(benchHead + strings.Repeat(benchLine, 400))}, size))
		}
		if err == nil {
			err = w.Close()
		}
		_ = sink.CloseWithError(err) // always nil
		failed <- err
	}()
	o := options()
	o.Hold = func() smime.Hold { return hold.New(folder, smime.DefaultMaxSize) }
	opened, err := smime.Open(io.MultiReader(strings.NewReader(mailHead), sealed), []smime.Key{recipient.opens()}, o)
	_ = sealed.Close() // always nil
	if sealing := <-failed; sealing != nil || err != nil {
		t.Fatalf("sealing: %v, opening: %v", sealing, err)
	}
	defer func() { _ = opened.Close() }()
	n, err := io.Copy(io.Discard, must(opened.Content()))
	peak := watch.end()
	if err != nil || n != size {
		t.Errorf("%d octets came out of %d (%v)", n, size, err)
	}
	if peak < idle || peak-idle > most {
		t.Errorf("%d MB of heap, idle %d MB", peak>>20, idle>>20)
	}
	t.Logf("heap %.1f MB above idle", float64(peak-idle)/(1<<20))
}

// endless gives a text over and over. Its lines end in CRLF.
type endless struct {
	text []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.at == len(e.text) {
		e.at = len(benchHead)
	}
	n := copy(p, e.text[e.at:])
	e.at += n
	return n, nil
}

// heap is what the runtime has taken for objects, those included that are garbage and not yet swept.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() + sample[1].Value.Uint64()
}

// watch keeps the largest heap that it saw.
type watch struct {
	stop chan struct{}
	peak chan uint64
}

func newWatch() watch {
	w := watch{make(chan struct{}), make(chan uint64)}
	go func() {
		most := heap()
		for tick := time.NewTicker(2 * time.Millisecond); ; {
			select {
			case <-tick.C:
				most = max(most, heap())
			case <-w.stop:
				tick.Stop()
				w.peak <- max(most, heap())
				return
			}
		}
	}()
	return w
}

func (w watch) end() uint64 {
	close(w.stop)
	return <-w.peak
}

func TestTheWatchSeesWhatIsHeld(t *testing.T) {
	debug.FreeOSMemory()
	idle := heap()
	w := newWatch()
	held := bytes.Repeat([]byte("x"), 64<<20)
	peak := w.end()
	runtime.KeepAlive(held)
	if peak < idle+60<<20 {
		t.Errorf("%d MB, idle %d MB", peak>>20, idle>>20)
	}
}
