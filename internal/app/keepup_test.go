package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestAuthoritiesAreReloadedEachMinuteHoweverSlowRevocationListsAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), prefetchEvery+prefetchTime+time.Second)
		defer cancel()
		reloads, prefetches := 0, 0
		slow := func(ctx context.Context) {
			prefetches++
			select {
			case <-ctx.Done():
			case <-time.After(prefetchTime):
			}
		}
		keepUp(ctx, func(context.Context) { reloads++ }, slow)
		if want := int((prefetchEvery + prefetchTime) / reloadEvery); reloads != want || prefetches != 2 {
			t.Errorf("%d reloads, want %d; %d prefetches", reloads, want, prefetches)
		}
	})
}
