package sending_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/gcerrors"

	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/draft"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
	"aau.dk/sendsikker/internal/sending"
	"aau.dk/sendsikker/internal/smime"
	"aau.dk/sendsikker/internal/spool"
	"aau.dk/sendsikker/internal/store"
)

// refusing is a store in which a message cannot be kept, or of which nobody hears that it was.
type refusing struct {
	sending.Store
	stores bool
}

func (s refusing) InsertMessage(ctx context.Context, m store.Message, e audit.Entry) (string, bool, error) {
	if s.stores {
		if _, _, err := s.Store.InsertMessage(ctx, m, e); err != nil {
			return "", false, err
		}
	}
	return "", false, errors.New("database is locked")
}

func TestWhatIsNotAcceptedLeavesNothing(t *testing.T) {
	t.Parallel()
	torn := fault.New(fault.Invalid, "body_cut_off", sayNo, nil)
	cases := []struct {
		name   string
		entity draft.Entity
		change func(d *sending.Deps)
		code   string // "" is an error that is no fault
		kind   fault.Kind
	}{
		{"the upload is cut off before the first byte", entity{err: torn}, nil, "body_cut_off", fault.Invalid},
		{"the upload is cut off in the middle", entity{chunks: 5, err: torn}, nil, "body_cut_off", fault.Invalid},
		{"the upload ends in an error that nobody knows", entity{chunks: 5, err: io.ErrUnexpectedEOF}, nil, "internal", fault.Internal},
		{"the sealed copy is too large", entity{chunks: 200}, nil, "message_too_large", fault.TooLarge},
		{"the ordinary copy is too large, the sealed one is not", entity{chunks: 9}, nil, "message_too_large", fault.TooLarge},
		{"the copies are sealed in a form that cannot go the large way", entity{chunks: 7}, func(d *sending.Deps) {
			d.Encryption = smime.RuleModern
		}, "message_too_large", fault.TooLarge},
		{"the database gives no certificates", entity{chunks: 1}, func(d *sending.Deps) { d.Certificates = amnesiac{} }, "storage_unavailable", fault.Unavailable},
		{"the database refuses it", entity{chunks: 1}, func(d *sending.Deps) { d.Store = refusing{Store: d.Store} }, "storage_unavailable", fault.Unavailable},
		{"the mailbox's certificate has run out", entity{chunks: 1}, func(d *sending.Deps) {
			d.Mailboxes = lender{issue(time.Now().Add(-48*time.Hour), time.Now().Add(-time.Minute))}
		}, "mailbox_certificate_expired", fault.Refused},
		{"the mailbox's certificate is not valid yet", entity{chunks: 1}, func(d *sending.Deps) {
			d.Mailboxes = lender{issue(time.Now().Add(time.Hour), time.Now().Add(48*time.Hour))}
		}, "mailbox_certificate_expired", fault.Refused},
		{"the mailbox's key is another's", entity{chunks: 1}, func(d *sending.Deps) {
			d.Mailboxes = lender{mailbox.Identity{Mailbox: identity().Mailbox, Key: issue(time.Now(), time.Now()).Key}}
		}, "", fault.Internal},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			s := submission("bo@partner.example", "eva@klinik.example", "anna@aau.example")
			s.Draft.Bcc = append(s.Draft.Bcc, mail.Address{Address: "chen@uni.example"})
			s.Entity = c.entity
			change := c.change
			if change == nil {
				change = func(*sending.Deps) {}
			}
			a, err := r.service(&office{}, change).Submit(t.Context(), s)
			f := fault.From(err)
			if err == nil || a != (sending.Accepted{}) || f.Kind != c.kind || (c.code != "" && f.Code != c.code) {
				t.Fatalf("got %q, %v, want %s", a.ID, err, c.code)
			}
			if f.Kind == fault.Unavailable && f.RetryAfter == 0 {
				t.Error("nobody is told when to come again")
			}
			r.empty(t)
		})
	}
}

// empty fails unless the rig is as it was before anything was submitted.
func (r *rig) empty(t *testing.T) {
	t.Helper()
	if left := r.spooled(t); len(left) != 0 {
		t.Errorf("left in the spool: %v", left)
	}
	for _, table := range []string{"message", "delivery", "recipient", "river_job"} {
		if n := r.rows(t, table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
	if n := r.rows(t, "audit"); n != 1 { // the mailbox
		t.Errorf("%d rows in audit", n)
	}
}

func TestACallerWhoGoesAwayLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, chunk := range []int{0, 3} {
		t.Run(fmt.Sprint("at chunk ", chunk), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			ctx, cancel := context.WithCancel(t.Context())
			s := submission("bo@partner.example", "anna@aau.example")
			s.Entity = entity{chunks: 4, during: func(at int) {
				if at == chunk {
					cancel()
				}
			}}
			_, err := r.service(&office{}).Submit(ctx, s)
			if !errors.Is(err, context.Canceled) || fault.KindOf(err) == fault.Unavailable {
				t.Errorf("a caller who goes away is no trouble of the store's: %v", err)
			}
			r.empty(t)
		})
	}
}

func TestAPanicInTheContentLeavesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := submission("bo@partner.example", "anna@aau.example")
	s.Entity = entity{chunks: 4, during: func(int) { panic("told so") }}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = r.service(&office{}).Submit(t.Context(), s)
	}()
	r.empty(t)
}

func TestAMessageThatWasStoredAfterAllIsAccepted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.service(&office{}, func(d *sending.Deps) { d.Store = refusing{d.Store, true} })
	a, err := s.Submit(t.Context(), submission("bo@partner.example"))
	if err != nil {
		t.Fatalf("who hears \"not sent\" of it sends it twice: %v", err)
	}
	if m := r.message(t, a.ID); len(r.spooled(t)) != len(m.Deliveries) {
		t.Errorf("in the spool: %v", r.spooled(t))
	}
}

// disk is a store of a few bytes, with the error that a real one gives when it is full.
type disk struct {
	driver.Bucket // what is not written here is not called

	mu      sync.Mutex
	left    int
	objects map[string]bool
}

type diskFile struct {
	disk *disk
	ctx  context.Context
	name string
}

func (d *disk) NewTypedWriter(ctx context.Context, key, _ string, _ *driver.WriterOptions) (driver.Writer, error) {
	return &diskFile{d, ctx, key}, nil
}

func (f *diskFile) Write(p []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	n := min(len(p), f.disk.left)
	f.disk.left -= n
	if n < len(p) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (f *diskFile) Close() error {
	if err := f.ctx.Err(); err != nil {
		return err
	}
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.disk.objects[f.name] = true
	return nil
}

func (d *disk) Delete(_ context.Context, key string, _ *driver.DeleteOptions) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.objects[key] {
		return errGone
	}
	delete(d.objects, key)
	return nil
}

var errGone = errors.New("no such object")

func (d *disk) ErrorCode(err error) gcerrors.ErrorCode {
	if errors.Is(err, errGone) {
		return gcerrors.NotFound
	}
	return gcerrors.Unknown
}

func (*disk) ErrorAs(error, any) bool { return false }
func (*disk) Close() error            { return nil }

type roomy struct{ *office }

func (roomy) MaxMessage(bool) int64 { return 1 << 20 }

func TestAFullDiskAnywhereLeavesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	send := func(room int) (*disk, error) {
		d := &disk{left: room, objects: map[string]bool{}}
		bucket := spool.New(blob.NewBucket(d))
		s := submission("bo@partner.example", "anna@aau.example")
		s.Draft.Bcc = append(s.Draft.Bcc, mail.Address{Address: "chen@uni.example"})
		s.Entity = entity{chunks: 24} // three times what age gathers before it writes
		_, err := r.service(roomy{&office{}}, func(deps *sending.Deps) { deps.Spool = bucket }).Submit(t.Context(), s)
		return d, errors.Join(err, bucket.Close())
	}
	plenty := 2 << 20
	d, err := send(plenty)
	if err != nil || len(d.objects) != 3 {
		t.Fatalf("%v, %d objects", err, len(d.objects))
	}
	needed, before := plenty-d.left, r.rows(t, "message")
	tried := 0
	for room := 0; room < needed-1000; room += needed / 40 { // the last bytes differ a little from one sealing to the next
		tried++
		d, err := send(room)
		f := fault.From(err)
		if f.Code != "storage_unavailable" || f.Kind != fault.Unavailable || f.RetryAfter == 0 || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("full after %d of %d bytes: %v", room, needed, err)
		}
		if len(d.objects) != 0 {
			t.Errorf("full after %d of %d bytes: %d objects are left", room, needed, len(d.objects))
		}
	}
	if tried < 30 || r.rows(t, "message") != before {
		t.Errorf("%d tries, %d messages stored", tried, r.rows(t, "message")-before)
	}
}

func TestTheSameKeyAtTheSameTimeIsOneMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const racers = 6
	ids, errs := make([]string, racers), make([]error, racers)
	ready, together := sync.WaitGroup{}, make(chan struct{})
	ready.Add(racers)
	var wait sync.WaitGroup
	for i := range racers {
		wait.Go(func() {
			s := submission("bo@partner.example", "anna@aau.example")
			s.IdempotencyKey = "press-1"
			if i == 0 {
				s.Digest = func() []byte { return []byte("other") }
			}
			// Everybody has asked whether the key is taken before anybody takes it.
			s.Entity = entity{chunks: 1, during: func(int) { ready.Done(); <-together }}
			a, err := r.service(&office{}).Submit(t.Context(), s)
			ids[i], errs[i] = a.ID, err
		})
	}
	ready.Wait()
	close(together)
	wait.Wait()
	taken := slices.IndexFunc(errs, func(err error) bool { return err == nil })
	for i, err := range errs {
		if same := (i == 0) == (taken == 0); same != (err == nil) || (err != nil && fault.From(err).Code != "idempotency_key_reused") || ids[i] != ids[taken] {
			t.Errorf("racer %d: %q, %v", i, ids[i], err)
		}
	}
	if n := len(r.spooled(t)); r.rows(t, "message") != 1 || n != 2 {
		t.Errorf("%d messages, %d copies in the spool; want 1 and 2", r.rows(t, "message"), n)
	}
}

func TestTheSpoolNamesAreFlat(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m := r.accept(t, "bo@partner.example")
	if name := m.Deliveries[0].SpoolName; strings.Contains(name, "/") || !slices.Equal(r.spooled(t), []string{name}) {
		t.Errorf("%q lies as %v: a folder for each message would outlive it", name, r.spooled(t))
	}
}

// What is answered without looking is what looking would have shown.
func TestWhatWasJustAcceptedIsShownAsItIsStored(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := submission("bo@partner.example", "anna@aau.example", "eva@klinik.example")
	s.Draft.Bcc = append(s.Draft.Bcc, mail.Address{Name: "Chen", Address: "chen@uni.example"})
	s.IdempotencyKey = "press-1"
	held := identity()
	held.Undo = time.Minute
	service := r.service(&office{}, func(d *sending.Deps) { d.Mailboxes = lender{held} })
	a, err := service.Submit(t.Context(), s)
	if err != nil || a.Fresh == nil {
		t.Fatalf("%+v, %v", a, err)
	}
	stored, err := service.Message(t.Context(), s.Caller, a.ID)
	if err != nil || !reflect.DeepEqual(*a.Fresh, stored) {
		t.Errorf("%v, shown\n%+v\nand stored\n%+v", err, *a.Fresh, stored)
	}
	s.Entity = submission().Entity
	again, err := service.Submit(t.Context(), s)
	if err != nil || again.ID != a.ID || again.Fresh != nil {
		t.Errorf("the same key once more: %+v, %v", again, err)
	}
}
