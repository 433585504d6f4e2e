package browser

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	scripts "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"aau.dk/sendsikker/internal/sandbox/peer"
)

// Test is the part of *testing.T that is needed.
type Test interface {
	peer.Test
	Cleanup(func())
	Fatal(args ...any)
}

// Patience is for one test: a busy machine takes minutes for what is done in twenty seconds.
const Patience = 5 * time.Minute

// windows that are open at once: more only wait for each other's scripts.
var windows = make(chan struct{}, max(3, runtime.NumCPU())) //nolint:gochecknoglobals // one for all tests, as is the next

var chromium struct { //nolint:gochecknoglobals // see above
	sync.Mutex
	ctx  context.Context
	stop func()
}

// Open gives a window, with nothing remembered from any other. The test waits until there is room for one.
func Open(t Test, width, height int64) context.Context {
	t.Helper()
	peer.Need(t, "chromium", "chromium")
	windows <- struct{}{}
	t.Cleanup(func() { <-windows })
	parent, err := start()
	if err != nil {
		t.Fatal(err)
	}
	parent, late := context.WithTimeout(parent, Patience)
	t.Cleanup(late)
	ctx, leave := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(leave)
	for _, prepare := range []func() error{
		func() error { return chromedp.Do(ctx, chromedp.EmulateViewport(width, height)) },
		func() error { return focused(ctx) },
		func() error { _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); return err },
		func() error { _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); return err },
	} {
		if err := prepare(); err != nil {
			t.Fatal(err)
		}
	}
	return ctx
}

// focused has the page believe that it is the one a person looks at, whatever other window has come up.
func focused(ctx context.Context) error {
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return err
}

// Complaints gives what the browser of a window complains about from now on: above all, what the policy of a page does not let run.
func Complaints(t Test, ctx context.Context) func() []string {
	t.Helper()
	var mu sync.Mutex
	var heard []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			heard = append(heard, e.Entry.Text)
		case *scripts.EventConsoleAPICalled, *scripts.EventExceptionThrown:
			heard = append(heard, "a script spoke")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(heard)
	}
}

func start() (context.Context, error) {
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.ctx != nil {
		return chromium.ctx, nil
	}
	options := slices.Concat(chromedp.DefaultExecAllocatorOptions[:], []chromedp.ExecAllocatorOption{
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors", true), // of a sandbox that vouches for itself
	})
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, leave := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		leave()
		stop()
		return nil, err
	}
	chromium.ctx, chromium.stop = ctx, func() { leave(); stop() }
	return ctx, nil
}

// Stop ends the Chromium, if there is one, and takes its profile away: for TestMain, after the tests.
func Stop() {
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.stop != nil {
		chromium.stop()
	}
}
