package sending_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"aau.dk/sendsikker/internal/sending"
)

// office is a post office that does as it is told and remembers everything. What it is not told, it does well.
type office struct {
	onCreate func() error
	onSend   func(id string) (sent bool, err error)
	onFind   func(id string) (sending.Place, error)

	mu    sync.Mutex
	trace []string        // "create", "send", "find:drafts", …
	left  map[string]int  // by draft, how often it went out
	made  map[string]bool // drafts
	notes []sending.Note
	wrong []string // what broke a promise

	submits bool     // it takes mail whole
	tidied  []string // Message-IDs, and which draft was to stay
}

func (o *office) MaxMessage(sealed bool) int64 {
	if sealed {
		return 1 << 20
	}
	return 64 << 10
}

func (o *office) CreateDraft(_ context.Context, _ string, mime io.Reader, size int64) (string, error) {
	n, err := io.Copy(io.Discard, mime)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.trace = append(o.trace, "create")
	if err != nil || n != size {
		o.wrong = append(o.wrong, fmt.Sprintf("a copy of %d bytes has %d: %v", size, n, err))
	}
	if o.onCreate != nil {
		if err := o.onCreate(); err != nil {
			return "", err
		}
	}
	if o.made == nil {
		o.made = map[string]bool{}
	}
	id := fmt.Sprintf("draft-%d", len(o.made)+1)
	o.made[id] = true
	return id, nil
}

func (o *office) Send(_ context.Context, _, id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	// The one promise: a second send comes only after a look, since the first, that found the message unsent.
	for i := len(o.trace) - 1; i >= 0; i-- {
		if o.trace[i] == "find:drafts" {
			break
		}
		if o.trace[i] == "send" {
			o.wrong = append(o.wrong, "sent again without having seen the draft: "+strings.Join(o.trace, " "))
			break
		}
	}
	o.trace = append(o.trace, "send")
	sent, err := true, error(nil)
	if o.onSend != nil {
		sent, err = o.onSend(id)
	}
	if sent {
		if o.left == nil {
			o.left = map[string]int{}
		}
		o.left[id]++
	}
	return err
}

func (o *office) Find(_ context.Context, _, id, _ string, _ []string) (sending.Place, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	place, err := sending.InDrafts, error(nil)
	if o.left[id] > 0 {
		place = sending.InSent
	}
	if o.onFind != nil {
		place, err = o.onFind(id)
	}
	word := map[sending.Place]string{sending.Nowhere: "nowhere", sending.InDrafts: "drafts", sending.InSent: "sent"}[place]
	if err != nil {
		word = "silence"
	}
	o.trace = append(o.trace, "find:"+word)
	return place, err
}

func (o *office) PutNotice(_ context.Context, _ string, n sending.Note) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, have := range o.notes {
		if have.MessageID == n.MessageID {
			return nil
		}
	}
	o.notes = append(o.notes, n)
	return nil
}

func (o *office) Submits(int64, bool) bool { return o.submits }

func (o *office) Submit(_ context.Context, _ string, _ []string, mime io.Reader, size int64) error {
	id, err := o.CreateDraft(context.Background(), "", mime, size)
	if err != nil {
		return err
	}
	return o.Send(context.Background(), "", id)
}

func (o *office) TidyDrafts(_ context.Context, _, messageID string, _ []string, keep string) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tidied = append(o.tidied, messageID+" but "+keep)
	return 1, nil
}

func (o *office) Traced(ctx context.Context) (context.Context, func() []string) {
	return ctx, func() []string { return []string{"request-1"} }
}

func (o *office) count(op string) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, one := range o.trace {
		if one == op {
			n++
		}
	}
	return n
}

// mails is how many messages went out, over all drafts.
func (o *office) mails() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, times := range o.left {
		n += times
	}
	return n
}
