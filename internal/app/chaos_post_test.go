package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"aau.dk/sendsikker/api/contract"
)

// acceptance is a message that was answered with 202.
type acceptance struct {
	key string
	id  uuid.UUID
	to  []string
}

// chaosRecipients are three to a message. Every fifth message is for one of our own, too, and so goes in two copies.
func chaosRecipients(n int) []string {
	if n%5 == 0 {
		return []string{"chen@uni.example", "eva@klinik.example", "anna@aau.example"}
	}
	return []string{"chen@uni.example", "eva@klinik.example", "snart@partner.example"}
}

// post hands all messages in, each until it is accepted, and says how the answers were.
func (c *crowd) post(t *testing.T) map[string]int {
	t.Helper()
	u := c.world.university
	bearer := u.Entra.IssueApplication(u.Tenant.Applications[1])
	boxes := []string{u.Mailboxes[0].Address}
	for _, m := range u.Mailboxes {
		if strings.HasPrefix(m.Address, "sikkermail@enhed") {
			boxes = append(boxes, m.Address)
		}
	}
	work := make(chan int)
	said := map[string]int{}
	var mu sync.Mutex
	var clients sync.WaitGroup
	for range c.clients {
		clients.Go(func() {
			one := poster{crowd: c, bearer: bearer, client: &http.Client{Timeout: 30 * time.Second}, said: map[string]int{}}
			var mine []acceptance
			for n := range work {
				if a, ok := one.post(t, n, boxes[n%len(boxes)]); ok {
					mine = append(mine, a)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			c.accepted = append(c.accepted, mine...)
			for answer, n := range one.said {
				said[answer] += n
			}
		})
	}
	begun := time.Now()
	for n := range c.messages { // spread over the killing, so that there is no moment of a message's life that no machine dies in
		time.Sleep(time.Until(begun.Add(c.pause * time.Duration(c.kills*n) / time.Duration(c.messages))))
		work <- n
	}
	close(work)
	clients.Wait()
	return maps.Clone(said)
}

// poster is one client. It does what the API's description asks of a client: the same key with every repetition, also after 502,
// which says that the mail was accepted and cannot be shown.
type poster struct {
	*crowd
	bearer string
	client *http.Client
	said   map[string]int
}

// chaosPatience bounds how long one message is tried.
const chaosPatience = 2 * time.Minute

func (p *poster) post(t *testing.T, n int, mailbox string) (acceptance, bool) {
	a := acceptance{key: fmt.Sprintf("sag-%d", n), to: chaosRecipients(n)}
	d := letter(a.to...)
	d["mailbox"], d["subject"] = mailbox, fmt.Sprintf("Afgørelse %d", n)
	d["body"] = map[string]string{"text": strings.Repeat("Æblerne er røde på Åsen.\n", 40)}
	kind, body := form(t, d, part{"file", "bilag.pdf", "application/pdf", bytes.Repeat([]byte{byte(n)}, 1000)})
	text, _ := io.ReadAll(body)
	again := n%10 == 0 // some clients do not hear the answer, and ask once more
	for deadline := time.Now().Add(chaosPatience); time.Now().Before(deadline); {
		id, answer := p.once(kind, a.key, text)
		p.said[answer]++
		switch {
		case answer == "202" && a.id != uuid.Nil && a.id != id:
			t.Errorf("the same key was accepted as two messages")
			return a, true
		case answer == "202" && again:
			again, a.id = false, id
		case answer == "202":
			a.id = id
			return a, true
		case answer != "429" && answer != "502" && answer != "503" && answer != "no connection" && answer != "no answer":
			t.Errorf("message %d was answered with %s", n, answer)
			return a, false
		default:
			time.Sleep(20*time.Millisecond + rand.N(100*time.Millisecond))
		}
	}
	t.Errorf("message %d was not accepted in %s", n, chaosPatience)
	return a, false
}

// once hands it to a replica that may or may not be there.
func (p *poster) once(kind, key string, body []byte) (uuid.UUID, string) {
	r := p.replicas[rand.IntN(len(p.replicas))]
	where := r.url()
	if where == "" {
		return uuid.Nil, "no connection"
	}
	r.posting.Add(1)
	defer r.posting.Add(-1)
	request, err := http.NewRequest(http.MethodPost, where+"/v1/messages", bytes.NewReader(body)) //nolint:noctx // the client has a time-out
	if err != nil {
		return uuid.Nil, err.Error()
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Authorization", "Bearer "+p.bearer)
	request.Header.Set("Idempotency-Key", key)
	response, err := p.client.Do(request)
	if err != nil {
		return uuid.Nil, "no answer"
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return uuid.Nil, "no answer"
	}
	if response.StatusCode != http.StatusAccepted {
		return uuid.Nil, fmt.Sprint(response.StatusCode)
	}
	var m contract.Message
	if err := json.Unmarshal(text, &m); err != nil {
		return uuid.Nil, "202 with an answer that cannot be read"
	}
	return m.Id, "202"
}
