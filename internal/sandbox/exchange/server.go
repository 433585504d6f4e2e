package exchange

import (
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// requestLimit is Graph's, for any request body (graph-docs#85, #4370).
	requestLimit = 4 << 20
	// maxStored and maxThings bound what the sandbox keeps in memory: a demo needs a thousandth of it.
	maxStored = 512 << 20
	maxThings = 20_000
	// maxSpilled is the same for what lies in temporary files. A file that a draft, a sent item and an Inbox share counts for
	// each of them: twenty mails of 150 MB to a few of our own, and room.
	maxSpilled = 16 << 30
)

// Mailbox is one that exists from the start. ID is an object id; empty makes one up.
type Mailbox struct{ Address, Name, ID string }

// Config is what a Server needs. Nil functions allow everything (Allowed) or nothing (Members).
type Config struct {
	Verify     func(bearer string) (appID string, err error)
	VerifySMTP func(bearer string) (appID string, err error) // of tokens for submission; nil is Verify
	Mailboxes  []Mailbox
	Domains    []string // accepted domains: an address in one gets a mailbox when mail for it arrives
	Allowed    func(appID, mailbox string) bool
	Members    func(person string) []string // group ids, transitive
	Directory  []Entry                      // who can be searched for

	ReadsDirectory func(appID string) bool // nil: everybody may
	Now            func() time.Time
	Seed           uint64        // of ids; 0 is a random one
	SendDelay      time.Duration // from the 202 to Sent Items and delivery
	RequestLimit   int64         // 0 is Graph's 4 MB
	MaxSendSize    int64         // of a mail by submission; 0 is Exchange's default, 35 MB
	Chance         Chance        // of bad weather that no recipient asked for
	CallTime       time.Duration // that a call in a mailbox takes, beside its work
}

// Server is the pretend Exchange.
type Server struct {
	config  Config
	domains map[string]bool
	mu      sync.Mutex
	random  *rand.ChaCha8
	boxes   map[string]*box // by lower-case address
	users   map[string]*box // by object id
	uploads map[string]*upload
	usage   map[string]*usage // by application and mailbox
	arrived []arrival
	changed chan struct{}  // closed and replaced when something arrives
	stored  int64          // bytes in memory
	spilled int64          // bytes in files
	tries   map[string]int // how often a kind of weather has met a message
	dice    *rand.Rand
	met     map[Storm]int
	things  int
	closed  bool
	sending sync.WaitGroup
}

// New makes a server without a listener: use Handler.
func New(config Config) (*Server, error) {
	if config.Verify == nil {
		return nil, errors.New("exchange: no way to verify a token")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.RequestLimit == 0 {
		config.RequestLimit = requestLimit
	}
	if config.VerifySMTP == nil {
		config.VerifySMTP = config.Verify
	}
	if config.MaxSendSize == 0 {
		config.MaxSendSize = maxSendSize
	}
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], config.Seed)
	if config.Seed == 0 {
		if _, err := crand.Read(seed[:]); err != nil {
			return nil, err
		}
	}
	s := &Server{
		config: config, domains: map[string]bool{}, random: rand.NewChaCha8(seed), boxes: map[string]*box{}, users: map[string]*box{},
		uploads: map[string]*upload{}, usage: map[string]*usage{}, tries: map[string]int{}, met: map[Storm]int{}, changed: make(chan struct{}),
	}
	s.SetChance(config.Chance)
	for _, domain := range config.Domains {
		s.domains[strings.ToLower(domain)] = true
	}
	for _, m := range config.Mailboxes {
		if s.boxes[strings.ToLower(m.Address)] != nil || !strings.Contains(m.Address, "@") {
			return nil, errors.New("exchange: a mailbox without an address of its own")
		}
		s.open(m)
	}
	return s, nil
}

// Close ends the sending of what was accepted: nothing is delivered after it.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.sending.Wait()
}

// Handler serves Graph under /v1.0 and the pre-authenticated upload URLs under /upload.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(*call){
		"POST /v1.0/users/{user}/messages":                                      s.inWeather(s.createMessage),
		"GET /v1.0/users/{user}/messages":                                       s.inWeather(s.listMessages),
		"GET /v1.0/users/{user}/messages/{id}":                                  s.inWeather(s.getMessage),
		"DELETE /v1.0/users/{user}/messages/{id}":                               s.deleteMessage,
		"GET /v1.0/users/{user}/messages/{id}/$value":                           s.getValue,
		"POST /v1.0/users/{user}/messages/{id}/send":                            s.inWeather(s.sendMessage),
		"POST /v1.0/users/{user}/messages/{id}/attachments":                     s.addAttachment,
		"POST /v1.0/users/{user}/messages/{id}/attachments/createUploadSession": s.createUploadSession,
		"POST /v1.0/users/{user}/mailFolders/{folder}/messages":                 s.inWeather(s.createInFolder),
		"GET /v1.0/users/{user}/mailFolders/{folder}/messages":                  s.inWeather(s.listMessages),
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.inMailbox(w, r, handle) })
	}
	mux.HandleFunc("POST /v1.0/users/{user}/checkMemberGroups", func(w http.ResponseWriter, r *http.Request) {
		s.withToken(w, r, s.checkMemberGroups)
	})
	for pattern, handle := range map[string]func(*call){
		"GET /v1.0/users":             s.searchEntries("user"),
		"GET /v1.0/groups":            s.searchEntries("group"),
		"GET /v1.0/servicePrincipals": s.searchEntries("servicePrincipal"),
		"GET /v1.0/groups/{group}/transitiveMembers/microsoft.graph.user": s.transitiveMembers,
		"POST /v1.0/directoryObjects/getByIds":                            s.getByIDs,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.withToken(w, r, handle) })
	}
	mux.HandleFunc("PUT /upload/{token}", s.putRange)
	mux.HandleFunc("GET /upload/{token}", s.getRange)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.newCall(w, r).refuse(http.StatusBadRequest, "BadRequest", "Resource not found for the segment.")
	})
	return mux
}

// Messages lists what lies in a folder (inbox, drafts, sentitems, deleteditems; "" is all) of a mailbox, oldest first.
func (s *Server) Messages(mailbox, folder string) []Item {
	return s.items(mailbox, folder, (*item).view)
}

// MessageHeads lists the same, and of each Raw is its beginning alone, without attachments.
func (s *Server) MessageHeads(mailbox string) []Item {
	return s.items(mailbox, "", (*item).heading)
}

// WholeMessage is one of them as $value gives it; nil where there are not so many.
func (s *Server) WholeMessage(mailbox string, n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[strings.ToLower(mailbox)]
	if b == nil || n < 0 || n >= len(b.items) {
		return nil
	}
	return b.items[n].mime().bytes()
}

func (s *Server) items(mailbox, folder string, view func(*item) Item) []Item {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[strings.ToLower(mailbox)]
	if b == nil {
		return nil
	}
	var list []Item
	for _, i := range b.items {
		if folder == "" || i.folder == strings.ToLower(folder) {
			list = append(list, view(i))
		}
	}
	return slices.Clip(list)
}
