package app

import (
	"bytes"
	"database/sql"
	"maps"
	"net/mail"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/sandbox/exchange"
)

// column is what a storm left, counted at the receiving side.
type column struct {
	name                   string
	messages, copies, mail int
	lost, doubled          int // by recipient and Message-ID
	wrong, unknown         int // deliveries
	unheard, twice         int // accepted and not in the database; one key accepted as two
	noNotice, moreNotices  int
	drafts, spooled, jobs  int // left when everything has been tidied
	posts                  map[string]int
	met                    map[exchange.Storm]int
	starts, kills          int
	posted, took           time.Duration
	attempts, looks        int
	busiest                int
}

// must are the figures that are to be zero, by name.
func (c column) must() (names []string, figures map[string]int) {
	names = []string{"lost", "doubled", "in a wrong state", "unknown", "accepted and not kept", "accepted twice", "without receipt or report",
		"with more than one", "drafts left", "spool objects left", "jobs left"}
	return names, map[string]int{
		"lost": c.lost, "doubled": c.doubled, "in a wrong state": c.wrong, "unknown": c.unknown, "accepted and not kept": c.unheard,
		"accepted twice": c.twice, "without receipt or report": c.noNotice, "with more than one": c.moreNotices, "drafts left": c.drafts,
		"spool objects left": c.spooled, "jobs left": c.jobs,
	}
}

// mailKey is one recipient's copy of one message.
type mailKey struct{ messageID, address string }

// sentKey is one copy in a function mailbox.
type sentKey struct{ mailbox, messageID, to string }

func toOf(addresses []string) string {
	list := slices.Clone(addresses)
	for i := range list {
		list[i] = strings.ToLower(list[i])
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// row is one delivery as the database has it.
type row struct {
	state, messageID, id, mailbox, key string
	recipients                         []string
}

func (c *crowd) rows(t *testing.T) (list []row) {
	t.Helper()
	rows, err := c.database.QueryContext(t.Context(), `SELECT d.id, d.state, m.header_id, m.id, b.address, COALESCE(m.idempotency_key, ''), r.address FROM delivery d
		JOIN message m ON m.id = d.message_id JOIN mailbox b ON b.id = m.mailbox_id JOIN recipient r ON r.delivery_id = d.id ORDER BY d.id, r.position`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	last := ""
	for rows.Next() {
		var r row
		var delivery, address string
		if err := rows.Scan(&delivery, &r.state, &r.messageID, &r.id, &r.mailbox, &r.key, &address); err != nil {
			t.Fatal(err)
		}
		if delivery != last {
			list, last = append(list, r), delivery
		}
		list[len(list)-1].recipients = append(list[len(list)-1].recipients, address)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// inReplyTo is PidTagInReplyToId (MS-OXOMSG 2.2.1.13), by which a receipt says what it is about.
const inReplyTo = "string 0x1042"

// count holds the database against the mailboxes.
func (c *crowd) count(t *testing.T) column {
	t.Helper()
	office := c.world.university.Exchange
	f := column{name: c.name, met: office.Met(), kills: c.killed}
	office.SetChance(exchange.Chance{}) // what is counted from here on is not the weather's doing
	c.tidy(t)

	arrived := map[mailKey]int{}
	for _, d := range office.All() {
		if m, err := mail.ReadMessage(bytes.NewReader(d.Raw)); err == nil {
			arrived[mailKey{m.Header.Get("Message-ID"), d.Address}]++
			f.mail++
		}
	}
	sent, notices := map[sentKey]int{}, map[string]int{}
	for _, box := range c.world.university.Mailboxes {
		for _, i := range office.Messages(box.Address, "sentitems") {
			sent[sentKey{box.Address, i.InternetMessageID, toOf(slices.Concat(i.To, i.Cc))}]++
		}
		for _, i := range office.Messages(box.Address, "inbox") {
			notices[i.Properties[inReplyTo]]++
		}
		f.drafts += len(office.Messages(box.Address, "drafts"))
		f.busiest = max(f.busiest, office.Busiest(box.Address))
	}
	known, keys := map[string]int{}, map[string]string{}
	for _, r := range c.rows(t) {
		f.copies++
		if other, have := keys[r.key]; have && other != r.id {
			f.twice++
		}
		keys[r.key] = r.id
		known[r.id] = notices[r.messageID]
		there := 0
		for _, address := range r.recipients {
			n := arrived[mailKey{r.messageID, address}]
			there += n
			if n == 0 {
				f.lost++
			}
			f.doubled += max(n-1, 0)
		}
		whole := there == len(r.recipients) && sent[sentKey{r.mailbox, r.messageID, toOf(r.recipients)}] == 1
		if r.state == "unknown" {
			f.unknown++
		} else if (r.state == "sent") != whole || r.state != "sent" {
			f.wrong++ // nothing in this weather is a reason to reject
		}
	}
	f.messages = len(known)
	for _, n := range known {
		if n == 0 {
			f.noNotice++
		}
		f.moreNotices += max(n-1, 0)
	}
	for _, a := range c.accepted {
		if keys[a.key] != a.id.String() {
			f.unheard++
		}
	}
	f.spooled = c.left(t)
	f.jobs = c.number(t, `SELECT COUNT(*) FROM river_job WHERE kind IN ('deliver', 'notice') AND state <> 'completed'`)
	f.attempts = c.number(t, `SELECT COUNT(*) FROM attempt WHERE recipients > 0`)
	f.looks = c.number(t, `SELECT COUNT(*) FROM attempt WHERE recipients = 0`)
	return f
}

// tidy does what is done every quarter of an hour, as of a time when nothing is young enough to be left alone.
func (c *crowd) tidy(t *testing.T) {
	t.Helper()
	for _, later := range []time.Duration{2 * time.Hour, 24*time.Hour + 30*time.Minute} { // drafts by the first, the spool by the second
		c.open(t, func() time.Time { return time.Now().Add(later) }, func(s *service) {
			if err := s.sending.Tidy(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func (c *crowd) left(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir(c.plan.Spool)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func (c *crowd) number(t *testing.T, query string) (n int) {
	t.Helper()
	if err := c.database.QueryRowContext(t.Context(), query).Scan(&n); err != nil && err != sql.ErrNoRows {
		t.Fatal(err)
	}
	return n
}

// explain fails for everything that is not as it must be, with what the machines said.
func (c *crowd) explain(t *testing.T, f column) {
	t.Helper()
	names, figures := f.must()
	for _, name := range names {
		if figures[name] != 0 {
			t.Errorf("%s: %d", name, figures[name])
		}
	}
	if f.messages != c.messages || len(c.accepted) != c.messages {
		t.Errorf("%d messages are kept and %d were accepted, of %d", f.messages, len(c.accepted), c.messages)
	}
	if f.copies == 0 || f.mail == 0 {
		t.Error("nothing was counted")
	}
	if t.Failed() || testing.Verbose() {
		said := map[string]int{}
		for _, r := range c.replicas {
			r.logged(t, said)
		}
		for _, what := range slices.Sorted(maps.Keys(said)) {
			t.Logf("%5d × %s", said[what], what)
		}
	}
}
