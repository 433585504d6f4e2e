package certs

import (
	"context"
	"time"
)

// Explanation is everything that is known of one address: for an administrator, or for a sender who wants to know why.
type Explanation struct {
	Choice  // with Others judged as well
	Sources []Asked
}

// Asked is what one source said of the address.
type Asked struct {
	Source string
	Found  int       // certificates
	Silent bool      // it did not answer: Found is not the whole truth
	At     time.Time // when it was asked; earlier than now where the answer is remembered
}

// Explain is Find for one address, with every candidate judged and every source named.
func (f *Finder) Explain(ctx context.Context, address string) (Explanation, error) {
	spelt := spellings(address)
	replies := f.ask(ctx, spelt)
	found, silent := gather(replies)
	if err := ctx.Err(); err != nil {
		return Explanation{}, interrupted(err)
	}
	judging, cancel := context.WithTimeout(ctx, f.deadline)
	defer cancel()
	var candidates []Candidate
	for _, spelling := range spelt {
		candidates = append(candidates, found[spelling]...)
	}
	explained := Explanation{Choice: f.pick(judging, address, candidates, silent)}
	if explained.Chosen != nil {
		explained.Others = f.below(judging, address, candidates, explained.Choice)
	}
	for _, r := range replies {
		asked := Asked{Source: r.source.Name(), Silent: r.err != nil, At: f.now()}
		for _, spelling := range spelt {
			asked.Found += len(r.candidates[spelling])
		}
		if remembering, ok := r.source.(*Remembered); ok {
			asked.At = remembering.askedAt(spelt, asked.At)
		}
		explained.Sources = append(explained.Sources, asked)
	}
	return explained, nil
}

// below judges what pick left unjudged, because it had found what it looked for.
func (f *Finder) below(ctx context.Context, address string, candidates []Candidate, choice Choice) []Judged {
	candidates, _ = merge(candidates)
	var below []Judged
	for _, candidate := range candidates[min(len(choice.Rejected)+1, len(candidates)):] {
		if choice.Also != nil && choice.Also.Candidate.Certificate.Equal(candidate.Certificate) {
			below = append(below, *choice.Also)
			continue
		}
		below = append(below, f.judged(ctx, address, candidate))
	}
	return below
}
