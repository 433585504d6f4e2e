package store

import (
	"context"
	"fmt"
	"slices"
)

// checkRows are questions whose answer is zero in a database that is whole. The schema lets most of what they ask about not
// happen; they find what a restored backup, a broken disk or a person with a database tool has made.
var checkRows = []struct{ fault, query string }{
	{"messages without a copy", `SELECT COUNT(*) FROM message m WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = m.id)`},
	{"copies without a recipient", `SELECT COUNT(*) FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM recipient r WHERE r.delivery_id = d.id)`},
	{"recipients whose copy belongs to another message", `SELECT COUNT(*) FROM recipient r JOIN delivery d ON d.id = r.delivery_id WHERE d.message_id <> r.message_id`},
	{"copies of messages that were taken back, on their way all the same", `SELECT COUNT(*) FROM delivery d JOIN message m ON m.id = d.message_id WHERE m.cancelled_at IS NOT NULL AND d.state <> 'rejected'`},
	{"messages with a receipt though a copy is on its way", `SELECT COUNT(*) FROM message m WHERE m.notice_kind = 'receipt' AND EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = m.id AND d.state IN ('queued', 'drafting', 'sending'))`},
	{"audit rows that are neither in the chain nor wait for it", `SELECT COUNT(*) FROM audit a WHERE NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.audit_id = a.id) AND NOT EXISTS (SELECT 1 FROM audit_unchained u WHERE u.audit_id = a.id)`},
	{"gaps in the audit log", `SELECT h.sequence - h.begins - (SELECT COUNT(*) FROM audit_chain) FROM audit_head h`},
	{"gaps in a time line", `SELECT COUNT(*) FROM (SELECT message_id FROM event GROUP BY message_id HAVING COUNT(*) <> MAX(sequence)) g`},
}

// Check looks whether what is stored fits together, and says what does not.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	faults, err := s.dialect.damage(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking at the database: %w", err)
	}
	all := slices.Concat(checkRows, []struct{ fault, query string }{{
		"copies on their way without a job", `SELECT COUNT(*) FROM delivery d WHERE d.state IN ('queued', 'drafting', 'sending') AND d.id NOT IN (
			SELECT ` + s.dialect.jobArgument("delivery_id") + ` FROM river_job j WHERE j.kind = 'deliver' AND j.state NOT IN ('completed', 'cancelled', 'discarded'))`,
	}})
	for _, check := range all {
		var count int
		if err := s.db.QueryRowContext(ctx, check.query).Scan(&count); err != nil {
			return faults, fmt.Errorf("looking for %s: %w", check.fault, err)
		}
		if count > 0 {
			faults = append(faults, fmt.Sprintf("%s: %d", check.fault, count))
		}
	}
	return faults, nil
}
