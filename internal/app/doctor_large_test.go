package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
)

func TestLargeMailIsProvedByTheMailboxItself(t *testing.T) {
	t.Parallel()
	u := shared.university
	outlook, err := wiring{
		GraphURL: u.URL + "/v1.0", Credential: u.Entra.Credential(u.Service()), GraphLarge: shared.wiring(worldOptions{}).GraphLarge,
		UploadHosts: []string{"127.0.0.1"}, Now: time.Now,
	}.outlook(nil)
	if err != nil {
		t.Fatal(err)
	}
	from, err := mailbox.NewRegistry(mailbox.Deps{Store: shared.service.store, Keeper: shared.service.keeper, Now: time.Now}).Lend(t.Context(), "sikkermail@hr.aau.example")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	report, err := prove(ctx, post{client: outlook}, from, "Prøve", 5<<20)
	if err != nil || !report.Proved() {
		t.Fatalf("%v: %+v", err, report.Lines)
	}
	if _, err := mailbox.NewRegistry(mailbox.Deps{Store: shared.service.store, Keeper: shared.service.keeper, Now: time.Now}).Lend(t.Context(), "nobody@hr.aau.example"); fault.From(err).Code != "no_such_mailbox" {
		t.Errorf("nobody's mailbox: %v", err)
	}
}

func TestTheDoctorWantsAWayToProve(t *testing.T) {
	t.Parallel()
	got := sendsikker("", "doctor", "large", "--mailbox", "x@unit.example", "--data", t.TempDir())
	if got.status != 1 || !strings.Contains(got.err, "these settings need mending") {
		t.Errorf("%+v", got)
	}
}
