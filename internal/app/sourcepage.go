package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"aau.dk/sendsikker/api/admin/directories"
	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/audit"
	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/certs/directory"
	"aau.dk/sendsikker/internal/store"
)

// page is what the administrators' page shows of whom we ask and whom we believe.
func (o *finders) page(s *store.Store, now func() time.Time) directories.Deps {
	return directories.Deps{
		Sources: o.sources, Profiles: o.judge.Profiles, Lists: o.lists.Lists, Responders: o.responders.Responders,
		Try: sourceTrial{finder: o.finder, store: s, now: now}.run,
	}
}

func directoryFacts(d *directory.Directory) directories.Source {
	is := d.Describe()
	return directories.Source{Server: is.Server, TLS: is.TLS, Base: is.Base, LogsIn: is.LogsIn, Vouches: is.Vouches}
}

// sources are all that are asked over the network, with what they answered last.
func (o *finders) sources() []directories.Source {
	list := make([]directories.Source, len(o.watched))
	for i, w := range o.watched {
		last := w.told()
		list[i] = w.facts
		list[i].At, list[i].Took, list[i].Trouble = last.at, last.took, last.err
	}
	return list
}

// sourceTrial asks one source for an administrator, and logs that.
type sourceTrial struct {
	finder *certs.Finder
	store  *store.Store
	now    func() time.Time
}

func (t sourceTrial) run(ctx context.Context, actor audit.Actor, source, address string) (certs.Tried, error) {
	tried, err := t.finder.Try(ctx, source, address)
	if errors.Is(err, certs.ErrNoSource) {
		return tried, err
	}
	// The domain and not the address: the log is kept for years, and nothing was sent to this person.
	detail := map[string]any{"source": source, "answered": tried.Answered}
	if tried.Err != nil {
		detail["code"] = tried.Err.Code
	}
	if _, domain, is := strings.Cut(address, "@"); is {
		detail["domain"], detail["certificates"] = domain, len(tried.Judged)
	}
	// Whoever has gone away has asked all the same.
	entry := audit.Entry{At: t.now(), Actor: actor, Action: audit.SourceTried, Detail: detail}
	if unkept := t.store.Record(context.WithoutCancel(ctx), entry); unkept != nil {
		return certs.Tried{}, frame.Away(unkept)
	}
	return tried, err
}
