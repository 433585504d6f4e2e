package exchange_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/sandbox/exchange"
)

// drafts makes drafts one after another, and says how each call ended.
func (h house) drafts(n int) (statuses map[int]int) {
	statuses = map[int]int{}
	for range n {
		request, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.url+messages, strings.NewReader(mime("chen@uni.example", "")))
		if err != nil {
			h.t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer good")
		request.Header.Set("Content-Type", "text/plain")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			statuses[0]++
			continue
		}
		statuses[response.StatusCode]++
		_ = response.Body.Close()
	}
	return statuses
}

func TestRandomWeatherIsCountedAndTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	const calls = 400
	run := func(seed uint64) (map[int]int, map[exchange.Storm]int, int) {
		h := open(t, func(c *exchange.Config) {
			c.Chance = exchange.Chance{Throttled: 200, Unheard: 100, Undone: 100, Dropped: 100, Seed: seed}
		})
		statuses := h.drafts(calls)
		h.server.SetChance(exchange.Chance{})
		if calm := h.drafts(10); calm[http.StatusCreated] != 10 {
			t.Errorf("the weather was switched off, and yet %v", calm)
		}
		return statuses, h.server.Met(), len(h.server.Messages(box, "drafts")) - 10
	}
	statuses, met, drafts := run(7)
	for storm, of := range map[exchange.Storm]int{
		exchange.StormThrottled: 200, exchange.StormUnheard: 100, exchange.StormUndone: 100, exchange.StormDropped: 50, exchange.StormDroppedDone: 50,
	} {
		if want := calls * of / 1000; met[storm] < want/2 || met[storm] > want*2 {
			t.Errorf("%s met %d calls, want about %d", storm, met[storm], want)
		}
	}
	if statuses[429] != met[exchange.StormThrottled] || statuses[504] != met[exchange.StormUnheard]+met[exchange.StormUndone] ||
		statuses[0] != met[exchange.StormDropped]+met[exchange.StormDroppedDone] {
		t.Errorf("the calls ended as %v, and the weather was %v", statuses, met)
	}
	if want := statuses[201] + met[exchange.StormUnheard] + met[exchange.StormDroppedDone]; drafts != want {
		t.Errorf("%d drafts, want %d: what was done and what was not", drafts, want)
	}
	if _, again, _ := run(7); !maps.Equal(met, again) {
		t.Errorf("the same seed made %v and then %v", met, again)
	}
	if _, other, _ := run(8); maps.Equal(met, other) {
		t.Errorf("another seed made the same: %v", met)
	}
}
