package app

import (
	"bytes"
	"strings"
	"testing"

	"aau.dk/sendsikker/internal/graph"
)

func TestWhoCanSendIsToldByName(t *testing.T) {
	t.Parallel()
	u := shared.university
	outlook, err := graph.New(graph.Options{BaseURL: u.URL + "/v1.0", Credential: u.Entra.Credential(u.Service())})
	if err != nil {
		t.Fatal(err)
	}
	var out, complaint bytes.Buffer
	if err := who(t.Context(), console{nil, &out, &complaint}, shared.service.store, book{outlook}, "sikkermail@its.aau.example"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Anna Eksempel", "anna@aau.example", "themselves, It-afdelingen, medarbejdere", "Sagssystem"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
	if complaint.Len() != 0 {
		t.Errorf("it complains: %s", complaint.String())
	}
}
