package app

import (
	"context"
	"time"

	"aau.dk/sendsikker/internal/audit/chain"
	"aau.dk/sendsikker/internal/audit/ledger"
	"aau.dk/sendsikker/internal/keeper"
	"aau.dk/sendsikker/internal/store"
)

// doctorRows of the audit log are looked at: some days of a large organisation's, in a second or two. All of them are what
// 'sendsikker audit verify' is for.
const doctorRows = 20_000

// chain holds the newest rows of the audit log against their hashes and signatures, and shows the key to note down.
func (e *examination) chain(ctx context.Context, s *store.Store, k *keeper.Keeper) {
	const area = "audit chain"
	const incident = "Keep a copy of the database as it is, and find out who and why: 'sendsikker audit verify' looks at the whole log, and a file of it that was fetched earlier, or the log of another machine, shows what it was."
	l := ledger.New(ledger.Deps{Store: s, Keeper: k, Now: e.wiring.Now, Log: e.wiring.Log})
	state, err := l.State(ctx)
	if err != nil {
		e.report.Fail(area, "Mend the database.", "It could not be read.")
		return
	}
	if len(state.Keys) == 0 {
		e.report.Warn(area, "Start the service: it signs the log within a minute, and each day.", "The log has never been signed.")
		return
	}
	var trust chain.Trust
	for _, key := range state.Keys {
		public, err := chain.ParseKey(key.Public)
		if err != nil || chain.KeyID(public) != key.ID {
			e.report.Fail(area, incident, "The public key %s is not the one that its name says.", key.ID)
			return
		}
		trust.Keys = append(trust.Keys, public)
	}
	report, err := l.VerifyNewest(ctx, trust, doctorRows)
	switch {
	case err != nil:
		e.report.Fail(area, "See what is said of the master key: the key that signs is wrapped by it.", "The newest rows could not be looked at: %v.", err)
	case !report.Whole():
		first := report.Findings[0]
		e.report.Fail(area, incident, "%d things are not as they were written, the first at row %d: %s.", len(report.Findings)+report.More, first.Sequence, first.What)
	case state.Late:
		e.report.Warn(area, "See whether the service runs, and what its log says of the audit log.", "Rows that wait for their place in the chain: %d, the oldest since %s.", state.Waiting, state.Oldest.Format(time.RFC3339))
	case state.Stale:
		e.report.Warn(area, "See whether the service runs, and what its log says of the audit log.", "It was signed last on %s, and is signed each day.", state.Signed.At.Format(time.RFC3339))
	default:
		e.report.OK(area, "The newest %d rows are as they were written; signed last on %s.", report.Entries, state.Signed.At.Format(time.RFC3339))
	}
	newest := state.Keys[0]
	e.report.OK("audit key", "%s, of %s. Note it down where no administrator of this database can change it.", newest.Public, newest.Since.Format(time.DateOnly))
}
