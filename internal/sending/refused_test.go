package sending_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/certs"
	"aau.dk/sendsikker/internal/sending"
)

// unknown is a directory in which nobody has a certificate.
type unknown struct{ directory }

func (unknown) Find(context.Context, []string) (map[string]certs.Choice, error) {
	return map[string]certs.Choice{}, nil
}

func TestAMailThatIsStoppedIsCountedAndNobodyWithIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.service(&office{}, func(d *sending.Deps) { d.Certificates = unknown{} })
	for range 2 {
		if _, err := s.Submit(t.Context(), submission("bo@partner.example", "eva@klinik.example", "anna@aau.example")); err == nil {
			t.Fatal("a mail was accepted to people without a certificate")
		}
	}
	list, err := r.store.Refusals(t.Context(), []time.Time{time.Now().AddDate(0, -1, 0)}, time.Now())
	if err != nil || fmt.Sprint(list) != "[{0 mail recipients_refused 2} {0 recipient no_certificate 4}]" {
		t.Errorf("%v %v", list, err)
	}
	r.empty(t)
}
