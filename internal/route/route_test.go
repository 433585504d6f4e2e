package route_test

import (
	"strings"
	"testing"
	"time"

	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/route"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	usable := route.Certificate{Usable: true, Holder: "Region Eksempel", ValidTo: time.Date(2027, 5, 12, 0, 0, 0, 0, time.UTC)}
	expired := route.Certificate{Code: "expired", Say: fault.Sentence{DA: "Udløbet.", EN: "Expired."}}
	policy := route.NewPolicy([]string{"AAU.example", "student.aau.example"})
	cases := []struct {
		name, address string
		certificate   route.Certificate
		want          route.Route
		code, danish  string
	}{
		{"our own domain is internal", "a@aau.example", route.Certificate{}, route.Internal, "internal", "almindelig mail"},
		{"the domain's case does not matter", "a@AAU.Example", route.Certificate{}, route.Internal, "internal", ""},
		{"a subdomain nobody named is outside", "a@its.aau.example", route.Certificate{}, route.Refused, "no_certificate", ""},
		{"a domain that only ends alike is outside", "a@evilaau.example", route.Certificate{}, route.Refused, "no_certificate", ""},
		{"an @ in a quoted local part does not make it internal", `"x@aau.example"@partner.example`, route.Certificate{}, route.Refused, "no_certificate", ""},
		{"an address without a domain is outside", "aau.example", route.Certificate{}, route.Refused, "no_certificate", ""},
		{"a usable certificate seals", "b@partner.example", usable, route.SMIME, "encrypted", "Region Eksempel, gyldigt til 12.5.2027"},
		{"internal stays ordinary even with a certificate", "a@aau.example", usable, route.Internal, "internal", ""},
		{"an unusable certificate refuses with its reason", "b@partner.example", expired, route.Refused, "expired", "Udløbet."},
		{"nothing known refuses", "b@partner.example", route.Certificate{}, route.Refused, "no_certificate", "intet certifikat"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := policy.Decide(route.Facts{Address: c.address, Certificate: c.certificate})
			if got.Route != c.want || got.Code != c.code || !strings.Contains(got.Say.DA, c.danish) {
				t.Errorf("got %s %s %q", got.Route, got.Code, got.Say.DA)
			}
			if got.Say.DA == "" || got.Say.EN == "" {
				t.Error("a verdict without a sentence in both languages")
			}
		})
	}
}
