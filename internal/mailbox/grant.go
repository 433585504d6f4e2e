package mailbox

import (
	"context"
	"strings"
	"sync"
	"time"

	"aau.dk/sendsikker/internal/store"
)

const (
	// groupsKept is how long the directory's answer holds. A right taken away ends within it; asking costs four of Graph's
	// resource units each time (graph: throttling limits).
	groupsKept = 5 * time.Minute
	// groupsMax bounds the memory: people with more groups than a token holds are few.
	groupsMax = 10_000
)

// CallerKind is a person or a program.
type CallerKind string

const (
	User        CallerKind = "user"
	Application CallerKind = "application"
)

// Caller is who asks, as proved by their token.
type Caller struct {
	Kind    CallerKind
	ID      string // object id in the directory
	Client  string // the program they use; for an application its own client id
	Name    string // for people to read, never for deciding
	TokenID string
	Groups  []string
	Overage bool // the token could not hold all groups: ask the directory
	// Administrator: the directory gives them the app role of those who administer the service. It is no right to send.
	Administrator bool
	// Auditor: likewise of those who read the audit log.
	Auditor bool
}

// Directory knows who is in which group, through other groups too.
type Directory interface {
	MemberOf(ctx context.Context, person string, groups []string) ([]string, error)
}

// heldBy lists the grants that the caller's identity could match. granted names the groups worth asking about; it is called
// only where the directory must be asked.
func (r *Registry) heldBy(ctx context.Context, c Caller, granted func() ([]string, error)) ([]store.Grant, error) {
	if c.Kind == Application {
		// By client id, which an administrator reads in the portal; never by groups: those are people's.
		return []store.Grant{{Kind: "application", Subject: strings.ToLower(c.Client)}}, nil
	}
	held := []store.Grant{{Kind: "person", Subject: strings.ToLower(c.ID)}}
	groups := c.Groups
	if c.Overage {
		asked, err := granted()
		if err != nil {
			return nil, err
		}
		groups, err = r.groups.memberOf(ctx, c.ID, asked)
		if err != nil {
			return nil, err
		}
	}
	for _, g := range groups {
		held = append(held, store.Grant{Kind: "group", Subject: strings.ToLower(g)})
	}
	return held, nil
}

func groupsOf(grants []store.Grant) []string {
	var groups []string
	for _, g := range grants {
		if g.Kind == "group" {
			groups = append(groups, g.Subject)
		}
	}
	return groups
}

// groupCache remembers the directory's answers for minutes.
type groupCache struct {
	directory Directory
	now       func() time.Time
	mu        sync.Mutex
	answers   map[string]groupAnswer
}

type groupAnswer struct {
	member map[string]bool // also false: asked, and no member
	until  time.Time
}

func newGroupCache(d Directory, now func() time.Time) *groupCache {
	return &groupCache{directory: d, now: now, answers: map[string]groupAnswer{}}
}

func (g *groupCache) memberOf(ctx context.Context, person string, groups []string) ([]string, error) {
	known := g.known(person)
	var ask []string
	for _, id := range groups {
		if _, asked := known[id]; !asked {
			ask = append(ask, id)
		}
	}
	if len(ask) > 0 {
		member, err := g.directory.MemberOf(ctx, person, ask)
		if err != nil {
			return nil, err
		}
		known = g.learn(person, ask, member)
	}
	var in []string
	for _, id := range groups {
		if known[id] {
			in = append(in, id)
		}
	}
	return in, nil
}

func (g *groupCache) known(person string) map[string]bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	answer := g.answers[person]
	if !g.now().Before(answer.until) {
		return nil
	}
	return answer.member
}

// learn keeps a new answer. Maps are replaced and never changed, so that known may be read without the lock.
func (g *groupCache) learn(person string, asked, member []string) map[string]bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	old := g.answers[person]
	answer := groupAnswer{member: map[string]bool{}, until: now.Add(groupsKept)}
	if now.Before(old.until) {
		for id, in := range old.member {
			answer.member[id] = in
		}
		answer.until = old.until // what is old stays no longer for being asked beside
	}
	for _, id := range asked {
		answer.member[id] = false
	}
	for _, id := range member {
		answer.member[strings.ToLower(id)] = true
	}
	if len(g.answers) >= groupsMax {
		clear(g.answers)
	}
	g.answers[person] = answer
	return answer.member
}
