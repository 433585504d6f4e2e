package sending_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"

	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/store"
)

// died is what the program does at one moment of its life: everything before it has happened, nothing after it.
type died struct{}

// mortal counts the moments around everything that lasts beyond the program: rows, drafts, mails, spooled copies.
type mortal struct {
	sending.Store
	sending.Post
	sending.Spool
	moment, dies int // -1 lives
}

func (m *mortal) live() {
	if m.moment == m.dies {
		panic(died{})
	}
	m.moment++
}

func (m *mortal) around(do func() error) error {
	m.live()
	err := do()
	m.live()
	return err
}

func (m *mortal) ChangeDelivery(ctx context.Context, d store.Delivery, c store.Change) error {
	return m.around(func() error { return m.Store.ChangeDelivery(ctx, d, c) })
}

func (m *mortal) BeginAttempt(ctx context.Context, d store.Delivery, l store.Limits, asking bool) (id string, err error) {
	err = m.around(func() error { id, err = m.Store.BeginAttempt(ctx, d, l, asking); return err })
	return id, err
}

func (m *mortal) EndAttempt(ctx context.Context, id string, sent bool) error {
	return m.around(func() error { return m.Store.EndAttempt(ctx, id, sent) })
}

func (m *mortal) CreateDraft(ctx context.Context, mailbox string, mime io.Reader, size int64) (id string, err error) {
	err = m.around(func() error { id, err = m.Post.CreateDraft(ctx, mailbox, mime, size); return err })
	return id, err
}

func (m *mortal) Send(ctx context.Context, mailbox, id string) error {
	return m.around(func() error { return m.Post.Send(ctx, mailbox, id) })
}

func (m *mortal) Delete(ctx context.Context, name string) error {
	return m.around(func() error { return m.Spool.Delete(ctx, name) })
}

// run delivers until there is nothing more to do, or it dies; it says how many moments it lived.
func (m *mortal) run(ctx context.Context, s *sending.Service, id string) (moments int, err error) {
	defer func() {
		moments = m.moment
		if v := recover(); v == (died{}) {
			err = nil
		} else if v != nil {
			panic(v)
		}
	}()
	for range 12 {
		if err = s.Deliver(ctx, id); err == nil {
			return m.moment, nil
		}
	}
	return m.moment, err
}

// TestWhereverItDiesItIsSentOnce lets the program die at every moment of a delivery, and the next one at every moment of its,
// while Exchange takes its time to move what it was given to the sent items.
func TestWhereverItDiesItIsSentOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const lives = 14 // moments of a delivery that nothing disturbs; the test counts them
	tried := 0
	for first := range lives + 1 {
		for second := range lives {
			tried++
			t.Run(fmt.Sprintf("at %d and then at %d", first, second), func(t *testing.T) {
				t.Parallel()
				m := r.accept(t, "bo@partner.example")
				id := m.Deliveries[0].ID
				o := &office{}
				o.onFind = func(draft string) (sending.Place, error) {
					looked := 0 // since it was sent
					for _, one := range o.trace {
						switch one {
						case "send":
							looked = 0
						case "find:drafts":
							looked++
						}
					}
					if o.left[draft] > 0 && looked >= 2 {
						return sending.InSent, nil
					}
					return sending.InDrafts, nil
				}
				for _, dies := range []int{first, second, -1} {
					body := r.mortal(o, dies)
					s := r.service(o, func(d *sending.Deps) { d.Store, d.Post, d.Spool = body, body, body })
					moments, err := body.run(t.Context(), s, id)
					if err != nil {
						t.Fatal(err)
					}
					r.expire(t, id)
					if dies == lives && moments != lives {
						t.Fatalf("an undisturbed delivery has %d moments, want %d: count again", moments, lives)
					}
				}
				d := r.delivery(t, id)
				if d.State != store.Sent || o.mails() != 1 || len(o.wrong) > 0 || r.notices(t, m.ID) != 1 || slices.Contains(r.spooled(t), d.SpoolName) {
					t.Errorf("%s, %d mails, %d notices, %v\n%v", d.State, o.mails(), r.notices(t, m.ID), o.trace, o.wrong)
				}
			})
		}
	}
	if tried == 0 {
		t.Fatal("nothing was tried")
	}
}

// expire lets the time pass in which a dead program's attempt still counts as one that is being made.
func (r *rig) expire(t *testing.T, deliveryID string) {
	t.Helper()
	if _, err := r.jobs.ExecContext(t.Context(), `UPDATE attempt SET until_at = started_at + 1 WHERE delivery_id = ?`, deliveryID); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) mortal(o *office, dies int) *mortal {
	return &mortal{Store: r.store, Post: o, Spool: r.spool, dies: dies}
}
